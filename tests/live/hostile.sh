#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Unwind tables and stacks that are not true, and files that change while they are mapped: never a crash
# or a hang; what cannot be walked says why, and the frames in front of that are right.
# needs: root bpf btf perf-software perf-all-cpus python3 go x86_64
# timeout: 180
. tests/live/lib.sh
rate=1999

# From lie_NAME: fewest and most frames of it, and how the stack must end then.
lie() { # NAME FEWEST MOST END-REGEX
	prof cpu -F $rate --user-only -o "$OUT/lie.folded" --stats "$OUT/lie.json" -- "$TARGETS/lies" 0.5 "$1"
	is "lie $1: exit status" "$status" 0
	at_least "lie $1: samples" "$(figure "$OUT/lie.json" samples)" 200
	is "lie $1: whole samples lost" "$(lost "$OUT/lie.json")" 0
	# Its own first instructions, and its caller, are true.
	at_least "lie $1: its frames, and the end says why" "$(awk -v least="$2" -v most="$3" \
		-v regex="^lies;\\[end: ($4)\\](;lie_$1)+ [0-9]+\$" '{ all += $NF }
		$0 ~ regex { cnt = gsub(/;lie_/, ""); if (cnt >= least && cnt <= most) part += $NF }
		END { printf "%.2f\n", all ? 100 * part / all : 0 }' "$OUT/lie.folded")" 90
	at_most "lie $1: is called complete" "$(figure "$OUT/lie.json" complete.share)" 0.1
}
for name in flat down; do lie $name 1 1 'bad frame'; done
lie far 1 1 'unreadable stack'
for name in odd broken; do lie $name 1 1 'no unwind rule'; done
lie zero 1 1 'zero return address'
lie wild 1 1 'bad return address'
lie data 1 1 'not code|bad return address'
lie ring 3 3 'bad frame'
lie chain 3 3 'no frame pointer'
lie endless 1023 1024 'too deep'
lie signal 1023 1024 'too deep'

# The stacks of nofp: all frames, or the innermost ones behind an end that says why.
leaf='(f_[abc]|\[nofp-headless\]);?.* [0-9]+$'
right="^[^;]*;(_start;[^;]*;([^;]*;)?main;|\[end: [^]]*\];(main;)?)(timed;)?$leaf"
for how in noise ones zeros huge short back flips headless; do
	python3 tests/live/spoil.py $how "$TARGETS/nofp" "$OUT/nofp-$how"
	prof cpu -F $rate --user-only -o "$OUT/$how.folded" --stats "$OUT/$how.json" -- "$OUT/nofp-$how" 0.5
	is "tables of $how: exit status" "$status" 0
	at_least "tables of $how: samples" "$(figure "$OUT/$how.json" samples)" 300
	is "tables of $how: whole samples lost" "$(lost "$OUT/$how.json")" 0
	at_least "tables of $how: the leaf is right" \
		"$(folded_share "$OUT/$how.folded" ";(f_[abc]|\\[nofp-headless\\]) [0-9]+\$")" 95
	at_least "tables of $how: no frame is wrong" "$(folded_share "$OUT/$how.folded" "$right")" 95
done

# Files that change while their code runs.
for how in truncate noise rename; do
	for when in 0 400; do
		case="a file, $how after $when ms"
		start replaced 1.2 "$OUT" $how $when
		prof cpu -F $rate -p "$pid" --user-only -o "$OUT/replaced.folded" --stats "$OUT/replaced.json" 0.8
		is "$case: exit status" "$status" 0
		is "$case: whole samples lost" "$(lost "$OUT/replaced.json")" 0
		at_least "$case: the leaf is its function or the file" \
			"$(folded_share "$OUT/replaced.folded" ';(f_remap_a|\[replaced-[0-9]*\.so\]) [0-9]+$')" 90
		at_least "$case: its callers" "$(folded_share "$OUT/replaced.folded" '^replaced;_start;([^;]*;)*main;f_caller(;| )')" 95
		finish
		is "$case: the program ended well" "$?" 0
	done
done

# Another program takes the name of a running one: its code and its tables are those of the old file.
for when in before during; do
	cp "$TARGETS/nofp" "$OUT/program"
	"$OUT/program" 10 > "$OUT/program.out" &
	program=$!
	lib_pids+=($program)
	wait_until 10 grep -q ready "$OUT/program.out"
	cp "$TARGETS/cxx" "$OUT/other"
	[[ $when == during ]] || mv "$OUT/other" "$OUT/program"
	prof_start cpu -F $rate -p $program --user-only -o "$OUT/program.folded" --stats "$OUT/program.json" 0.8
	sleep 0.5
	[[ $when == before ]] || mv "$OUT/other" "$OUT/program"
	prof_wait
	is "a program, replaced $when: exit status" "$status" 0
	at_least "a program, replaced $when: its whole stacks" "$(folded_share "$OUT/program.folded" "^program;_start;([^;]*;)*main;(timed;)?(f_[abc]|clock_gettime)")" 98
	kill $program
done
