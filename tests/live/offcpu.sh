#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is the time that threads wait measured, split and explained rightly, by each hook and threshold? The
# target's own clock, the kernel's own counters and the profile are three that must agree.
# needs: root bpf btf python3 go kallsyms x86_64
# timeout: 240
. tests/live/lib.sh

# Nanoseconds (or the count) of a function and what it called, in one value of the profile.
cum() { # FILE TYPE FUNCTION [pprof option...]
	local file=$1 type=$2 function=$3
	shift 3
	top "$file" -cum -unit=ns -sample_index="$type" "$@" | awk -v want="$function" '
	{ line = $0; sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "", line); sub(/ \(inline\)$/, "", line) }
	line == want { sub(/ns$/, "", $4); sum += $4 }
	END { print sum + 0 }'
}

# Of what the target says it waited, the percentage that the profile has as delay and runnable.
found() { # FILE FUNCTION
	local want
	want=$(awk -v name="$2" '$1 == name { print $3 }' "$OUT/prof.out")
	awk -v got="$(($(cum "$1" delay "$2") + $(cum "$1" runnable "$2")))" -v want="${want:-0}" \
		'BEGIN { printf "%.2f\n", want ? 100 * got / want : 0 }'
}

reasons() { # FILE FUNCTION: of the waits under it, the reason that most of the delay has
	$PPROF -tags -sample_index=delay -focus="^$2\$" "$1" 2>/dev/null | awk '
	/^ *reason: / { in_reason = 1; next }
	/^ *[a-z_]+: Total/ { in_reason = 0 }
	in_reason && /%\)/ { sub(/.*%\): /, ""); print; exit }'
}

# The target measures the call, which is a little more than the wait. 50 µs sleeps carry a timer's cost.
for hook in exit finish out; do
	case $hook in
	exit) skip_unless sched_exit "$hook: the kernel has sched_exit_tp" || continue ;;
	finish) skip_unless kprobe "$hook: kprobes" || continue ;;
	esac
	for threshold in 0 100us 1ms; do
		name="$hook, $threshold"
		file=$OUT/$hook.$threshold.pb.gz
		prof offcpu --sched-hook $hook --threshold $threshold -o "$file" --stats "$OUT/s.json" \
			-- "$TARGETS/waits" 2
		is "$name: exit status" "$status" 0
		is "$name: lost" "$(lost "$OUT/s.json")" 0
		# With a threshold that is not above them, these waits are all kept.
		for function in f_sleep f_poll f_pipe f_socket; do
			near "$name: $function" "$(found "$file" $function)" 99 3
		done
		at_least "$name: f_short" "$(found "$file" f_short)" 75
		at_most "$name: f_short" "$(found "$file" f_short)" 102
		is "$name: reasons" "$(for f in sleep short lock pipe socket poll child disk; do
			reasons "$file" f_$f; done | tr '\n' ' ')" "sleep sleep lock pipe network poll child disk "
	done
done
