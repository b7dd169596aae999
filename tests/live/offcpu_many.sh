#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 10,000 threads that sleep from before the start to after the end: each is counted once, for the window's
# length, with its stack, and soon enough.
# needs: root bpf btf python3 go kallsyms
. tests/live/lib.sh
threads=10000

hooks=out
! have sched_exit || hooks="exit $hooks"
! have kprobe || hooks="finish $hooks"
start sleepers 60 $threads
for hook in $hooks; do
	prof offcpu --sched-hook "$hook" -p "$pid" -o "$OUT/many.pb.gz" --stats "$OUT/many.json" 1.5
	is "$hook: exit status" "$status" 0
	is "$hook: lost" "$(lost "$OUT/many.json")" 0
	is "$hook: samples" "$(figure "$OUT/many.json" samples)" $((threads + 1))
	is "$hook: waits" "$(cum "$OUT/many.pb.gz" contentions f_sleep)" $((threads + 1))
	near "$hook: ms that each waited" \
		"$(($(cum "$OUT/many.pb.gz" delay f_sleep) / (threads + 1) / 1000000))" \
		"$(($(figure "$OUT/many.json" duration_ns) / 1000000))" 2
	has "$hook: complete" "$(cat "$OUT/prof.err")" 'complete user stacks 100.0 %'
	at_most "$hook: the end takes, ms of CPU" "$(($(figure "$OUT/many.json" own.finish_cpu_ns) / 1000000))" 1000
done

# Two kinds in one capture are of the same window: what a thread ran and what it waited is all of it.
sleepers=$pid
start shares 60
prof offcpu -k cpu -F 1999 -p "$pid,$sleepers" -o "$OUT/both.pb.gz" --threshold 0 --stats "$OUT/both.json" 1.5
is "with cpu: exit status" "$status" 0
duration=$(head -n 1 "$OUT/both.json" | sed 's/.*"duration_ns":\([0-9]*\).*/\1/')
ran=$(cum "$OUT/both.cpu.pb.gz" cpu main)
waited=$(($(cum "$OUT/both.offcpu.pb.gz" delay main -tagfocus="pid=$pid") +
	$(cum "$OUT/both.offcpu.pb.gz" runnable main -tagfocus="pid=$pid")))
near "with cpu: ran $((ran / 1000000)) ms, waited $((waited / 1000000)) ms, percent of the time" \
	"$(awk -v part=$((ran + waited)) -v all="$duration" \
		'BEGIN { printf "%.2f\n", 100 * part / all }')" 100 4
