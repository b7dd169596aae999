#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Less memory for unwind tables than the programs need: those that pay least give way, in no turns, and
# the programs whose tables are not there have stacks that say so. Never a wrong one.
# needs: root bpf btf perf-software perf-all-cpus python3 go x86_64 clang g++
# timeout: 180
. tests/live/lib.sh
rate=299 # a large program's first half second must fit into the ring
lang=tests/targets/lang

printf '#include <%s>\n' regex map string iostream > "$OUT/many.cc"
echo 'int main(int c, char **v) { return std::regex_match(v[0], std::regex("a*b")); }' >> "$OUT/many.cc"
have java && javac -d "$OUT" $lang/Burn.java
env GOFLAGS=-buildvcs=false GO111MODULE=off "${GO:-go}" build -o "$OUT/burn-go" $lang/burn.go

# Programs whose tables take some 12 MiB, 9 of them clang's libraries; each runs for some seconds.
programs() { # SECONDS
	echo "timeout $1 clang++ -O3 -c -o $OUT/one.o $OUT/many.cc"
	have node && echo "node $lang/burn.js $1"
	have java && echo "java -XX:+PreserveFramePointer -cp $OUT Burn $1"
	echo "timeout $1 g++ -O2 -c -o $OUT/two.o $OUT/many.cc"
	echo "python3 $lang/burn.py $1"
	echo "$OUT/burn-go $1"
	echo "$TARGETS/nofp $1"
}

# Runs a script under ebprof.
capture() { # NAME SCRIPT [ARGUMENT...]
	local name=$1 script=$2 json=$OUT/$1.json
	shift 2
	prof cpu -F $rate "$@" -o "$OUT/$name.pb.gz" -o "$OUT/$name.folded" --stats "$json" -- bash "$script"
	complete=$(awk -v share="$(figure "$json" complete.share)" 'BEGIN { printf "%.2f\n", 100 * share }')
	map_mib=$(($(figure "$json" tables.map_bytes) >> 20))
	echo "# $name: $(figure "$json" samples) samples, $complete % complete, own CPU $(figure "$json" own.cpu_ns) ns," \
		"$(figure "$json" tables), $(roots "$OUT/$name.pb.gz" | head -n 6 | tr '\n' ',')"
	is "$name: whole samples lost" "$(lost "$json")" 0
	at_most "$name: bytes of tables" "$(figure "$json" tables.bytes)" "$((${2:-256} << 20))"
	at_most "$name: stacks that end anywhere and do not say so" "$(roots_share "$OUT/$name.pb.gz" '^odd ')" 0.5
	# Its chain is known: all of it, or the innermost frames behind an end that says why.
	grep '^nofp;' "$OUT/$name.folded" > "$OUT/$name.nofp"
	at_least "$name: a program with small tables: stacks that are right" \
		"$(folded_share "$OUT/$name.nofp" "^nofp;(_start;([^;]*;)*main;|\\[end: [^]]*\\];(([^;]*libc[^;]*;)*main;)?)(timed;)?f_[abc](;| )")" 95
}

# One after the other, and the largest once more: what is not in use gives way, and comes back.
{ programs 0.8; programs 0.8 | grep -E 'clang|nofp'; } | sed 's/$/ > \/dev\/null/' > "$OUT/series"
capture plenty "$OUT/series"
all=$complete
at_least "plenty: bytes of tables" "$(figure "$OUT/plenty.json" tables.bytes)" $((11 << 20))
is "plenty: tables given up" "$(figure "$OUT/plenty.json" tables.evicted)" 0
capture less "$OUT/series" --max-table-mem 10
at_least "less: tables given up" "$(figure "$OUT/less.json" tables.evicted)" 1
at_most "less: MiB of tables, with those that rest" "$map_mib" 22
near "less: as complete as ever" "$complete" "$all" 6
at_least "less: the last program is whole again" "$(folded_share "$OUT/less.nofp" '^nofp;_start;')" 95

# All at once: clang's alone do not fit.
programs 6 | sed 's/$/ > \/dev\/null \&/' > "$OUT/together"
echo wait >> "$OUT/together"
capture scarce "$OUT/together" --max-table-mem 8
at_least "scarce: tables given up, or none got" \
	"$(($(figure "$OUT/scarce.json" tables.evicted) + $(figure "$OUT/scarce.json" tables.over_cap)))" 1
at_most "scarce: MiB of tables, with those that rest" "$map_mib" 18
at_least "scarce: complete all the same" "$complete" 70
at_most "scarce: tables given up in use" "$(figure "$OUT/scarce.json" tables.evicted_in_use)" 40
at_least "scarce: the stacks that say why they end" \
	"$(figure "$OUT/scarce.json" 'complete.ends.no unwind table')" 20
at_most "scarce: own CPU time, percent of one" "$(awk -v cpu="$(figure "$OUT/scarce.json" own.cpu_ns)" \
	-v all="$(figure "$OUT/scarce.json" duration_ns)" 'BEGIN { printf "%.1f\n", 100 * cpu / all }')" 10
