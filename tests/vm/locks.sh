#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/locks.sh KERNEL: what releases are charged with, and who has the lock, against the target's own
# clock, in an emulated machine.
# vm-timeout: 200
# vm-kernels: 5.10 newest
version=$1
cd "$(dirname "$0")/../.." || exit 1
. tests/live/lib.sh
out=$OUT/out
[[ -x $EBPROF && -x $TARGETS/locks ]] || not_ok "$version: locks" "not built: make ebprof targets"

cat > "$OUT/inside" << 'END'
#!/bin/sh
cd /out
run() { # NAME ARGUMENT...
	name=$1
	shift
	ebprof mutex "$@" -o $name.pb.gz --stats $name.json -- locks $name 3 20 > $name.out 2> $name.err
	echo $? > $name.status
	cat $name.err
}
run mutex
run pi
run rwlock --waiters
END
chmod +x "$OUT/inside"
tests/vm/boot -t 180 -m 1024 -c 2 -f "$EBPROF:/bin/ebprof" -f "$TARGETS/locks" -o "$out" "$version" "$OUT/inside"
is "boot" "$?" 0
for way in mutex pi rwlock; do
	is "$way: exit status" "$(cat "$out/$way.status")" 0
done
for way in mutex pi; do
	for function in f_long f_short; do
		want=$(awk -v name=$function '$1 == name { print $3 }' "$out/$way.out")
		got=$(top "$out/$way.pb.gz" -cum -unit=ns -sample_index=delay |
			awk -v name=$function '$6 == name { sub(/ns$/, "", $4); n = $4 } END { printf "%.0f\n", n }')
		near "$way: $function" "$(awk -v got="$got" -v want="${want:-0}" 'BEGIN { printf "%.1f\n", want ? 100 * got / want : 0 }')" 95 12
	done
done
at_least "rwlock: readers wait" "$(share "$out/rwlock.pb.gz" f_read -cum)" 80
