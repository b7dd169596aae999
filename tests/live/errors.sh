#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What goes wrong is said in one line with what to try, and nothing is left behind: no file, no program in
# the kernel. What can be done without is done without.
# needs: root bpf btf perf-software perf-all-cpus python3 go kallsyms mountns setpriv
# timeout: 180
. tests/live/lib.sh
mkdir "$OUT/bad"
out=$OUT/bad/x.pb.gz

# Programs of ebprof in the kernel that no process holds: after a moment there are none.
orphans() {
	local held
	held=$(cat /proc/[0-9]*/fdinfo/* 2> /dev/null | awk '/^prog_id:/ { print $2 }' | sort -u)
	bpftool prog list 2> /dev/null | sed -nE 's/^([0-9]+): .* name (tick|follow_fork|follow_exec|tasks)( .*|$)/\1/p' |
		grep -vxF -e "$held"
}
none_left() {
	[[ ! $(orphans) ]]
}
nothing_left() { # CASE [FILES]
	is "$1: no file is left" "$(ls -A "$OUT/bad" | tr '\n' ' ')" "${2:-}"
	if wait_until 10 none_left; then ok "$1: nothing is attached"; else not_ok "$1: nothing is attached" "programs $(orphans | tr '\n' ' ')"; fi
}

# The error is one line, of this form.
error_is() { # CASE STATUS REGEX
	is "$1: exit status" "$status" "$2"
	is "$1: one line" "$(wc -l < "$OUT/prof.err")" 1
	has "$1: says what" "$(< "$OUT/prof.err")" "$3"
}
fails() { # CASE STATUS REGEX ARGUMENT...
	local case=$1 want=$2 regex=$3
	shift 3
	prof cpu -o "$out" "$@"
	error_is "$case" "$want" "$regex"
	nothing_left "$case"
}

# Another program under these circumstances, such as unshare, which runs ebprof.
under() { # COMMAND...
	timeout -k 5 60 "$@" > "$OUT/prof.out" 2> "$OUT/prof.err" < /dev/null
	status=$?
	prof_say "$@"
}

start shares 300
shares=$pid

# Targets that are none.
gone=$(sh -c 'echo $$')
fails "an unknown pid" 1 "^ebprof: process $gone does not exist; 'ps'" -p "$gone" 1
fails "an unknown tid" 1 "^ebprof: thread $gone does not exist; 'ps'" -t "$gone" 1
fails "several unknown pids" 2 "^ebprof: bad value '0,$gone' for -p: give numbers" -p "0,$gone" 1
sh -c 'true & exec sleep 100' &
parent=$!
lib_pids+=($parent)
zombie_of() { zombie=$(ps -o pid=,stat= --ppid "$1" | awk '$2 ~ /^Z/ { print $1; exit }') && [[ $zombie ]]; }
wait_until 10 zombie_of $parent
fails "a zombie" 1 "^ebprof: process $zombie is dead already; 'ps'" -p "$zombie" 1
start threads 60
wait_until 5 eval '[[ $(ls "/proc/$pid/task" | wc -l) == 5 ]]'
thread=$(ls "/proc/$pid/task" | tail -n 1)
fails "a tid as -p" 1 "^ebprof: process $thread is a thread, not a process: give it with -t" -p "$thread" 1
kill "$pid"
exec 5< <(exec python3 -c 'import time; open("/proc/self/comm", "w").write("a\n) Z 1"); print("ready", flush=True); time.sleep(60)')
odd=$!
lib_pids+=($odd)
read -r _ <&5
prof cpu -o "$OUT/odd.pb.gz" -p "$odd" --tree 0.2
has "a process whose name has a newline is a target" "$(tail -n 1 "$OUT/prof.err")" '^ebprof: cpu: [0-9]+ samples'
fails "no target" 2 "^ebprof: no target: give -a, -p PID" 1
fails "-a and -p" 2 "^ebprof: -a is every process" -a -p "$shares" 1
fails "--tree without -p" 2 "^ebprof: --tree needs -p" -a --tree 1
fails "an unknown user" 2 "^ebprof: bad value 'nobody-at-all' for -u" -u nobody-at-all 1
fails "a pattern with an open bracket" 1 "^ebprof: bad pattern '\\['" --comm '[' 1
fails "a CPU that is not there" 1 "^ebprof: CPU 4095 is not online" -a -C 4095 1
fails "an unknown option" 2 "^ebprof: there is no option '--nothing'; try --help" --nothing
fails "two times" 2 "^ebprof: '2' is no duration" -a 1 2
prof nothing
error_is "an unknown command" 2 "^ebprof: there is no command 'nothing'; try 'ebprof help'"

# Rates and events.
fails "-F 0" 2 "^ebprof: bad value '0' for -F: give samples a second, 1 to 1000000" -F 0 -p "$shares" 1
fails "-F 1000000000" 2 "^ebprof: bad value '1000000000' for -F" -F 1000000000 -p "$shares" 1
fails "-F 1000000" 1 "^ebprof: the kernel refused event 'cpu-clock' at this rate; try another -F" -F 1000000 -p "$shares" 1
fails "-F and -c" 2 "^ebprof: give -F or -c, not both" -F 99 -c 1000 -p "$shares" 1
fails "an unknown event" 2 "^ebprof: bad value 'nothing' for -e: .* lists them" -e nothing -p "$shares" 1
if have pmu; then
	prof cpu -e cycles -o "$OUT/cycles.pb.gz" -p "$shares" 0.5
	is "-e cycles on a machine that has them" "$status" 0
	has "-e cycles: its type" "$(top "$OUT/cycles.pb.gz")" 'Type: cycles_event'
else
	fails "-e cycles without a PMU" 1 "^ebprof: event 'cycles' is not available on this machine .*; try -e cpu-clock" -e cycles -p "$shares" 1
fi
prof cpu -e page-faults -c 1 -o "$OUT/faults.pb.gz" -- "$TARGETS/forkstorm" 0.3
is "-e page-faults" "$status" 0
has "-e page-faults: its type" "$(top "$OUT/faults.pb.gz")" 'Type: page-faults_event'

# Rights.
under setpriv --reuid 65534 --regid 65534 --clear-groups "$EBPROF" cpu -o - -p $$ 0.2
if [[ $status == 126 || $status == 127 ]]; then
	# The build is where nobody may go.
	cp "$EBPROF" "/tmp/ebprof.$$"
	at_exit 'rm -f /tmp/ebprof.$$'
	under setpriv --reuid 65534 --regid 65534 --clear-groups "/tmp/ebprof.$$" cpu -o - -p $$ 0.2
fi
error_is "no rights" 1 "^ebprof: .*run as root or with CAP_BPF, CAP_PERFMON"
nothing_left "no rights"

# What the kernel lacks.
under unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' - "$EBPROF" cpu -o "$out" -p "$shares" 0.2
error_is "no BTF" 1 '^ebprof: the kernel has no BTF \(/sys/kernel/btf/vmlinux\); ebprof needs CONFIG_DEBUG_INFO_BTF$'
nothing_left "no BTF"
under prlimit --memlock=0:0 "$EBPROF" cpu -F 1999 -o "$OUT/memlock.pb.gz" -p "$shares" 0.7
is "no locked memory: works" "$status" 0
shares_are "no locked memory" "$OUT/memlock.pb.gz"
under unshare -m sh -c 'umount -a -t tracefs,debugfs 2> /dev/null; [ ! -e /sys/kernel/tracing/events ] && exec "$@"' - \
	"$EBPROF" cpu -F 1999 -o "$OUT/tracefs.pb.gz" -p "$shares" 0.7
is "no tracefs: works" "$status" 0
shares_are "no tracefs" "$OUT/tracefs.pb.gz"
under prlimit --nofile=24:24 "$EBPROF" cpu -o "$out" -p "$shares" 0.2
at_most "few descriptors: exit status" "$status" 1
[[ $status == 0 ]] || error_is "few descriptors" 1 '^ebprof: .*ulimit -n'
rm -f "$out"
nothing_left "few descriptors"

# Files that are hostile to read.
start garbage 60
prof cpu -F 1999 -p "$pid" -o "$OUT/garbage.pb.gz" --stats "$OUT/garbage.json" 0.7
is "garbage in place of an ELF file: exit status" "$status" 0
at_least "garbage in place of an ELF file: its samples" "$(samples "$OUT/garbage.pb.gz")" 200
at_least "garbage in place of an ELF file: the callers' names" "$(share "$OUT/garbage.pb.gz" f_run -cum)" 95
at_least "garbage in place of an ELF file: counted" "$(figure "$OUT/garbage.json" lost.unreadable_file)" 1
has "garbage in place of an ELF file: frames with the file's name" "$(names "$OUT/garbage.pb.gz")" $'(^|\n)\\[garbage-[^/]*\\]($|\n)'
kill "$pid"

# A signal at any moment: a whole file or none, and nothing in the kernel.
RANDOM=42
for ((i = 0; i < 25; i++)); do
	signal=$([[ $((i % 2)) == 0 ]] && echo INT || echo TERM)
	rm -f "$out"
	prof_start cpu -F 999 -p "$shares" -o "$out" 0.4
	delay=$((RANDOM % 700))
	sleep "$(printf '0.%03d' $delay)"
	kill -$signal $prof_pid 2> /dev/null
	wait $prof_pid
	status=$?
	file=$(ls -A "$OUT/bad" | tr '\n' ' ')
	whole=whole
	[[ ! $file ]] || $PPROF -raw "$out" 2> /dev/null | grep -q '^Mappings' || whole=torn
	echo "# SIG$signal after $delay ms: exit status $status, file '$file' $whole, $(wc -l < "$OUT/prof.err") lines"
	case $status:$file in
	0:"x.pb.gz ") ;;
	1:* | 130: | 143:) ;;
	*) not_ok "SIG$signal after $delay ms" "exit status $status, files '$file'" ;;
	esac
	[[ $whole == whole && $file =~ ^(x.pb.gz )?$ ]] || not_ok "SIG$signal after $delay ms" "a $whole file of '$file'"
done
ok "25 signals: a whole file or none"
rm -f "$out"
nothing_left "25 signals"
prof_start cpu -F 999 -p "$shares" -o "$out" 30
sleep 0.5
kill -INT $prof_pid
prof_wait
is "SIGINT ends early and keeps everything: exit status" "$status" 0
at_least "SIGINT ends early and keeps everything" "$(samples "$out")" 10
rm -f "$out"
prof_start cpu -F 999 -a -o "$out" 30
sleep 0.5
kill -KILL $prof_pid
wait $prof_pid 2> /dev/null
nothing_left "SIGKILL"
