#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# burn.sh [SECONDS [CHILDREN]]: functions and patterns; with CHILDREN by turns that in a child of its own.
set -u

words() { # TEXT
	local text=$1 word
	for word in $text; do
		[[ $word =~ ^([a-z])(.*)$ ]] && text=${text/$word/${BASH_REMATCH[2]}${BASH_REMATCH[1]}}
	done
	REPLY=$text
}

fibonacci() { # N
	local one
	(($1 > 1)) || { REPLY=$1; return; }
	fibonacci $(($1 - 1))
	one=$REPLY
	fibonacci $(($1 - 2))
	REPLY=$((one + REPLY))
}

# Milliseconds.
now() {
	REPLY=${EPOCHREALTIME/[.,]/}
	REPLY=${REPLY%???}
}

echo ready
now
end=$((REPLY + $(printf '%.0f' "${1:-5}e3")))
for ((turns = 0; REPLY < end; turns++)); do
	words "the quick brown fox jumps over the lazy dog"
	fibonacci 11
	[[ ! ${2:-} ]] || sum=$(fibonacci 11; echo "$REPLY")
	now
done
echo "turns $turns ${sum:-}"
