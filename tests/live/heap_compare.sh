# SPDX-License-Identifier: Apache-2.0
# For tests of heap profiles: after lib.sh, with $rate set.

# What the target and the profile say of each function and type: "FUNCTION TYPE WANT GOT Z".
compare() { # PROFILE TARGET-OUTPUT
	local type
	for type in alloc_objects alloc_space inuse_objects inuse_space; do
		$PPROF -top -cum -nodefraction=0 -nodecount=0 -unit="$([[ $type == *space ]] && echo B || echo count)" \
			-sample_index=$type "$1" 2> /dev/null | awk -v type=$type '$6 ~ /^f_/ { print type, $6, $4 }'
	done > "$OUT/got"
	python3 tests/live/heap.py "$2" "$OUT/got" $rate
}

largest() { # the largest error in $OUT/compared
	awk '{ z = $5 < 0 ? -$5 : $5; if (z > max) max = z } END { print max }' "$OUT/compared"
}
