#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The kernel's own names, those of BPF programs, and what is said when the kernel hides them.
# needs: root bpf btf perf-software python3 kallsyms
. tests/live/lib.sh
rate=1999

# Name and build ID of the mappings of addresses in the kernel.
kernel_mappings() { # FILE
	raw "$1" | sed '1,/^Mappings/d' | awk '$3 ~ /^\[/ && $3 != "[ebprof]" { print $3, $4 }' | sort -u
}
kernel_id=$(python3 -c 'import sys
notes = open("/sys/kernel/notes", "rb").read()
at = notes.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0")
print(notes[at + 16 : at + 36].hex())')

# A program that runs in the kernel for most of the time.
if skip_unless clang "a BPF program"; then
	cat > "$OUT/hot.bpf.c" << 'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp") int hot(struct xdp_md *ctx)
{
	unsigned long x = ctx->ingress_ifindex;

	for (int i = 0; i < 1000; i++)
		x = x * 6364136223846793005 + 1442695040888963407;
	return x & 1 ? XDP_PASS : XDP_DROP;
}
END
	clang -g -O1 -target bpf -mcpu=v2 -I/usr/include/"$(uname -m)"-linux-gnu -c -o "$OUT/hot.o" "$OUT/hot.bpf.c" || not_ok clang "failed"
	pin=/sys/fs/bpf/ebprof-test-$$
	mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
	at_exit "rm -f $pin"
	bpftool prog load "$OUT/hot.o" "$pin" || not_ok "a BPF program" "is not loaded"
	head -c 64 /dev/zero > "$OUT/packet"
	prof cpu -F $rate -o "$OUT/bpf.pb.gz" -- bpftool prog run pinned "$pin" data_in "$OUT/packet" repeat 1000000
	at_least "a BPF program: by name" "$(names "$OUT/bpf.pb.gz" | grep -cE '^bpf_prog_[0-9a-f]{16}_hot$')" 1
	at_least "a BPF program: its share" "$(share "$OUT/bpf.pb.gz" "$(names "$OUT/bpf.pb.gz" | grep -m 1 '_hot$')" -cum)" 40
	has "a BPF program: its mapping" "$(kernel_mappings "$OUT/bpf.pb.gz")" '\[bpf\]'
fi

hide() { # LEVEL NAME COMMAND...: profiles a program with that much hidden
	local level=$1 name=$2
	shift 2
	echo "$level" > /proc/sys/kernel/kptr_restrict
	timeout 30 "$@" "$EBPROF" cpu -F $rate -o "$OUT/$name.pb.gz" -- "$TARGETS/kernshare" 0.4 \
		> "$OUT/prof.out" 2> "$OUT/prof.err" < /dev/null
	status=$?
	echo "$kptr" > /proc/sys/kernel/kptr_restrict
	prof_say "hidden: $name"
	is "$name: exit status" "$status" 0
	is "$name: a warning in one line" "$(grep -c '^ebprof: warning: kernel frames have no names: ' "$OUT/prof.err")" 1
	is "$name: and the closing line" "$(wc -l < "$OUT/prof.err")" 2
	at_least "$name: user frames have names" "$(share "$OUT/$name.pb.gz" f_user -cum)" 40
	is "$name: kernel frames have lines" "$(raw "$OUT/$name.pb.gz" | sed -n '/^Locations/,/^Mappings/p' |
		grep -E '^ *[0-9]+: 0x' | grep -cvE 'M=[0-9]+ (\[F\] )?[^ ].* s=[0-9]+')" 0
	at_least "$name: kernel frames have the kernel's name" "$(share "$OUT/$name.pb.gz" '[kernel.kallsyms]' -cum)" 20
	is "$name: one mapping, with its build ID" "$(kernel_mappings "$OUT/$name.pb.gz" | grep -v vdso)" "[kernel.kallsyms] $kernel_id"
}

if skip_unless kptr_restrict "names that are hidden"; then
	kptr=$(< /proc/sys/kernel/kptr_restrict)
	at_exit 'echo $kptr > /proc/sys/kernel/kptr_restrict'
	hide 2 from_everyone env
	has "from_everyone: what to do" "$(< "$OUT/prof.err")" "kptr_restrict=2 hides .* try 'sysctl kernel.kptr_restrict=1'"
	if skip_unless setpriv "names that are hidden without CAP_SYSLOG"; then
		hide 1 from_others setpriv --bounding-set=-syslog --inh-caps=-syslog
		has "from_others: what to do" "$(< "$OUT/prof.err")" 'lacks CAP_SYSLOG, run as root with it'
	fi
	echo 1 > /proc/sys/kernel/kptr_restrict
	prof cpu -F $rate -o "$OUT/shown.pb.gz" -- "$TARGETS/kernshare" 0.4
	echo "$kptr" > /proc/sys/kernel/kptr_restrict
	is "kptr_restrict=1, as root: no warning" "$(grep -c warning "$OUT/prof.err")" 0
	at_least "kptr_restrict=1, as root: names" "$(share "$OUT/shown.pb.gz" do_syscall_64 -cum)" 20
	has "kptr_restrict=1, as root: the kernel's build ID" "$(kernel_mappings "$OUT/shown.pb.gz")" "\[kernel\.kallsyms\]_text $kernel_id"
fi
