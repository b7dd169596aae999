#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who is profiled: every condition, alone and with others.
# needs: root bpf btf perf-software perf-all-cpus python3 go kallsyms setpriv
# timeout: 180
. tests/live/lib.sh
rate=1999

# What of the running programs is in a profile: "f_a" (shares), "f_x" (nopie2), "burn" (cxx). By pid where
# there are labels, for others may run these programs too.
found() { # FILE
	local row labels
	labels=$(raw "$1" | grep -oE '(^|[[:space:]])pid:\[[0-9]+\]' | grep -oE '[0-9]+' | sort -u)
	for row in burn:$cxx f_a:$shares f_x:$nopie2; do
		if [[ $labels ]]; then
			grep -qx "${row#*:}" <<< "$labels" && echo "${row%:*}"
		else
			names "$1" | sed 's/^app:://; s/(.*//' | grep -x "${row%:*}"
		fi
	done | tr '\n' ' ' | sed 's/ $//'
}

who() { # CASE WANT ARGUMENT...
	local case=$1 want=$2
	shift 2
	rm -f "$OUT/who.pb.gz"
	prof cpu -F $rate -o "$OUT/who.pb.gz" "$@" 0.35
	is "$case" "$(found "$OUT/who.pb.gz")" "$want"
}

# Three programs all the time: shares as nobody, cxx and nopie2 as root.
: > "$OUT/nobody.out"
# Where nobody may go.
cp "$TARGETS/shares" /tmp/shares.$$
at_exit 'rm -f /tmp/shares.$$'
setpriv --reuid 65534 --regid 65534 --clear-groups bash -c 'exec -a shares /tmp/shares.$0 100' $$ > "$OUT/nobody.out" &
shares=$!
lib_pids+=($shares)
wait_until 10 grep -q ready "$OUT/nobody.out"
start cxx 100
cxx=$pid
start nopie2 100
nopie2=$pid

who "-a" "burn f_a f_x" -a
who "-p" "burn" -p $cxx
who "-p of two" "burn f_x" -p $cxx,$nopie2
who "-p twice" "burn f_x" -p $cxx -p $nopie2
who "-t" "f_x" -t $nopie2
who "-p or -t" "burn f_x" -p $cxx -t $nopie2
who "-u by name" "f_a" -u nobody
who "-u by number" "f_a" -u 65534
who "-u root" "burn f_x" -u root
who "--comm" "burn" --comm cxx
who "--comm, a pattern" "f_x" --comm 'n?p[i-k]*2'
who "--comm, two patterns" "burn f_x" --comm cxx --comm 'nopie*'
who "--comm, a set that is not" "burn f_x" --comm '[!s]*[!-.]*[x2]'
is "--comm that nobody has" "$(prof cpu --comm 'nobody has this' -o "$OUT/none.pb.gz" 0.2 > /dev/null; echo $?)" 1
who "--exclude" "burn f_a" -a --exclude nopie2
who "--exclude alone is a target" "burn f_a" --exclude nopie2
who "--exclude, a pattern" "f_a" -a --exclude 'nopie*' --exclude '?xx'
who "several conditions: user and name" "burn" -u root --comm 'c*'
who "several conditions: pids and user" "f_x" -p $shares,$nopie2 -u root
who "several conditions: name, but not that" "burn" -u root --comm '*[x2]' --exclude 'nopie2'
who "several conditions that nobody meets" "" -u nobody --comm cxx
is "several conditions that nobody meets: exit status" "$status" 1
if skip_unless cpus2 "several conditions: CPU"; then
	taskset -p -c 0 $cxx > /dev/null
	taskset -p -c 1 $nopie2 > /dev/null
	who "several conditions: CPU and user" "burn" -C 0 -u root
	taskset -p -c 0-1 $cxx > /dev/null
	taskset -p -c 0-1 $nopie2 > /dev/null
fi

if skip_unless cgroup2 "--cgroup"; then
	root=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	group=$root/ebprof-test-$$
	mkdir -p "$group/child" "$root/ebprof-test-$$-sibling"
	at_exit 'for i in 1 2 3 4 5; do rmdir "$group/child" "$group" "$group-sibling" 2> /dev/null; sleep 0.1; done'
	echo $shares > "$group/child/cgroup.procs"
	echo $cxx > "$group/cgroup.procs"
	echo $nopie2 > "$group-sibling/cgroup.procs"
	who "--cgroup: with its children, without its sibling" "burn f_a" --cgroup "$group"
	who "--cgroup of a child" "f_a" --cgroup "$group/child"
	who "--cgroup, a path in the tree" "f_x" --cgroup "ebprof-test-$$-sibling"
	who "--cgroup, two" "f_a f_x" --cgroup "$group-sibling" --cgroup "$group/child"
	who "--cgroup and user" "burn" --cgroup "$group" -u root
	# Who moves in counts from then on.
	echo $nopie2 > "$group/child/cgroup.procs"
	who "--cgroup of one who moved" "f_a f_x" --cgroup "$group/child"
	prof cpu --cgroup "$group/nothing" -o "$OUT/none.pb.gz" 0.2
	is "--cgroup that is not there: exit status" "$status" 1
	has "--cgroup that is not there" "$(< "$OUT/prof.err")" "^ebprof: cannot use cgroup '.*nothing': No such file"
	prof cpu --cgroup /sys/kernel -o "$OUT/none.pb.gz" 0.2
	has "--cgroup that is none" "$(< "$OUT/prof.err")" "^ebprof: cannot use cgroup '/sys/kernel': not a cgroup v2; give"
fi

# The dead are left out with a word, the living profiled.
true &
dead=$!
wait $dead
who "-p of one dead and one living" "burn" -p $dead,$cxx
is "-p of one dead and one living: exit status" "$status" 0
has "-p of one dead and one living: a word" "$(< "$OUT/prof.err")" "process $dead does not exist, skipping it"

# ebprof does not see itself.
prof_start cpu -F 20000 -a -o "$OUT/hidden.pb.gz" --stats "$OUT/hidden.json" 1.5
prof_wait
at_least "ebprof itself is counted" "$(figure "$OUT/hidden.json" hidden)" 1
is "ebprof itself is hidden" "$(samples "$OUT/hidden.pb.gz" -tagfocus=pid=$prof_pid)" 0
