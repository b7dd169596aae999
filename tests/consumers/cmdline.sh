#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each error message of the command line: one line, the right exit status, nothing on standard output. Then
# messages.py looks for those in src/cmd that no case here has caused (messages.allow: what none can).
. "$(dirname "$0")/common"
need python3
ebprof=${EBPROF:-$root/ebprof}
make_profiles
cd "$OUT" || exit 1
unset DEBUGINFOD_URLS
: >said

# says STATUS TEXT ARGS...
says() {
	local want=$1 text=$2 got=0
	shift 2
	"$ebprof" "$@" >out 2>err </dev/null || got=$?
	cat err >>said
	if [ $got = "$want" ] && [ ! -s out ] && [ "$(grep -c '' err)" = 1 ] && [[ $(<err) == "ebprof: "*"$text"* ]]; then
		ok "$text"
	else
		not_ok "$text" "exit status $got, $(wc -c <out) bytes, '$(head -n 2 err)'"
	fi
}

# many N WORD...: the words, N times, in $words
many() {
	local n=$1
	shift
	words=()
	for ((; n; n--)); do words+=("$@"); done
}

says 2 "no command; try 'ebprof cpu -a 30'"
says 2 "there is no command 'nothing'; try 'ebprof help'" nothing
says 2 "there is no command 'nothing'; try 'ebprof help'" help nothing
says 2 "there is no list of 'nothing': give one of [kinds|" list nothing
says 2 "'man' is one word too many: give one of [kinds|" list kinds man

# Options: what is none, what lacks a value or has one, each value that is wrong.
says 2 "there is no option '--nothing'; try --help" cpu --nothing
says 2 "there is no option '-aZ'; try --help" cpu -aZ
says 2 "it takes none" cpu --all=yes
says 2 "--pid needs PID[,PID]" cpu --pid
says 2 "-p needs PID[,PID]" cpu -p
says 2 "bad value 'x' for -p: give numbers, with commas between them" cpu -p x
says 2 "bad value '1,,2' for -t: give numbers" cpu -t 1,,2
says 2 "bad value 'nobody-at-all' for -u: there is no such user" cpu -u nobody-at-all
says 2 "bad value 'nobody-at-all' for --as: there is no such user" cpu --as nobody-at-all -- true
says 2 "bad value '' for --comm and --exclude: give a name or a pattern" cpu --comm=
many 17 --cgroup a
says 2 "bad value 'a' for --cgroup: that is one cgroup too many" cpu "${words[@]}"
says 2 "bad value '0-' for -C: give CPU numbers such as 0-3,8" cpu -a -C 0-
says 2 "bad value '0' for -F: give samples a second, 1 to 1000000" cpu -a -F 0
says 2 "bad value '0' for -c: give the number of events between two samples" cpu -a -c 0
says 2 "bad value 'x' for -e: there is no such event; 'ebprof cpu --help' lists them" cpu -a -e x
says 2 "bad value 'x' for -k: there is no such kind; 'ebprof help' lists them" cpu -a -k x
says 2 "bad value '0' for --slice: give milliseconds, 1 to 86400000" cpu -a --slice 0
says 2 "bad value '1025' for --max-stack: give user frames, 1 to 1024" cpu -a --max-stack 1025
says 2 "bad value 'x' for --unwind: give native, fp or check" cpu -a --unwind x
says 2 "bad value '5s' for --threshold: give a time such as 100us, 1ms or 0.5s, at most 4s" offcpu -a --threshold 5s
says 2 "bad value 'x' for --min: give a time such as 100us, 1ms or 0.5s" offcpu -a --min x
says 2 "bad value '0' for --max: give a time such as 100us, 1ms or 0.5s" offcpu -a --max 0
says 2 "bad value 'x' for --reason: give lock, disk" offcpu -a --reason x
says 2 "bad value 'x' for --idle: give show, fold or hide" offcpu -a --idle x
says 2 "bad value 'x' for --sched-hook: give exit, finish or out" offcpu -a --sched-hook x
says 2 "bad value '0' for --rate: give bytes, 1 (every allocation) to 4294967295" heap -p 1 --rate 0
many 17 -o a
says 2 "bad value 'a' for -o: that is one output too many" cpu -a "${words[@]}"
says 2 "bad value '' for -o: give a file name, or - for standard output" cpu -a -o ''
says 2 "bad value 'x' for --format: there is no such format" cpu -a --format x
says 2 "bad value 'x' for --demangle: give short, full or none" cpu -a --demangle x
many 17 --debug-dir a
says 2 "bad value 'a' for --debug-dir: that is one directory too many" cpu -a "${words[@]}"
says 2 "bad value '' for --debug-dir: give a directory like /usr/lib/debug" cpu -a --debug-dir=
says 2 "--debuginfod needs a server: give --debuginfod=URL or set DEBUGINFOD_URLS" cpu -a --debuginfod
says 2 "bad value 'ftp://x' for --debuginfod: give URLs like https://HOST" cpu -a --debuginfod=ftp://x
says 2 "bad value 'x' for --symbolize: give all or none" cpu -a --symbolize x
says 2 "bad value '0' for --max-table-mem: give MiB" cpu -a --max-table-mem 0
says 2 "bad value '1' for --counts-size: give entries, 64 to 16777216" cpu -a --counts-size 1
says 2 "bad value '65537' for --ring-size: give bytes, a power of two" cpu -a --ring-size 65537

# What does not go together.
says 2 "'2' is no duration: give seconds once" cpu -a 1 2
says 2 "no target: give -a, -p PID, -t TID" cpu 1
says 2 "-a is every process: it cannot go with -p, -t or a command" cpu -a -p 1
says 2 "give -p and -t, or a command, not both" cpu -p 1 -- true
says 2 "--tree needs -p" cpu -a --tree
says 2 "--as needs a command" cpu -a --as root
says 2 "-F, -c and -e are for cpu: nothing else is sampled by a timer" offcpu -a -F 99
says 2 "-C is for cpu alone: neither a wait nor a block has a CPU" offcpu -a -C 0
says 2 "--waiters is for mutex" cpu -a --waiters
says 2 "--symbolize none and --kernel-only cannot go with mutex" mutex -a --symbolize none
says 2 "wall is all of the threads' time: -e other than cpu-clock" wall -a --min 1ms
says 2 "heap needs -p PID or -- CMD" heap -a
says 2 "--growth is for heap, and has types of its own" cpu -a --growth
says 2 "heap --growth is of processes and their own code: -t and --kernel-only" heap --growth -t 1
says 2 "--wakers is for waits: offcpu, block, waiters or wall" cpu -a --wakers
says 2 "give -F or -c, not both" cpu -a -F 9 -c 9
says 2 "give --user-only or --kernel-only, not both" cpu -a --user-only --kernel-only
says 2 "there is no command after --" cpu --
says 2 "cannot tell the format of 'x.frob': end it in .pb.gz" cpu -a -o x.frob
says 2 "several kinds need a file each: -o - takes one" cpu -a -k offcpu -o -
says 2 "'1' is no option; a process is given with -p" doctor 1

# Targets that are none.
says 1 "process 4194304 does not exist; 'ps' lists what lives" cpu -p 4194304 -o /dev/null 1
says 1 "thread 4194304 does not exist; 'ps' lists what lives" cpu -t 4194304 -o /dev/null 1
says 1 "no given process lives; 'ps' lists what lives" cpu -q -p 4194304,4194304 -o /dev/null 1
says 1 "CPU 4095 is not online" cpu -a -C 4095 -o /dev/null 1

# Profiles.
says 2 "no file: give a profile, such as ebprof.cpu.pb.gz" symbolize
says 2 "'b' is one file too many: give one profile" symbolize a b
says 2 "standard input cannot be replaced: give -o FILE" symbolize -
says 2 "--format needs -o: in place it stays pprof" symbolize --format folded cpu.pb.gz
cp cpu.pb.gz gone.pb.gz
exec 3<gone.pb.gz
rm gone.pb.gz
says 1 "cannot replace '/proc/self/fd/3': No such file or directory" symbolize /proc/self/fd/3
exec 3<&-
[ -p fifo ] || mkfifo fifo
cat cpu.pb.gz >fifo &
says 1 "cannot replace 'fifo': it is no regular file, give -o FILE" symbolize fifo
wait
says 2 "no file: give a profile, such as ebprof.cpu.pb.gz" report -top
says 2 "give one of -top, -tree, -peek" report -top -tree cpu.pb.gz
says 2 "give one of -functions, -filefunctions" report -lines -files cpu.pb.gz
says 2 "give -cum or -flat, not both" report -cum -flat cpu.pb.gz
says 2 "--ci is for -top, and for values that are neither" report --ci -tree cpu.pb.gz
says 2 "-normalize needs -base or -diff_base" report -normalize cpu.pb.gz
says 2 "give -base or -diff_base, not both" report -base cpu.pb.gz -diff_base cpu.pb.gz cpu.pb.gz
many 257 -base a
says 2 "bad value 'a' for -base: that is one base too many" report "${words[@]}" cpu.pb.gz
says 2 "bad value 'x' for nodefraction: give a number such as 0.005" report -nodefraction x cpu.pb.gz
says 2 "bad value 'x' for -nodecount: give the number of rows, 0 for all" report -nodecount x cpu.pb.gz
says 2 "bad value 'maybe' for -trim: give true or false" report -trim=maybe cpu.pb.gz
says 2 "bad value 'maybe' for cum: give true or false" report -cum=maybe cpu.pb.gz
says 2 "bad value '15' for --max-memory: give MiB, 16 or more" report --max-memory 15 cpu.pb.gz
says 2 "bad value '0' for --max-cpu: give seconds, 1 or more" report --max-cpu 0 cpu.pb.gz
says 1 "more than 16 MiB are needed, --max-memory MIB allows more" report --max-memory 16 /dev/zero
says 2 "give two sides, such as 'ebprof diff old.pb.gz new.pb.gz'" diff cpu.pb.gz
says 2 "bad value '5' for --fail-if: give a change and what p is to be below" diff --fail-if 5 cpu.pb.gz cpu2.pb.gz
says 1 ", in 'heap.pb.gz'" diff cpu.pb.gz heap.pb.gz
check changed bash -c '! "$0" diff --fail-if "0% p<1" cpu.pb.gz cpu2.pb.gz' "$ebprof"
cat changed.err >>said
equal "a change that may not be" 1 "$(grep -cE "^ebprof: [0-9]+ functions? changed by '0% p<1', most '" changed.err)"
# shellcheck disable=SC2016
check full bash -c '! "$0" report cpu.pb.gz >/dev/full' "$ebprof"
cat full.err >>said
equal "standard output is full" "ebprof: cannot write to standard output: No space left on device" "$(cat full.err)"

# Is that all?
cd "$root" || exit 1
unsaid() { # SOURCE...
	python3 tests/consumers/messages.py tests/consumers/messages.allow "$@" <"$OUT/said"
}
if unsaid src/main.c src/cmd/*.c >"$OUT/unsaid"; then
	ok "every message has a case: $(cat "$OUT/unsaid")"
else
	while IFS= read -r line; do
		not_ok "a message without a case" "$line"
	done <"$OUT/unsaid"
fi
printf 'void f(void)\n{\n\tlog_error("nobody says \x27%%s\x27 " /* or */\n\t          "this", x);\n}\n' >"$OUT/made.c"
equal "one that nobody says is found" "$OUT/made.c:3: no case says: nobody says '%s' this" \
	"$(unsaid "$OUT/made.c" src/main.c src/cmd/*.c | grep "^$OUT/made.c")"
finish
