#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/wall.sh KERNEL: the threads' times by each hook that this kernel has, against their own clocks
# and the scheduler's counters, where tracing has no task storage too.
# vm-timeout: 200
# vm-kernels: 5.10 newest
version=$1
cd "$(dirname "$0")/../.." || exit 1
. tests/live/lib.sh
out=$OUT/out
[[ -x $EBPROF && -x $TARGETS/states ]] || not_ok "$version: wall" "not built: make ebprof targets"

cat > "$OUT/inside" << 'END'
#!/bin/sh
cd /out
for hook in finish out; do
	ebprof wall --per-thread --sched-hook $hook -o $hook.pb.gz --stats $hook.json -- states 3 > $hook.out 2> $hook.err
	echo $? > $hook.status
	cat $hook.err
done
END
chmod +x "$OUT/inside"
tests/vm/boot -t 180 -m 1024 -c 2 -f "$EBPROF:/bin/ebprof" -f "$TARGETS/states" -o "$out" "$version" "$OUT/inside"
is "boot" "$?" 0
for hook in finish out; do
	said() { # NAME COLUMN
		awk -v name="$1" -v column="$2" '$1 == name { print $column }' "$out/$hook.out"
	}
	is "$hook: exit status" "$(cat "$out/$hook.status")" 0
	is "$hook: threads lost" "$(figure "$out/$hook.json" lost.walls_full)" 0
	is "$hook: threads" "$(figure "$out/$hook.json" wall.threads)" "$(($(said brief 2) + 4))"
	at_most "$hook: residual of the worst thread" "$(figure "$out/$hook.json" wall.worst)" 0.01
	for name in hog1 hog2 napper; do
		lived=$(said $name 3)
		at_least "$hook: $name lived" "$lived" 2000000000
		near "$hook: $name ran" "$(percent "$(state_ns "$out/$hook.pb.gz" running thread_comm $name)" "$lived")" \
			"$(percent "$(said $name 4)" "$lived")" 3
		near "$hook: $name waited for a CPU" "$(percent "$(state_ns "$out/$hook.pb.gz" runnable thread_comm $name)" "$lived")" \
			"$(percent "$(said $name 5)" "$lived")" 3
	done
done
