#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/heap.sh KERNEL: what a program allocates, by perf events (before 6.13) or by sessions; 5.10 has no
# cookies for probes, and says so.
# vm-timeout: 200
# vm-times: none
version=$1
cd "$(dirname "$0")/../.." || exit 1
. tests/live/lib.sh
. tests/live/heap_compare.sh
rate=16384
out=$OUT/out
[[ -x $EBPROF && -x $TARGETS/heap ]] || not_ok "$version: heap" "not built: make ebprof targets"

cat > "$OUT/inside" << 'END'
#!/bin/sh
cd /out
heap 2 20 8 > heap.out &
target=$!
ebprof heap -v -p $target --rate 16384 -o heap.pb.gz --stats heap.json 60 2> heap.err &
ebprof=$!
while [ -d /proc/$ebprof ] && ! grep -q '^done' heap.out; do sleep 0.2; done
kill -INT $ebprof
wait $ebprof
echo $? > heap.status
kill -0 $target && echo lives > heap.lives
cat heap.err
END
chmod +x "$OUT/inside"
tests/vm/boot -t 180 -m 1024 -c 2 -f "$EBPROF:/bin/ebprof" -f "$TARGETS/heap" -o "$out" "$version" "$OUT/inside"
is "boot" "$?" 0
if [[ $version == 5.10 ]]; then
	is "no cookies: exit status" "$(cat "$out/heap.status")" 1
	has "no cookies: why" "$(cat "$out/heap.err")" 'heap needs uprobes with cookies, .*; Linux 5.15'
	exit
fi
is "exit status" "$(cat "$out/heap.status")" 0
is "the target lives" "$(cat "$out/heap.lives")" lives
is "lost" "$(lost "$out/heap.json")" 0
compare "$out/heap.pb.gz" "$out/heap.out" > "$OUT/compared"
sed 's/^/# /' "$OUT/compared"
at_least "rows" "$(wc -l < "$OUT/compared")" 18
at_most "largest error, standard deviations" "$(largest)" 4.5
