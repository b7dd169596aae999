#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `ebprof report` says what `go tool pprof` of Go 1.26 says, to the byte: of twelve profiles in every view,
# and of random ones under random options (REPORTS=N of them).
. "$(dirname "$0")/common"
. "$(dirname "$0")/report_common"
# Negative values as another tool saved them, and nothing but them.
pprof -proto -output diff.pb.gz -diff_base cpu.pb.gz cpu2.pb.gz 2>>pprof.err
pprof -proto -output less.pb.gz -base cpu2.pb.gz cpu.pb.gz 2>>pprof.err
python3 - <<'END'
import gzip
# One type, one function, one sample of 0; and no sample at all.
texts = [b"", b"cpu", b"nanoseconds", b"f"]
def profile(samples):
    types = bytes.fromhex("0a0408011002")
    function = bytes.fromhex("2a0408011003")
    location = bytes.fromhex("220608012202" "0801")
    return types + samples + location + function + b"".join(b"\x32" + bytes([len(t)]) + t for t in texts)
open("zero.pb.gz", "wb").write(gzip.compress(profile(bytes.fromhex("1206" "0a0101" "120100"))))
open("nothing.pb.gz", "wb").write(gzip.compress(profile(b"")))
END

shown="Showing nodes"
for p in cpu cpu2 heap offcpu list zoo goheap gocpu diff less zero nothing; do
	same "$p -top" "$shown" -top $p.pb.gz
	same "$p -top -cum" "$shown" -top -cum $p.pb.gz
	same "$p -top -lines" "$shown" -top -lines $p.pb.gz
	same "$p -top -addresses" "$shown" -top -addresses $p.pb.gz
	same "$p -traces" "-----------+" -traces $p.pb.gz
	same "$p -tags" "" -tags $p.pb.gz
	same "$p -sample_index=0" "$shown" -top -sample_index=0 $p.pb.gz
	case $p in
	diff | less) continue ;; # calls of one weight with two signs: pprof has them in any order
	nothing) continue ;; # pprof fails where nothing matches
	esac
	same "$p -tree" "$shown" -tree $p.pb.gz
	[ $p = zero ] || same "$p -peek" "$shown" -peek . $p.pb.gz
done
same "-list" "Total" -list '^work$' list.pb.gz
same "-list of Go" "Total" -source_path="$here" -list 'burn|grow|text' goheap.pb.gz
same "two files" "$shown" -top cpu.pb.gz cpu2.pb.gz
same "-diff_base" "$shown" -top -diff_base cpu.pb.gz cpu2.pb.gz
same "-base -normalize" "$shown" -top -base cpu.pb.gz -normalize cpu2.pb.gz
same "-tagroot" "$shown" -top -cum -tagroot=comm,pid cpu.pb.gz
same "switches with a value" "$shown" -top -cum=1 -flat=false -mean=F -noinlines=True -compact_labels=false cpu.pb.gz
same "a view that is not chosen" "$shown" -top -tree=false -trim=f cpu.pb.gz
same "a sample type that is not chosen" "$shown" -top -inuse_space=0 -alloc_objects=t heap.pb.gz
same "the header too" "File: " -top cpu.pb.gz
same "filters in the header" "Active filters" -top -focus=step -tagfocus=pid=4711 cpu.pb.gz

# Instructions are written in other ways, but weigh the same.
need readelf nm objdump
make_real_profile
same "a program in front of its profiles" "File: a" -top a cpu.pb.gz cpu2.pb.gz
weights() { # of functions, and of the instructions that weigh something
	awk '/^ROUTINE/ { print $3 } / of Total/ || ($3 ~ /^[0-9a-f]+:$/ && $2 != ".") { print $1, $2, $3 }' "$1"
}
check disasm "$ebprof" report -disasm work -sample_index=samples real.pb.gz
pprof -disasm work -sample_index=samples real.pb.gz >theirs 2>theirs.err
equal "-disasm" "$(weights theirs)" "$(weights disasm.out)"
expect disasm '^ +100 +100 +40[0-9a-f]+: push +%rbx +;work.c:9$'
expect disasm '^ +\. +\. +40[0-9a-f]+: call +40[0-9a-f]+ <step>$'
check disasm-none "$ebprof" report -disasm work cpu.pb.gz
expect disasm-none '^ Error: (open .*: No such file or directory|.* is another build)$'

python3 "$here/report_random.py" "$ebprof" "$pprof" . "${REPORTS:-300}" "${SEED:-1}" >random.out 2>&1
equal "random reports" 0 "$?"
tail -n 5 random.out

# Written in each format it is what the filters leave.
formats=$("$ebprof" report --help | sed -n 's/.*--format FORMAT  *\(.*\), for every -o/\1/p' | sed 's/, \| or / /g')
[ "$(wc -w <<<"$formats")" -ge 3 ] || not_ok formats "the help names '$formats'"
for format in $formats; do
	check "convert to $format" "$ebprof" report -focus=step --format "$format" -o "whole.$format" cpu.pb.gz cpu2.pb.gz
	check "convert less to $format" "$ebprof" report -focus=nothing --format "$format" -o "less.$format" cpu.pb.gz cpu2.pb.gz
	[ "$format" = pprof ] && continue
	grep -q step "whole.$format" || not_ok "$format of two profiles" "the function is not there"
	grep -q step "less.$format" && not_ok "$format of nothing" "a function that was filtered out is there"
done
check convert "$ebprof" report -focus=step -o focused.folded cpu.pb.gz
equal "the folded stacks have the function" 0 "$(grep -vc step focused.folded)"
check convert-pprof "$ebprof" report -ignore=memcpy -o ignored.pb.gz cpu.pb.gz
same "a written profile" "$shown" -top ignored.pb.gz
equal "without the function" "" "$("$pprof" -top ignored.pb.gz 2>/dev/null | grep memcpy)"
check text "$ebprof" report -top -o top.txt cpu.pb.gz
check table "$ebprof" report -cum -o table.txt cpu.pb.gz
equal ".txt" "$("$ebprof" report -cum cpu.pb.gz)" "$(cat table.txt)"
equal "a view in a file" "$("$ebprof" report cpu.pb.gz)" "$(cat top.txt)"
check several "$ebprof" report -o several.pb.gz -o several.folded -o several.txt cpu.pb.gz
equal "several files" 3 "$(find . -name 'several.*' -size +0 ! -name '*.out' ! -name '*.err' | wc -l)"
finish
