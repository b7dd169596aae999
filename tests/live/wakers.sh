#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is each wait charged to who ended it? The target has one waiter and one waker in each case, and says how
# long the waits were and how many.
# needs: root bpf btf python3 go kallsyms x86_64
# timeout: 240
. tests/live/lib.sh

# Of the folded lines that match REGEX, the percentage that matches WAKER too.
by() { # FILE REGEX WAKER
	grep -E "$2" "$1" > "$1.lines"
	folded_share "$1.lines" "$3"
}

# What the target says of its waits: the count (2) or the nanoseconds (3).
said() { # COLUMN
	awk -v column="$1" '$1 ~ /^f_/ { print $column; exit }' "$OUT/prof.out"
}

# The sum of a value of the waits under a function that have the label waker, which matches.
sum() { # FILE TYPE FUNCTION WAKER
	local file=$1 type=$2
	shift 2
	$PPROF -traces -unit=ns -sample_index="$type" "$file" 2> /dev/null | awk -v name="$1" -v waker="$2" '
		/^-+\+/ { if (right && found) sum += value; value = right = found = behind = 0; next }
		/^ *[a-z_]+: / { if ($1 == "waker:" && $2 ~ "^" waker "$") right = 1; next }
		/^ *[0-9]+(ns)? +[^ ]/ { value = $1 + 0 }
		$NF == "--" { behind = 1 }
		behind && $NF == name { found = 1 }
		END { if (right && found) sum += value; printf "%.0f\n", sum }'
}

# name : the waiter's line : the waker's part : the waker's label : the waits in 100 that are to be there.
# A mutex is taken without a wait now and then; the rest of each call is not waited.
cases=(
	'pipe:;f_reader;:--.*;f_writer_\[w\];.*;\[waker. wakers\]_\[w\] :wakers:99'
	'cond:;f_waiter;.*futex_wait:--.*;f_signaller_\[w\];.*;\[waker. wakers\]_\[w\] :wakers:99'
	'mutex:;f_locker;.*futex_wait:--.*;f_holder_\[w\];.*;\[waker. wakers\]_\[w\] :wakers:92'
	'timer:;f_sleeper;:--;hrtimer_wakeup_\[w\];.*;\[timer\]_\[w\] :\[timer\]:97'
	'signal:;f_paused;sigsuspend:--.*;f_killer_\[w\];.*;\[waker. wakers\]_\[w\] :wakers:97'
	'child:;f_parent;:--;.*do_exit_\[w\];.*;\[waker. wakers\]_\[w\] :wakers:97'
)
for hook in exit finish out; do
	case $hook in
	exit) skip_unless sched_exit "$hook: the kernel has sched_exit_tp" || continue ;;
	finish) skip_unless kprobe "$hook: kprobes" || continue ;;
	esac
	for row in "${cases[@]}"; do
		IFS=: read -r case waiter waker label percent <<< "$row"
		name="$hook, $case"
		file=$OUT/$hook.$case
		prof offcpu --wakers --sched-hook $hook --threshold 0 -o "$file.folded" -o "$file.pb.gz" \
			--stats "$OUT/s.json" -- "$TARGETS/wakers" 1 "$case"
		is "$name: exit status" "$status" 0
		is "$name: lost" "$(lost "$OUT/s.json")" 0
		at_least "$name: waits by $label" "$(by "$file.folded" "$waiter" "$waker")" 96
		at_most "$name: waits by more than these" "$(by "$file.folded" "$waiter" ' [0-9]+$')" 100
		function=${waiter#;}
		function=${function%%;*}
		# The time that it then waits for a CPU is another value.
		near "$name: percent of the time" "$(awk -v want="$(said 3)" \
			-v got="$(($(sum "$file.pb.gz" delay "$function" '.*') + $(sum "$file.pb.gz" runnable "$function" '.*')))" \
			'BEGIN { print want ? 100 * got / want : 0 }')" "$percent" 8
		# Of a mutex a call may wait more than once, or not.
		[[ $case != mutex ]] || continue
		near "$name: waits of which pprof knows the waker" "$(sum "$file.pb.gz" contentions "$function" "$label" |
			awk -v want="$(said 2)" '{ print want ? 100 * $1 / want : 0 }')" 98 4
	done
done

# By chance, weighted: the sums are the same, and none of the time lacks its waker for that.
prof offcpu --wakers --threshold 20ms -o "$OUT/chance.folded" -- "$TARGETS/wakers" 3 pipe
at_least "--threshold: waits by f_writer" "$(by "$OUT/chance.folded" ';f_reader;' 'f_writer_')" 96
near "--threshold: percent of the time" "$(awk -v want="$(said 3)" '
	/;f_reader;/ { sum += $NF } END { print want ? 100 * sum / want : 0 }' "$OUT/chance.folded")" 95 20

# What classifies waits looks at the waiter.
prof block --wakers --threshold 0 -o "$OUT/block.pb.gz" -- "$TARGETS/wakers" 1 cond
has "block: primitive" "$(pproftags "$OUT/block.pb.gz")" '%\): condvar'
prof offcpu --wakers -a -o "$OUT/all.folded" 1.5
at_least "-a: kernel threads without work are idle" "$(by "$OUT/all.folded" ';worker_thread_\[k\];--' ';\[idle\];')" 99
lacks "-a: interrupts are nobody's" "$(grep -E 'hrtimer_wakeup_\[w\].*asm_sysvec' "$OUT/all.folded" | head -n 100)" \
	'asm_sysvec_[a-z_]*\[w\];[^\[]'

# One of them alone is wanted.
"$TARGETS/wakers" 60 pipe > "$OUT/wakers.out" &
pid=$!
lib_pids+=("$pid")
wait_until 5 pgrep -P "$pid" > /dev/null
reader=$(pgrep -P "$pid")
lib_pids+=("$reader")
for unwind in native fp; do
	prof offcpu --wakers --per-thread --unwind $unwind -p "$reader" -o "$OUT/one.folded" -o "$OUT/one.pb.gz" 1
	has "a waker of another process, $unwind: nobody but the waiter" "$(cat "$OUT/prof.err")" ', 1 processes, '
	has "a waker of another process, $unwind: its number" "$(pproftags "$OUT/one.pb.gz")" "waker_pid: .*%\): $pid"
	has "a waker of another process, $unwind: its thread" "$(pproftags "$OUT/one.pb.gz")" 'waker_tid: '
done
prof offcpu --wakers -p "$reader" -o "$OUT/one.folded" 1
at_least "a waker of another process: its stack" "$(by "$OUT/one.folded" ';f_reader;' ';f_writer_\[w\];run_\[w\]')" 96
prof offcpu --wakers --samples --user-only --tree -p "$pid" -o "$OUT/user.folded" 1
at_least "--user-only: its stack" "$(by "$OUT/user.folded" ';f_reader;' 'f_writer_\[w\];run_\[w\]')" 96
at_least "--user-only: an interrupt" "$(by "$OUT/user.folded" ';f_writer;' ';--;\[interrupt\]_\[w\]')" 96
kill "$reader" "$pid"
wait "$pid" 2> /dev/null

# Nobody has ended a wait that goes on.
start idle 60
prof offcpu --wakers -p "$pid" -o "$OUT/idle.folded" 1
has "asleep: nobody woke it" "$(cat "$OUT/idle.folded")" ';--;\[not woken\]_\[w\] '
kill "$pid"

prof cpu --wakers -a 1
is "--wakers without waits: exit status" "$status" 2
