#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What we write is what it was when someone looked at it: tests/golden/INPUT.FORMAT.FLAGS. After a
# change that is meant, `UPDATE=1` writes them anew: look at the difference. Each is also read by a
# program that is not ours: pprof files by protoc and go tool pprof, folded stacks by folded.py,
# which makes them from what go tool pprof says, and by the expression of flamegraph.pl.
. "$(dirname "$0")/common"
need_proto
need_pprof
need python3 perl
make_profiles

# golden NAME FILE
golden() {
	[ -z "${UPDATE:-}" ] || cat "$2" >"$root/tests/golden/$1"
	check "golden $1" diff "$root/tests/golden/$1" "$2"
}

# What flamegraph.pl takes for lines of two values, or for none.
odd_lines() {
	perl -ne 's/\s+$//; /^(.*)\s+?(\d+(?:\.\d*)?)$/ or print "ignored: $_\n";
		$s = $1; print "two values: $_\n" if $s =~ /^(.*)\s+?(\d+(?:\.\d*)?)$/;
		print "comment or empty frame: $_\n" if /^#/ or $s =~ /^;|;;|;$/' "$1"
}

# total N FILE: the sum of the Nth value of the samples, from what protoc says
total() {
	awk -v n="$1" '/^sample / { i = 0 } /^  value: / && ++i == n { sum += $2 }
		END { printf "%.0f", sum }' "$2"
}

for name in cpu heap offcpu; do
	check "decode $name" decode "$OUT/$name.pb.gz"
	golden "$name.pprof" "$OUT/decode $name.out"
	check "raw $name" pprof -raw "$OUT/$name.pb.gz"
done

for name in cpu heap offcpu; do
	golden "$name.folded" "$OUT/$name.folded"
	golden "$name.folded.no-annotations" "$OUT/$name.no-annotations.folded"
	check "folded $name" python3 "$here/folded.py" "$OUT/raw $name.out"
	check "$name folded by another" \
		diff "$OUT/folded $name.out" "$OUT/$name.no-annotations.folded"
done

# Without script and version; graphs.sh has others read them.
for name in cpu heap; do
	sed -n '/<g id="frames"/,/^<script>/p' "$OUT/$name.svg" | grep -v '^<script>' >"$OUT/$name.boxes"
	golden "$name.svg" "$OUT/$name.boxes"
	sed 's/"ebprof@[^"]*"/"ebprof@VERSION"/' "$OUT/$name.speedscope.json" >"$OUT/$name.scope"
	golden "$name.speedscope.json" "$OUT/$name.scope"
done

golden zoo.folded "$OUT/zoo.folded"
golden odd.folded "$OUT/odd.folded"
for row in cpu/2 heap/4 offcpu/2 zoo/2 odd/2; do
	name=${row%/*} value=${row#*/}
	odd_lines "$OUT/$name.folded" >"$OUT/odd lines"
	equal "$name.folded in flamegraph.pl" "" "$(head -n 1 "$OUT/odd lines")"
	check "$name.folded is UTF-8" iconv -f UTF-8 -t UTF-16 "$OUT/$name.folded"
	decode "$OUT/$name.pb.gz" >"$OUT/text"
	equal "the total of $name.folded" "$(total "$value" "$OUT/text")" \
		"$(awk '{ sum += $NF } END { printf "%.0f", sum }' "$OUT/$name.folded")"
done
finish
