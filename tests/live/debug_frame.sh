#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program whose unwind tables are in its debug file alone is walked by them.
# needs: root bpf btf perf-software python3 gcc
. tests/live/lib.sh
rate=999

gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -fomit-frame-pointer -fno-asynchronous-unwind-tables -fno-unwind-tables \
	-o "$OUT/whole" tests/targets/deepnofp.c -pthread -ldl || not_ok gcc "failed"
id=$(readelf -n "$OUT/whole" | sed -n 's/^ *Build ID: //p')
mkdir -p "$OUT/debug/.build-id/${id:0:2}" "$OUT/empty"
objcopy --only-keep-debug "$OUT/whole" "$OUT/debug/.build-id/${id:0:2}/${id:2}.debug"
strip -o "$OUT/bare" "$OUT/whole"
lacks "the program itself has no such tables" "$(readelf -SW "$OUT/bare")" '\.debug_frame'

# Percentage of the samples that reach _start, and --stats' own share of complete stacks.
walk() { # NAME OPTION...
	local name=$1
	shift
	prof cpu -F $rate --user-only -o "$OUT/$name.folded" --stats "$OUT/$name.json" "$@" -- "$OUT/bare" 0.8 200
	whole=$(folded_share "$OUT/$name.folded" "^bare;_start;([^;]*;)+[^;]* [0-9]+\$")
	complete=$(figure "$OUT/$name.json" complete.share)
}
walk without --debug-dir "$OUT/empty"
at_most "without: the walk ends in the program" "$whole" 10
walk with --debug-dir "$OUT/empty" --debug-dir "$OUT/debug"
at_least "by the tables of --debug-dir: up to _start" "$whole" 96
at_least "by the tables of --debug-dir: complete" "$complete" 0.96
at_least "by the tables of --debug-dir: 200 frames of f_deep" "$(awk '
	{ cnt = $NF; all += cnt; if (gsub(/;f_deep/, "") == 200) deep += cnt }
	END { print 100 * deep / all }' "$OUT/with.folded")" 90
