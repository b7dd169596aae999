#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `ebprof diff` and `ebprof report --ci` from the outside: the table, JSON as Python reads it, exit statuses, and
# what is no comparison. Whether what they say is so is tests/unit/report/diff_test.c's.
. "$(dirname "$0")/common"
need python3
ebprof=${EBPROF:-$root/ebprof}
make_profiles
cd "$OUT" || exit 1

PYTHONPATH=$here python3 - <<'END'
import gzip
from report_random import data, number, varint
def write(name, counts, types=((b"samples", b"count"), (b"cpu", b"nanoseconds")), weights=(1, 10101010), seconds=10):
    texts = [b""]
    def text(s):
        if s not in texts:
            texts.append(s)
        return texts.index(s)
    out = b"".join(data(1, number(1, text(t)) + number(2, text(u))) for t, u in types)
    for i, (function, cnt) in enumerate(counts.items(), 1):
        out += data(5, number(1, i) + number(2, text(function)) + number(3, text(function)))
        out += data(4, number(1, i) + data(4, number(1, i)))
        if cnt:
            out += data(2, data(1, varint(i)) + data(2, b"".join(varint(cnt * w) for w in weights)))
    out += number(10, seconds * 10**9)
    open(name, "wb").write(gzip.compress(out + b"".join(data(6, t) for t in texts)))
old = {b"f": 4000, b"g": 6000, b"h": 10000}
write("old.pb.gz", old)
write("again.pb.gz", {b"f": 4060, b"g": 5950, b"h": 9990})
write("new.pb.gz", {b"f": 5000, b"g": 5625, b"h": 9375})
write("only.pb.gz", {b"f": 4000, b"g": 6000, b"h": 10000, b"fresh": 200, b"light": 1})
write("long.pb.gz", {k: 2 * v for k, v in old.items()}, seconds=20)
write("a,b.pb.gz", old)
write("none.pb.gz", {b"f": 0})
write("less.pb.gz", {b"f": 4000, b"g": -1})
write("samples.pb.gz", old, types=((b"samples", b"count"),), weights=(1,))
# Runs that agree, and runs of the same means that do not: f is 20 % on one side and 25 % on the other.
for i, off in enumerate((-10, 0, 10)):
    write(f"old{i}.pb.gz", {b"f": 4000 + off, b"g": 16000 - off})
    write(f"new{i}.pb.gz", {b"f": 5000 + off, b"g": 15000 - off})
    write(f"wild{i}.pb.gz", {b"f": 4000 + 150 * off, b"g": 16000 - 150 * off})
    write(f"newwild{i}.pb.gz", {b"f": 5000 - 150 * off, b"g": 15000 + 150 * off})
hostile = {b'quote"back\\slash': 500, b"\x1b[31mred\x07": 300, b"bad\xffbyte \xc3\xa9": 200, b"\xe2\x80\xaertl": 100, b"x" * 5000: 50}
write("hostile.pb.gz", hostile)
END

# row FUNCTION: its line of the table, with single blanks
row() {
	grep -E " $1\$" diff.out | tr -s ' ' | sed 's/^ //'
}

diff_of() {
	"$ebprof" diff "$@" >diff.out 2>diff.err
}

# json NAME EXPRESSION ARGS...: it is true of the answer 'd', by name of the function 'f'.
json() {
	local name=$1 expression=$2
	shift 2
	"$ebprof" diff --json "$@" >json.out 2>json.err
	equal "$name" True "$(python3 -c '
import json, sys
d = json.load(open("json.out", encoding="ascii"))
f = {row["function"]: row for row in d}
got = eval("(" + sys.argv[1] + ")")
print(True if got is True else d)' "$expression" 2>&1 | tail -n 1)"
}

diff_of old.pb.gz new.pb.gz
equal "a difference is no failure" 0 $?
equal "what changed" "20.00% 25.00% +5.00% +4.18%..+5.82% +25.00% * f" "$(row f | sed 's/ [0-9.]*e-[0-9]*//')"
equal "the files" "A: 1 file, worth 20000 samples" "$(grep ^A: diff.out)"
equal "how many" "Showing 3 of 3 functions: 3 changed (p < 0.05 for all of them together)" "$(grep ^Showing diff.out)"
json "keys" 'sorted(d[0]) == ["a", "b", "change", "function", "high", "low", "p", "significant"]' old.pb.gz new.pb.gz
json "JSON says the same" 'abs(f["f"]["change"] - 0.05) < 1e-9 and f["f"]["low"] < 0.045 and f["f"]["high"] > 0.055
	and f["f"]["p"] < 1e-20 and f["f"]["significant"]' old.pb.gz new.pb.gz
json "chance" 'len(d) == 3 and not any(r["significant"] or r["p"] < 0.05 for r in d)' old.pb.gz again.pb.gz
json "another type" 'f["f"]["a"] == 0.2 and f["f"]["change"] == 0' -sample_index=samples old.pb.gz samples.pb.gz
diff_of old.pb.gz only.pb.gz
equal "a function that is new" "0.00% 0.99% +0.99%" "$(row fresh | cut -d' ' -f1-3)"
equal "by how much it is" "new" "$(row fresh | cut -d' ' -f5)"
equal "what is light and has not changed" "Dropped 1 that did not and are less than 0.5% of both sides" "$(grep ^Dropped diff.out)"
diff_of -nodefraction=0 old.pb.gz only.pb.gz
equal "-nodefraction" 1 "$(grep -c ' light$' diff.out)"
json "in JSON nothing is left out" 'len(d) == 5' old.pb.gz only.pb.gz
json "-focus: shares are of all" 'list(f) == ["f"] and f["f"]["b"] == 0.25' -focus='^f$' old.pb.gz new.pb.gz
json "-cum" 'f["main"]["a"] == 0.95' -cum cpu.pb.gz cpu2.pb.gz

# fails STATUS CONDITION FILES...
fails() {
	local want=$1 condition=$2 got=0
	shift 2
	diff_of --fail-if "$condition" "$@" || got=$?
	equal "--fail-if '$condition' $*" "$want, lines: $want" "$got, lines: $(wc -l <diff.err)"
}
fails 1 '+5% p<0.01' old.pb.gz new.pb.gz
equal "why" "ebprof: 1 function changed by '+5% p<0.01', most 'f': +25.00%, p" "$(sed -E 's/ [0-9.]+e-[0-9]+$//' diff.err)"
fails 1 '+25%' old.pb.gz new.pb.gz
fails 0 '+26%' old.pb.gz new.pb.gz
fails 0 '+0% p<0.01' old.pb.gz again.pb.gz
fails 0 '-5% p<0.01' new.pb.gz new.pb.gz
fails 1 '-5% p<0.01' old.pb.gz new.pb.gz
fails 0 '-7% p<0.01' old.pb.gz new.pb.gz
fails 1 '7% p<0.01' new.pb.gz old.pb.gz
fails 1 '+1000%' old.pb.gz only.pb.gz

# Several files a side.
json "runs that agree" 'f["f"]["significant"] and abs(f["f"]["change"] - 0.05) < 1e-9' \
	old0.pb.gz,old1.pb.gz,old2.pb.gz new0.pb.gz,new1.pb.gz,new2.pb.gz
json "runs that do not" 'not f["f"]["significant"] and f["f"]["low"] < 0 < f["f"]["high"]' \
	wild0.pb.gz,wild1.pb.gz,wild2.pb.gz newwild0.pb.gz,newwild1.pb.gz,newwild2.pb.gz
json "one of them alone cannot know" 'f["f"]["significant"]' wild0.pb.gz newwild0.pb.gz
json "three files against one" 'f["f"]["significant"]' old0.pb.gz,old1.pb.gz,old2.pb.gz new.pb.gz
diff_of old0.pb.gz,old1.pb.gz,old2.pb.gz new.pb.gz
equal "how many there are" "A: 3 files, worth 60000 samples" "$(grep ^A: diff.out)"
json "a comma in a name" 'f["f"]["change"] == 0' a,b.pb.gz old.pb.gz
json "standard input" 'f["f"]["change"] == 0' - old.pb.gz <old.pb.gz

# Values.
diff_of --absolute old.pb.gz new.pb.gz
equal "values have units" "40.40s 50.51s +10.10s" "$(row f | cut -d' ' -f1-3)"
json "values of several files are means" 'abs(f["f"]["a"] - 4000 * 10101010) < 10 and abs(f["f"]["change"]) < 10' \
	--absolute old.pb.gz,old.pb.gz old.pb.gz
diff_of --absolute old.pb.gz long.pb.gz
equal "files that are not equally long" \
	"ebprof: warning: the files are of 10.0 s and of 20.0 s: values are of as long as each lasts, shares (without --absolute) are not" \
	"$(cat diff.err)"
json "their shares are equal" 'all(r["change"] == 0 for r in d)' old.pb.gz long.pb.gz

# Names.
diff_of -nodefraction=0 hostile.pb.gz hostile.pb.gz
equal "hostile names on a terminal" 0 "$(LC_ALL=C tr -d '\200-\377' <diff.out | LC_ALL=C grep -c '[^[:print:]]')"
json "hostile names in JSON" '"quote\"back\\slash" in f and "bad?byte \xe9" in f and "x" * 5000 in f and len(d) == 5' \
	hostile.pb.gz hostile.pb.gz

# refused NAME STATUS REGEX COMMAND ARGS...: one line on standard error and nothing else
refused() {
	local name=$1 status=$2 regex=$3 got=0
	shift 3
	"$ebprof" "$@" >bad.out 2>bad.err || got=$?
	if [ $got = "$status" ] && [ ! -s bad.out ] && [ "$(wc -l <bad.err)" = 1 ] && grep -qE -- "$regex" bad.err; then
		ok "$name"
	else
		not_ok "$name" "exit status $got, $(wc -c <bad.out) bytes, '$(head -n 2 bad.err)'"
	fi
}
refused "no sides" 2 "give two sides, such as" diff
refused "one side" 2 "give two sides, such as" diff old.pb.gz
refused "three sides" 2 "give two sides, such as" diff old.pb.gz new.pb.gz again.pb.gz
refused "an option of report alone" 2 "there is no option '-tree'" diff -tree old.pb.gz new.pb.gz
refused "an option of diff alone" 2 "there is no option '--absolute'" report --absolute old.pb.gz
for condition in '' 5 +x% '+5% p<0' '+5% p<2' '+5% p>0.1' '+5% q<0.1' '+5% p<0.01 x' '+nan%' '++5%'; do
	refused "--fail-if '$condition'" 2 "for --fail-if: give a change and what p is to be below, such as '\+5% p<0.01'" \
		diff --fail-if "$condition" old.pb.gz new.pb.gz
done
refused "no file" 1 "cannot read 'gone': No such file" diff old.pb.gz gone
refused "a name that is empty" 1 "cannot read ''" diff old.pb.gz, new.pb.gz
refused "an empty file" 1 "it is empty in '/dev/null'" diff old.pb.gz /dev/null
refused "no samples" 1 "there are no samples of 'cpu', in 'none.pb.gz'" diff old.pb.gz none.pb.gz
refused "a difference" 1 "negative values of 'cpu', as in a difference: .*, in 'less.pb.gz'" diff less.pb.gz old.pb.gz
refused "other types" 1 "no sample type 'cpu': give one of alloc_objects, .*, in 'heap.pb.gz'" diff old.pb.gz heap.pb.gz
refused "nothing is left" 1 "nothing to compare: no sample is left" diff -focus nothing old.pb.gz new.pb.gz
refused "a regular expression" 1 "bad regular expression '\('.*, in 'old.pb.gz'" diff -focus '(' old.pb.gz new.pb.gz
# shellcheck disable=SC2016
check full bash -c '! "$0" diff old.pb.gz new.pb.gz >/dev/full' "$ebprof"
equal "standard output is full" "ebprof: cannot write to standard output: No space left on device" "$(cat full.err)"

# Intervals of one profile: those of 80 and 95 of 100.
"$ebprof" report --ci cpu.pb.gz >ci.out
equal "--ci" "71.12%..86.66% 88.82%..97.85% step (inline)" "$(grep ' step ' ci.out | tr -s ' ' | cut -d' ' -f7-)"
equal "beside that the same" "$("$ebprof" report cpu.pb.gz)" \
	"$(sed -E 's/ +[0-9.]+%\.\.[0-9.]+% +[0-9.]+%\.\.[0-9.]+%//; s/ +95% of flat +95% of cum//' ci.out)"
equal "-ci -cum -focus" "88.82%..97.85%" "$("$ebprof" report -cum -ci -focus=main cpu.pb.gz | grep ' main$' | tr -s ' ' | cut -d' ' -f8)"
refused "--ci of a difference" 2 "--ci is for -top, and for values" report --ci -base cpu.pb.gz cpu2.pb.gz
refused "--ci of a mean" 2 "--ci is for -top" report --ci -mean cpu.pb.gz
refused "--ci of a tree" 2 "--ci is for -top" report --ci -tree cpu.pb.gz
refused "--ci of negative values" 1 "negative values of 'cpu'" report --ci less.pb.gz
finish
