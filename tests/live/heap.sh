#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is what a program allocates, and what of it is in use, what the program itself says? For each allocator, by
# probes on a running process; z is the error in standard deviations of the sampling.
# needs: root bpf btf uprobe go python3 x86_64
# timeout: 300
. tests/live/lib.sh
rate=16384

# What the target and the profile say of each function and type: "FUNCTION TYPE WANT GOT Z".
compare() { # PROFILE TARGET-OUTPUT
	local type
	for type in alloc_objects alloc_space inuse_objects inuse_space; do
		$PPROF -top -cum -nodefraction=0 -nodecount=0 -unit="$([[ $type == *space ]] && echo B || echo count)" \
			-sample_index=$type "$1" 2> /dev/null | awk -v type=$type '$6 ~ /^f_/ { print type, $6, $4 }'
	done > "$OUT/got"
	python3 tests/live/heap.py "$2" "$OUT/got" $rate
}

check() { # CASE PROFILE TARGET-OUTPUT
	compare "$2" "$3" > "$OUT/compared"
	sed 's/^/# /' "$OUT/compared"
	at_least "$1: rows" "$(wc -l < "$OUT/compared")" 18
	at_most "$1: largest error, standard deviations" \
		"$(awk '{ z = $5 < 0 ? -$5 : $5; if (z > max) max = z } END { print max }' "$OUT/compared")" 4.5
}

# A running program, from before it allocates until it has done so.
run() { # CASE ROUNDS PROGRAM [VARIABLE=VALUE...]
	local name=$1 rounds=$2 program=$3 target
	shift 3
	: > "$OUT/heap.out"
	env "$@" "$program" "$rounds" 100 > "$OUT/heap.out" 2>&1 < /dev/null &
	target=$!
	lib_pids+=($target)
	wait_until 10 grep -q '^ready' "$OUT/heap.out" || not_ok "$name: it starts" "no 'ready'"
	prof_start heap -p $target --rate $rate -o "$OUT/heap.pb.gz" --stats "$OUT/heap.json" 60
	wait_until 50 grep -q '^done' "$OUT/heap.out" || not_ok "$name: it ends" "no 'done'"
	kill -INT "$prof_pid"
	prof_wait
	kill -0 $target 2> /dev/null || not_ok "$name: it lives on" "it is gone"
	kill $target
	is "$name: exit status" "$status" 0
	is "$name: lost" "$(lost "$OUT/heap.json")" 0
	check "$name" "$OUT/heap.pb.gz" "$OUT/heap.out"
}

run glibc 20 "$TARGETS/heap"
gcc -O1 -fno-inline -fno-optimize-sibling-calls -static -o "$OUT/static" tests/targets/heap.c
run "glibc, static" 20 "$OUT/static"
libs=/usr/lib/x86_64-linux-gnu
run jemalloc 10 "$TARGETS/heap" LD_PRELOAD=$libs/libjemalloc.so.2
run tcmalloc 10 "$TARGETS/heap" LD_PRELOAD=$libs/libtcmalloc.so.4
run mimalloc 2 "$TARGETS/heap" LD_PRELOAD=$libs/libmimalloc.so.2
musl-gcc -O1 -fno-inline -fno-optimize-sibling-calls -g -o "$OUT/musl" tests/targets/heap.c
run musl 10 "$OUT/musl"
musl-gcc -O1 -fno-inline -fno-optimize-sibling-calls -g -static -o "$OUT/musl" tests/targets/heap.c
run "musl, static" 10 "$OUT/musl"
