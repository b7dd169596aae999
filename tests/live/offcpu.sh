#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is the time that threads wait measured, split and explained rightly, by each hook and threshold? The
# target's own clock, the kernel's own counters and the profile are three that must agree.
# needs: root bpf btf python3 go kallsyms x86_64
# timeout: 240
. tests/live/lib.sh

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

# Each wait is counted once.
at_least "exit, 0: count of f_sleep" "$(cum "$OUT/exit.0.pb.gz" contentions f_sleep)" 400
near "out, 0: count of f_sleep" "$(cum "$OUT/out.0.pb.gz" contentions f_sleep)" \
	"$(awk '$1 == "f_sleep" { print $2 }' "$OUT/prof.out")" 120

# A thread that sleeps from before the start to after the end: the whole window, and its stack.
start idle 60
for hook in '' '--sched-hook out'; do
	# shellcheck disable=SC2086
	prof offcpu $hook -p "$pid" -o "$OUT/idle.pb.gz" 1.5
	is "asleep $hook: exit status" "$status" 0
	near "asleep $hook: ms" "$(($(cum "$OUT/idle.pb.gz" delay main) / 1000000))" 1500 60
	has "asleep $hook: complete" "$(cat "$OUT/prof.err")" 'complete user stacks 100.0 %'
done
prof block -p "$pid" -o "$OUT/none.pb.gz" 0.5
is "nobody waited for a lock: exit status" "$status" 1
has "nobody waited for a lock: why" "$(cat "$OUT/prof.err")" 'no samples: the targets never waited for a lock'

# Two that share a CPU wait for it half of the time: as long as the kernel says.
delay_of() { # PID
	awk '{ sum += $2 } END { printf "%.0f\n", sum }' /proc/"$1"/task/*/schedstat
}
one=$(taskset -c 0 "$TARGETS/shares" 60 > /dev/null & echo $!)
two=$(taskset -c 0 "$TARGETS/shares" 60 > /dev/null & echo $!)
at_exit "kill $one $two 2>/dev/null"
lib_pids+=("$one" "$two")
sleep 0.2
before=$(($(delay_of "$one") + $(delay_of "$two"))) from=$(date +%s%N)
prof offcpu -p "$one,$two" -o "$OUT/cpu.pb.gz" 4
after=$(($(delay_of "$one") + $(delay_of "$two"))) to=$(date +%s%N)
# The kernel's count is of a little more than the window: as a share of the time.
near "waiting for a CPU: percent of what the kernel counted" \
	"$(awk -v got="$(cum "$OUT/cpu.pb.gz" runnable main)" -v want=$((after - before)) -v ns=$((to - from)) \
		'BEGIN { printf "%.1f\n", 100 * (got / 4e9) / (want / ns) }')" 100 15
is "waiting for a CPU is no delay" "$(($(cum "$OUT/cpu.pb.gz" delay main) / 100000000))" 0
kill "$one" "$two" 2>/dev/null

# What is left out is said.
prof offcpu --threshold 0 --min 2ms --max 100ms -o "$OUT/min.pb.gz" -- "$TARGETS/waits" 1
at_most "--min: f_short" "$(found "$OUT/min.pb.gz" f_short)" 50
at_least "--min: f_sleep" "$(found "$OUT/min.pb.gz" f_sleep)" 80
has "--min: what it left out" "$(cat "$OUT/prof.err")" ' s left out by --min, --max or --reason'
prof offcpu --reason pipe,network -o "$OUT/reason.pb.gz" -- "$TARGETS/waits" 1
is "--reason" "$($PPROF -tags "$OUT/reason.pb.gz" 2>/dev/null | awk '/reason: Total/ { on = 1; next } /Total/ { on = 0 }
	on && /%\)/ { sub(/.*%\): /, ""); print }' | sort | tr '\n' ' ')" "network pipe "

# Two sources in one capture.
prof offcpu -k cpu,block --threshold 0 -o "$OUT/both.pb.gz" -- "$TARGETS/waits" 1
is "three kinds: exit status" "$status" 0
at_least "three kinds: cpu" "$(samples "$OUT/both.cpu.pb.gz")" 5
at_least "three kinds: offcpu" "$(found "$OUT/both.offcpu.pb.gz" f_sleep)" 95
is "three kinds: block has locks alone" "$(cum "$OUT/both.block.pb.gz" delay f_sleep)" 0
has "three kinds: primitive" "$($PPROF -tags "$OUT/both.block.pb.gz" 2>/dev/null)" 'mutex'

# A server that has nothing to do.
if skip_unless node "idle: node"; then
	node -e 'require("http").createServer(() => 0).listen(0, "127.0.0.1")' &
	node=$!
	lib_pids+=("$node")
	sleep 1
	prof offcpu -p "$node" -o "$OUT/node.folded" 1
	at_least "idle: node" "$(folded_share "$OUT/node.folded" '\[idle\]')" 90
	prof offcpu --idle hide -p "$node" -o "$OUT/node.hidden.pb.gz" 1
	has "idle: hidden, and said" "$(cat "$OUT/prof.err")" 'without [0-9.]+ s idle'
	prof offcpu --idle show -p "$node" -o "$OUT/node.shown.folded" 1
	is "idle: shown" "$(folded_share "$OUT/node.shown.folded" '\[idle\]')" 0.00
fi
