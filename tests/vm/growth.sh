#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/growth.sh KERNEL: who makes resident memory grow, where threads hold back what they count (before
# 6.2) and where CPUs do.
# vm-timeout: 200
# vm-times: none
version=$1
cd "$(dirname "$0")/../.." || exit 1
. tests/live/lib.sh
. tests/live/growth_compare.sh
rate=16384
out=$OUT/out
[[ -x $EBPROF && -x $TARGETS/growth ]] || not_ok "$version: growth" "not built: make ebprof targets"

cat > "$OUT/inside" << 'END'
#!/bin/sh
cd /out
growth 8 60 > growth.out &
target=$!
until grep -q '^ready' growth.out; do sleep 0.2; done
ebprof heap --growth --rate 16384 -v -o growth.pb.gz --stats growth.json -p $target 60 2> growth.err &
ebprof=$!
# Two programs follow children, the third one counts; then it begins.
until [ "$(ls -l /proc/$ebprof/fd | grep -c bpf_link)" -ge 3 ] || [ ! -d /proc/$ebprof ]; do sleep 0.5; done
sleep 3
awk '/^Rss:/ { print $2 * 1024 }' /proc/$target/smaps_rollup > before
kill -USR1 $target
while [ -d /proc/$ebprof ] && ! grep -q '^done' growth.out; do sleep 0.2; done
awk '/^Rss:/ { print $2 * 1024 }' /proc/$target/smaps_rollup > after
echo $target > target
kill -INT $ebprof
wait $ebprof
echo $? > growth.status
cat growth.err
END
chmod +x "$OUT/inside"
tests/vm/boot -t 180 -m 1024 -c 2 -f "$EBPROF:/bin/ebprof" -f "$TARGETS/growth" -o "$out" "$version" "$OUT/inside"
is "boot" "$?" 0
is "exit status" "$(cat "$out/growth.status")" 0
is "lost" "$(lost "$out/growth.json")" 0
near "all of it, % of what became resident" \
	"$(percent "$(grown_by "$out/growth.pb.gz" "$(cat "$out/target")")" $(($(cat "$out/after") - $(cat "$out/before"))))" 100 2
compare "$out/growth.pb.gz" "$out/growth.out" > "$OUT/compared"
sed 's/^/# /' "$OUT/compared"
# Where threads hold back what they count, the last pages of a MAP_POPULATE are those of the next fault.
most=4.5
! grep -q 'threads hold back' "$out/growth.err" || most=8
is "functions" "$(wc -l < "$OUT/compared")" 10
at_most "largest error, standard deviations" "$(largest)" $most
