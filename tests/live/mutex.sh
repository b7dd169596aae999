#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who holds up others? What ebprof charges a release with is what the target has charged it with by its own
# clock; who it says has a lock is who has it; and what is no lock is not there.
# needs: root bpf btf python3 go kallsyms x86_64
# timeout: 300
. tests/live/lib.sh
lang=tests/targets/lang

# Nanoseconds of a function and what it called.
cum() { # FILE FUNCTION [pprof option...]
	local file=$1 function=$2
	shift 2
	top "$file" -cum -unit=ns -sample_index=delay "$@" |
		awk -v want="$function" '$6 == want { sub(/ns$/, "", $4); sum += $4 } END { printf "%.0f\n", sum }'
}

# What the target says of a function, in its third column (or column $2).
told() { # FUNCTION [COLUMN]
	awk -v name="$1" -v column="${2:-3}" '$1 == name { print $column }' "$OUT/prof.out"
}

# Of what the target has charged a function with, the percentage that the profile has.
charged() { # FILE FUNCTION
	awk -v got="$(cum "$1" "$2")" -v want="$(told "$2" || echo 0)" 'BEGIN { printf "%.2f\n", want ? 100 * got / want : 0 }'
}

# The count of all samples, or of those that a filter leaves.
count() { # FILE [pprof option...]
	local file=$1
	shift
	top "$file" -sample_index=contentions -relative_percentages "$@" | sed -nE 's/.* of ([0-9]+) total.*/\1/p' | head -n 1
}

values_of() { # FILE KEY: of a label, one a line
	pproftags "$1" | awk -v key="$2" '/^ *[a-z_]+: Total/ { on = $1 == key ":" ; next } on && /%\)/ { sub(/.*%\): /, ""); print }' |
		sort | tr '\n' ' '
}

# The one that is let go holds the lock for no time: were it charged with its own wait alone, f_long and f_none
# would be charged alike.
for way in mutex pi shared many; do
	for threshold in 0 1ms; do
		[[ $way$threshold != shared0 ]] || continue
		name="$way, $threshold"
		file=$OUT/$way.$threshold.pb.gz
		prof mutex --threshold $threshold -o "$file" --stats "$OUT/s.json" -- "$TARGETS/locks" $way 2
		is "$name: exit status" "$status" 0
		is "$name: lost" "$(lost "$OUT/s.json")" 0
		near "$name: f_long" "$(charged "$file" f_long)" 99 4
		near "$name: f_short" "$(charged "$file" f_short)" 99 6
		at_most "$name: f_none, percent of all" "$(share "$file" f_none -cum)" 8
		is "$name: primitive" "$(values_of "$file" primitive)" "mutex "
		near "$name: releases of f_long" "$(count "$file" -focus='^f_long$')" "$(told f_long 2)" 40
		is "$name: no holder" "$(values_of "$file" holder)" ""
	done
done
prof mutex --threshold 0 -o "$OUT/rwlock.pb.gz" -- "$TARGETS/locks" rwlock 2
near "rwlock: f_write" "$(charged "$OUT/rwlock.pb.gz" f_write)" 99 4
is "rwlock: primitive" "$(values_of "$OUT/rwlock.pb.gz" primitive)" "rwlock "
near "rwlock: one release for all that it wakes" "$(count "$OUT/rwlock.pb.gz" -focus='^f_write$')" "$(told f_write 2)" 20

# Waits that end without a release, and what is no lock.
for way in timed condvar sem spin; do
	prof mutex --threshold 0 -o "$OUT/$way.pb.gz" -- "$TARGETS/locks" $way 1
	is "$way: exit status" "$status" 0
	has "$way: nothing" "$(cat "$OUT/prof.err")" 'no samples: the targets released no lock that others waited for'
done
prof mutex --threshold 0 -o "$OUT/condvar.pb.gz" -- "$TARGETS/locks" condvar 1
has "condvar: what is left out is said" "$(cat "$OUT/prof.err")" 'without [0-9.]+ s at what is no lock'

# A lock that is held since before the start and for four seconds, of which ebprof may need two until it
# looks: its waiter's stack was never seen to begin.
start locks mutex 9 4000
prof mutex -p "$pid" -o "$OUT/held.pb.gz" 4.5
near "held since before: f_long, ms" "$(($(cum "$OUT/held.pb.gz" f_long) / 1000000))" 6000 2000
prof mutex --waiters -p "$pid" -o "$OUT/held.pb.gz" 1
near "held all the time: two wait, ms" "$(($(cum "$OUT/held.pb.gz" run) / 1000000))" 2000 200

# Those that are killed wait no more.
start locks many 30
prof_start mutex -p "$pid" -o "$OUT/killed.pb.gz"
wait_until 10 grep -q lock_waits <(bpftool map list)
sleep 1
map=$(bpftool map list | awk '/ lock_waits / { sub(/:/, "", $1); id = $1 } END { print id }')
at_least "before they are killed, waiters" "$(bpftool map dump id "$map" | grep -c '"key"')" 1
kill -KILL "$pid"
wait "$pid" 2> /dev/null
is "killed: waiters" "$(bpftool map dump id "$map" | grep -c '"key"')" 0
prof_wait
is "killed: exit status" "$status" 0

# The other side, by each hook, and who has the lock then.
for hook in exit finish out; do
	case $hook in
	exit) skip_unless sched_exit "$hook: the kernel has sched_exit_tp" || continue ;;
	finish) skip_unless kprobe "$hook: kprobes" || continue ;;
	esac
	for way in mutex pi shared; do
		[[ $way$hook != sharedout ]] || continue
		file=$OUT/waiters.$way.$hook.pb.gz
		prof mutex --waiters --sched-hook $hook --threshold 0 -o "$file" -- "$TARGETS/locks" $way 2
		is "--waiters, $way, $hook: exit status" "$status" 0
		near "--waiters, $way, $hook: percent of what is waited" \
			"$(awk -v got="$(cum "$file" run)" -v want="$(told waited)" 'BEGIN { printf "%.1f\n", 100 * got / want }')" 97 5
		is "--waiters, $way, $hook: primitive" "$(values_of "$file" primitive)" "mutex "
		# Two of three wait for whoever has it; never for themselves.
		for function in f_long f_short; do
			is "--waiters, $way, $hook: $function does not wait for itself" \
				"$(values_of "$file" holder | tr ' ' '\n' | grep -c "^$function/")" 1
			is "--waiters, $way, $hook: $function never holds what it waits for" \
				"$(cum "$file" $function -tagfocus="holder=$function/.*")" 0
		done
		at_least "--waiters, $way, $hook: waits with a holder, percent" \
			"$(awk -v part="$(count "$file" -tagfocus='holder=.*')" -v all="$(count "$file")" 'BEGIN { print 100 * part / all }')" 97
	done
done
prof block --threshold 0 -o "$OUT/block.pb.gz" -- "$TARGETS/locks" mutex 1
has "block: holder" "$(values_of "$OUT/block.pb.gz" holder)" 'f_long/'
prof mutex -k waiters --threshold 0 -o "$OUT/both.pb.gz" -- "$TARGETS/locks" mutex 1
near "both sides: the same time, percent" "$(awk -v got="$(cum "$OUT/both.mutex.pb.gz" run)" \
	-v want="$(cum "$OUT/both.waiters.pb.gz" run)" 'BEGIN { printf "%.1f\n", want ? 100 * got / want : 0 }')" 100 5

# A PID namespace of its own: the owner's number is that of the namespace.
if skip_unless pidns "holder in a PID namespace"; then
	prof mutex --waiters --threshold 0 -o "$OUT/ns.pb.gz" -- unshare --fork --pid "$TARGETS/locks" mutex 1
	has "holder in a PID namespace" "$(values_of "$OUT/ns.pb.gz" holder)" 'f_long/[0-9]{2,}'
fi

# Rust: the code that releases is part of its callers, and the guarded words are a thread's number.
if skip_unless rustc rust && rustc -O -o "$OUT/locks-rust" $lang/locks.rs 2> "$OUT/rustc.log"; then
	prof mutex -k waiters --threshold 0 -o "$OUT/rust.pb.gz" -- "$OUT/locks-rust" 2
	is "rust: primitives" "$(values_of "$OUT/rust.mutex.pb.gz" primitive)" "mutex rwlock "
	at_least "rust: f_hold releases" "$(($(cum "$OUT/rust.mutex.pb.gz" locks::f_hold) / 1000000))" 1000
	is "rust: no holder" "$(values_of "$OUT/rust.waiters.pb.gz" holder)" ""
fi

# Python: its locks are semaphores, which anybody may release; the GIL is a lock.
prof mutex --threshold 0 -o "$OUT/python.pb.gz" -- python3 $lang/locks.py 2
if grep -q 'without' "$OUT/prof.err"; then ok "python: its locks are left out"; else not_ok "python: its locks" "are not left out"; fi
case $(values_of "$OUT/python.pb.gz" primitive) in
'gil ' | 'gil mutex ') ok "python: the GIL, and the mutex inside of it" ;;
'') ok "python: its GIL has no name here" ;;
*) not_ok "python: primitives" "$(values_of "$OUT/python.pb.gz" primitive)" ;;
esac

# Go: goroutines that wait for each other park in the runtime; no futex of theirs is there.
env GOFLAGS=-buildvcs=false GO111MODULE=off "${GO:-go}" build -o "$OUT/locks-go" $lang/locks.go
prof mutex -k waiters --threshold 0 -o "$OUT/go.pb.gz" -- "$OUT/locks-go" 2
at_least "go: goroutines waited, ms" "$(told waited 2)" 1000
is "go: no stack of the program's" "$(names "$OUT/go.mutex.pb.gz" -sample_index=delay 2>/dev/null | grep -c 'main\.')" 0
is "go: no holder" "$(values_of "$OUT/go.waiters.pb.gz" holder)" ""

prof mutex --symbolize none -- true
is "no names: exit status" "$status" 2
prof offcpu --waiters -- true
is "--waiters of another kind: exit status" "$status" 2
