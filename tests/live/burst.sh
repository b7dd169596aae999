#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Samples of programs that nobody has met yet, while ebprof does not get to run: 2,000 a second for
# 200 ms fit; what does not fit is counted, with --unwind check too.
# needs: root bpf btf perf-software perf-all-cpus python3 go
# timeout: 120
. tests/live/lib.sh

stop_for() { # SECONDS
	kill -STOP "$prof_pid"
	sleep "$1"
	kill -CONT "$prof_pid"
}

# On each CPU one new program of 2 ms after the other.
for _ in $(seq "$(nproc)"); do
	start shortlived 60 2
done

prof_start cpu -F 999 -a -o "$OUT/short.pb.gz" --stats "$OUT/short.json" 5
sleep 1
for _ in 1 2 3; do
	stop_for 0.2
	sleep 0.8
done
prof_wait
is "200 ms: exit status" "$status" 0
is "200 ms: nothing is lost" "$(lost "$OUT/short.json")" 0
at_least "200 ms: samples that were walked later" "$(figure "$OUT/short.json" unmet)" 1000
at_least "200 ms: their stacks are complete" "$(figure "$OUT/short.json" complete.share)" 0.97

too_long() { # CASE [ARGUMENT...]
	local case=$1 kept all want
	shift
	prof_start cpu -F 999 -a -o "$OUT/long.pb.gz" --stats "$OUT/long.json" "$@" 5
	sleep 1
	stop_for 2
	prof_wait
	is "$case: exit status" "$status" 0
	at_least "$case: what did not fit is counted" "$(figure "$OUT/long.json" lost.ring_unmet)" 100
	kept=$(figure "$OUT/long.json" samples)
	all=$((kept + $(lost "$OUT/long.json") + $(figure "$OUT/long.json" hidden)))
	want=$(awk -v ns="$(figure "$OUT/long.json" duration_ns)" -v cpus="$(nproc)" 'BEGIN { printf "%d\n", ns / 1e9 * 999 * cpus }')
	near "$case: samples and losses are what there was" "$all" "$want" "$((want / 5))"
}
too_long "2 s"
too_long "2 s, checked" --unwind check --check-file "$OUT/check"
