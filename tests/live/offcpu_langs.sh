#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Waits of Go, Rust, Python and Java against each program's own clock: channels, a Mutex, a pool, monitors.
# needs: root bpf btf python3 go kallsyms
. tests/live/lib.sh
lang=tests/targets/lang

# What was waited, blocked and for a CPU, in a function, as percent of what the program printed of it.
found() { # FILE FUNCTION PRINTED-NAME [pprof option...]
	local file=$1 function=$2 name=$3 want
	shift 3
	want=$(awk -v name="$name" '$1 == name { print $2 }' "$OUT/prof.out")
	awk -v got=$(($(cum "$file" delay "$function" "$@") + $(cum "$file" runnable "$function" "$@"))) \
		-v want="${want:-0}" 'BEGIN { printf "%.2f\n", (want > 0 ? 100 * got / want : 0) }'
}

run() { # NAME COMMAND...
	local name=$1
	shift
	prof offcpu -k block --threshold 0 --per-thread -o "$OUT/$name.pb.gz" --stats "$OUT/$name.json" -- "$@"
	is "$name: exit status" "$status" 0
	is "$name: lost" "$(head -n 1 "$OUT/$name.json" > "$OUT/one.json" && lost "$OUT/one.json")" 0
}

no_idle() { # NAME: what may be the program's own
	lacks "$1: nothing of it is idle" "$(names "$OUT/$1.offcpu.pb.gz" -focus="$2")" '\[idle\]'
}

env GOFLAGS=-buildvcs=false GO111MODULE=off "${GO:-go}" build -o "$OUT/contend-go" $lang/contend.go
run go "$OUT/contend-go" 2
near "go: a system call" "$(found "$OUT/go.offcpu.pb.gz" main.readPipe main.readPipe)" 100 5
is "go: a channel costs no thread" "$(cum "$OUT/go.offcpu.pb.gz" delay main.handOver)" 0
no_idle go main.readPipe

run python python3 $lang/contend.py 2
near "python: jobs that sleep" "$(found "$OUT/python.offcpu.pb.gz" clock_nanosleep time_sleep)" 100 5
lacks "python: no idle pool" "$(names "$OUT/python.offcpu.pb.gz")" '\[idle\]'
has "python: its pool" "$($PPROF -tags "$OUT/python.block.pb.gz" 2>/dev/null)" 'semaphore'

if skip_unless rustc rust && rustc -O -g -o "$OUT/contend-rust" $lang/contend.rs 2> "$OUT/rustc.log"; then
	run rust "$OUT/contend-rust" 2
	near "rust: Mutex" "$(found "$OUT/rust.offcpu.pb.gz" wait_for_mutex wait_for_mutex)" 100 5
	near "rust: Mutex as block" "$(awk -v part="$(cum "$OUT/rust.block.pb.gz" delay wait_for_mutex)" \
		-v all="$(cum "$OUT/rust.offcpu.pb.gz" delay wait_for_mutex)" \
		'BEGIN { printf "%.2f\n", 100 * part / all }')" 100 1
	is "rust: primitive" "$($PPROF -tags -focus=wait_for_mutex "$OUT/rust.block.pb.gz" 2>/dev/null |
		awk '/primitive: Total/ { getline; print $NF }')" mutex
	no_idle rust wait_for_mutex
fi

if skip_unless java java && javac -d "$OUT" $lang/Contend.java; then
	run java java -Xint -cp "$OUT" Contend 2
	near "java: parked" "$(found "$OUT/java.offcpu.pb.gz" start_thread parker \
		-tagfocus=thread_comm=parker)" 100 8
	lacks "java: monitors and parks are not idle" "$(names "$OUT/java.offcpu.pb.gz" \
		-tagfocus=thread_comm='waiter|parker|holder')" '\[idle\]'
	has "java: the monitor" "$($PPROF -tags -tagfocus=thread_comm=waiter "$OUT/java.block.pb.gz" 2>/dev/null)" mutex
	at_least "java: monitor, percent of what the program says" \
		"$(found "$OUT/java.offcpu.pb.gz" start_thread waiter -tagfocus=thread_comm=waiter)" 90
fi
