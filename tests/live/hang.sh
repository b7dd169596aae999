#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program on a file system that stops answering costs its own names and a bounded time, nothing else:
# hangfs.py takes requests, also that to close a file, and is silent.
# needs: root bpf btf perf-software python3 go fuse
# timeout: 200
. tests/live/lib.sh
rate=999 # of two programs, for 2 s: 36 MiB of the 64 that wait in memory

# A file system with a program that runs: $fs_pid, $slow.
mount_it() {
	mkdir -p "$OUT/mnt"
	: > "$OUT/fs.out"
	python3 tests/live/hangfs.py "$OUT/mnt" "$TARGETS/shares" > "$OUT/fs.out" 2>&1 &
	fs_pid=$!
	lib_pids+=("$fs_pid")
	wait_until 10 grep -q ready "$OUT/fs.out"
	: > "$OUT/slow.out"
	"$OUT/mnt/program" 60 > "$OUT/slow.out" 2>&1 &
	slow=$!
	lib_pids+=("$slow")
	wait_until 10 grep -q ready "$OUT/slow.out"
	sleep 0.3
}

# What waits for it goes on when it ends.
unmount_it() {
	kill -KILL "$fs_pid" "$slow"
	wait "$fs_pid" "$slow" 2> /dev/null
	umount -l "$OUT/mnt"
}
at_exit "umount -l '$OUT/mnt' 2> /dev/null"

# Nanoseconds on a CPU of a process with one thread, and of the clock.
cpu_and_clock() { # PID
	echo "$(cut -d ' ' -f 1 "/proc/$1/schedstat") $(date +%s%N)"
}

took() { # CASE SECONDS-AT-MOST
	at_most "$1: it ends in time" $((SECONDS - began)) "$2"
	is "$1: exit status" "$status" 0
}

start deep 60
local_pid=$pid

mount_it
began=$SECONDS
prof cpu -F $rate -p "$slow" -o "$OUT/good.pb.gz" --stats "$OUT/good.json" 1.5
took "it answers" 10
shares_are "it answers" "$OUT/good.pb.gz"
is "it answers: all is readable" "$(figure "$OUT/good.json" lost.unreadable_file)" 0

prof_start cpu -F $rate -p "$slow" -o "$OUT/during.pb.gz" 4
sleep 2
kill -USR1 "$fs_pid"
began=$SECONDS
prof_wait
took "silent during the capture" 12
shares_are "silent during the capture" "$OUT/during.pb.gz"

began=$SECONDS
from=$(cpu_and_clock "$slow")
prof cpu -F $rate -p "$slow,$local_pid" -o "$OUT/before.pb.gz" --stats "$OUT/before.json" 2
to=$(cpu_and_clock "$slow")
took "silent before the capture" 12
at_least "silent before the capture: its code has no names" \
	"$(share "$OUT/before.pb.gz" '[program]' -cum -relative_percentages -tagfocus="pid=$slow")" 90
got=$(samples "$OUT/before.pb.gz" -tagfocus="pid=$slow")
missing=$(lost "$OUT/before.json")
want=$(awk -v ns="$(figure "$OUT/before.json" duration_ns)" -v rate=$rate '
	{ cpu = $1 - cpu; clock = $2 - clock } END { printf "%.0f", cpu / clock * ns * rate / 1e9 }' <<< "$from
$to")
at_least "silent before the capture: its samples and lost ones, by its CPU time" $((got + missing)) $((want * 6 / 10))
at_most "silent before the capture: lost while it is waited for" "$missing" $((got / 10))
is "silent before the capture: counted" "$(figure "$OUT/before.json" lost.unreadable_file)" 1
at_least "silent before the capture: the other program has its names" \
	"$(share "$OUT/before.pb.gz" main -cum -relative_percentages -tagfocus="pid=$local_pid")" 90
unmount_it

# Where debug files are.
mount_it
kill -USR1 "$fs_pid"
began=$SECONDS
prof cpu -F $rate --debug-dir "$OUT/mnt" -o "$OUT/debug.pb.gz" --stats "$OUT/debug.json" -- "$TARGETS/shares" 2
took "silent debug directory" 30
shares_are "silent debug directory" "$OUT/debug.pb.gz"
at_least "silent debug directory: counted" "$(figure "$OUT/debug.json" lost.failed_worker)" 1
unmount_it

# Where a program names its code.
mount_it
: > "$OUT/jit.out"
# shellcheck disable=SC2016
unshare -m bash -c 'exec 9< "$1" && mount --bind "$2" /tmp && exec /proc/self/fd/9 60 f none' - \
	"$TARGETS/jit" "$OUT/mnt" > "$OUT/jit.out" 2>&1 &
jit=$!
lib_pids+=($jit)
wait_until 10 grep -q ready "$OUT/jit.out"
kill -USR1 "$fs_pid"
began=$SECONDS
prof cpu -F $rate -p $jit -o "$OUT/tmp.pb.gz" --stats "$OUT/tmp.json" 2
took "silent /tmp" 15
at_least "silent /tmp: code without a name" "$(share "$OUT/tmp.pb.gz" '[anon]')" 75
is "silent /tmp: counted" "$(figure "$OUT/tmp.json" lost.unusable_map)" 1
kill $jit
unmount_it
