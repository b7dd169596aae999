#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The oracle, which judges our unwinding by libdwfl's, is judged itself: by stacks that are known from
# glibc's backtrace(), right ones and ones that are wrong in a known way.
. "$(dirname "$0")/common"
need python3
oracle=$BUILD/tests/oracle/oracle
snapshot=$BUILD/tests/oracle/snapshot
[ -x "$oracle" ] && [ -x "$snapshot" ] || {
	not_ok oracle "not built"
	finish
}

# judge MODE FILE: what the oracle's last line says: samples, equal, complete, causes
judge() {
	"$oracle" "$2" >"$OUT/$1.txt" 2>"$OUT/$1.err"
	tail -n 1 "$OUT/$1.txt" | python3 -c '
import json, sys
v = json.load(sys.stdin)
assert v["samples"] == v["equal"] + sum(v["causes"].values())
print(v["samples"], v["equal"], v["complete"], *(f"{k}={n}" for k, n in v["causes"].items()))'
}

for mode in equal altered ended early gone deep elsewhere; do
	"$snapshot" $mode "$OUT/$mode" || not_ok "snapshot $mode" "exit $?"
done
equal "stacks that are right" "302 302 302" "$(judge equal "$OUT/equal")"
equal "one frame is a byte off" "1 0 1 differs=1" "$(judge altered "$OUT/altered")"
equal "a walk that ended early" "1 0 0 end: unreadable stack=1" "$(judge ended "$OUT/ended")"
equal "an early end that is called a root" "1 0 1 early-root=1" "$(judge early "$OUT/early")"
equal "a file that is gone" "1 0 1 file-gone=1" "$(judge gone "$OUT/gone")"
equal "a copy that is cut" "1 0 1 stack-cut=1" "$(judge deep "$OUT/deep")"
equal "a stack elsewhere" "1 0 1 other-stack=1" "$(judge elsewhere "$OUT/elsewhere")"
check altered-place "$oracle" "$OUT/altered"
expect altered-place '^ +1 .*/snapshot\+0x[0-9a-f]+ recurse\+0x'
equal "from a pipe" "302 302 302" "$(cat "$OUT/equal" | judge pipe -)"

# A file that ends anywhere else than after a record, or is none.
size=$(stat -c %s "$OUT/altered")
whole=0
for at in 0 1 7 9 15 20 100 500 $((size / 2)) $((size - 8)) $((size - 1)); do
	head -c $at "$OUT/altered" >"$OUT/cut"
	"$oracle" "$OUT/cut" >"$OUT/cut.txt" 2>"$OUT/cut.err"
	[ $? = 1 ] && grep -q "^oracle: cannot read '.*/cut': " "$OUT/cut.err" || whole=$at
done
equal "files that are cut" 0 $whole
head -c 8 "$OUT/altered" >"$OUT/empty"
equal "a file without samples" "0 0 0" "$(judge empty "$OUT/empty")"

# Bytes that are changed, one by one: an end with exit status 0 or 1, never another.
python3 - "$OUT/deep" "$oracle" >"$OUT/mutated.txt" 2>&1 <<'END' && ok "changed bytes" || not_ok "changed bytes" "$(tail -n 1 "$OUT/mutated.txt")"
import random, subprocess, sys
data = open(sys.argv[1], "rb").read()
rng = random.Random(1)
for i in range(300):
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(8, 2000 if i % 2 else len(data))] = rng.choice((0, 1, 127, 128, 255))
    status = subprocess.run([sys.argv[2], "-"], input=bytes(changed), capture_output=True).returncode
    if status not in (0, 1):
        sys.exit(f"exit status {status} at change {i}")
END
finish
