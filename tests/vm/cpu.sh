#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/cpu.sh KERNEL: profiles of a command, of a running process and of the whole machine, taken on
# that kernel; go tool pprof looks at them here. The machine is emulated and stands still when the host has
# other work, which no clock in it tells: shares are compared more loosely than in the live tests.
# vm-timeout: 300
version=$1
cd "$(dirname "$0")/../.." || exit 1
. tests/live/lib.sh
out=$OUT/out

for file in "$EBPROF" "$TARGETS/shares" "$TARGETS/kernshare" "$TARGETS/forkstorm"; do
	[[ -x $file ]] || not_ok "$version: cpu" "no '$file': make ebprof targets"
done
[[ $lib_failed == 0 ]] || exit 1

cat > "$OUT/inside" << 'END'
#!/bin/sh
cd /out
profile() { # NAME ARGUMENT...
	name=$1
	shift
	ebprof cpu -F 999 -o $name.pb.gz -o $name.folded --stats $name.json "$@" > $name.out 2> $name.err
	echo $? > $name.status
	cat $name.err
}
profile command -- shares 3
profile kernel -- kernshare 3
profile children -- forkstorm 3
shares 30 > running.out &
pid=$!
until grep -q ready running.out; do sleep 0.1; done
echo $pid > pid
profile running -p $pid 3
profile machine -a --per-cpu 3
kill $pid
END
chmod +x "$OUT/inside"
tests/vm/boot -t 270 -m 1024 -c 2 -f "$EBPROF:/bin/ebprof" -f "$TARGETS/shares" -f "$TARGETS/kernshare" \
	-f "$TARGETS/forkstorm" -o "$out" "$version" "$OUT/inside"
is "boot" "$?" 0

for name in command kernel children running machine; do
	is "$name: exit status" "$(cat "$out/$name.status")" 0
	is "$name: whole samples lost" "$(lost "$out/$name.json")" 0
	is "$name: stacks without a body" "$(figure "$out/$name.json" lost.no_stack_body)" 0
	is "$name: samples of the profile and of --stats" "$(samples "$out/$name.pb.gz")" "$(figure "$out/$name.json" samples)"
done
# Of the three functions only: the loader, too, takes its time here.
shares_are_about() { # CASE FILE [pprof option...]
	local case=$1 file=$2 row
	shift 2
	at_least "$case: samples" "$(samples "$file" "$@" -focus='^f_[abc]$')" 100
	for row in f_a:50 f_b:30 f_c:20; do
		near "$case: ${row%:*}" "$(share "$file" "${row%:*}" -cum -relative_percentages "$@" -focus='^f_[abc]$')" "${row#*:}" 12
	done
}
shares_are_about "command" "$out/command.pb.gz"
is "command: in order" "$(names "$out/command.pb.gz" | grep '^f_' | tr '\n' ' ')" "f_a f_b f_c "
shares_are_about "running" "$out/running.pb.gz"
shares_are_about "machine" "$out/machine.pb.gz" -tagfocus=pid="$(cat "$out/pid")"
for name in f_kern entry_SYSCALL_64_after_hwframe do_syscall_64 vfs_read; do
	at_least "kernel: $name" "$(share "$out/kernel.pb.gz" $name -cum)" 20
done
at_most "kernel: nameless frames" "$(share "$out/kernel.pb.gz" '[kernel.kallsyms]_text' -cum)" 0.5
near "children: those that exec" \
	"$(share "$out/children.pb.gz" f_exec -cum -relative_percentages -focus='^f_(child|exec)$')" 25 12
at_most "children: unmapped code" "$(share "$out/children.pb.gz" '[unmapped]')" 2
has "machine: labels" "$(pproftags "$out/machine.pb.gz")" ' cpu: Total '
