#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Processes that come, go, and become another program while they are profiled.
# needs: root bpf btf perf-software perf-all-cpus python3 go kallsyms pidns mountns
# timeout: 180
. tests/live/lib.sh
rate=1999

# A number that the target printed after this word.
printed() { # FILE WORD
	awk -v want="$2" '{ for (i = 1; i < NF; i++) if ($i == want) { print $(i + 1); exit } }' "$1"
}

# As many samples as this CPU time, 5 %: a virtual machine's ticks.
count_is() { # CASE GOT NANOSECONDS
	local want
	want=$(awk -v ns="${3:-0}" -v rate=$rate 'BEGIN { printf "%d\n", ns / 1e9 * rate }')
	near "$1" "$2" "$want" "$((want / 20 + 30))"
}

# The values of a label, one a line.
label_values() { # FILE LABEL
	raw "$1" | grep -oE "(^|[[:space:]])$2:\\[[^]]*\\]" | sed -E 's/.*\[//; s/\]$//' | sort -u
}

mapping_files() { # FILE
	raw "$1" | sed '1,/^Mappings/d' | awk '{ print $3 }'
}

# Children by the hundred: counted from birth to death, with the program that they ran.
prof cpu -F $rate -o "$OUT/storm.pb.gz" --stats "$OUT/storm.json" -- "$TARGETS/forkstorm" 2
children=$(printed "$OUT/prof.out" children)
at_least "a fork storm: children" "$children" 50
is "a fork storm: whole samples lost" "$(lost "$OUT/storm.json")" 0
is "a fork storm: every child could be followed" "$(figure "$OUT/storm.json" lost.targets_full)" 0
# Three of four children burn 5 ms in f_child, the fourth in f_exec of another program.
f_child=$(share "$OUT/storm.pb.gz" f_child -cum)
f_exec=$(share "$OUT/storm.pb.gz" f_exec -cum)
cnt=$(samples "$OUT/storm.pb.gz")
count_is "a fork storm: samples of the children's functions" \
	"$(awk -v share="$f_child" -v more="$f_exec" -v n="$cnt" 'BEGIN { printf "%d\n", n * (share + more) / 100 }')" \
	"$((children * 5000000))"
near "a fork storm: share of those that exec" "$(awk -v a="$f_child" -v b="$f_exec" 'BEGIN { printf "%.2f\n", 100 * b / (a + b) }')" \
	25 "$(tolerance 25 "$cnt")"
# The kernel takes the name of the file, /proc/self/exe.
at_least "a fork storm: label comm of those that exec" "$(tag_share "$OUT/storm.pb.gz" 'comm=^exe$')" "$f_exec"
at_least "a fork storm: as many pids" "$(label_values "$OUT/storm.pb.gz" pid | wc -l)" "$((children * 98 / 100))"
at_most "a fork storm: unmapped frames" "$(share "$OUT/storm.pb.gz" '[unmapped]' -cum)" 2

start forkstorm 30
prof cpu -F $rate -p "$pid" -o "$OUT/attached.pb.gz" --stats "$OUT/attached.json" 1.5
at_least "-p of a fork storm: its children count" "$(share "$OUT/attached.pb.gz" f_child -cum)" 40
at_least "-p of a fork storm: those that exec too" "$(share "$OUT/attached.pb.gz" f_exec -cum)" 10
at_least "-p of a fork storm: pids" "$(label_values "$OUT/attached.pb.gz" pid | wc -l)" 30
is "-p of a fork storm: comms" "$(label_values "$OUT/attached.pb.gz" comm | tr '\n' ' ')" "exe forkstorm "
is "-p of a fork storm: whole samples lost" "$(lost "$OUT/attached.json")" 0
at_most "-p of a fork storm: unmapped frames" "$(share "$OUT/attached.pb.gz" '[unmapped]' -cum)" 2
kill "$pid"

# Another profiler does not disturb: the kernel marks records for one as if they were for the other.
prof_start cpu -F $rate -o "$OUT/one.pb.gz" --stats "$OUT/one.json" -- "$TARGETS/forkstorm" 2
wait_until 10 grep -q ready "$OUT/prof.out"
"$EBPROF" cpu -q -F $rate -a -o "$OUT/other.pb.gz" --stats "$OUT/other.json" 1
prof_wait
for name in one other; do
	is "two at a time, $name: news of processes is not lost" "$(figure "$OUT/$name.json" lost.sideband_records)" 0
	at_least "two at a time, $name: f_exec" "$(share "$OUT/$name.pb.gz" f_exec -cum -relative_percentages -focus='^(f_child|f_exec)$')" 20
done

# One process, two programs.
start execer 4
prof cpu -F $rate -p "$pid" -o "$OUT/execer.pb.gz" --stats "$OUT/execer.json" 10
is "exec: exit status" "$status" 0
before=$(printed "$OUT/execer.out" before)
after=$(printed "$OUT/execer.out" after)
want=$(awk -v before="$before" -v all="$after" 'BEGIN { printf "%.2f\n", 100 * before / all }')
near "exec: f_before" "$(share "$OUT/execer.pb.gz" f_before -cum)" "$want" 10
near "exec: f_after" "$(share "$OUT/execer.pb.gz" f_after -cum)" "$(awk -v w="$want" 'BEGIN { print 100 - w }')" 10
is "exec: the program's own mapping" "$(mapping_files "$OUT/execer.pb.gz" | grep -c "^$(realpath "$TARGETS")/execer\$")" 1
at_most "exec: unmapped frames" "$(share "$OUT/execer.pb.gz" '[unmapped]' -cum)" 1
has "the capture ends when its target is gone" "$(< "$OUT/prof.err")" 'all targets are gone, ending early'
at_most "the capture ends when its target is gone: seconds" "$(($(figure "$OUT/execer.json" duration_ns) / 1000000))" 6000
# shellcheck disable=SC2016
prof cpu -F $rate -o "$OUT/shell.pb.gz" -- bash -c 'for ((i = 0; i < 200000; i++)); do :; done; exec "$1" 1' - "$TARGETS/shares"
at_least "a shell that execs: the program" "$(share "$OUT/shell.pb.gz" f_a -cum)" 20
is "a shell that execs: the file is the program's" "$(mapping_files "$OUT/shell.pb.gz" | head -n 1)" "$(realpath "$TARGETS/shares")"
has "a shell that execs: its own part is its own" "$(mapping_files "$OUT/shell.pb.gz")" "/bash($|"$'\n'")"
at_most "a shell that execs: unmapped frames" "$(share "$OUT/shell.pb.gz" '[unmapped]' -cum)" 1

# Memory that two processes share.
for name in vforker clone_vm; do
	prof cpu -F $rate -o "$OUT/$name.pb.gz" --stats "$OUT/$name.json" -- "$TARGETS/$name" 1.2
	is "$name: exit status" "$status" 0
	near "$name: f_parent" "$(share "$OUT/$name.pb.gz" f_parent -cum)" 50 10
	near "$name: f_child" "$(share "$OUT/$name.pb.gz" f_child -cum)" 50 10
	at_most "$name: unmapped frames" "$(share "$OUT/$name.pb.gz" '[unmapped]' -cum)" 1
	is "$name: processes that nobody knows" "$(figure "$OUT/$name.json" lost.unknown_process)" 0
done

# Programs that live for a millisecond, seen from the whole machine.
# The leaf alone counts: what the loader keeps where a frame pointer would be is no address of code.
start shortlived 30
prof cpu -F $rate -a -o "$OUT/short.pb.gz" --stats "$OUT/short.json" 3
kill "$pid"
at_least "1 ms processes: samples" "$(samples "$OUT/short.pb.gz" -tagfocus=comm=exe)" 200
at_least "1 ms processes: named" "$(share "$OUT/short.pb.gz" f_short -cum -relative_percentages -tagfocus=comm=exe)" 30
at_most "1 ms processes: unmapped code" "$(share "$OUT/short.pb.gz" '[unmapped]')" 2
at_most "1 ms processes: nameless programs" "$(share "$OUT/short.pb.gz" '[shortlived]' -cum)" 1
at_most "1 ms processes: without comm" "$(awk -v all="$(samples "$OUT/short.pb.gz")" -v with="$(samples "$OUT/short.pb.gz" -tagfocus=comm=.)" \
	'BEGIN { printf "%.2f\n", 100 * (all - with) / all }')" 2
is "1 ms processes: whole samples lost" "$(lost "$OUT/short.json")" 0

# Children that lived before, and those that came after.
# shellcheck disable=SC2016
bash -c '"$1" 30 > "$2/old.out" & while :; do "$3" 0.2 > /dev/null; done' - "$TARGETS/shares" "$OUT" "$TARGETS/cxx" &
parent=$!
lib_pids+=($parent)
: > "$OUT/old.out"
wait_until 10 grep -q ready "$OUT/old.out"
old=$(printed "$OUT/old.out" ready)
lib_pids+=("$old")
prof cpu -F $rate -p $parent -o "$OUT/after.pb.gz" 1.5
at_least "children made from then on" "$(share "$OUT/after.pb.gz" app::burn -cum)" 10
is "children that lived before" "$(samples "$OUT/after.pb.gz" -tagfocus=pid="$old")" 0
prof cpu -F $rate -p $parent --tree -o "$OUT/tree.pb.gz" 1.5
at_least "--tree: children that lived before" "$(samples "$OUT/tree.pb.gz" -tagfocus=pid="$old")" 50
at_least "--tree: by name" "$(share "$OUT/tree.pb.gz" f_a -cum)" 5
at_least "--tree: children made from then on" "$(share "$OUT/tree.pb.gz" app::burn -cum)" 10
kill $parent "$old"

# Process numbers are those of the namespace that ebprof runs in.
cat > "$OUT/inside" << 'END'
"$TARGETS/shares" 30 > "$OUT/inside.out" &
pid=$!
until grep -q ready "$OUT/inside.out"; do sleep 0.05; done
"$EBPROF" cpu -F $rate -p $pid -o "$OUT/inside-p.pb.gz" 1 2> "$OUT/inside-p.err"
echo "$?" > "$OUT/inside-p.status"
"$EBPROF" cpu -F $rate -a -o "$OUT/inside-a.pb.gz" 1 2> "$OUT/inside-a.err"
"$EBPROF" cpu -F $rate -o "$OUT/inside-command.pb.gz" -- "$TARGETS/forkstorm" 1 > "$OUT/inside-command.out" 2>&1
echo $pid > "$OUT/inside.pid"
sleep 30
END
export rate EBPROF
unshare -p -f --mount-proc bash "$OUT/inside" &
lib_pids+=($!)
wait_until 30 test -s "$OUT/inside.pid"
inner=$(cat "$OUT/inside.pid")
outer=$(for status in /proc/[0-9]*/status; do
	awk -v inner="$inner" '/^Name:/ { name = $2 } /^NSpid:/ && NF == 3 && $3 == inner && name == "shares" { print $2 }' "$status" 2> /dev/null
done | head -n 1)
lib_pids+=("$outer")
is "in a PID namespace, -p: exit status" "$(cat "$OUT/inside-p.status")" 0
shares_are "in a PID namespace, -p" "$OUT/inside-p.pb.gz"
shares_are "in a PID namespace, -a, by its pid there" "$OUT/inside-a.pb.gz" -tagfocus=pid="$inner"
at_least "in a PID namespace: the children of a command" "$(share "$OUT/inside-command.pb.gz" f_child -cum)" 40
prof cpu -F $rate -p "$outer" -o "$OUT/outside-p.pb.gz" 1
shares_are "of a PID namespace, -p" "$OUT/outside-p.pb.gz"
prof cpu -F $rate -a -o "$OUT/outside-a.pb.gz" 1
shares_are "of a PID namespace, -a, by its pid here" "$OUT/outside-a.pb.gz" -tagfocus=pid="$outer"
kill -KILL "$outer"

# A number that is given to another process while it is a target is not a target.
cat > "$OUT/reuse" << 'END'
"$TARGETS/shares" 30 > "$OUT/reuse1.out" &
first=$!
"$TARGETS/nopie" 30 > "$OUT/reuse2.out" &
second=$!
until grep -q ready "$OUT/reuse1.out" && grep -q ready "$OUT/reuse2.out"; do sleep 0.05; done
"$EBPROF" cpu -F $rate -p $first,$second -o "$OUT/reuse.pb.gz" 2 2> "$OUT/reuse.err" &
profiler=$!
sleep 0.8
kill $first
wait $first
echo $((first - 1)) > /proc/sys/kernel/ns_last_pid
"$TARGETS/cxx" 1.5 > "$OUT/reuse3.out" &
echo "$first $!" > "$OUT/reuse.pids"
wait $profiler
echo "$?" > "$OUT/reuse.status"
kill $second
END
timeout 30 unshare -p -f --mount-proc bash "$OUT/reuse"
read -r first reused < "$OUT/reuse.pids"
is "a pid is used again" "$reused" "$first"
is "a pid is used again: exit status" "$(cat "$OUT/reuse.status")" 0
at_least "a pid is used again: the first process is there" "$(samples "$OUT/reuse.pb.gz" -tagfocus=pid="$first")" 50
is "a pid is used again: the other process is not" "$(share "$OUT/reuse.pb.gz" app::burn -cum)" 0.00
