#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What ebprof doctor -p finds in programs of several languages, whatever their names are; what it says on a
# terminal, in a file, and of a command line that is wrong.
# needs: root bpf btf perf-software perf-all-cpus python3
# timeout: 400
. tests/live/lib.sh
json=$OUT/doctor.json

ask() { # EXPRESSION: of the last answer
	findings "$json" "$1"
}
doctor() { # OPTIONS...
	prof doctor --json "$@"
	mv "$OUT/prof.out" "$json"
}

# Processes: their runtimes and allocators.
launched=() wants=()
launch() { # WANT COMMAND...: in the background; "RUNTIME ALLOCATOR", - = none
	wants+=("$1")
	(cd "$OUT" && exec "${@:2}") > "$OUT/launched.out" 2>&1 < /dev/null &
	launched+=($!)
	lib_pids+=($!)
}
launch "- glibc" "$TARGETS/heap" 1000000 100
launch "CPython glibc" python3 -c 'import time; time.sleep(60)'
! skip_unless perl perl || launch "Perl glibc" perl -e 'sleep 60'
if skip_unless node node; then
	launch "Node or V8 glibc, made code limited" node -e 'setTimeout(() => {}, 60000)'
	launch "Node or V8 glibc, made code ok" node --perf-basic-prof -e 'setTimeout(() => {}, 60000)'
	at_exit "rm -f /tmp/perf-$!.map"
fi
if skip_unless java java && javac -d "$OUT" tests/targets/lang/Idle.java; then
	launch "JVM glibc, made code limited" java -cp "$OUT" Idle 60
fi
if skip_unless go go && CGO_ENABLED=0 "${GO:-go}" build -o "$OUT/idle-go" tests/targets/lang/idle.go; then
	launch "Go none" "$OUT/idle-go" 60
	strip -o "$OUT/stripped-go" "$OUT/idle-go"
	launch "Go none" "$OUT/stripped-go" 60
fi
jemalloc=/usr/lib/$(uname -m)-linux-gnu/libjemalloc.so.2
[[ ! -e $jemalloc ]] || launch "- glibc+jemalloc" env LD_PRELOAD="$jemalloc" "$TARGETS/heap" 1000000 100
sleep 2
doctor -p "$(IFS=,; echo "${launched[*]}")"
is "processes: exit status" "$status" 0
for i in "${!launched[@]}"; do
	is "process $i: what it is" "$(ask "(lambda p, made: (' '.join(f['name'] for f in p['runtimes'] if f is not made) or '-') + ' ' +
		'+'.join(sorted(f['name'] for f in p['allocators'])) +
		(', made code ' + made['state'] if made else ''))(d['processes'][$i], by(d['processes'][$i]['runtimes'], 'made code'))")" "${wants[i]}"
done

# Names that nobody expects: in comm, in a mapped file's path, and of a process that is gone.
evil=$'\e[31m"\\\n\xe2\x80\xae\xff'
cp "$TARGETS/heap" "$OUT/$evil"
"$OUT/$evil" 1000000 100 > "$OUT/evil.out" < /dev/null &
hostile=$!
lib_pids+=("$hostile")
wait_until 10 grep -q '^ready' "$OUT/evil.out"
doctor -p "$$,$hostile"
is "hostile names: exit status" "$status" 0
is "hostile names: JSON is ASCII" "$(LC_ALL=C grep -c '[^ -~]' "$json")" 0
is "hostile names: the comm is whole" "$(ask 'd["processes"][1]["comm"].encode()[:9]')" "b'\\x1b[31m\"\\\\\\n\\xe2'"
is "hostile names: whose" "$(ask '[p["pid"] for p in d["processes"]]')" "[$$, $hostile]"
prof doctor -p "$hostile"
is "hostile names: no control character on a terminal" "$(LC_ALL=C tr -d '\n -~' < "$OUT/prof.out" | LC_ALL=C tr -d '\357\277\275' | wc -c)" 0
gone=$(sh -c 'echo $$')
prof doctor -p "$gone"
is "a process that is gone: exit status" "$status" 1
is "a process that is gone: one line" "$(cat "$OUT/prof.err")" "ebprof: process $gone does not exist; 'ps' lists what lives"
prof doctor 5
is "a word: exit status" "$status" 2
prof doctor -F 99
is "an option of captures: exit status" "$status" 2

# On a terminal there is colour, elsewhere none; a reader that is gone is an error.
prof doctor
is "a file has no colour" "$(grep -c $'\e' "$OUT/prof.out")" 0
TERM=xterm script -qec "'$EBPROF' doctor" /dev/null < /dev/null > "$OUT/terminal.out"
at_least "a terminal has" "$(grep -c $'\e\\[32mok' "$OUT/terminal.out")" 8
"$EBPROF" doctor > /dev/full 2> "$OUT/prof.err"
is "a full disk: exit status" "$?" 1
has "a full disk" "$(cat "$OUT/prof.err")" '^ebprof: cannot write to standard output'

