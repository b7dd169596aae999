#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which waits of running programs are idle, and what locks are waited for? The stacks of their threads
# are gdb's, so that every thread is there once, and what is asked is the tables alone.
# needs: root gdb python3 go x86_64
# timeout: 240
. tests/live/lib.sh
lang=tests/targets/lang

# What the threads of $pid wait for, one a line: idle|busy PRIMITIVE THREAD.
waits() { # NAME
	timeout -k 5 60 gdb -q -batch -iex 'set auto-load off' -iex 'set debuginfod enabled off' \
		-p "$pid" -x tests/live/stacks.py 2> "$OUT/$1.gdb" | sed -n '/^== /,$p' |
		grep -v '^\[Inferior' > "$OUT/$1.stacks"
	"$BUILD/tests/live/waits" < "$OUT/$1.stacks" > "$OUT/$1.waits"
	sed "s/^/# $1: /" "$OUT/$1.waits"
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
	waits "$name"
	kill -KILL "$pid"
	wait "$pid" 2> /dev/null
}

many() { # NAME REGEX COUNT: at least so many threads
	at_least "$1: $2" "$(grep -cE "$2" "$OUT/$1.waits")" "$3"
}

no() { # NAME REGEX
	is "$1: no $2" "$(grep -E "$2" "$OUT/$1.waits")" ""
}

# The pool of a program is its own affair.
begin pool "$TARGETS/pool" 30 1000
no pool '^idle'
many pool '^busy condvar worker' 3
many pool '^busy mutex locker' 2
begin cxxpool "$TARGETS/cxxpool" 30
no cxxpool '^idle'
many cxxpool '^busy condvar ' 2
many cxxpool '^busy mutex ' 1

# glibc's own threads have names with its debug file alone.
begin helpers "$TARGETS/helpers" 30
many helpers '^busy unknown helpers$' 1
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

begin python python3 $lang/idle.py 30
no python '^idle'
many python '^busy semaphore' 4

if skip_unless node node; then
	begin node node $lang/idle.js 30
	many node '^idle condvar' 8 # four of libuv's, four of V8's
	many node '^idle unknown' 2 # two event loops
	is "node: what waits in Atomics.wait" \
		"$(grep -c '^busy condvar' "$OUT/node.waits")" 1
fi
if skip_unless rustc rust && rustc -O -o "$OUT/idle-rust" $lang/idle.rs 2> "$OUT/rustc.log"; then
	begin rust "$OUT/idle-rust" 30
	no rust '^idle'
	many rust '^busy channel worker' 1
	many rust '^busy mutex worker' 2
	many rust '^busy condvar waiter' 1
fi
if skip_unless java java && javac -d "$OUT" $lang/Idle.java; then
	begin java java -XX:+UseG1GC -cp "$OUT" Idle 30
	no java '^idle .* (pool|monitor$|lock$)'
	many java '^busy park pool' 2
	many java '^busy park lock' 1
	many java '^busy mutex monitor' 1
	many java '^idle .* (GC Thread|G1 )' 3
	many java '^idle .* (VM |C[12] Compiler|Reference)' 4
fi
