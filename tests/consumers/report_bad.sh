#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `ebprof report` says of files that are none, profiles that do not fit together and options that mean
# nothing: one line, and exit status 1, or 2 for the command line. No file makes it take more than 150 MB.
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
write("unknown.pb.gz", head, function, location, sample, data(99, b"what"), number(98, 5))
# Bombs: zeros, samples that inflate well, samples that do not, functions.
def bomb(name, block, cnt, level):
    with gzip.open(name, "wb", level) as f:
        f.write(head)
        for _ in range(cnt):
            f.write(block)
bomb("zeros.pb.gz", data(6, b"\0" * (1 << 20)), 1000, 6)
bomb("samples.pb.gz", data(2, data(2, b"\1")) * 100000, 1700, 1)
bomb("model.pb.gz", b"".join(data(2, data(2, bytes([i % 100 + 1]))) for i in range(1000000)), 10, 1)
bomb("functions.pb.gz", b"".join(data(5, number(1, i + 1) + number(2, 1) + number(5, i)) for i in range(3000000)), 1, 1)
END

"$ebprof" report -top good.pb.gz | grep -q ' 5x .* x$' || not_ok "a small profile" "it is not read"
equal "fields that nobody knows" "$("$ebprof" report good.pb.gz)" "$("$ebprof" report unknown.pb.gz 2>&1)"

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
refused "two bases" 2 "-base or -diff_base, not both" -base cpu.pb.gz -diff_base cpu.pb.gz cpu.pb.gz
refused "-normalize alone" 2 "-normalize needs -base" -normalize cpu.pb.gz
refused "a number" 2 "bad value 'x' for nodefraction" -nodefraction=x cpu.pb.gz
refused "a count" 2 "bad value '-7' for -nodecount" -nodecount=-7 cpu.pb.gz
refused "a switch" 2 "bad value 'maybe' for -trim" -trim=maybe cpu.pb.gz
refused "a format" 2 "cannot tell the format of 'x.frob'" -o x.frob cpu.pb.gz

# limited NAME REGEX FILE: an error, and how much memory it took.
limited() {
	refused "$1" 1 "$2" "$3"
	python3 - "$ebprof" "$3" <<'END' >peak.out
import resource, subprocess, sys
subprocess.run([sys.argv[1], "report", sys.argv[2]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END
	if [ "$(cat peak.out)" -le 143 ]; then # MiB: 150 MB
		ok "$1 in $(cat peak.out) MiB"
	else
		not_ok "$1" "it took $(cat peak.out) MiB"
	fi
}
for bomb in zeros samples model functions; do
	limited "a bomb of $bomb" "more than 128 MiB are needed, --max-memory MIB allows more" $bomb.pb.gz
done
finish
