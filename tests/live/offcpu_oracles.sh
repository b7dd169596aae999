#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Threads that wait for each other, for a disk, on other CPUs and as the last thing they do: is each of
# the three values what the kernel's own clocks of the thread say it is?
# needs: root bpf btf python3 go kallsyms cpus2
. tests/live/lib.sh
ways="f_hog f_waiter f_ping f_pong f_fault f_move f_last"

# Of what contend printed of a function: blocked ns, runnable ns, how often it blocked.
own() { # FUNCTION
	awk -v name="$1" '$1 == name { delay += $3 - $4 - $5; runnable += $5; cnt += $6 }
	END { printf "%.0f %.0f %.0f\n", delay, runnable, cnt }' "$OUT/prof.out"
}

percent() { # GOT WANT
	awk -v got="$1" -v want="$2" 'BEGIN { printf "%.2f\n", (want > 0 ? 100 * got / want : 0) }'
}

# What a switch costs is counted as a wait here, and as the CPU's time there: the more switches the more.
allowed_ns() { # BLOCKS DELAY
	awk -v cnt="$1" -v ns="$2" 'BEGIN { printf "%.2f\n", 3 + 100 * cnt * 5000 / ns }'
}


compare() { # CASE FILE
	local function delay runnable cnt
	for function in $ways; do
		read -r delay runnable cnt <<< "$(own $function)"
		near "$1: $function: delay" "$(percent "$(cum "$2" delay $function)" "$delay")" 100 \
			"$(unless_stolen "$(allowed_ns "$cnt" "$delay")" "$delay")"
		near "$1: $function: runnable" "$(percent "$(cum "$2" runnable $function)" "$runnable")" 100 3
		near "$1: $function: contentions" "$(percent "$(cum "$2" contentions $function)" "$cnt")" 100 2.5
	done
}

for hook in exit finish out; do
	case $hook in
	exit) skip_unless sched_exit "$hook: the kernel has sched_exit_tp" || continue ;;
	finish) skip_unless kprobe "$hook: kprobes" || continue ;;
	esac
	prof offcpu --sched-hook $hook --threshold 0 -o "$OUT/$hook.pb.gz" --stats "$OUT/$hook.json" \
		-- "$TARGETS/contend" 2
	is "$hook: exit status" "$status" 0
	compare "$hook" "$OUT/$hook.pb.gz"
done
