#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How long were the same threads off their CPUs in the same time, as perf sched timehist has it?
# (perf trace -s of 6.1 does not bear that BPF programs come and go: util/build-id.c:1010.)
# needs: root bpf btf python3 go kallsyms tracefs perf
. tests/live/lib.sh
if [[ ! -e /sys/kernel/tracing/events ]]; then
	mount -t tracefs none /sys/kernel/tracing
	at_exit "umount /sys/kernel/tracing"
fi
timeout -k 5 60 perf sched record --no-bpf-event --no-buildid -o "$OUT/sched.data" -- \
	"$EBPROF" offcpu --threshold 0 -o "$OUT/both.pb.gz" --stats "$OUT/both.json" \
	-- "$TARGETS/contend" 2 > "$OUT/contend.out" 2> "$OUT/perf.err"
sed 's/^/# /' "$OUT/perf.err"
is "lost" "$(lost "$OUT/both.json")" 0

# TID MS, for each time that it was off its CPU.
perf sched timehist -i "$OUT/sched.data" 2> /dev/null |
	sed -nE 's/^ *[0-9.]+ +\[[0-9]+\] +contend\[([0-9]+)[^]]*\] +([0-9.]+).*/\1 \2/p' > "$OUT/timehist"

off_cpu_ms() { # FUNCTION: of its threads
	awk -v name="$1" '$1 == name { print $2 }' "$OUT/contend.out" |
		awk 'NR == FNR { mine[$1]; next } $1 in mine { sum += $2 } END { printf "%.3f\n", sum }' \
			- "$OUT/timehist"
}

# Not f_fault, whose waits are of 60 us, of which what perf itself does at a switch is a part: 123 % in one run of
# four (live/offcpu_oracles has it by the thread's own clock).
for function in f_hog f_waiter f_ping f_pong f_move; do
	near "$function: percent of perf sched timehist" "$(awk \
		-v ns=$(($(cum "$OUT/both.pb.gz" delay $function) + $(cum "$OUT/both.pb.gz" runnable $function))) \
		-v ms="$(off_cpu_ms $function)" 'BEGIN { printf "%.2f\n", (ms > 0 ? ns / 10000 / ms : 0) }')" 100 7
done
