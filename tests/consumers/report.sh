#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `ebprof report` says what `go tool pprof` of Go 1.26 says, to the byte: of twelve profiles in every view,
# and of random ones under random options (REPORTS=N of them).
. "$(dirname "$0")/common"
need python3 cmp
ebprof=${EBPROF:-$root/ebprof}
[[ $("$go" env GOVERSION) == go1.26* ]] || go=/usr/local/go/bin/go
case $("$go" env GOVERSION 2>/dev/null) in
go1.26*) ;;
*)
	echo "skip report: needs Go 1.26, other versions of pprof print other things"
	exit 0
	;;
esac
need_pprof
pprof=$("$go" tool -n pprof)
make_profiles
cd "$OUT" || exit 1
"$go" run "$here/report_go.go" . 2>go.err || not_ok report_go "$(tail -n 1 go.err)"
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

# from BEGIN FILE: from the first line that begins so
from() {
	awk -v begin="$1" 'index($0, begin) == 1 { on = 1 } on' "$2"
}

# same NAME BEGIN ARGS...: both say the same from there on.
same() {
	local name=$1 begin=$2
	shift 2
	"$ebprof" report "$@" >ours 2>ours.err || echo "exit status $?" >>ours.err
	"$pprof" "$@" >theirs 2>theirs.err
	from "$begin" ours >ours.part
	from "$begin" theirs >theirs.part
	if [ ! -s theirs.part ] && [ "$begin" ]; then
		not_ok "$name" "pprof says nothing: $(tail -n 1 theirs.err)"
	elif cmp -s ours.part theirs.part; then
		ok "$name"
	else
		not_ok "$name" "$(diff ours.part theirs.part | sed -n 2,4p | tr '\n' '|') $(head -n 1 ours.err)"
	fi
}

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
same "-list of Go" "Total" -list 'burn|grow|text' goheap.pb.gz
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

# Names that would move a terminal's cursor, or forge a line, are shown without what does it.
for view in -top -tree -traces -tags "-peek ."; do
	# shellcheck disable=SC2086
	"$ebprof" report $view odd.pb.gz >odd.out 2>odd.err
	equal "odd $view" "" "$(LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' odd.out)"
	[ -s odd.out ] || not_ok "odd $view" "it is empty"
done

python3 "$here/report_random.py" "$ebprof" "$pprof" . "${REPORTS:-300}" "${SEED:-1}" >random.out 2>&1
equal "random reports" 0 "$?"
tail -n 5 random.out

# Written in other formats it is what the filters leave.
check convert "$ebprof" report -focus=step -o focused.folded cpu.pb.gz
equal "the folded stacks have the function" 0 "$(grep -vc step focused.folded)"
check convert-pprof "$ebprof" report -ignore=memcpy -o ignored.pb.gz cpu.pb.gz
same "a written profile" "$shown" -top ignored.pb.gz
equal "without the function" "" "$("$pprof" -top ignored.pb.gz 2>/dev/null | grep memcpy)"
check text "$ebprof" report -top -o top.txt cpu.pb.gz
check table "$ebprof" report -cum -o table.txt cpu.pb.gz
equal ".txt" "$("$ebprof" report -cum cpu.pb.gz)" "$(cat table.txt)"
equal "a view in a file" "$("$ebprof" report cpu.pb.gz)" "$(cat top.txt)"
finish
