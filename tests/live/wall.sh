#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is all of the threads' time there, once, and in the right state? The target's own clocks, the scheduler's
# counters and the profile are three that must agree.
# needs: root bpf btf python3 go kallsyms
# timeout: 400
. tests/live/lib.sh

reason_of() { # FILE FUNCTION: of what is blocked under it
	$PPROF -tags -tagfocus=state=blocked -focus="^$2\$" "$1" 2>/dev/null | awk '
	/^ *(reason|syscall): Total/ { on = 1; next }
	/: Total/ { on = 0 }
	on && /%\)/ { sub(/.*%\): /, ""); print; on = 0 }' | tr '\n' ' '
}

# What the counters say is whole, and the profile is what they say.
whole() { # CASE FILE
	local stats=$OUT/s.json state
	is "$1: exit status" "$status" 0
	is "$1: threads lost" "$(figure "$stats" lost.walls_full)" 0
	at_most "$1: residual in percent" "$(percent "$(figure "$stats" wall.residual_ns)" "$(figure "$stats" wall.time_ns)")" 1
	at_most "$1: that of the worst thread" "$(figure "$stats" wall.worst)" 0.01
	for state in running runnable blocked; do
		is "$1: $state, of the counters and in the profile" "$(state_ns "$2" $state)" "$(figure "$stats" wall.${state}_ns)"
	done
}

# One name's figure in what the target says: THREADS LIVED CPU-CLOCK WAITED-FOR-CPU SLEPT are 2 to 6.
said() { # NAME COLUMN
	awk -v name="$1" -v column="$2" '$1 == name { print $column }' "$OUT/prof.out"
}

# By each hook: the samples differ, the totals do not.
for hook in exit finish out; do
	case $hook in
	exit) skip_unless sched_exit "$hook: the kernel has sched_exit_tp" || continue ;;
	finish) skip_unless kprobe "$hook: kprobes" || continue ;;
	esac
	file=$OUT/$hook.pb.gz
	prof wall --per-thread --sched-hook $hook -o "$file" --stats "$OUT/s.json" -- "$TARGETS/states" 2
	whole "$hook" "$file"
	is "$hook: samples lost" "$(lost "$OUT/s.json")" 0
	has "$hook: what the closing line says" "$(< "$OUT/prof.err")" \
		"running [0-9.]+ s, runnable [0-9.]+ s, blocked [0-9.]+ s, of [0-9]+ threads' [0-9.]+ s; residual 0\.0"
	for name in hog1 hog2 napper; do
		lived=$(said $name 3)
		allowed=$(unless_stolen 1.5 "$lived")
		near "$hook: $name lived" "$(percent "$(($(state_ns "$file" running thread_comm $name) +
			$(state_ns "$file" runnable thread_comm $name) +
			$(state_ns "$file" blocked thread_comm $name)))" "$lived")" 100 1.5
		near "$hook: $name ran, percent of its life" "$(percent "$(state_ns "$file" running thread_comm $name)" "$lived")" \
			"$(percent "$(said $name 4)" "$lived")" "$allowed"
		near "$hook: $name waited for a CPU" "$(percent "$(state_ns "$file" runnable thread_comm $name)" "$lived")" \
			"$(percent "$(said $name 5)" "$lived")" "$allowed"
		near "$hook: $name was blocked" "$(percent "$(state_ns "$file" blocked thread_comm $name)" "$lived")" \
			"$(percent "$(($(said $name 3) - $(said $name 4) - $(said $name 5)))" "$lived")" "$allowed"
	done
	at_least "$hook: hog1 waits for hog2" "$(percent "$(state_ns "$file" runnable thread_comm hog1)" "$(said hog1 3)")" 35
	# They end in the capture, and are counted until their last switch, which is after they said this.
	near "$hook: threads" "$(figure "$OUT/s.json" wall.threads)" "$(($(said brief 2) + 4))" 0
	near "$hook: briefs ran" "$(percent "$(state_ns "$file" running thread_comm brief)" "$(said brief 4)")" 103 \
		"$(unless_stolen 6 "$(said brief 4)")"
	at_most "$hook: briefs slept" "$(percent "$(state_ns "$file" blocked thread_comm brief)" "$(said brief 6)")" 101
	at_least "$hook: briefs slept" "$(percent "$(state_ns "$file" blocked thread_comm brief)" "$(said brief 2)000000")" 280
	is "$hook: a sleep" "$(reason_of "$file" f_nap)" "sleep clock_nanosleep "
	# Those that run 2 ms are mostly between two samples.
	has "$hook: what no sample tells of" "$(names "$file")" '\[no sample\]'
done

# Of a process: samples say who, the counters how much.
prof wall -F 499 -o "$OUT/process.pb.gz" --stats "$OUT/s.json" -- "$TARGETS/states" 2
whole "a process" "$OUT/process.pb.gz"
for row in f_hog:$(($(said hog1 4) + $(said hog2 4))) f_spin:$(($(said napper 4) + $(said brief 4))); do
	near "a process: ${row%:*}" "$(share "$OUT/process.pb.gz" "${row%:*}" -cum -tagfocus=state=running)" \
		"$(percent "${row#*:}" "$(figure "$OUT/s.json" wall.time_ns)")" 5
done
is "a process: nothing without a sample" "$(share "$OUT/process.pb.gz" '[no sample]')" 0.00
near "what the samples said of running, percent of the counters" \
	"$(percent "$(figure "$OUT/s.json" wall.sampled_running_ns)" "$(figure "$OUT/s.json" wall.running_ns)")" 100 15
near "and of blocked" \
	"$(percent "$(figure "$OUT/s.json" wall.sampled_blocked_ns)" "$(figure "$OUT/s.json" wall.blocked_ns)")" 100 5
prof wall --samples -o "$OUT/events.pb.gz" --stats "$OUT/s.json" -- "$TARGETS/states" 1
whole "--samples" "$OUT/events.pb.gz"
has "--samples: time" "$(pproftags "$OUT/events.pb.gz")" 'time: '

# Many programs, each with its own number, that end in the capture.
prof wall -o "$OUT/short.pb.gz" --stats "$OUT/s.json" -- "$TARGETS/shortlived" 2
whole "many processes" "$OUT/short.pb.gz"
children=$(awk '$1 == "children" { print $2 }' "$OUT/prof.out")
at_least "many processes: children" "$children" 20
is "many processes: threads" "$(figure "$OUT/s.json" wall.threads)" $((children + 1))
at_least "many processes: their CPU time" "$(percent "$(figure "$OUT/s.json" wall.running_ns)" \
	"$(awk '$1 == "children" { print $6 }' "$OUT/prof.out")")" 95

# No room for all that end: each of them is counted, and what the samples say of them is there and said.
prof wall --counts-size 64 -o "$OUT/full.pb.gz" --stats "$OUT/s.json" -- bash -c 'for i in {1..1000}; do (:) & done; wait'
is "no room: exit status" "$status" 0
at_least "no room: lost threads" "$(figure "$OUT/s.json" lost.walls_full)" 1
at_least "no room: threads and lost ones" "$(($(figure "$OUT/s.json" wall.threads) + $(figure "$OUT/s.json" lost.walls_full)))" 1001
has "no room: said" "$(< "$OUT/prof.err")" 's of threads without counters;.*walls_full [0-9]+'

# Threads that live from before the start to after the end, as the scheduler counts them meanwhile.
counted() { # COLUMN PID...: ran, waited for a CPU
	local column=$1
	shift
	for pid; do cat /proc/"$pid"/task/*/schedstat; done | awk -v column="$column" '{ sum += $column } END { printf "%.0f\n", sum }'
}
one=$(taskset -c 0 "$TARGETS/shares" 200 > /dev/null & echo $!)
two=$(taskset -c 0 "$TARGETS/shares" 200 > /dev/null & echo $!)
lib_pids+=("$one" "$two")
start idle 200
idle=$pid
sleep 0.2
ran=$(counted 1 "$one" "$two") delayed=$(counted 2 "$one" "$two") from=$(date +%s%N)
prof wall -p "$one,$two,$idle" -o "$OUT/living.pb.gz" --stats "$OUT/s.json" 3
ran=$(($(counted 1 "$one" "$two") - ran)) delayed=$(($(counted 2 "$one" "$two") - delayed)) ns=$(($(date +%s%N) - from))
whole "living threads" "$OUT/living.pb.gz"
duration=$(figure "$OUT/s.json" duration_ns)
near "living threads: their time" "$(percent "$(figure "$OUT/s.json" wall.time_ns)" "$duration")" 300 1
# The scheduler's counts are of a little more than the window: as shares of the time.
near "living threads: ran" "$(percent "$(figure "$OUT/s.json" wall.running_ns)" "$duration")" "$(percent "$ran" "$ns")" 12
near "living threads: waited for a CPU" "$(percent "$(figure "$OUT/s.json" wall.runnable_ns)" "$duration")" \
	"$(percent "$delayed" "$ns")" 12
near "living threads: asleep all the time" "$(percent "$(state_ns "$OUT/living.pb.gz" blocked pid "$idle")" "$duration")" 100 1
is "living threads: asleep in" "$(share "$OUT/living.pb.gz" main -cum -relative_percentages -tagfocus=state=blocked)" 100.00

# The whole machine: as many seconds for each thread as it lived.
prof wall -a -o "$OUT/all.pb.gz" --stats "$OUT/s.json" 2
whole "-a" "$OUT/all.pb.gz"
at_least "-a: running" "$(figure "$OUT/s.json" wall.running_ns)" 1000000000
near "-a: seconds of threads" "$(percent "$(figure "$OUT/s.json" wall.time_ns)" \
	"$(($(figure "$OUT/s.json" duration_ns) * $(find /proc/[0-9]*/task -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)))")" 100 40
if skip_unless cgroup2 "--cgroup"; then
	group=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)/ebprof-test-$$
	mkdir "$group"
	at_exit 'for i in 1 2 3 4 5; do rmdir "$group" 2> /dev/null && break; sleep 0.1; done'
	echo "$one" > "$group/cgroup.procs"
	prof wall --cgroup "$group" -o "$OUT/cgroup.pb.gz" --stats "$OUT/s.json" 2
	whole "--cgroup" "$OUT/cgroup.pb.gz"
	is "--cgroup: threads" "$(figure "$OUT/s.json" wall.threads)" 1
	near "--cgroup: their time" "$(percent "$(figure "$OUT/s.json" wall.time_ns)" "$(figure "$OUT/s.json" duration_ns)")" 100 1
fi
kill "$one" "$two" "$idle" 2>/dev/null

# Several views of the same samples in one capture.
prof cpu -k offcpu --per-thread -o "$OUT/two.pb.gz" -- "$TARGETS/states" 1
is "cpu and offcpu: exit status" "$status" 0
near "cpu and offcpu: cpu" "$(share "$OUT/two.cpu.pb.gz" f_hog -cum)" \
	"$(percent $(($(said hog1 4) + $(said hog2 4))) $(($(said hog1 4) + $(said hog2 4) + $(said napper 4) + $(said brief 4))))" 15
at_least "cpu and offcpu: offcpu" "$(share "$OUT/two.offcpu.pb.gz" f_nap -cum)" 20
prof wall -k cpu --per-thread -o "$OUT/both.pb.gz" --stats "$OUT/both.json" -- "$TARGETS/states" 1
grep '"kind":"wall"' "$OUT/both.json" > "$OUT/s.json"
whole "cpu and wall" "$OUT/both.wall.pb.gz"
lacks "cpu and wall: cpu has no states" "$(pproftags "$OUT/both.cpu.pb.gz")" 'state: '
at_least "cpu and wall: cpu" "$(samples "$OUT/both.cpu.pb.gz")" 5

# A server that has nothing to do.
if skip_unless node "idle: node"; then
	node -e 'require("http").createServer(() => 0).listen(0, "127.0.0.1")' &
	node=$!
	lib_pids+=("$node")
	sleep 1
	prof wall -p "$node" -o "$OUT/idle.folded" 1
	at_least "idle: fold" "$(folded_share "$OUT/idle.folded" '\[idle\];')" 90
	has "idle: said" "$(< "$OUT/prof.err")" 'blocked [0-9.]+ s \([0-9.]+ s idle\)'
	prof wall --idle hide -p "$node" -o "$OUT/hidden.pb.gz" 1
	has "idle: hidden, and said" "$(< "$OUT/prof.err")" '\(without [0-9.]+ s idle\)'
	prof wall --idle show -p "$node" -o "$OUT/shown.folded" 1
	is "idle: shown" "$(folded_share "$OUT/shown.folded" '\[idle\]')" 0.00
	kill "$node"
fi

# All of the time cannot be a part of it.
for option in '--min 1ms' '--max 1s' '--reason lock' '--kernel-only' '-e page-faults'; do
	# shellcheck disable=SC2086
	prof wall $option -o "$OUT/none.pb.gz" -- true
	is "$option: exit status" "$status" 2
	has "$option: why" "$(< "$OUT/prof.err")" "^ebprof: wall is all of the threads' time"
done
