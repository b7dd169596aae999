#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `ebprof report` says of files that are none, profiles that do not fit together and options that mean
# nothing: one line, and exit status 1, or 2 for the command line.
. "$(dirname "$0")/common"
need python3 gzip
ebprof=${EBPROF:-$root/ebprof}
make_profiles
cd "$OUT" || exit 1

# refused NAME STATUS REGEX ARGS...: nothing on standard output, one line on standard error.
refused() {
	local name=$1 status=$2 regex=$3 got=0
	shift 3
	"$ebprof" report "$@" >bad.out 2>bad.err || got=$?
	if [ $got = "$status" ] && [ ! -s bad.out ] && [ "$(wc -l <bad.err)" = 1 ] && grep -qE -- "$regex" bad.err; then
		ok "$name"
	else
		not_ok "$name" "exit status $got, $(wc -c <bad.out) bytes, '$(head -n 2 bad.err)'"
	fi
}

: >empty.pb.gz
head -c 200 cpu.pb.gz >cut.pb.gz
printf 'heap profile: 1: 2 [3: 4] @ heap/1048576\n1: 2 [3: 4] @ 0x1 0x2\n' >legacy.txt
gzip -c legacy.txt >legacy.pb.gz
cp legacy.txt legacy.prof
PYTHONPATH=$here python3 - <<'END'
import gzip
from report_random import data, number
def write(name, *fields):
    open(name, "wb").write(gzip.compress(b"".join(fields)))
head = data(1, number(1, 1) + number(2, 1)) + data(6, b"") + data(6, b"x")
function = data(5, number(1, 1) + number(2, 1))
location = data(4, number(1, 1) + data(4, number(1, 1)))
sample = data(2, data(1, b"\1") + data(2, b"\5"))
write("good.pb.gz", head, function, location, sample)
write("long.pb.gz", data(1, number(1, 1) + number(2, 1)), data(6, b""), data(6, b"a" * 40 + b"b"), function, location, sample)
write("string.pb.gz", head, data(5, number(1, 1) + number(2, 77)))
write("function.pb.gz", head, data(4, number(1, 1) + data(4, number(1, 9))))
write("location.pb.gz", head, function, data(2, data(1, b"\7") + data(2, b"\5")))
write("twice.pb.gz", head, function, function)
write("values.pb.gz", head, function, location, data(2, data(1, b"\1") + data(2, b"\5\6")))
write("types.pb.gz", data(6, b""), sample)
write("mapping.pb.gz", head, function, data(4, number(1, 1) + number(2, 9) + data(4, number(1, 1))), sample)
write("twice-location.pb.gz", head, function, location, location)
write("twice-mapping.pb.gz", head, data(3, number(1, 1)), data(3, number(1, 1)))
write("id-0.pb.gz", head, data(5, number(2, 1)))
write("below-0.pb.gz", head, data(5, number(1, 1) + number(2, -1)))
write("first.pb.gz", data(6, b"x"), data(6, b""))
write("no-strings.pb.gz", number(9, 5))
write("comment.pb.gz", head, data(13, b"\5"))
write("label.pb.gz", head, function, location, data(2, data(1, b"\1") + data(2, b"\5") + data(3, number(1, 9))))
write("filter.pb.gz", head, number(7, 9))
write("two.pb.gz", head, number(9, 5), number(9, 5))
write("wire.pb.gz", head, number(6, 5))
write("unit.pb.gz", data(1, number(1, 1) + number(2, 2)), data(6, b""), data(6, b"x"), data(6, b"bytes"), function, location, sample)
write("nothing-in.pb.gz")
open("raw.pb", "wb").write(gzip.decompress(open("good.pb.gz", "rb").read()))
open("behind.pb.gz", "wb").write(open("good.pb.gz", "rb").read() + b"more")
open("damaged.pb.gz", "wb").write(open("good.pb.gz", "rb").read()[:-6] + b"123456")
write("unknown.pb.gz", head, function, location, sample, data(99, b"what"), number(98, 5))
END

"$ebprof" report -top good.pb.gz | grep -q ' 5x .* x$' || not_ok "a small profile" "it is not read"
equal "fields that nobody knows" "$("$ebprof" report good.pb.gz)" "$("$ebprof" report unknown.pb.gz 2>&1)"

equal "without gzip" "$("$ebprof" report good.pb.gz)" "$("$ebprof" report raw.pb 2>&1)"
equal "from a pipe" "$("$ebprof" report good.pb.gz)" "$(cat good.pb.gz | "$ebprof" report - 2>&1)"
# As pprof has it.
equal "a mapping that is not there" "$("$ebprof" report good.pb.gz)" "$("$ebprof" report mapping.pb.gz 2>&1)"

refused "an empty file" 1 "it is empty in 'empty" empty.pb.gz
refused "a truncated file" 1 "truncated gzip data in 'cut" cut.pb.gz
refused "a directory" 1 "cannot read '.': Is a directory" .
refused "no file" 1 "cannot read 'none': No such file" none
refused "a legacy profile" 1 "text, not a pprof file .*, in 'legacy.prof'" legacy.prof
refused "a table" 1 "txt is only written" legacy.txt
refused "a legacy profile, gzip" 1 "malformed profile: .* in 'legacy.pb.gz'" legacy.pb.gz
refused "folded stacks" 1 "folded is only written" cpu.folded
refused "a wrong string" 1 "a function names string 77 of 2" string.pb.gz
refused "a wrong function" 1 "names function 9, which is not there" function.pb.gz
refused "a wrong location" 1 "names location 7, which is not there" location.pb.gz
refused "an id that is there twice" 1 "two of its functions have the id 1" twice.pb.gz
refused "too many values" 1 "2 values for 1 sample types" values.pb.gz
refused "a location's id that is there twice" 1 "two of its locations have the id 1" twice-location.pb.gz
refused "a mapping's" 1 "two of its mappings have the id 1" twice-mapping.pb.gz
refused "the id 0" 1 "a function has the id 0" id-0.pb.gz
refused "a string below 0" 1 "a function names string -1 of 2" below-0.pb.gz
refused "a first string" 1 "its first string is not empty" first.pb.gz
refused "no strings" 1 "it has no strings" no-strings.pb.gz
refused "a wrong comment" 1 "a comment names string 5 of 2" comment.pb.gz
refused "a wrong label" 1 "a label names string 9 of 2" label.pb.gz
refused "a wrong filter" 1 "drop_frames names string 9 of 2" filter.pb.gz
refused "two in one" 1 "two profiles in one file" two.pb.gz
refused "a field of another type" 1 "field 6 has the wrong type" wire.pb.gz
refused "gzip of nothing" 1 "it is empty in 'nothing-in" nothing-in.pb.gz
refused "something behind it" 1 "something else behind the gzip data" behind.pb.gz
refused "a wrong checksum" 1 "damaged gzip data" damaged.pb.gz
refused "a program" 1 "malformed profile" "$ebprof"
refused "no bytes at all" 1 "it is empty" /dev/null
refused "bytes without end" 1 "more than 128 MiB are needed" /dev/zero
refused "a good one and a bad one" 1 "truncated gzip data in 'cut" good.pb.gz cut.pb.gz
refused "a bad base" 1 "truncated gzip data in 'cut" -base cut.pb.gz good.pb.gz
refused "units that do not fit" 1 "measure different things: x in 'x' and x in 'bytes'" good.pb.gz unit.pb.gz
refused "no sample types" 1 "samples and no sample types" types.pb.gz
refused "other sample types" 1 "measure different things: \(samples, cpu\) and \(alloc_objects" cpu.pb.gz heap.pb.gz
refused "a base of other sample types" 1 "measure different things" -base heap.pb.gz cpu.pb.gz
refused "a regular expression" 1 "bad regular expression '\(' for -focus" -focus='(' cpu.pb.gz
refused "one that takes too long" 1 "'\(a\+\)\+\\$' for -ignore takes too long" -ignore='(a+)+$' long.pb.gz
refused "one that matches nothing" 1 "no function matches 'nothing'" -peek nothing cpu.pb.gz
refused "one of sources" 1 "no function matches 'nothing'" -list nothing cpu.pb.gz
refused "a sample type" 1 "no sample type 'x': give one of samples, cpu, or 0 to 1" -sample_index=x cpu.pb.gz
refused "its number" 1 "no sample type '2'" -sample_index=2 cpu.pb.gz
refused "no files" 2 "no file: give a profile" -top
refused "no such option" 2 "there is no option '-frob'" -frob cpu.pb.gz
refused "an option's value" 2 "--peek needs RE" -peek
refused "two views" 2 "give one of -top, -tree" -top -tree cpu.pb.gz
refused "two kinds of rows" 2 "give one of -functions" -lines -files cpu.pb.gz
refused "two orders" 2 "give -cum or -flat, not both" -cum -flat cpu.pb.gz
refused "two bases" 2 "-base or -diff_base, not both" -base cpu.pb.gz -diff_base cpu.pb.gz cpu.pb.gz
refused "-normalize alone" 2 "-normalize needs -base" -normalize cpu.pb.gz
refused "a number" 2 "bad value 'x' for nodefraction" -nodefraction=x cpu.pb.gz
refused "a count" 2 "bad value '-7' for -nodecount" -nodecount=-7 cpu.pb.gz
refused "seconds" 2 "bad value '0' for --max-cpu" -max-cpu=0 cpu.pb.gz
refused "MiB" 2 "bad value '1' for --max-memory" -max-memory=1 cpu.pb.gz
refused "a switch" 2 "bad value 'maybe' for -trim" -trim=maybe cpu.pb.gz
refused "a format" 2 "cannot tell the format of 'x.frob'" -o x.frob cpu.pb.gz
finish
