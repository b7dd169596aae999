#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are the shares of CPU time right, however the target is named and however the samples are told apart?
# needs: root bpf btf perf-software perf-all-cpus python3 go kallsyms
# timeout: 180
. tests/live/lib.sh
rate=4999

# The CPU time that a target printed of itself, as a number of samples.
samples_of() { # NANOSECONDS
	awk -v ns="$1" -v rate=$rate 'BEGIN { printf "%d\n", ns / 1e9 * rate }'
}

# As many samples as the CPU time says: within 5 %, for the host of a virtual machine may keep ticks back.
count_is() { # CASE GOT NANOSECONDS
	local want
	want=$(samples_of "${3:-0}")
	near "$1" "$2" "$want" "$((want / 20 + 30))"
}

# Of folded stacks, the percentage whose last frame is the kernel's.
kernel_share() { # FILE
	awk '{ value = $NF; sub(/ [0-9]+$/, ""); all += value; if (/_\[k\]$/) kernel += value }
	END { printf "%.2f\n", all ? 100 * kernel / all : 0 }' "$1"
}

reported() { # NAME COLUMN: of what the command printed
	awk -v name="$1" -v column="$2" '$1 == name { print $column; exit }' "$OUT/prof.out"
}

# One running program, by each way to name it.
start shares 60
shares=$pid
prof cpu -F $rate -p "$shares" -o "$OUT/p.pb.gz" --stats "$OUT/p.json" 1.2
is "-p: exit status" "$status" 0
shares_are "-p" "$OUT/p.pb.gz"
is "-p: nothing is lost" "$(lost "$OUT/p.json")" 0
is "-p: samples of the profile and of --stats" "$(samples "$OUT/p.pb.gz")" "$(figure "$OUT/p.json" samples)"
prof cpu -F $rate -t "$shares" -o "$OUT/t.pb.gz" 1
is "-t: exit status" "$status" 0
shares_are "-t" "$OUT/t.pb.gz"
prof cpu -F $rate -a -o "$OUT/a.pb.gz" --stats "$OUT/a.json" 1.5
is "-a: exit status" "$status" 0
shares_are "-a" "$OUT/a.pb.gz" -tagfocus=pid="$shares"
is "-a: samples of the profile and of --stats" "$(samples "$OUT/a.pb.gz")" "$(figure "$OUT/a.json" samples)"

# In pieces: the labels say which, and nothing gets lost between them.
prof cpu -F $rate -p "$shares" --slice 100 -o "$OUT/slice.pb.gz" --stats "$OUT/slice.json" 1.5
shares_are "--slice" "$OUT/slice.pb.gz"
raw "$OUT/slice.pb.gz" | grep -o 'slice:\[[^]]*\]' | sort -u > "$OUT/slices"
is "--slice: steps of 100 milliseconds" "$(grep -cvE '^slice:\[(0|[0-9]*00) milliseconds\]$' "$OUT/slices")" 0
at_least "--slice: there are many" "$(wc -l < "$OUT/slices")" 12
has "--slice: from the start" "$(< "$OUT/slices")" '\[0 milliseconds\]'
slice_max=$(grep -oE '[0-9]+' "$OUT/slices" | sort -n | tail -n 1)
near "--slice: to the end" "$slice_max" "$(($(figure "$OUT/slice.json" duration_ns) / 1000000))" 200
prof cpu -F $rate -p "$shares" --samples -o "$OUT/samples.pb.gz" --stats "$OUT/samples.json" 1
shares_are "--samples" "$OUT/samples.pb.gz"
raw "$OUT/samples.pb.gz" | grep -oE 'time:\[[0-9]+ nanoseconds\]' | grep -oE '[0-9]+' | sort -n > "$OUT/times"
is "--samples: each event has its time" "$(wc -l < "$OUT/times")" "$(figure "$OUT/samples.json" samples)"
at_least "--samples: in the capture" "$(head -n 1 "$OUT/times")" 0
at_most "--samples: in the capture to its end" "$(tail -n 1 "$OUT/times")" "$(figure "$OUT/samples.json" duration_ns)"
at_least "--samples: hardly two at a time" "$(sort -u "$OUT/times" | wc -l)" "$(($(wc -l < "$OUT/times") * 99 / 100))"
kill "$shares"

# A command, and as many samples as it says that it used CPU time.
prof cpu -F $rate -o "$OUT/command.pb.gz" --stats "$OUT/command.json" -- "$TARGETS/shares" 1.5
is "a command: exit status" "$status" 0
shares_are "a command" "$OUT/command.pb.gz"
count_is "a command: samples for its CPU time" "$(samples "$OUT/command.pb.gz")" "$(reported total 3)"
is "a command: nothing is lost" "$(lost "$OUT/command.json")" 0
prof cpu -c 1000000 -o "$OUT/period.pb.gz" -- "$TARGETS/shares" 1
rate=1000 count_is "-c: samples a period apart" "$(samples "$OUT/period.pb.gz")" "$(reported total 3)"

# Kernel against user.
prof cpu -F $rate -o "$OUT/both.pb.gz" -o "$OUT/both.folded" -- "$TARGETS/kernshare" 2
both=$(samples "$OUT/both.pb.gz")
kernel=$(reported f_kern 2)
cpu=$(($(reported f_kern 3) + $(reported f_user 3)))
share_is "f_kern calls into the kernel" "$OUT/both.pb.gz" f_kern "$kernel" -cum
share_is "f_user" "$OUT/both.pb.gz" f_user "$(reported f_user 2)" -cum
near "share of the kernel" "$(kernel_share "$OUT/both.folded")" "$kernel" "$(tolerance "$kernel" "$both")"
read -r _ _ user _ system <<< "$(grep '^rusage' "$OUT/prof.out")"
rusage=$(awk -v u="$user" -v s="$system" 'BEGIN { printf "%.2f\n", 100 * s / (u + s) }')
# Its figures come from ticks, 100 a second at the least.
near "share of the kernel, by rusage" "$(kernel_share "$OUT/both.folded")" "$rusage" "$(tolerance "$kernel" $((cpu / 10000000)))"
at_least "kernel frames have the kernel's names" "$(share "$OUT/both.pb.gz" do_syscall_64 -cum)" 20

prof cpu -F $rate --user-only -o "$OUT/user.pb.gz" -o "$OUT/user.folded" -- "$TARGETS/kernshare" 1
cpu=$(($(reported f_kern 3) + $(reported f_user 3)))
count_is "--user-only: keeps all samples" "$(samples "$OUT/user.pb.gz")" "$cpu"
is "--user-only: no kernel frame" "$(grep -c '_\[k\]' "$OUT/user.folded")" 0
share_is "--user-only: f_kern has what it calls" "$OUT/user.pb.gz" f_kern "$(reported f_kern 2)" -cum

prof cpu -F $rate --kernel-only -o "$OUT/kernel.pb.gz" -o "$OUT/kernel.folded" -- "$TARGETS/kernshare" 1
# What f_user asks the clock is the kernel's too.
want=$(samples_of "$(reported f_kern 3)")
near "--kernel-only: the kernel's samples" "$(samples "$OUT/kernel.pb.gz")" "$want" "$((want / 10))"
is "--kernel-only: no user frame" "$(cut -d';' -f2- "$OUT/kernel.folded" | sed -E 's/ [0-9]+$//' | tr ';' '\n' | grep -cv '_\[k\]$')" 0

# A terminal's input is taken on by a kernel thread, in both captures.
python3 -c '
import os, pty, time, tty
master, slave = pty.openpty()
tty.setraw(slave)
end = time.time() + 15
while time.time() < end:
    os.write(master, b"x" * 4000)
    left = 4000
    while left:
        left -= len(os.read(slave, 65536))' &
lib_pids+=($!)
prof cpu -F $rate -a -o "$OUT/threads-of-kernel.folded" 1
at_least "-a has kernel threads" "$(grep -c '^kworker' "$OUT/threads-of-kernel.folded")" 1
prof cpu -F $rate -a --user-only -o "$OUT/no-threads-of-kernel.folded" 1
is "-a --user-only has none" "$(grep -c '^kworker' "$OUT/no-threads-of-kernel.folded")" 0
is "-a --user-only has no kernel frame" "$(grep -c '_\[k\]' "$OUT/no-threads-of-kernel.folded")" 0
kill "${lib_pids[-1]}"

# Threads.
start threads 60
threads=$pid
wait_until 5 grep -qx four /proc/"$threads"/task/*/comm
declare -A tids
for task in /proc/"$threads"/task/*; do tids[$(< "$task/comm")]=${task##*/}; done
prof cpu -F $rate -p "$threads" --per-thread --per-cpu -o "$OUT/threads.pb.gz" 1.2
cnt=$(samples "$OUT/threads.pb.gz")
at_least "--per-thread: samples" "$cnt" 1000
for row in one:40 two:30 three:20 four:10; do
	name=${row%:*} want=${row#*:}
	near "--per-thread: tid of $name" "$(tag_share "$OUT/threads.pb.gz" "tid=${tids[$name]}")" "$want" "$(tolerance "$want" "${cnt:-0}")"
	near "--per-thread: thread_comm $name" "$(tag_share "$OUT/threads.pb.gz" "thread_comm=^$name\$")" "$want" "$(tolerance "$want" "${cnt:-0}")"
	share_is "--per-thread: f_$name" "$OUT/threads.pb.gz" "f_$name" "$want" -cum
done
prof cpu -F $rate -t "${tids[two]}" -o "$OUT/two.pb.gz" 1
at_least "-t of one thread: its function" "$(share "$OUT/two.pb.gz" f_two -cum)" 97
is "-t of one thread: not another's" "$(share "$OUT/two.pb.gz" f_one -cum)" 0.00
prof cpu -F $rate -t "${tids[one]},${tids[two]}" -o "$OUT/one-two.pb.gz" 1
share_is "-t of two threads" "$OUT/one-two.pb.gz" f_one 57.1 -cum
kill "$threads"
prof cpu -F $rate --per-thread -o "$OUT/born.pb.gz" -- "$TARGETS/threads" 1.2
cnt=$(samples "$OUT/born.pb.gz")
for row in one:40 two:30 three:20 four:10; do
	near "--per-thread of a command: thread_comm ${row%:*}" "$(tag_share "$OUT/born.pb.gz" "thread_comm=^${row%:*}\$")" \
		"${row#*:}" "$(tolerance "${row#*:}" "${cnt:-0}")"
done

# CPUs: the label of CPU 0 is one too.
has "--per-cpu: the label" "$(pproftags "$OUT/threads.pb.gz")" ' cpu: Total '
sum=0
for ((cpu = 0; cpu < $(nproc --all); cpu++)); do
	sum=$((sum + $(samples "$OUT/threads.pb.gz" -tagfocus=cpu=$cpu)))
done
is "--per-cpu: the CPUs make the whole" "$sum" "$(samples "$OUT/threads.pb.gz")"
prof cpu -F $rate --per-cpu -o "$OUT/cpu0.pb.gz" -- taskset -c 0 "$TARGETS/shares" 0.8
at_least "--per-cpu: CPU 0" "$(tag_share "$OUT/cpu0.pb.gz" cpu=0)" 99
prof cpu -F $rate -C 0 -o "$OUT/only0.pb.gz" -- taskset -c 0 "$TARGETS/shares" 0.8
count_is "-C 0: a program on CPU 0" "$(samples "$OUT/only0.pb.gz")" "$(reported total 3)"
if skip_unless cpus2 "-C 0: a program on CPU 1"; then
	start shares 5
	taskset -p -c 1 "$pid" > /dev/null
	sleep 0.1
	prof cpu -F $rate -C 0 -p "$pid" -o "$OUT/none.pb.gz" 0.5
	is "-C 0: a program on CPU 1" "$status" 1
	prof cpu -F $rate -C 0 --per-cpu -o "$OUT/all0.pb.gz" 1
	is "-C 0 alone is a target" "$status" 0
	is "-C 0 alone: only that CPU" "$(samples "$OUT/all0.pb.gz" -tagfocus=cpu=0)" "$(samples "$OUT/all0.pb.gz")"
fi
