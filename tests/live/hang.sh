#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program on a file system that stops answering costs its own names and a bounded time, nothing else:
# hangfs.py takes requests, also that to close a file, and is silent.
# needs: root bpf btf perf-software python3 go fuse
# timeout: 200
. tests/live/lib.sh
rate=1999

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

prof_start cpu -F $rate -p "$slow" -o "$OUT/during.pb.gz" 2
sleep 0.7
kill -USR1 "$fs_pid"
began=$SECONDS
prof_wait
took "silent during the capture" 12
shares_are "silent during the capture" "$OUT/during.pb.gz"

began=$SECONDS
prof cpu -F $rate -p "$slow,$local_pid" -o "$OUT/before.pb.gz" --stats "$OUT/before.json" 0.8
took "silent before the capture" 12
at_least "silent before the capture: its code has no names" "$(share "$OUT/before.pb.gz" '[program]' -cum)" 20
is "silent before the capture: counted" "$(figure "$OUT/before.json" lost.unreadable_file)" 1
at_least "silent before the capture: the other program has its names" \
	"$(share "$OUT/before.pb.gz" main -cum -relative_percentages -tagfocus="pid=$local_pid")" 90
at_most "silent before the capture: few samples are lost" "$(lost "$OUT/before.json")" 100
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
