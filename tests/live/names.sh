#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does every kind of code get its name, and what has none a frame that says so?
# needs: root bpf btf perf-software python3 go kallsyms mountns
# timeout: 200
. tests/live/lib.sh
rate=1999

# The file and the build ID of the mapping whose file name ends so.
mapping_of() { # FILE SUFFIX
	raw "$1" | sed '1,/^Mappings/d' | awk -v suffix="$2" \
		'substr($3, length($3) - length(suffix) + 1) == suffix { print $3, $4; exit }'
}

build_id() { # ELF-FILE
	readelf -n "$1" 2> /dev/null | sed -n 's/^ *Build ID: //p'
}

for name in shares nopie; do
	prof cpu -F $rate -o "$OUT/$name.pb.gz" -- "$TARGETS/$name" 0.8
	shares_are "$name" "$OUT/$name.pb.gz"
	is "$name: file and build ID of its mapping" "$(mapping_of "$OUT/$name.pb.gz" "/$name")" \
		"$(realpath "$TARGETS/$name") $(build_id "$TARGETS/$name")"
	is "$name: every function has a name" "$(names "$OUT/$name.pb.gz" | grep -cE '^ *$|^0x')" 0
	has "$name: main is there" "$(names "$OUT/$name.pb.gz")" $'(^|\n)main($|\n)'
done
has "libc: the build ID of its mapping" "$(mapping_of "$OUT/shares.pb.gz" /libc.so.6)" \
	" $(build_id "$(ldd "$TARGETS/shares" | awk '/libc.so.6/ { print $3 }')")\$"

# Without lines there is no source to show; least of all the program itself.
$PPROF -list '^f_a$' "$OUT/shares.pb.gz" > "$OUT/list" 2> "$OUT/list.err"
has "pprof -list knows the function" "$(< "$OUT/list")" ' f_a($|[^a-z])'
is "pprof -list shows no ELF file" "$(grep -ac ELF "$OUT/list")" 0
at_most "pprof -list shows no file" "$(wc -l < "$OUT/list")" 12

prof cpu -F $rate -o "$OUT/stripped.pb.gz" -- "$TARGETS/stripped" 0.8
at_least "stripped: its addresses are [stripped]" "$(share "$OUT/stripped.pb.gz" '[stripped]')" 95
is "stripped: no function is made up" "$(names "$OUT/stripped.pb.gz" | grep -cE '^(f_[abc]|timed)$')" 0

# The same when its symbols are in a debug file, by build ID and by name; never those of another program.
id_path() { # DIR ID
	mkdir -p "$1/.build-id/${2:0:2}"
	echo "$1/.build-id/${2:0:2}/${2:2}.debug"
}
if ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -fno-optimize-sibling-calls \
	-o "$OUT/whole" tests/targets/shares.c -pthread -ldl; then
	id=$(build_id "$OUT/whole")
	objcopy --only-keep-debug "$OUT/whole" "$OUT/whole.debug"
	strip -o "$OUT/bare" "$OUT/whole"
	mkdir -p "$OUT/ids" "$OUT/none" "$OUT/linked" "$OUT/named$OUT/linked"
	cp "$OUT/whole.debug" "$(id_path "$OUT/ids" "$id")"
	prof cpu -F $rate -o "$OUT/no_file.pb.gz" -- "$OUT/bare" 0.6
	is "no debug file: no function" "$(names "$OUT/no_file.pb.gz" | grep -cE '^(f_[abc]|timed)$')" 0
	prof cpu -F $rate --debug-dir "$OUT/none" --debug-dir "$OUT/ids" -o "$OUT/by_id.pb.gz" -- "$OUT/bare" 0.8
	shares_are "debug file by build ID" "$OUT/by_id.pb.gz"
	cp "$OUT/bare" "$OUT/linked/bare"
	(cd "$OUT" && objcopy --add-gnu-debuglink=whole.debug linked/bare)
	cp "$OUT/whole.debug" "$OUT/named$(realpath "$OUT")/linked"
	prof cpu -F $rate --debug-dir="$OUT/named" -o "$OUT/by_link.pb.gz" -- "$OUT/linked/bare" 0.8
	shares_are "debug file by name, below --debug-dir" "$OUT/by_link.pb.gz"
	cp "$OUT/whole.debug" "$OUT/linked"
	prof cpu -F $rate -o "$OUT/beside.pb.gz" -- "$OUT/linked/bare" 0.8
	shares_are "debug file by name, beside the program" "$OUT/beside.pb.gz"
	echo >> "$OUT/linked/whole.debug"
	objcopy --only-keep-debug "$TARGETS/cxx" "$(id_path "$OUT/wrong" "$id")"
	prof cpu -F $rate --debug-dir "$OUT/wrong" -o "$OUT/wrong.pb.gz" --stats "$OUT/wrong.json" -- "$OUT/linked/bare" 0.6
	at_least "wrong debug files: not used" "$(share "$OUT/wrong.pb.gz" '[bare]')" 95
	is "wrong debug files: counted" "$(figure "$OUT/wrong.json" lost.mismatched_file)" 1
	nm --format=posix "$OUT/whole" | awk '$2 ~ /[tT]/ { print $1 }' > "$OUT/keep"
	objcopy -S --keep-symbols="$OUT/keep" "$OUT/whole.debug" "$OUT/mini" && xz -k "$OUT/mini" &&
		cp "$OUT/bare" "$OUT/with_mini" && objcopy --add-section .gnu_debugdata="$OUT/mini.xz" "$OUT/with_mini"
	prof cpu -F $rate -o "$OUT/with_mini.pb.gz" -- "$OUT/with_mini" 0.8
	shares_are "symbols in .gnu_debugdata" "$OUT/with_mini.pb.gz"
fi

prof cpu -F $rate -o "$OUT/cxx.pb.gz" -- "$TARGETS/cxx" 0.8
has "C++: a method of a template" "$(names "$OUT/cxx.pb.gz")" $'(^|\n)app::burner(<int>)?::spin($|\n|\\()'
has "C++: a function in a namespace" "$(names "$OUT/cxx.pb.gz")" $'(^|\n)app::burn($|\n|\\()'
lacks "C++: no mangled name" "$(names "$OUT/cxx.pb.gz")" $'(^|\n)_Z'
prof cpu -F $rate --demangle full -o "$OUT/full.pb.gz" -- "$TARGETS/cxx" 0.5
has "C++: --demangle full" "$(names "$OUT/full.pb.gz")" $'(^|\n)app::burner<int>::spin\\('
prof cpu -F $rate --demangle none -o "$OUT/none.folded" -- "$TARGETS/cxx" 0.5
has "C++: --demangle none" "$(< "$OUT/none.folded")" '_ZN3app6burnerIi'
prof cpu --demangle short --demangle best -- true
is "--demangle of no known kind" "$status $(grep -c 'give short, full or none' "$OUT/prof.err")" "2 1"
share_is "C++: share" "$OUT/cxx.pb.gz" "$(names "$OUT/cxx.pb.gz" | grep -m 1 '^app::burn\($\|(\)')" 40 -cum

# Go, stripped: its lines, and what was inlined with the line of the call.
tail -n +3 tests/live/inlined.go > "$OUT/burn.go" # its lines are known below
for mode in exe pie; do
	(cd "$OUT" && GOTOOLCHAIN=local GOFLAGS= GO111MODULE=off "${GO:-go}" build -buildmode=$mode \
		-ldflags='-s -w' -o burn-$mode burn.go)
	prof cpu -F $rate -o "$OUT/burn.pb.gz" -- "$OUT/burn-$mode"
	at_least "Go, $mode: the function" "$(share "$OUT/burn.pb.gz" main.spin -cum)" 95
	at_least "Go, $mode: the method inlined in it" "$(share "$OUT/burn.pb.gz" 'main.(*T).M' -cum)" 40
	list=$($PPROF -list '^main\.' "$OUT/burn.pb.gz" 2> /dev/null)
	has "Go, $mode: the line of the call of what is inlined" "$list" '[1-9][0-9.]*m?s +18:[^.]*t\.n = t\.M'
	has "Go, $mode: its own line" "$list" '[1-9][0-9.]*m?s +12:[^.]*return x \^ x>>29'
	has "Go, $mode: the line of the call of a function" "$list" '[1-9][0-9.]*m?s +25:[^.]*spin\(t\)'
	lacks "Go, $mode: no line without work" "$list" '[1-9][0-9.]*m?s +23:'
	has "Go, $mode: inlined frames are marked" "$($PPROF -traces "$OUT/burn.pb.gz" 2> /dev/null)" \
		'main.mix \(inline\)[^a-z]+main.\(\*T\).M \(inline\)[^a-z]+main.spin[^(]+main.main'
done

prof cpu -F $rate -o "$OUT/vdso.pb.gz" -o "$OUT/vdso.folded" -- "$TARGETS/vdso" 0.8
at_least "vdso: functions of it by name" "$(folded_share "$OUT/vdso.folded" '(clock_gettime|vdso)[^;]* [0-9]+$')" 20
has "vdso: its mapping" "$(raw "$OUT/vdso.pb.gz")" ' \[vdso\] '
at_most "vdso: nothing of it is nameless" "$(folded_share "$OUT/vdso.folded" '\[(vdso|unmapped)\] [0-9]+$')" 1

prof cpu -F $rate -o "$OUT/kernel.pb.gz" -- "$TARGETS/kernshare" 0.8
for name in entry_SYSCALL_64_after_hwframe do_syscall_64 ksys_read vfs_read; do
	[[ $name != entry* || $(uname -m) == x86_64 ]] || continue
	at_least "kernel: $name" "$(share "$OUT/kernel.pb.gz" $name -cum)" 30
done
has "kernel: its mapping" "$(raw "$OUT/kernel.pb.gz")" ' \[kernel\.kallsyms\]_text '
is "kernel: its build ID" "$(mapping_of "$OUT/kernel.pb.gz" '[kernel.kallsyms]_text' | cut -d' ' -f2)" \
	"$(python3 -c 'import sys
notes = open("/sys/kernel/notes", "rb").read()
at = notes.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0")
print(notes[at + 16 : at + 36].hex())')"

# Files that cannot be had by their name.
start deleted 30 "$OUT"
wait_until 5 eval '! ls "$OUT"/deleted-* 2> /dev/null' > /dev/null
prof cpu -F $rate -p "$pid" -o "$OUT/deleted.pb.gz" 0.6
at_least "deleted: named" "$(share "$OUT/deleted.pb.gz" f_deleted -cum)" 95
is "deleted: its mapping" "$(mapping_of "$OUT/deleted.pb.gz" "/deleted-$pid")" \
	"$(realpath "$OUT")/deleted-$pid $(build_id "$TARGETS/deleted")"
prof cpu -F $rate -o "$OUT/deleted2.pb.gz" -- "$TARGETS/deleted" 0.6 "$OUT"
at_least "deleted during the capture: named" "$(share "$OUT/deleted2.pb.gz" f_deleted -cum)" 90

mkdir "$OUT/elsewhere"
: > "$OUT/elsewhere.out"
# shellcheck disable=SC2016
unshare -m bash -c 'mount -t tmpfs none "$1" && cp "$2" "$1/hermit" && exec "$1/hermit" 30' - \
	"$OUT/elsewhere" "$TARGETS/shares" > "$OUT/elsewhere.out" 2>&1 &
elsewhere=$!
lib_pids+=($elsewhere)
wait_until 10 grep -q ready "$OUT/elsewhere.out"
prof cpu -F $rate -p $elsewhere -o "$OUT/elsewhere.pb.gz" 0.8
shares_are "a file of another mount namespace" "$OUT/elsewhere.pb.gz"
is "a file of another mount namespace: its mapping" "$(mapping_of "$OUT/elsewhere.pb.gz" /hermit)" \
	"$(realpath "$OUT")/elsewhere/hermit $(build_id "$TARGETS/shares")"
is "a file of another mount namespace: not here" "$(ls "$OUT/elsewhere")" ""
kill $elsewhere
# The other program of that name must not lend its symbols.
cp "$TARGETS/cxx" "$OUT/elsewhere/hermit"
# shellcheck disable=SC2016
unshare -m bash -c 'mount -t tmpfs none "$1" && cp "$2" "$1/hermit" && exec "$1/hermit" 30' - \
	"$OUT/elsewhere" "$TARGETS/nopie" > "$OUT/elsewhere.out" 2>&1 &
elsewhere=$!
lib_pids+=($elsewhere)
wait_until 10 grep -q ready "$OUT/elsewhere.out"
prof cpu -F $rate -p $elsewhere -o "$OUT/elsewhere2.pb.gz" 0.8
shares_are "a file of another mount namespace, with a namesake here" "$OUT/elsewhere2.pb.gz"
kill $elsewhere

# Two files at one address: which it was is known, or said not to be known.
start remap 30
prof cpu -F $rate -p "$pid" -o "$OUT/remap.pb.gz" --stats "$OUT/remap.json" 1
cnt=$(samples "$OUT/remap.pb.gz")
remapped=$(share "$OUT/remap.pb.gz" '[remapped]' -cum)
one=$(share "$OUT/remap.pb.gz" f_remap_a -cum)
two=$(share "$OUT/remap.pb.gz" f_remap_b -cum)
near "remapped: either its own name or a frame that says so" "$(awk -v a="$one" -v b="$two" -v c="$remapped" 'BEGIN { print a + b + c }')" 100 8
near "remapped: none gets the other's name" "$one" "$two" "$(tolerance 50 "$cnt")"
at_least "remapped: counted" "$(figure "$OUT/remap.json" lost.remapped_frame)" "$(awk -v n="$cnt" -v c="$remapped" 'BEGIN { printf "%d\n", n * c / 100 }')"
kill "$pid"

if skip_unless compat32 "32-bit code"; then
	start spin32 9
	prof cpu -F $rate -p "$pid" -o "$OUT/spin32.pb.gz" -o "$OUT/spin32.folded" 0.6
	at_least "32-bit: the leaf" "$(folded_share "$OUT/spin32.folded" '(f_inner|\[spin32\]) [0-9]+$')" 90
	at_least "32-bit: callers, or the end says why there are none" \
		"$(folded_share "$OUT/spin32.folded" '_start;f_outer;f_inner|(\[spin32\];)+\[spin32\]|\[end: 32-bit\]')" 90
fi

# How walks end.
prof cpu -F $rate -o "$OUT/deep900.folded" -- "$TARGETS/deep" 0.5 900
f_deep_frames() { # FILE: in most of its samples
	sort -k1,1 "$1" | awk '/f_bottom [0-9]+$/ { n = gsub(/;f_deep/, ""); weight[n] += $NF }
	END { for (n in weight) if (weight[n] > weight[most]) most = n; print most }'
}
is "900 deep: all frames" "$(f_deep_frames "$OUT/deep900.folded")" 900
at_least "900 deep: from main on" "$(folded_share "$OUT/deep900.folded" ';main;f_deep;f_deep')" 95
is "900 deep: not too deep" "$(grep -c 'too deep' "$OUT/deep900.folded")" 0
prof cpu -F $rate -o "$OUT/deep1100.folded" -- "$TARGETS/deep" 0.5 1100
at_least "1,100 deep: the last frame says so" "$(folded_share "$OUT/deep1100.folded" '^[^;]*;\[end: too deep\];f_deep;')" 95
at_least "1,100 deep: the rest is there" "$(f_deep_frames "$OUT/deep1100.folded")" 1020
at_most "1,100 deep: and not more" "$(f_deep_frames "$OUT/deep1100.folded")" 1024
prof cpu -F $rate --max-stack 10 -o "$OUT/deep10.folded" -- "$TARGETS/deep" 0.5
at_least "--max-stack: the last frame says so" "$(folded_share "$OUT/deep10.folded" '^[^;]*;\[end: too deep\];f_deep;')" 95
at_most "--max-stack: 10 frames" "$(f_deep_frames "$OUT/deep10.folded")" 10

prof cpu -F $rate -o "$OUT/nofp.folded" -o "$OUT/nofp.pb.gz" --stats "$OUT/nofp.json" -- "$TARGETS/nofp" 0.8
at_least "no frame pointers: the leaf is right" "$(folded_share "$OUT/nofp.folded" ';f_[abc] [0-9]+$')" 90
at_least "no frame pointers: from _start on" "$(folded_share "$OUT/nofp.folded" '^nofp;_start;.*;main;(timed;)?f_[abc] [0-9]+$')" 90
at_least "no frame pointers: --stats says so" "$(figure "$OUT/nofp.json" complete.share)" 0.9
shares_are "no frame pointers" "$OUT/nofp.pb.gz"
# Neither frame pointers nor tables: nothing tells the caller.
prof cpu -F $rate -o "$OUT/notables.folded" --stats "$OUT/notables.json" -- "$TARGETS/notables" 0.8
at_least "nothing to walk by: the last frame says so" "$(folded_share "$OUT/notables.folded" '^notables;\[end: [^]]*\];')" 90
at_least "nothing to walk by: the leaf is right" "$(folded_share "$OUT/notables.folded" ';f_[abc](;[^;]*_\[k\])* [0-9]+$')" 90
at_most "nothing to walk by: --stats says so" "$(figure "$OUT/notables.json" complete.share)" 0.1
