#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Profiles of running programs compared: of the same program nothing has changed, of another mix of work what it
# is, and the intervals of one hold what the program knows of itself.
# needs: root bpf btf perf-software python3 go
. tests/live/lib.sh
rate=4999

# captures NAME COMMAND...: three profiles of it
captures() {
	local name=$1 i
	shift
	for i in 1 2 3; do
		prof cpu -q -F $rate -o "$OUT/$name$i.pb.gz" -- "$@"
		is "$name$i: exit status" "$status" 0
	done
}

# All three, as a side.
side() { # NAME
	echo "$OUT/${1}1.pb.gz,$OUT/${1}2.pb.gz,$OUT/${1}3.pb.gz"
}

captures same "$TARGETS/shares" 1
captures again "$TARGETS/shares" 1
captures mixed sh -c "$TARGETS/kernshare 1 & $TARGETS/shares 1; wait"

prof diff -cum --fail-if '0% p<0.001' "$OUT/same1.pb.gz" "$OUT/again1.pb.gz"
is "one run a side: nothing changed" "$status" 0
prof diff -cum --fail-if '0% p<0.001' "$(side same)" "$(side again)"
is "three runs a side: nothing changed" "$status" 0
cnt=0
for i in 1 2 3; do cnt=$((cnt + $(samples "$OUT/same$i.pb.gz"))); done
has "all samples are counted" "$(< "$OUT/prof.out")" "A: 3 files, worth $cnt samples"
prof diff -cum --fail-if '-20% p<0.01' "$(side same)" "$(side mixed)"
is "half of the time is another program's" "$status" 1
has "what it is" "$(< "$OUT/prof.err")" "changed by '-20% p<0.01', most '.*': -[3-6][0-9]"
prof diff -cum --json "$(side same)" "$(side mixed)"
is "which changed" "$(python3 -c '
import json, sys
f = {row["function"]: row for row in json.load(open(sys.argv[1]))}
print(*(n for n in ("f_a", "f_b", "f_c") if f[n]["significant"] and f[n]["high"] < 0))
' "$OUT/prof.out")" "f_a f_b f_c"

# The program says what part of its time each function had; timers are more regular than chance.
prof report -cum --ci "$OUT/same1.pb.gz"
for want in "f_a 50" "f_b 30" "f_c 20"; do
	read -r name share <<< "$want"
	line=$(grep -E " $name\$" "$OUT/prof.out" | sed 's/\.\./ /g; s/%//g')
	read -r low high <<< "$(awk '{ print $8, $9 }' <<< "$line")"
	at_most "$name: the interval begins" "$low" "$((share + 2))"
	at_least "$name: and ends" "$high" "$((share - 2))"
	at_most "$name: it is narrow" "$(awk -v a="$low" -v b="$high" 'BEGIN { print b - a }')" 12
done
