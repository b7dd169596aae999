#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Where results go and what they hold: files, pipes, what cannot be written; a real profile in Go's tools.
# needs: root bpf btf perf-software perf-all-cpus python3 go kallsyms mountns gcc protoc
# timeout: 180
. tests/live/lib.sh
root=$PWD
cd "$OUT" || exit 1
proto=/usr/share/gocode/src/github.com/google/pprof/proto

readable() { # FILE: is it a complete profile?
	$PPROF -raw "$1" 2> /dev/null | grep -q '^Mappings'
}

is_readable() { # CASE FILE
	if readable "$2"; then ok "$1"; else not_ok "$1" "go tool pprof cannot read '$2': $(ls -l "$2" 2>&1)"; fi
}

# Nothing but these files is in a folder: no temporary name is left.
only() { # CASE FOLDER WANT
	is "$1: nothing else is left" "$(ls -A "$2" | tr '\n' ' ')" "$3"
}

start shares 200
shares=$pid
mkdir out
take() { # ARGUMENT...: a short capture
	prof cpu -F 999 -p "$shares" "$@" 0.2
}

total() { # FILE: the sum of its second value
	raw "$1" | sed -n '/^Samples/,/^Locations/p' | sed -nE 's/^ *[0-9]+ +([0-9]+):.*/\1/p' | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

# Files.
take -o out/one.pb.gz -o out/two.folded -o out/three.collapsed -o out/four.pb.gz
is "several -o: exit status" "$status" 0
only "several -o" out "four.pb.gz one.pb.gz three.collapsed two.folded "
is_readable "several -o: the first" out/one.pb.gz
is "several -o: the same profile" "$(gzip -cd out/one.pb.gz | cksum)" "$(gzip -cd out/four.pb.gz | cksum)"
is "several -o: the same stacks" "$(cksum < out/two.folded)" "$(cksum < out/three.collapsed)"
is "folded: the line that flame graphs read" "$(grep -cvE '^(.*);[^;]*[^;0-9 ][^;]* +?([0-9]+)$' out/two.folded)" 0
is "folded: as much as the profile" "$(awk '{ sum += $NF } END { printf "%.0f", sum }' out/two.folded)" "$(total out/one.pb.gz)"
is "several -o: the closing line names them" "$(grep -c 'four.pb.gz$' prof.err)" 1
is "standard output is empty" "$(< prof.out)" ""
is "mode: for the owner alone" "$(stat -c %a:%u out/one.pb.gz)" 600:0
take -o out/graph.svg -o out/graph.speedscope.json -o out/graph.pb.gz
is "a flame graph and a speedscope file have the profile's total and functions" "$(python3 - out/graph.svg out/graph.speedscope.json <<- 'END'
	import json, sys, xml.etree.ElementTree as ElementTree
	titles = [t.text for t in ElementTree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}title")]
	scope = json.load(open(sys.argv[2]))
	names = {frame["name"] for frame in scope["shared"]["frames"]}
	seen = all(name in names and any(t.startswith(name + " (") for t in titles) for name in ("f_a", "f_b", "f_c", "timed"))
	print(seen, sum(scope["profiles"][1]["weights"]))
END
)" "True $(total out/graph.pb.gz)"
rm out/graph.*
(umask 000; take -o out/umask.pb.gz)
is "mode: whatever the umask" "$(stat -c %a out/umask.pb.gz)" 600
SUDO_UID=65534 SUDO_GID=65533 take -o out/sudo.pb.gz -o out/sudo.folded --stats out/sudo.json
is "under sudo the files are the user's" "$(stat -c %u:%g:%a out/sudo.* | sort -u)" 65534:65533:600
SUDO_UID=nonsense SUDO_GID= take -o out/nonsense.pb.gz
is "a senseless SUDO_UID does not matter" "$(stat -c %u out/nonsense.pb.gz)" 0
take -o out/plain --format folded
has "--format overrides" "$(grep -m 1 ";f_" out/plain)" ';f_[abc].* [0-9]+$'
take -o out/plain.pb.gz --format folded
has "--format overrides the suffix" "$(grep -am 1 ";f_" out/plain.pb.gz)" ';f_[abc].* [0-9]+$'
prof cpu -F 1999 -o out/annotated.folded -- "$TARGETS/kernshare" 0.4
prof cpu -F 1999 -o out/bare.folded --no-annotations -- "$TARGETS/kernshare" 0.4
is "--no-annotations" "$(grep -c '_\[k\]' out/annotated.folded | sed 's/^[1-9].*/some/') $(grep -c '_\[k\]' out/bare.folded)" "some 0"
echo old > target
ln -s "$PWD/target" out/link.pb.gz
take -o out/link.pb.gz
is "a link is replaced" "$(stat -c %F out/link.pb.gz) $(< target)" "regular file old"
echo old > out/again.pb.gz
take -o out/again.pb.gz
is_readable "a file is replaced" out/again.pb.gz
is "a file is replaced: mode" "$(stat -c %a out/again.pb.gz)" 600
mkdir "out/a b"
take -o "out/a b/ü c.pb.gz"
is_readable "blanks and more in the name" "out/a b/ü c.pb.gz"
mkdir default
(cd default && prof cpu -F 999 -p "$shares" 0.2)
has "without -o: a name of its own, here" "$(ls -A default)" '^ebprof\.cpu\.[0-9]{8}-[0-9]{6}\.pb\.gz$'
is_readable "without -o" default/*

# Streams.
"$EBPROF" cpu -q -F 999 -p "$shares" -o - 0.2 2> stream.err | cat > stream.pb.gz
is_readable "-o - into a pipe" stream.pb.gz
is "-q: not a word" "$(< stream.err)" ""
"$EBPROF" cpu -F 999 -p "$shares" -o - --format folded 0.2 2> stream.err > stream.folded
has "-o - with --format" "$(grep -m 1 ';f_' stream.folded)" ';f_[abc].* [0-9]+$'
has "-o -: the closing line" "$(< stream.err)" 'standard output$'
"$EBPROF" cpu -q -F 999 -p "$shares" -o >(cat > substituted.pb.gz) --format pprof 0.2
wait_until 5 readable substituted.pb.gz
is_readable "-o >(COMMAND)" substituted.pb.gz
"$EBPROF" cpu -q -F 999 -p "$shares" -o /dev/stdout --stats - 0.2 > both.out
is "--stats - and -o /dev/stdout are both there" "$(head -c 2 both.out | od -An -tx1) $(grep -ac '{"kind":"cpu",' both.out)" " 1f 8b 1"
mkfifo fifo.folded
cat fifo.folded > from-fifo &
reader=$!
take -o fifo.folded
wait $reader
has "a FIFO" "$(grep -m 1 ';f_' from-fifo)" ';f_[abc].* [0-9]+$'
is "a FIFO stays one" "$(stat -c %F fifo.folded)" fifo
(
	exec >&-
	"$EBPROF" cpu -q -F 999 -p "$shares" -o - 0.2 2> closed.err
	echo $? > closed.status
	"$EBPROF" cpu -q -F 999 -p "$shares" -o closed.pb.gz 0.2 2>> closed.err
	echo $? >> closed.status
)
is "closed standard output: exit statuses" "$(tr '\n' ' ' < closed.status)" "1 0 "
is "closed standard output: one line" "$(wc -l < closed.err)" 1
is_readable "closed standard output: a file is not harmed" closed.pb.gz
"$EBPROF" cpu -F 999 -p "$shares" -o closed2.pb.gz 0.2 2>&-
is "closed standard error" "$?" 0
is_readable "closed standard error: a file is not harmed" closed2.pb.gz
"$EBPROF" cpu -F 999 -p "$shares" -o - 0.2 2> gone.err | true
is "a reader that goes away: exit status" "${PIPESTATUS[0]}" 1
has "a reader that goes away: a word" "$(< gone.err)" "cannot write '-': Broken pipe"

# What cannot be written: one line, which says what to try, and nothing left.
cannot() { # CASE STATUS REGEX ARGUMENT...
	local case=$1 want=$2 regex=$3
	shift 3
	rm -rf bad
	mkdir bad
	take "$@"
	is "$case: exit status" "$status" "$want"
	grep -vE '^ebprof: cpu: [0-9]+ samples' prof.err > bad.err
	is "$case: one line" "$(wc -l < bad.err)" 1
	has "$case: says why" "$(< bad.err)" "$regex"
	only "$case" bad "${left:-}"
}
cannot "/dev/full" 1 "^ebprof: cannot write '/dev/full': No space left on device; free some space" -o /dev/full --format pprof
cannot "no such folder" 1 "^ebprof: cannot write 'bad/no/x.pb.gz': No such file or directory; make the directory" -o bad/no/x.pb.gz
mkdir folder.pb.gz
cannot "a folder" 1 "^ebprof: cannot write 'folder.pb.gz': Is a directory; give the name of a file" -o folder.pb.gz
cannot "a file as a folder" 1 "^ebprof: cannot write 'target/x.pb.gz': Not a directory;" -o target/x.pb.gz
cannot "a suffix that says nothing" 2 "^ebprof: cannot tell the format of 'bad/x.frob': end it in .pb.gz," -o bad/x.frob
cannot "a format that is none" 2 "^ebprof: bad value 'xml' for --format" -o bad/x.pb.gz --format xml
cannot "an empty name" 2 "^ebprof: bad value '' for -o: give a file name" -o ''
cannot "of two files the second" 1 "^ebprof: cannot write 'bad/no/x.folded'" -o bad/x.pb.gz -o bad/no/x.folded
cannot "--stats" 1 "^ebprof: cannot write 'bad/no/stats': No such file" -o bad/x.pb.gz --stats bad/no/stats
"$EBPROF" wall -k cpu,offcpu,block -p "$shares" -o full.pb.gz --stats /dev/full 0.3 2> full.err
is "--stats, a full device: exit status" "$?" 1
is "--stats, a full device: said once" "$(grep -c "^ebprof: cannot write '/dev/full': No space left on device; free" full.err) $(grep -c cannot full.err)" "1 1"
prlimit --fsize=0 "$EBPROF" cpu -F 999 -p "$shares" -o fsize.pb.gz 0.2 2>&1 | cat > fsize.err
is "a limit on file sizes: exit status" "${PIPESTATUS[0]}" 1
has "a limit on file sizes" "$(grep cannot fsize.err)" "^ebprof: cannot write 'fsize.pb.gz': File too large; raise the limit"
is "a limit on file sizes: no file" "$(ls fsize.pb.gz 2> /dev/null)" ""
mkdir readonly
unshare -m bash -c 'mount --bind readonly readonly && mount -o remount,ro,bind readonly && exec "$@"' - \
	"$EBPROF" cpu -F 999 -p "$shares" -o readonly/x.pb.gz 0.2 2> readonly.err
is "a file system that is read-only: exit status" "$?" 1
is "a file system that is read-only: one line" "$(wc -l < readonly.err)" 1
has "a file system that is read-only" "$(< readonly.err)" "Read-only file system; write to another"
mkdir full
# shellcheck disable=SC2016
unshare -m bash -c 'mount -t tmpfs -o size=64k none full && { cat /dev/zero > full/filler 2> /dev/null
	"$@"; echo "$? $(ls -A full)" > full.status; }' - \
	"$EBPROF" cpu -F 999 -a -o full/x.pb.gz 0.2 2> full.err
is "a full file system: exit status, and no file" "$(tr '\n' ' ' < full.status)" "1 filler "
is "a full file system: one line more than the closing one" "$(grep -cvE '^ebprof: cpu: [0-9]+ samples' full.err)" 1
has "a full file system" "$(< full.err)" "cannot write 'full/x.pb.gz': No space left on device; free some space"

# What is printed is plain, and on standard error.
NO_COLOR=1 take -o out/color.pb.gz
is "no colours" "$(grep -c $'\e' prof.err)" 0
script -qec "$(printf '%q ' "$EBPROF" cpu -F 999 -p "$shares" 1.4)" typescript > /dev/null < /dev/null
has "on a terminal: the heaviest functions" "$(< typescript)" '%  f_a'
NO_COLOR=1 script -qec "$(printf '%q ' "$EBPROF" cpu -F 999 -p "$shares" 0.2)" typescript > /dev/null < /dev/null
is "on a terminal with NO_COLOR: no colours" "$(grep -cE $'\e\\[[0-9;]*m' typescript)" 0
take -v -o out/verbose.pb.gz
is "-v: its lines are marked" "$(grep -cv '^ebprof: ' prof.err)" 0

# --stats
take -o out/stats.pb.gz --stats out/stats.json
python3 - out/stats.json << 'END' > stats.out
import json, sys
stats = json.load(open(sys.argv[1]))
want = {
    "": "kind samples duration_ns targets lost complete own hidden processes drains stacks locations named",
    "lost": "counts_full ring_stack ring_sample scratch_busy no_map out_of_memory no_stack_body "
    "unknown_process unmapped_frame remapped_frame targets_full sideband_records unreadable_file mismatched_file failed_worker missing_dwo unusable_map "
    "ring_unmet ring_check no_unwind_table",
    "complete": "share ends",
    "own": "cpu_ns bpf_ns memory_bytes start_ns finish_ns finish_cpu_ns",
    "tables": "files rows bytes map_bytes built build_ns evicted evicted_in_use over_cap",
}
for part, keys in want.items():
    have = stats[part] if part else stats
    for key in keys.split():
        if key not in have:
            print("no key", part, key)
for key in ("start_ns", "finish_ns", "finish_cpu_ns", "bpf_ns", "memory_bytes", "cpu_ns"):
    if not stats["own"][key] > 0:
        print("own", key, stats["own"][key])
if not 0 <= stats["complete"]["share"] <= 1 or stats["samples"] < 50 or stats["targets"] != 1:
    print(stats)
if stats["kind"] != "cpu" or not 150e6 < stats["duration_ns"] < 3e9:
    print(stats)
END
is "--stats: what README names" "$(< stats.out)" ""
readme=$(grep -oE '^\| `[^|]*' "$root/README.md" | grep -oE '`[a-z]+_[a-z_]+`' | tr -d '`' | grep -v thread_comm | sort)
counters=$(python3 -c 'import json; print("\n".join(sorted(json.load(open("out/stats.json"))["lost"])))')
is "--stats: README has each counter" "$(comm -13 <(echo "$readme") <(echo "$counters") | tr '\n' ' ')" ""

# The whole machine with two programs at the same fixed addresses, in Go's tools.
start nopie 30
start nopie2 30
start kernshare 30
cd "$OUT" || exit 1
prof cpu -F 2999 -a --per-cpu -o machine.pb.gz -o machine.folded --stats machine.json 1.5
is "-a: exit status" "$status" 0
raw machine.pb.gz > machine.raw
has "-a: pprof's first mapping" "$(grep -A1 '^Mappings' machine.raw)" $'\n''1: 0x0/0x0/0x0 \[system-wide\] '
sed '1,/^Mappings/d' machine.raw | python3 -c '
import sys
ranges = []
for line in sys.stdin:
    number, span, name = line.split(None, 2)
    start, limit, _ = (int(n, 16) for n in span.split("/"))
    if limit:
        ranges.append((start, limit, name.strip()))
ranges.sort()
for one, two in zip(ranges, ranges[1:]):
    if one[1] > two[0]:
        print(one, two)
print(len(ranges) > 5)' > machine.ranges
is "-a: ranges of mappings are disjoint" "$(< machine.ranges)" True
sed -n '/^Locations/,/^Mappings/p' machine.raw | grep -E '^ *[0-9]+: 0x' > machine.locations
at_least "-a: locations" "$(wc -l < machine.locations)" 50
is "-a: every location has a mapping and a line" "$(grep -cvE '^ *[0-9]+: 0x[0-9a-f]+ M=[0-9]+ (\[F\] )?[^ ].* s=[0-9]+' machine.locations)" 0
is "-a: no function is nameless" "$(names machine.pb.gz | grep -cE '^ *$|^<unknown>')" 0
shares_are "-a: of two programs at one address, the first" machine.pb.gz -tagfocus="comm=^nopie\$"
at_least "-a: of two programs at one address, the second" "$(share machine.pb.gz f_x -cum -relative_percentages -tagfocus='comm=^nopie2$')" 40
is "-a: of two programs at one address, not the other's names" \
	"$(share machine.pb.gz f_x -cum -tagfocus='comm=^nopie$')$(share machine.pb.gz f_a -cum -tagfocus='comm=^nopie2$')" 0.000.00
is "flame graph: every line is read" "$(grep -cvE '^(.*)\s+?([0-9]+)$' machine.folded)" 0
is "flame graph: no stack ends like a number" "$(grep -cE ' [0-9]+ [0-9]+$' machine.folded)" 0

pprof_has() { # CASE REGEX ARGUMENT...
	local case=$1 regex=$2
	shift 2
	if $PPROF "$@" > pprof.out 2> pprof.err; then
		has "pprof $case" "$(< pprof.out)" "$regex"
	else
		not_ok "pprof $case" "$(tail -n 1 pprof.err)"
	fi
}
nl=$'\n'
pprof_has "-top" "Type: cpu${nl}Time: .*${nl}Duration: [0-9.]+m?s, Total samples = .*${nl}Showing nodes accounting for " -top machine.pb.gz
pprof_has "-top -cum" ' f_a' -top -cum machine.pb.gz
pprof_has "-list" ' f_a' -list '^f_a$' machine.pb.gz
pprof_has "-peek" ' f_a' -peek '^f_a$' machine.pb.gz
pprof_has "-tree" ' f_a' -tree machine.pb.gz
pprof_has "-traces" ' f_a' -traces machine.pb.gz
pprof_has "-traces, labels" 'comm:' -traces machine.pb.gz
pprof_has "-tags" ' comm: Total .* pid: Total | pid: Total .* comm: Total ' -tags machine.pb.gz
pprof_has "-tags, a number" ' cpu: Total ' -tags machine.pb.gz
pprof_has "-tagfocus=pid" ' f_a' -top -tagfocus=pid="$shares" machine.pb.gz
pprof_has "-tagfocus=comm" ' f_x' -top -tagfocus='comm=^nopie2$' machine.pb.gz
pprof_has "-tagroot" 'nopie2' -top -cum -nodecount=500 -tagroot=comm,pid machine.pb.gz
pprof_has "-base itself" 'Total samples = 0' -top -base machine.pb.gz machine.pb.gz
$PPROF -proto -output machine.again machine.pb.gz > /dev/null 2>&1
is "pprof -proto keeps the total" "$(samples machine.again)" "$(samples machine.pb.gz)"
is "samples of the profile and of --stats" "$(samples machine.pb.gz)" "$(figure machine.json samples)"

gzip -cd machine.pb.gz | protoc -I$proto --decode=perftools.profiles.Profile profile.proto > machine.text 2> protoc.err
is "protoc: decodes" "$? $(< protoc.err)" "0 "
is "protoc: no unknown field" "$(grep -cE '^ *[0-9]+[:{ ]' machine.text)" 0

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
$PPROF -http=127.0.0.1:"$port" -no_browser machine.pb.gz > http.out 2>&1 &
server=$!
lib_pids+=($server)
page() { # PATH
	python3 -c 'import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())' "http://127.0.0.1:$port/ui/$1" 2> page.err
}
wait_until 20 eval 'page top > /dev/null'
for path in flamegraph top 'peek?f=f_a'; do
	page "$path" > page.out
	is "pprof -http: /ui/$path" "$(grep -oE '\<f_a\>' page.out | head -n 1)$(tail -n 1 page.err)" f_a
done
# "go tool pprof" starts the server as a child of its own.
pkill -P $server
kill $server
