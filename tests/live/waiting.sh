#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A thread that sleeps from before the start to after the end is there for all of it, with its stack: also
# when it is wanted by its cgroup, when stacks are walked by frame pointer, and without any of that.
# needs: root bpf btf go kallsyms x86_64
# timeout: 120
. tests/live/lib.sh

# Milliseconds of the lines that match.
ms() { # FILE REGEX
	awk -v regex="$2" '$0 ~ regex { sum += $NF } END { printf "%.0f\n", sum / 1e6 }' "$1"
}

hooks=('' '--sched-hook out')
start idle 60
idle=$pid
if skip_unless cgroup2 "--cgroup"; then
	root=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	group=$root/ebprof-test-$$
	at_exit "rmdir $group/child/below $group/child $group $group-sibling"
	mkdir -p "$group/child/below" "$group-sibling"
	echo "$idle" > "$group/child/below/cgroup.procs"
	for hook in "${hooks[@]}"; do
		for path in "$group/child/below" "$group"; do
			# shellcheck disable=SC2086
			prof offcpu $hook --cgroup "$path" -o "$OUT/cgroup.folded" 1
			near "--cgroup $hook, ${path#"$root/ebprof-test-$$"}" "$(ms "$OUT/cgroup.folded" ';main;f_sleep;')" 1000 60
		done
		# shellcheck disable=SC2086
		prof offcpu $hook --cgroup "$group-sibling" --cgroup "$group/child" -o "$OUT/cgroup.folded" 1
		near "--cgroup $hook, two" "$(ms "$OUT/cgroup.folded" ';main;f_sleep;')" 1000 60
		# shellcheck disable=SC2086
		prof offcpu $hook --cgroup "$group-sibling" -o "$OUT/none.folded" 1
		is "--cgroup $hook, its sibling: exit status" "$status" 1
	done
	echo "$idle" > "$root/cgroup.procs"
fi

# libc has no frame pointers: the walk ends after main(), whose caller's is garbage.
for hook in "${hooks[@]}"; do
	# shellcheck disable=SC2086
	prof offcpu $hook --unwind fp -p "$idle" -o "$OUT/fp.folded" 1
	is "--unwind fp $hook: exit status" "$status" 0
	near "--unwind fp $hook: main and the leaf in libc" "$(ms "$OUT/fp.folded" ';main;clock_nanosleep;.*hrtimer_nanosleep')" 1000 60
	lacks "--unwind fp $hook: losses" "$(cat "$OUT/prof.err")" 'no_stack_body'
done

# A 32-bit program has no other way.
if skip_unless compat32 "32-bit"; then
	"$TARGETS/spin32" 20 &
	lib_pids+=("$!")
	sleep 0.2
	kill -STOP "$!"
	prof offcpu -p "$!" -o "$OUT/compat.folded" 1
	near "32-bit, stopped" "$(ms "$OUT/compat.folded" ';\[spin32\]|;f_|;_start|spin')" 1000 60
	cut -c1-300 "$OUT/compat.folded" | sed 's/^/# /'
	kill -KILL "$!"
fi
