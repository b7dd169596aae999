#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/clock.sh KERNEL: somebody sets the clock, and the machine sleeps, while waits are measured: they
# are as long as the target's own monotonic clock says, and the capture as it was asked for.
# vm-timeout: 200
# vm-kernels: 6.1 newest
version=$1
cd "$(dirname "$0")/../.." || exit 1
. tests/live/lib.sh
out=$OUT/out
[[ -x $EBPROF && -x $TARGETS/waits ]] || not_ok "$version: clock" "not built: make ebprof targets"

cat > "$OUT/inside" << 'END'
#!/bin/sh
cd /out
(sleep 1 && date -s @1000000000 && sleep 1 && date -s @2000000000) > set 2>&1 &
ebprof offcpu -o set.pb.gz --stats set.json -- waits 3 > set.out 2> set.err
echo $? > set.status
cat set set.err /sys/power/state
(sleep 1 && echo +4 > /sys/class/rtc/rtc0/wakealarm && echo mem > /sys/power/state) > asleep 2>&1 &
cut -d. -f1 /proc/uptime > before
ebprof offcpu -o slept.pb.gz --stats slept.json -- waits 3 > slept.out 2> slept.err
echo $? > slept.status
cut -d. -f1 /proc/uptime > after
cat asleep slept.err
END
chmod +x "$OUT/inside"
tests/vm/boot -t 180 -m 1024 -c 2 -f "$EBPROF:/bin/ebprof" -f "$TARGETS/waits" -o "$out" "$version" "$OUT/inside"
is "boot" "$?" 0
has "the clock was set" "$(cat "$out/set")" 2001
has "and once more" "$(cat "$out/set")" 2033
at_least "the machine slept, s" "$(($(cat "$out/after") - $(cat "$out/before")))" 6
for case in set slept; do
	is "$case: exit status" "$(cat "$out/$case.status")" 0
	for function in f_sleep f_poll; do
		waits_near "$case" "$out/$case" $function 94 8
	done
done
