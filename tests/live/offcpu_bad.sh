#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Threads that are stopped, killed, dead, stuck for ever, held back by a limit, or that never wait.
# needs: root bpf btf python3 go kallsyms
. tests/live/lib.sh

hooks=out
! have sched_exit || hooks="exit $hooks"
! have kprobe || hooks="finish $hooks"

percent() { # GOT WANT
	awk -v got="$1" -v want="$2" 'BEGIN { printf "%.2f\n", (want > 0 ? 100 * got / want : 0) }'
}

# Of a sum, the texts of a label with at least 1 % of it.
tags() { # FILE LABEL [pprof option...]
	local file=$1 label=$2
	shift 2
	$PPROF -tags "$@" "$file" 2>/dev/null | awk -v label=" $label: Total" '
	index($0, label) { on = 1; next }
	/: Total/ { on = 0 }
	on && match($0, /\( *[0-9.]+%\): /) && substr($0, RSTART + 1) + 0 >= 1 {
		print substr($0, RSTART + RLENGTH)
	}' | sort | tr '\n' ' '
}

for hook in $hooks; do
	# Stopped for a part of the time, while it runs.
	start shares 30
	prof_start offcpu --sched-hook "$hook" -p "$pid" -o "$OUT/stop.pb.gz" --stats "$OUT/stop.json" 60
	sleep 1
	kill -STOP "$pid"
	from=$(date +%s%N)
	sleep 1
	to=$(date +%s%N)
	kill -CONT "$pid"
	sleep 0.3
	kill -INT "$prof_pid"
	prof_wait
	near "$hook: stopped: delay" "$(percent "$(cum "$OUT/stop.pb.gz" delay main)" $((to - from)))" 100 6
	is "$hook: stopped: reason" "$(tags "$OUT/stop.pb.gz" reason)" "other "
	# From before the start to after the end.
	kill -STOP "$pid"
	prof offcpu --sched-hook "$hook" -p "$pid" -o "$OUT/stop.pb.gz" --stats "$OUT/stop.json" 0.5
	near "$hook: stopped all the time" \
		"$(percent "$(cum "$OUT/stop.pb.gz" delay main)" "$(figure "$OUT/stop.json" duration_ns)")" 100 1
	kill -KILL "$pid"
	wait "$pid" 2> /dev/null

	# Killed while they wait: until then they did.
	start sleepers 30 20
	prof_start offcpu --sched-hook "$hook" -p "$pid" -o "$OUT/kill.pb.gz" --stats "$OUT/kill.json" 20
	sleep 1.5
	kill -KILL "$pid"
	wait "$pid" 2> /dev/null
	prof_wait
	has "$hook: killed: it ends" "$(cat "$OUT/prof.err")" 'all targets are gone'
	is "$hook: killed: waits" "$(cum "$OUT/kill.pb.gz" contentions f_sleep)" 21
	# It is seen that they are gone 100 ms later at most, but on a busy machine.
	near "$hook: killed: delay" "$(percent "$(cum "$OUT/kill.pb.gz" delay f_sleep)" \
		$((21 * $(figure "$OUT/kill.json" duration_ns))))" 90 11

	# Those that are dead wait for nothing, be they from before the start or not.
	prof offcpu --sched-hook "$hook" --per-thread -o "$OUT/dead.pb.gz" --stats "$OUT/dead.json" \
		-- bash -c "'$TARGETS/leaderless' 60 > /dev/null & echo \$!; exec sleep 0.5"
	kill -KILL "$(cat "$OUT/prof.out")"
	near "$hook: without its first thread: delay" "$(percent \
		"$(cum "$OUT/dead.pb.gz" delay clock_nanosleep -tagfocus=thread_comm=leaderless)" \
		"$(figure "$OUT/dead.json" duration_ns)")" 90 11
	lacks "$hook: the dead do not wait" "$(names "$OUT/dead.pb.gz")" 'kernel stack unreadable'
	python3 -c 'import os, time
if os.fork() == 0:
    os._exit(0)
time.sleep(60)' &
	lib_pids+=($!)
	sleep 0.3
	prof offcpu --sched-hook "$hook" -a -o "$OUT/zombie.pb.gz" 0.5
	lacks "$hook: a zombie does not wait" "$(names "$OUT/zombie.pb.gz")" 'kernel stack unreadable'
	kill -KILL "${lib_pids[-1]}"
done

# Nothing to tell is a failure, with its reason. A real-time thread is not preempted within 50 ms.
start shares 30
chrt -f -p 50 "$pid"
prof offcpu -p "$pid" -o "$OUT/none.pb.gz" --min 1s 0.5
is "never waited: exit status" "$status" 1
has "never waited: why" "$(cat "$OUT/prof.err")" 'no samples: the targets never waited in 0\.[0-9] s'
kill -KILL "$pid"
wait "$pid" 2> /dev/null

# In D state for ever. What it waits for is silent until the end.
if skip_unless fuse "stuck: FUSE"; then
	mkdir -p "$OUT/mnt"
	at_exit "umount -l '$OUT/mnt' 2> /dev/null"
	: > "$OUT/fs.out"
	python3 tests/live/hangfs.py "$OUT/mnt" "$TARGETS/shares" > "$OUT/fs.out" 2>&1 &
	fs=$!
	lib_pids+=("$fs")
	wait_until 10 grep -q ready "$OUT/fs.out"
	# The first one waits for the answer, the others for its pages.
	stuck=()
	for way in read read map vfork exec; do
		start stuck 60 $way "$OUT/mnt/program"
		stuck+=("$pid")
	done
	kill -USR1 "$fs" "${stuck[0]}"
	sleep 0.5
	stuck=("${stuck[@]:1}")
	kill -USR1 "${stuck[@]}"
	sleep 0.5
	is "stuck: it is" "$(awk '/^State/ { print $2 }' "/proc/${stuck[0]}/status")" D
	for hook in $hooks; do
		prof offcpu --sched-hook "$hook" -p "$(IFS=, && echo "${stuck[*]}")" -o "$OUT/stuck.pb.gz" \
			--stats "$OUT/stuck.json" 1
		is "$hook: stuck: exit status" "$status" 0
		duration=$(figure "$OUT/stuck.json" duration_ns)
		for row in "read:disk" "map:page fault" "vfork:child" "exec:other"; do
			near "$hook: stuck: ${row%:*}" \
				"$(percent "$(cum "$OUT/stuck.pb.gz" delay "f_${row%:*}")" "$duration")" 100 1
			is "$hook: stuck: ${row%:*}: reason" \
				"$(tags "$OUT/stuck.pb.gz" reason -focus="^f_${row%:*}\$")" "${row#*:} "
		done
	done
	kill -KILL "$fs"
fi

# A cgroup's limit takes the CPU away: the kernel counts for how long, in ns or µs.
cpu_group() { # a new cgroup with a fifth of a CPU: $group
	local v1 v2
	v1=$(findmnt -n -t cgroup -O cpu -o TARGET | head -n 1)
	v2=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	if [[ $v1 ]]; then
		group=$(mktemp -d "$v1/ebprof.XXXXXX")
		echo 50000 > "$group/cpu.cfs_period_us" && echo 10000 > "$group/cpu.cfs_quota_us"
	else
		echo +cpu > "$v2/cgroup.subtree_control"
		group=$(mktemp -d "$v2/ebprof.XXXXXX")
		echo 10000 50000 > "$group/cpu.max"
	fi
}

throttled_ns() {
	awk '/^throttled_time / { print $2 } /^throttled_usec / { print 1000 * $2 }' "$group/cpu.stat"
}

group=
if cpu_group 2> /dev/null; then
	at_exit "rmdir '$group'"
	for hook in $hooks; do
		before=$(throttled_ns)
		prof offcpu --sched-hook "$hook" -o "$OUT/limit.pb.gz" \
			-- bash -c "echo \$\$ > '$group/cgroup.procs'; exec '$TARGETS/shares' 2"
		# That it still waits for others when the limit has let it go is part of the same wait.
		at_least "$hook: throttled: percent of what the kernel counted" "$(percent \
			"$(cum "$OUT/limit.pb.gz" runnable main -tagfocus=reason=throttled)" \
			$(($(throttled_ns) - before)))" 95
		at_most "$hook: throttled is no delay" "$(cum "$OUT/limit.pb.gz" delay main)" 50000000
	done
else
	echo "skip throttled: no cgroup with a CPU limit can be made here"
	lib_cases=$((lib_cases + 1))
fi
