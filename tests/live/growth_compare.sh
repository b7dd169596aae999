# SPDX-License-Identifier: Apache-2.0
# For tests of growth profiles: after lib.sh, with $rate set (bytes).

# Resident pages of a process, bytes.
rss() { # PID
	awk '/^Rss:/ { print $2 * 1024 }' "/proc/$1/smaps_rollup"
}

# What the target and the profile say of each function: "FUNCTION WANT GOT Z".
compare() { # PROFILE TARGET-OUTPUT
	$PPROF -top -cum -nodefraction=0 -nodecount=0 -unit=B -sample_index=growth_space "$1" 2> /dev/null |
		awk '$6 ~ /^f_/ { sub(/B$/, "", $4); print $6, $4 }' > "$OUT/got"
	python3 tests/live/growth.py "$2" "$OUT/got" "$rate"
}

largest() { # the largest error in $OUT/compared
	awk '$4 > max { max = $4 } END { print max + 0 }' "$OUT/compared"
}

# By how much all grew, bytes; after a filter, what it leaves.
grown() { # PROFILE [pprof option...]
	local profile=$1
	shift
	$PPROF -top -unit=B -sample_index=growth_space -relative_percentages "$@" "$profile" 2> /dev/null |
		sed -nE 's/.* of ([0-9]+)B total.*/\1/p' | head -n 1
}

# The same of one process; a profile of one alone does not name it.
grown_by() { # PROFILE PID
	local only=()
	! pproftags "$1" | grep -q '^ *pid: Total' || only=(-tagfocus=pid="$2")
	grown "$1" ${only[@]+"${only[@]}"}
}
