#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The object that another compiler makes of bpf/ (mk/clang.mk): this kernel's verifier takes it, and its
# walks are whole. OTHER_CLANG=clang-15 tries another one; tests/vm loads it on other kernels.
# needs: root bpf btf perf-software perf-all-cpus python3 x86_64 other-clang
. tests/live/lib.sh
compiler=${OTHER_CLANG:-clang-19}
EBPROF=$BUILD/tests/live/ebprof@$compiler

"$BUILD/tests/vm/load@$compiler"
is "every program was loaded" "$?" 0

capture() { # NAME COMMAND...
	local name=$1
	shift
	prof cpu -F 1999 -o "$OUT/$name.folded" --stats "$OUT/$name.json" -- "$@" > /dev/null
	at_least "$name: samples" "$(figure "$OUT/$name.json" samples)" 500
	is "$name: whole samples lost" "$(lost "$OUT/$name.json")" 0
	at_least "$name: share of complete stacks" "$(figure "$OUT/$name.json" complete.share)" 0.96
}

capture deep "$TARGETS/deepnofp" 1.5 900
at_least "900 deep: all frames, from _start on" "$(deep_share "$OUT/deep.folded" 900 '^deepnofp;_start;[^;]*;.*;main;f_deep;')" 95
capture handlers "$TARGETS/handlers" 1.5
for name in f_handler f_alternate; do
	at_least "handlers: through the signal frame, from main to $name" \
		"$(folded_share "$OUT/handlers.folded" ";main;f_outer;f_work;.*;$name(;| )")" 10
done
