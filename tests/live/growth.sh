#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does the profile say by how much resident memory grew, and who made it so? Totals are compared with the
# kernel's own count of the process (smaps_rollup), functions with what the target knows of them; z is the error
# in standard deviations of the sampling.
# needs: root bpf btf go python3 x86_64
# timeout: 200
. tests/live/lib.sh
. tests/live/growth_compare.sh

check() { # CASE PROFILE TARGET-OUTPUT
	compare "$2" "$3" > "$OUT/compared"
	sed 's/^/# /' "$OUT/compared"
	is "$1: functions" "$(wc -l < "$OUT/compared")" 10
	at_most "$1: largest error, standard deviations" "$(largest)" 4.5
	at_most "$1: copies of a parent's pages, KiB" "$(($(awk '$1 == "f_copied" { print $2 }' "$OUT/got" | grep . || echo 0) / 1024))" 256
}

# A running program grows when it is told to; the profile's options are the last ones.
run() { # CASE "PROGRAM ARGUMENT..." PROFILE [OPTION...]
	local name=$1 program=$2 profile=$3 target before after
	shift 3
	: > "$OUT/growth.out"
	# shellcheck disable=SC2086
	env -u LD_PRELOAD $program > "$OUT/growth.out" 2>&1 < /dev/null &
	target=$!
	lib_pids+=($target)
	wait_until 10 grep -q '^ready' "$OUT/growth.out" || not_ok "$name: it starts" "no 'ready'"
	prof_start heap --growth "$@" -o "$profile" --stats "$OUT/growth.json" -p $target 60
	sleep 2
	before=$(rss $target)
	kill -USR1 $target
	wait_until 50 grep -q '^done' "$OUT/growth.out" || not_ok "$name: it ends" "no 'done'"
	after=$(rss $target)
	kill -INT "$prof_pid"
	prof_wait
	kill $target
	is "$name: exit status" "$status" 0
	# At each page the programs are not met yet, many samples are.
	at_most "$name: lost, %" "$(percent "$(lost "$OUT/growth.json")" "$(figure "$OUT/growth.json" samples)")" 2
	near "$name: all of it, % of what became resident" \
		"$(percent "$(grown_by "$profile" $target)" $((after - before)))" 100 2
}

rate=16384
run fine "$TARGETS/growth 16 60" "$OUT/fine.pb.gz" --rate $rate
check fine "$OUT/fine.pb.gz" "$OUT/growth.out"
has "labels" "$(pproftags "$OUT/fine.pb.gz")" 'pages: Total '
for type in anon file shmem; do
	at_least "pages that are $type, MiB" "$(($(grown "$OUT/fine.pb.gz" -tagfocus=pages=$type) >> 20))" 8
done
rate=262144
run usual "$TARGETS/growth 16 60" "$OUT/usual.pb.gz"
check usual "$OUT/usual.pb.gz" "$OUT/growth.out"
rate=1
run "every change" "$TARGETS/growth 4 60" "$OUT/every.pb.gz" --rate 1
check "every change" "$OUT/every.pb.gz" "$OUT/growth.out"
rate=16384
gcc -O1 -fno-inline -fno-optimize-sibling-calls -static -D_GNU_SOURCE -pthread -o "$OUT/static" tests/targets/growth.c
run static "$OUT/static 16 60" "$OUT/static.pb.gz" --rate $rate
check static "$OUT/static.pb.gz" "$OUT/growth.out"

"${GO:-go}" build -o "$OUT/grow" tests/targets/lang/growth.go
run Go "$OUT/grow 60" "$OUT/go.pb.gz"
near "Go: main.grow, MiB" "$(awk -v b="$(cum "$OUT/go.pb.gz" growth_space main.grow -unit=B | tr -d B)" 'BEGIN { printf "%.1f\n", b / 1048576 }')" 64 4

# From its exec on, and all of the machine: the process is one of many.
rate=16384
prof heap --growth --rate $rate -o "$OUT/command.pb.gz" --stats "$OUT/command.json" -- "$TARGETS/growth" 16
cp "$OUT/prof.out" "$OUT/command.out"
is "command: exit status" "$status" 0
check command "$OUT/command.pb.gz" "$OUT/command.out"
prof_start heap --growth -a -o "$OUT/all.pb.gz" --stats "$OUT/all.json" 60
sleep 2
"$TARGETS/growth" 16 > "$OUT/all.out"
kill -INT "$prof_pid"
prof_wait
rate=262144
check all "$OUT/all.pb.gz" "$OUT/all.out"

rate=16384
# Each event is a sample of its own, and the sums stay exact.
prof heap --growth --samples --rate $rate -o "$OUT/samples.pb.gz" --stats "$OUT/samples.json" -- "$TARGETS/growth" 4
check samples "$OUT/samples.pb.gz" "$OUT/prof.out"
is "samples: bytes of --stats and of the profile" "$(figure "$OUT/samples.json" growth.bytes)" \
	"$(grown "$OUT/samples.pb.gz")"

prof heap --growth -t 1 1
is "threads are refused: exit status" "$status" 2
prof cpu --growth -a 1
is "cpu --growth is refused: exit status" "$status" 2
