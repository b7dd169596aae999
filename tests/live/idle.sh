#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which waits of running programs are idle, and what locks are waited for? What is asked is the tables
# alone. The stacks are those at ebprof's context switches, with its names, and gdb's, which has threads
# that do not move as well.
# needs: root bpf btf perf-software gdb python3 go x86_64
# timeout: 240
. tests/live/lib.sh
lang=tests/targets/lang

# What the threads of $pid wait for, one a line: idle|busy PRIMITIVE 1 THREAD.
waits() { # NAME
	timeout -k 5 60 gdb -q -batch -iex 'set auto-load off' -iex 'set debuginfod enabled off' \
		-p "$pid" -x tests/live/stacks.py 2> "$OUT/$1.gdb" | sed -n '/^== /,$p' |
		grep -v '^\[Inferior' > "$OUT/$1.stacks"
	"$BUILD/tests/live/waits" < "$OUT/$1.stacks" > "$OUT/$1.waits"
	sed "s/^/# $1: /" "$OUT/$1.waits"
}

# Its context switches: idle|busy PRIMITIVE COUNT FUNCTION.
switches() { # NAME
	prof cpu -e context-switches -c 1 -p "$pid" -o "$OUT/$1.pb.gz" 1
	"$BUILD/tests/live/waits" "$OUT/$1.pb.gz" > "$OUT/$1.switches"
	sed "s/^/# $1: /" "$OUT/$1.switches"
}

# A program of a runtime in the background, when its threads have come to rest.
begin() { # NAME COMMAND...
	local name=$1
	shift
	"$@" > "$OUT/$name.out" 2>&1 < /dev/null &
	pid=$!
	lib_pids+=("$pid")
	wait_until 20 grep -q '^ready' "$OUT/$name.out" || not_ok "start $name" "$(tail -n 2 "$OUT/$name.out")"
	sleep 0.3
	switches "$name"
	waits "$name"
	kill -KILL "$pid"
	wait "$pid" 2> /dev/null
}

many() { # NAME REGEX COUNT: at least so many threads
	at_least "$1: $2" "$(grep -cE "$2" "$OUT/$1.waits")" "$3"
}

no() { # NAME REGEX: neither seen
	is "$1: no $2" "$(grep -hE "$2" "$OUT/$1.waits" "$OUT/$1.switches")" ""
}

share_of() { # NAME REGEX PERCENT: of the switches, at least
	at_least "$1: switches $2" "$(awk -v regex="$2" '{ all += $3 } $0 ~ regex { part += $3 }
		END { print all ? 100 * part / all : 0 }' "$OUT/$1.switches")" "$3"
}

# The pool of a program is its own affair.
begin pool "$TARGETS/pool" 30 200
no pool '^idle'
many pool '^busy condvar 1 worker' 3
many pool '^busy mutex 1 locker' 2
share_of pool '^busy condvar ' 10
begin cxxpool "$TARGETS/cxxpool" 30
no cxxpool '^idle'
many cxxpool '^busy condvar ' 2
many cxxpool '^busy mutex ' 1

# glibc's own threads have names with its debug file alone.
begin helpers "$TARGETS/helpers" 30
many helpers '^busy unknown 1 helpers$' 1
if grep -q timer_helper_thread "$OUT/helpers.stacks"; then
	many helpers '^idle ' 2
else
	no helpers '^idle'
fi

# The thread of the goroutine that has one to itself waits for the lock.
env GOFLAGS=-buildvcs=false GO111MODULE=off "${GO:-go}" build -o "$OUT/idle-go" $lang/idle.go
begin go "$OUT/idle-go" 30
many go '^idle ' 2
is "go: the thread that a goroutine waits in" \
	"$(grep -c '^busy park' "$OUT/go.waits")" "$(grep -c 'runtime.stoplockedm$' "$OUT/go.stacks")"
many go '^busy park' 1
share_of go '^idle ' 20

begin python python3 $lang/idle.py 30
no python '^idle'
many python '^busy semaphore' 4

if skip_unless node node; then
	begin node node $lang/idle.js 30
	many node '^idle condvar' 8 # four of libuv's, four of V8's
	many node '^idle unknown' 2 # two event loops
	share_of node '^idle ' 20
	is "node: what waits in Atomics.wait" \
		"$(grep -c '^busy condvar' "$OUT/node.waits")" 1
fi
if skip_unless rustc rust && rustc -O -o "$OUT/idle-rust" $lang/idle.rs 2> "$OUT/rustc.log"; then
	begin rust "$OUT/idle-rust" 30
	no rust '^idle'
	many rust '^busy channel 1 worker' 1
	many rust '^busy mutex 1 worker' 2
	many rust '^busy condvar 1 waiter' 1
fi
if skip_unless java java && javac -d "$OUT" $lang/Idle.java; then
	begin java java -XX:+UseG1GC -cp "$OUT" Idle 30
	no java '^idle .* (pool|monitor$|lock$)'
	many java '^busy park 1 pool' 2
	many java '^busy park 1 lock' 1
	many java '^busy mutex 1 monitor' 1
	many java '^idle .* (GC Thread|G1 )' 3
	share_of java '^idle ' 30
	many java '^idle .* (VM |C[12] Compiler|Reference)' 4
fi
