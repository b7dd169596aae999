#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/doctor.sh KERNEL: what ebprof doctor says of another kernel is what captures there then do; its
# hooks and hazards are those of that version.
# vm-timeout: 500
# vm-times: none
version=$1
cd "$(dirname "$0")/../.." || exit 1
. tests/live/lib.sh
out=$OUT/out
[[ -x $EBPROF && -x $TARGETS/heap ]] || not_ok "$version: doctor" "not built: make ebprof targets"

cat > "$OUT/inside" << 'END'
#!/bin/sh
cd /out
heap 1000000 100 > heap.out &
target=$!
ebprof doctor --json -p $target > doctor.json 2> doctor.err
echo $? > doctor.status
for kind in offcpu heap; do
	ebprof $kind -v -p $target -o $kind.pb.gz 0.5 2> $kind.err
done
kill $target
END
chmod +x "$OUT/inside"
tests/vm/boot -t 480 -m 1024 -c 2 -f "$EBPROF:/bin/ebprof" -f "$TARGETS/heap" -o "$out" "$version" "$OUT/inside" > "$OUT/said"
is "boot" "$?" 0
sed 's/^/# /' "$OUT/said"
if [[ ! -s $out/doctor.json ]]; then
	not_ok "doctor" "said nothing"
	exit
fi
ask() { # EXPRESSION
	findings "$out/doctor.json" "$1"
}
is "exit status" "$(cat "$out/doctor.status")" 0
is "nothing is said beside" "$(cat "$out/doctor.err")" ''
is "kinds that do not work" "$(ask '[f["name"] for f in d["kinds"][:7] if f["state"] != "ok"]')" \
	"$([[ $version == 5.10 ]] && echo "['heap']" || echo '[]')"
for kind in offcpu heap; do
	why=$(ask "by(d['kinds'], '$kind')['why'] or '$kind: '")
	got=$(sed -nE 's/^ebprof: (([a-z]+: [0-9]+ samples in|[^:]* which this kernel lacks).*)/\1/p' "$out/$kind.err" | head -n 1)
	is "$kind: what doctor says is what a capture says" "${got:0:${#why}}" "$why"
done
hook=$(ask 'by(d["kinds"], "offcpu")["hook"]')
has "offcpu: its hook" "$hook" '^tracepoints? sched_switch'
case $hook in
*fentry*) has "offcpu: fentry" "$(cat "$out/offcpu.err")" 'met by fentry' ;;
*kprobe\ on\ *) has "offcpu: kprobe" "$(cat "$out/offcpu.err")" "met by a kprobe on ${hook##*kprobe on }" ;;
*) lacks "offcpu: neither fentry nor kprobe" "$(cat "$out/offcpu.err")" 'met by' ;;
esac
is "the allocator" "$(ask 'd["processes"][0]["allocators"][0]["name"]')" glibc
hazards=$(ask '" ".join(sorted({f["name"] for f in d["hazards"]}))')
case $version in
5.10) is "hazards" "$hazards" "" ;; # root may lock what memory it likes
6.1) is "hazards" "$hazards" "" ;; # Debian's is newer than 6.1.36
6.12) is "hazards" "$hazards" "end of uprobes" ;;
*) has "hazards" "$hazards" '(preempted uprobes )?red zone' ;;
esac
