#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Small maps, a high rate, the whole machine under load for half a minute: no sample is lost.
# needs: root bpf btf perf-software perf-all-cpus python3 go
# timeout: 180
. tests/live/lib.sh
rate=999

# CPU time that a process has used so far, ns.
cpu_ns() { # PID
	cut -d' ' -f1 "/proc/$1/schedstat"
}

start forkstorm 90
storm=$pid
start shares 90
shares=$pid
prof_start cpu -F $rate -a --counts-size 256 --ring-size 65536 -o "$OUT/x.pb.gz" --stats "$OUT/x.json" 30
# The CPU time of one process over 25 s of them, and from it that over all.
sleep 2
begin=$(cpu_ns $shares)
sleep 25
per_second=$((($(cpu_ns $shares) - begin) / 25))
prof_wait
is "exit status" "$status" 0
is "whole samples lost" "$(lost "$OUT/x.json")" 0
for name in counts_full ring_stack ring_sample scratch_busy no_map out_of_memory targets_full; do
	is "lost: $name" "$(figure "$OUT/x.json" "lost.$name")" 0
done
is "every stack has its body" "$(figure "$OUT/x.json" lost.no_stack_body)" 0
is "samples of the profile and of --stats" "$(samples "$OUT/x.pb.gz")" "$(figure "$OUT/x.json" samples)"
at_least "the maps were emptied all the time" "$(figure "$OUT/x.json" drains)" 150
want=$(awk -v per="$per_second" -v ns="$(figure "$OUT/x.json" duration_ns)" -v rate=$rate 'BEGIN { printf "%d\n", per * ns / 1e18 * rate }')
near "samples of a process for its CPU time" "$(samples "$OUT/x.pb.gz" -tagfocus=pid="$shares")" "$want" "$((want / 10))"
shares_are "its functions" "$OUT/x.pb.gz" -tagfocus=pid="$shares"
at_least "the storm's children are there" "$(samples "$OUT/x.pb.gz" -tagfocus='comm=^(exe|forkstorm)$')" 1000
kill "$storm" "$shares"
