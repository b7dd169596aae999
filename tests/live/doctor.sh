#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What ebprof doctor says is what then works, as root, with a few capabilities, with none, and in namespaces;
# which hook a kind has; and nothing is left behind.
# needs: root bpf btf perf-software perf-all-cpus uprobe python3 mountns pidns setpriv gcc
# timeout: 600
. tests/live/lib.sh
json=$OUT/doctor.json

ask() { # EXPRESSION: of the last answer
	findings "$json" "$1"
}
# under COMMAND...: which runs ebprof doctor --json.
under() {
	timeout -k 5 60 "$@" > "$json" 2> "$OUT/prof.err" < /dev/null
	status=$?
	prof_say "$@"
}
# What is not as it should be has a remedy, here and everywhere.
remedies() { # CASE
	is "$1: every refusal has a remedy" \
		"$(ask '[f["name"] for k in ("kinds", "needs") for f in d[k] if f["state"] != "ok" and not f["remedy"]]')" '[]'
}

# As root: each kind as it says.
under "$EBPROF" doctor --json
is "exit status" "$status" 0
is "nothing is said beside" "$(cat "$OUT/prof.err")" ''
remedies "root"
is "every kind is there, and cycles" "$(ask '" ".join(f["name"] for f in d["kinds"])')" \
	"$(grep -o 'X([a-z_]*)' include/kinds.h | sed 's/X(\(.*\))/\1/' | tr '\n' ' ')cpu -e cycles"
start heap 1000000 100
works() { # KIND OPTIONS...: does a capture of it get as far as recording?
	prof "$@" -o "$OUT/works.pb.gz" -p "$pid" 0.2 > "$OUT/works.out"
	grep -qE '^ebprof: [a-z]+: [0-9]+ samples in ' "$OUT/prof.err" && echo ok || sed -n 's/^ebprof: //p' "$OUT/prof.err"
}
agree() { # CASE KIND [OPTIONS...]
	local case=$1 why got
	shift
	why=$(ask "by(d['kinds'], '$*')['why'] or 'ok'")
	got=$(works "$@")
	is "$case: what doctor says is what a capture says" "${got:0:${#why}}" "$why"
}
while IFS= read -r line; do
	# shellcheck disable=SC2086
	agree "$line" $line
done < <(ask '"\n".join(f["name"] for f in d["kinds"])')

# The hooks: what a capture then has in the kernel.
program() { # KIND PROGRAM
	prof_start "$1" -p "$pid" -o "$OUT/hook.pb.gz" 60
	wait_until 10 eval "bpftool prog list | grep -q ' name $2 '" && ok "$1: program $2" || not_ok "$1: program $2" "is not in the kernel"
	kill -INT "$prof_pid"
	prof_wait
}
case $(ask 'by(d["kinds"], "offcpu")["hook"]') in
*sched_exit_tp) program offcpu sched_exit ;;
*fentry*) program offcpu sched_finish ;;
*kprobe*) program offcpu sched_finish_p ;;
*leave) program offcpu sched_both ;;
*) not_ok "offcpu: its hook" "$(ask 'by(d["kinds"], "offcpu")')" ;;
esac
case $(ask 'by(d["kinds"], "heap")["hook"]') in
*sessions*) program heap alloc_session ;;
*event*) program heap alloc_enter ;;
*) ok "heap: none here" ;;
esac
is "wall: the hooks of its parts" "$(ask 'by(d["kinds"], "wall")["hook"].count(";")')" 2

# With rights, one by one, and without. The build may be where nobody may go.
cp "$EBPROF" "/tmp/ebprof.$$"
at_exit 'rm -f /tmp/ebprof.$$'
as_nobody() { # CAPABILITIES COMMAND...
	local caps=$1
	shift
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps "-all${caps:+,$caps}" \
		--ambient-caps "-all${caps:+,$caps}" --bounding-set "-all${caps:+,$caps}" "$@"
}
export -f as_nobody
captures() { # CAPABILITIES: does a capture of the whole machine?
	timeout -k 5 60 bash -c 'as_nobody "$@"' - "$1" "/tmp/ebprof.$$" cpu -a -o - 0.2 > /dev/null 2> "$OUT/prof.err" < /dev/null
	grep -q '^ebprof: cpu: [0-9]* samples in' "$OUT/prof.err" && echo yes || echo no
}
most=+bpf,+perfmon,+sys_ptrace,+dac_read_search,+checkpoint_restore
for without in nothing bpf perfmon sys_ptrace; do
	caps=$(sed "s/+$without\(,\|$\)//" <<< $most)
	under bash -c 'as_nobody "$@"' - "$caps" "/tmp/ebprof.$$" doctor --json
	is "without $without: what doctor says is so" "$([[ $status == 0 ]] && echo yes || echo no)" "$(captures "$caps")"
	is "without $without: its exit status" "$(ask 'd["can_capture"]')" "$([[ $status == 0 ]] && echo True || echo False)"
	[[ $without == nothing ]] ||
		is "without $without: it is named" "$(ask "[f['name'] for f in d['needs'] if f['name'].startswith('CAP_')]")" "['CAP_${without^^}']"
	remedies "without $without"
done
under bash -c 'as_nobody "$@"' - '' "/tmp/ebprof.$$" doctor --json -p 1
is "no rights: exit status" "$status" 1
is "no rights: no kind works" "$(ask '{f["state"] for f in d["kinds"] if f["name"] != "cpu -e cycles"}')" "{'no'}"
is "no rights: what is missing" "$(ask '[f["name"] for f in d["needs"] if f["state"] == "no"]')" "['CAP_BPF', 'CAP_PERFMON']"
has "no rights: why" "$(ask 'by(d["kinds"], "cpu")["why"]')" '^the kernel refused to load BPF programs: Operation not permitted$'
has "no rights: what to try" "$(ask 'by(d["kinds"], "cpu")["remedy"]')" '^run as root or with CAP_BPF, CAP_PERFMON'
has "no rights: a process of another" "$(ask 'd["processes"][0]["allocators"][0]["text"]')" "^cannot read '/proc/1/maps': Permission denied"
remedies "no rights"
timeout 60 bash -c 'as_nobody "$@"' - '' "/tmp/ebprof.$$" doctor > "$OUT/doctor.txt" 2>&1
has "no rights: as text" "$(< "$OUT/doctor.txt")" $'\n  no       cpu +the kernel refused to load BPF programs: [^\n]*\n +-> run as root'

# What the container lacks.
under unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' - "$EBPROF" doctor --json
is "no BTF: exit status" "$status" 1
is "no BTF" "$(ask 'by(d["needs"], "btf")["state"]')" no
has "no BTF: why no kind works" "$(ask 'by(d["kinds"], "cpu")["why"]')" 'no BTF'
remedies "no BTF"
under unshare -m sh -c 'umount -a -t cgroup2,tracefs,debugfs 2> /dev/null; exec "$@"' - "$EBPROF" doctor --json
if [[ $(unshare -m sh -c 'umount -a -t cgroup2; findmnt -n -t cgroup2') ]]; then
	echo "skip no cgroup2: it cannot be unmounted here"
else
	is "no cgroup2" "$(ask 'by(d["needs"], "cgroup v2")["state"]')" limited
fi
is "no tracefs: all works" "$status $(ask 'by(d["needs"], "tracefs")["state"]')" "0 ok"
under unshare -p -f --mount-proc "$EBPROF" doctor --json
is "a PID namespace: exit status" "$status" 0
is "a PID namespace" "$(ask 'by(d["needs"], "pid namespace")["state"]')" limited
remedies "a PID namespace"
if skip_unless userns "a user namespace"; then
	under unshare -U -r "$EBPROF" doctor --json
	is "a user namespace: exit status" "$status" 1
	is "a user namespace" "$(ask 'by(d["needs"], "user namespace")["state"]')" no
	remedies "a user namespace"
fi
under prlimit --nofile=24:24 "$EBPROF" doctor --json
[[ $status == 0 ]] || has "few descriptors: what to try" "$(ask 'by(d["kinds"], "cpu")["remedy"]')" 'ulimit -n'
if skip_unless kptr_restrict "hidden kernel names"; then
	before=$(< /proc/sys/kernel/kptr_restrict)
	at_exit "echo $before > /proc/sys/kernel/kptr_restrict"
	echo 2 > /proc/sys/kernel/kptr_restrict
	under "$EBPROF" doctor --json
	is "hidden kernel names" "$(ask 'by(d["needs"], "kernel names")["state"]')" limited
	has "hidden kernel names: what to try" "$(ask 'by(d["needs"], "kernel names")["remedy"]')" 'sysctl kernel.kptr_restrict=1'
	echo "$before" > /proc/sys/kernel/kptr_restrict
fi

# A seccomp filter like a container's: bpf() is refused although the capability is there.
cat > "$OUT/filter.c" << 'END'
#include <errno.h>
#include <seccomp.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(bpf), 0);
	seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(perf_event_open), 0);
	return seccomp_load(f) || argc < 2 || execvp(argv[1], argv + 1);
}
END
gcc -o "$OUT/filter" "$OUT/filter.c" -lseccomp
under "$OUT/filter" "$EBPROF" doctor --json
is "a seccomp filter: exit status" "$status" 1
is "a seccomp filter" "$(ask '[f["name"] for f in d["needs"] if f["state"] == "no"]')" "['bpf()', 'perf_event_open()']"
has "a seccomp filter: what to try" "$(ask 'by(d["needs"], "bpf()")["remedy"]')" 'seccomp=unconfined'

# Nothing is left: neither programs that nobody holds nor the process that waited.
left() {
	local held
	held=$(cat /proc/[0-9]*/fdinfo/* 2> /dev/null | awk '/^prog_id:/ { print $2 }' | sort -u)
	bpftool prog list 2> /dev/null |
		sed -nE 's/^([0-9]+): .* name (tick|tasks|sched_[a-z_]*|lock_[a-z]*|wall_[a-z]*|alloc_[a-z]*)( .*|$)/\1/p' |
		grep -vxF -e "$held"
}
none_left() { [[ ! $(left) ]]; }
wait_until 10 none_left && ok "nothing is attached" || not_ok "nothing is attached" "programs $(left | tr '\n' ' ')"
prof_start doctor
wait_until 10 pgrep -P "$prof_pid" > /dev/null
idle=$(pgrep -P "$prof_pid")
kill -KILL "$prof_pid"
wait "$prof_pid" 2> /dev/null
wait_until 10 none_left && ok "killed: nothing is attached" || not_ok "killed: nothing is attached" "programs $(left | tr '\n' ' ')"
wait_until 10 eval "! kill -0 ${idle:-$$} 2> /dev/null" && ok "killed: its process is gone" || not_ok "killed: its process is gone" "it lives"
