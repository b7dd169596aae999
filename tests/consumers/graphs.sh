#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Flame graphs and speedscope files: as an XML reader, a JSON reader, speedscope's own import and a browser's
# script engine see them, they have what `go tool pprof` says.
. "$(dirname "$0")/common"
need python3
need_pprof
ebprof=${EBPROF:-$root/ebprof}
make_profiles
cd "$OUT" || exit 1
package=$BUILD/npm/speedscope

graphs() {
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/tools/bench.d python3 "$here/graphs.py" "$@"
}

for name in cpu heap offcpu; do
	check "raw $name" pprof -raw $name.pb.gz
	check "$name.svg and $name.speedscope.json" graphs pprof "raw $name.out" $name.svg $name.speedscope.json
done
check "hostile names" graphs hostile hostile.pb.gz hostile.svg hostile.speedscope.json

# What speedscope itself makes of it.
if ! command -v node >/dev/null; then
	echo "skip graphs, under node: it is not installed"
elif [ ! -d "$package" ]; then
	echo "skip graphs, imported by speedscope: its package is not installed"
else
	for name in cpu heap offcpu hostile zoo odd; do
		check "speedscope imports $name" node "$here/speedscope.js" "$package" $name.speedscope.json
	done
	for name in cpu heap offcpu; do
		check "speedscope has the sums of $name" graphs imported "raw $name.out" "speedscope imports $name.out"
	done
	for name in hostile zoo odd; do
		check "speedscope has the frames of $name" graphs frames "speedscope imports $name.out" $name.speedscope.json
	done
fi
! command -v node >/dev/null || check "zoom and search" node "$here/svg_script.js" cpu.svg

# The same of `ebprof report`: the type that was asked for, what filters leave, what a base takes away.
head_of() {
	sed -n 's/.*class="head"[^>]*>\([^<]*\)<.*/\1/p' "$1"
}
check report "$ebprof" report -o r.svg -o r.speedscope.json cpu.pb.gz
check "report's files" graphs pprof "raw cpu.out" r.svg r.speedscope.json
equal "the default type" "cpu, 1.01s" "$(head_of r.svg)"
check samples "$ebprof" report -sample_index=samples -o s.svg cpu.pb.gz
equal "another type" "samples, 100" "$(head_of s.svg)"
check focus "$ebprof" report -focus=loop -o f.svg cpu.pb.gz
equal "a filter" "cpu, 50.51ms" "$(head_of f.svg)"
check base "$ebprof" report -base cpu2.pb.gz -o b.svg -o b.speedscope.json cpu.pb.gz
equal "less than nothing is not drawn" 1 "$(grep -c 'not drawn: 1 stacks of less than 0, with -707.07ms in all' b.svg)"
equal "nor in speedscope's" 1 \
	"$(grep -c '"name":"cpu, without 1 stacks of -707070700 in all"' b.speedscope.json)"
equal "what the capture lost" 1 "$(grep -c '>lost samples: 3 (ring full)<' cpu.svg)"

# 50,000 stacks: what is not drawn is said, and it takes seconds, not minutes.
check "a big profile" graphs make-big big.pb.gz 50000
check "big files" timeout 60 "$ebprof" report --max-memory 1024 -o big.svg -o big.speedscope.json big.pb.gz
check "the big profile" graphs big big.pb.gz big.svg big.speedscope.json
finish
