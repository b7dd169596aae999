#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is what a program allocates, and what of it is in use, what the program itself says? For each allocator, by
# probes on a running process; z is the error in standard deviations of the sampling.
# needs: root bpf btf uprobe go python3 x86_64
# timeout: 300
. tests/live/lib.sh
. tests/live/heap_compare.sh
rate=16384

check() { # CASE PROFILE TARGET-OUTPUT
	compare "$2" "$3" > "$OUT/compared"
	sed 's/^/# /' "$OUT/compared"
	at_least "$1: rows" "$(wc -l < "$OUT/compared")" 18
	at_most "$1: largest error, standard deviations" \
		"$(largest)" 4.5
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
	is "$name: frees missed" "$(figure "$OUT/heap.json" heap.frees_missed)" 0
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

# Children: each allocates as much, and what they held is in use no more. Each starts with a pause, in
# which it is found.
# shellcheck disable=SC2016
PROF_TIMEOUT=60 prof heap --no-preload --rate $rate -o "$OUT/children.pb.gz" --stats "$OUT/children.json" -- \
	bash -c 'for i in 1 2; do "$1" 5 1 > "$2.$i"; done' - "$TARGETS/heap" "$OUT/child"
is "children: exit status" "$status" 0
awk 'NF == 5 { for (i = 2; i <= 3; i++) sum[$1, i] += $i; name[$1] }
	END { for (n in name) print n, sum[n, 2], sum[n, 3], 0, 0 }' "$OUT"/child.[12] > "$OUT/children.out"
compare "$OUT/children.pb.gz" "$OUT/children.out" > "$OUT/compared"
sed 's/^/# /' "$OUT/compared"
is "children: rows, none of them in use" "$(wc -l < "$OUT/compared")" 16
at_most "children: largest error, standard deviations" \
	"$(largest)" 4.5

# Whoever dies: nothing stays behind, and what was seen is kept.
: > "$OUT/heap.out"
"$TARGETS/heap" 1000000 100 > "$OUT/heap.out" &
target=$!
lib_pids+=($target)
wait_until 10 grep -q '^ready' "$OUT/heap.out"
prof_start heap -p $target -o "$OUT/killed.pb.gz" 60
sleep 3
kill -KILL "$prof_pid"
wait "$prof_pid" 2> /dev/null
sleep 0.5
is "ebprof killed: its probes are gone" "$(bpftool prog list | grep -cE 'name alloc_(session|enter|free)')" 0
kill -0 $target && ok "ebprof killed: the target lives" || not_ok "ebprof killed: the target lives" "it is gone"
prof_start heap -p $target -o "$OUT/dead.pb.gz" --stats "$OUT/dead.json" 60
sleep 2
kill -KILL $target
prof_wait
is "target killed: exit status" "$status" 0
at_least "target killed: its allocations" "$(share "$OUT/dead.pb.gz" main -cum)" 99
