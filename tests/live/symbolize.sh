#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Captures with --symbolize none, which `ebprof symbolize` names later: by the files as they are then.
# needs: root bpf btf perf-software python3 go kallsyms mountns setpriv gcc
# timeout: 240
. tests/live/lib.sh
rate=1999

# none NAME COMMAND...: captures addresses of a command, $OUT/NAME.pb.gz.
none() {
	local name=$1
	shift
	prof cpu --symbolize none -F $rate -o "$OUT/$name.pb.gz" -- "$@" > /dev/null
	is "$name: captured" "$status" 0
	cp "$OUT/$name.pb.gz" "$OUT/$name.bare"
}

# What the file itself says; pprof would name it too.
bare_names() { # FILE
	raw_alone "$1" | sed -nE '/^Locations/,/^Mappings/s/^ *[0-9]+: 0x[0-9a-f]+ M=[0-9]+ (.+) [^ ]*:[0-9]+:[0-9]+ s=.*/\1/p' | sort -u
}

raw_alone() { # FILE
	$PPROF -raw -symbolize=none "$1" 2> "$OUT/pprof.err"
}

# The line of a file in the table of mappings.
mapping_line() { # FILE SUFFIX
	raw_alone "$1" | sed '1,/^Mappings/d' | grep -E "$2( |\$)" | head -n 1
}

# later NAME ARGUMENT...: names $OUT/NAME.pb.gz.
later() {
	local name=$1
	shift
	prof symbolize "$@" "$OUT/$name.pb.gz"
}

says() { # CASE REGEX
	has "$1" "$(tail -n 1 "$OUT/prof.err")" "$2"
}

flags='\[.*FLI'
for name in shares nopie cxx; do
	none $name "$TARGETS/$name" 0.8
	is "$name: none of its names is there" "$(bare_names "$OUT/$name.pb.gz" | grep -v '^\[')" ""
	lacks "$name: no flag is set" "$(mapping_line "$OUT/$name.pb.gz" "/$name")" "$flags|\[FN\]"
	later $name
	is "$name: named" "$status" 0
	read -r named all < <(sed -nE 's/.*named ([0-9]+) of ([0-9]+) addresses.*/\1 \2/p' "$OUT/prof.err")
	at_least "$name: its addresses" "${all:-0}" 20
	is "$name: all of them" "${named:-}" "${all:-0}"
	[[ $name == cxx ]] || shares_are "$name" "$OUT/$name.pb.gz"
	has "$name: it has functions, the kernel too" "$(raw_alone "$OUT/$name.pb.gz" | sed '1,/^Mappings/d')" \
		"/$name [0-9a-f]+ \[FN\].*\[kernel.kallsyms\]_text [0-9a-f]+ \[FN\]"
	is "$name: every location has a name" "$(raw_alone "$OUT/$name.pb.gz" |
		sed -n '/^Locations/,/^Mappings/p' | grep -cE 'M=[0-9]+ *$')" 0
	cp "$OUT/$name.pb.gz" "$OUT/once"
	later $name
	says "$name: a second time needs nothing" 'needs nothing'
	is "$name: the same bytes" "$(cksum < "$OUT/$name.pb.gz")" "$(cksum < "$OUT/once")"
done
has "C++ names are demangled" "$(bare_names "$OUT/cxx.pb.gz")" 'app::burn'
# As a capture of the same program with names.
prof cpu -F $rate -o "$OUT/normal.pb.gz" -- "$TARGETS/shares" 0.8 > /dev/null
for name in normal shares; do
	bare_names "$OUT/$name.pb.gz" | grep -E '^(main|timed|f_[abc]|target_.*|_start|__libc_start.*)$' > "$OUT/$name.names"
done
at_least "names of a usual capture" "$(wc -l < "$OUT/normal.names")" 5
is "the same names as a usual capture" "$(comm -3 "$OUT/normal.names" "$OUT/shares.names" |
	grep -vE '__libc_start|^.?_start|target_')" ""

# Lines and inlined functions; then the program is stripped, is away, is another one.
build() { # NAME FLAGS...
	local to=$1
	shift
	gcc -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -fno-optimize-sibling-calls "$@" -o "$OUT/$to" \
		tests/targets/shares.c -pthread -ldl
}
build whole -Wl,--build-id
none whole "$OUT/whole" 0.8
cp "$OUT/whole.bare" "$OUT/away.pb.gz"
later whole
has "lines" "$(raw_alone "$OUT/whole.pb.gz")" ' f_a /[^ ]*/tests/targets/shares.c:[1-9]'
has "inlined functions: several lines of one location" "$(raw_alone "$OUT/whole.pb.gz")" \
	$'M=[0-9]+ target_cpu_ns [^\n]*\n +f_[abc] '
has "flags of lines and inlined functions" "$(mapping_line "$OUT/whole.pb.gz" /whole)" '\[FN\]\[FL\]\[LN\]\[IN\]'
id=$(readelf -n "$OUT/whole" | sed -n 's/^ *Build ID: //p')
mkdir -p "$OUT/ids/.build-id/${id:0:2}"
objcopy --only-keep-debug "$OUT/whole" "$OUT/ids/.build-id/${id:0:2}/${id:2}.debug"
mv "$OUT/whole" "$OUT/whole.away"
later away
says "away: counted" 'missing_file 1 \([^ ]*/whole\).*--debug-dir'
is "away: no name of it" "$(bare_names "$OUT/away.pb.gz" | grep -cE '^(f_[abc]|\[whole\])$')" 0
lacks "away: no flag of it" "$(mapping_line "$OUT/away.pb.gz" /whole)" '\[FN\]'
later away --debug-dir "$OUT/ids"
shares_are "away, by its debug file" "$OUT/away.pb.gz"
has "away: inlined functions, by its debug file" "$(mapping_line "$OUT/away.pb.gz" /whole)" '\[FN\]\[FL\]\[LN\]\[IN\]'
cp "$OUT/whole.bare" "$OUT/replaced.pb.gz"
build whole -Wl,--build-id -O2 -DANOTHER=1
later replaced
says "replaced: counted" 'mismatched_file 1 \([^ ]*/whole\)'
is "replaced: no name of it" "$(bare_names "$OUT/replaced.pb.gz" | grep -cE '^(f_[abc]|timed|main|\[whole\])$')" 0
mkdir -p "$OUT/root$(realpath "$OUT")"
cp "$OUT/whole.away" "$OUT/root$(realpath "$OUT")/whole"
later replaced --debug-dir "$OUT/root"
shares_are "replaced, but kept below a directory" "$OUT/replaced.pb.gz"

# Stripped: [FILE] for now; when its debug file turns up, names.
strip -o "$OUT/bare" "$OUT/whole.away"
none bare "$OUT/bare" 0.8
later bare
at_least "stripped: [bare]" "$(share "$OUT/bare.pb.gz" '[bare]' -cum)" 90
later bare --debug-dir "$OUT/ids"
shares_are "stripped, the debug file comes later" "$OUT/bare.pb.gz"
prof cpu -F $rate -o "$OUT/usual.pb.gz" -- "$OUT/bare" 0.8 > /dev/null
later usual --debug-dir "$OUT/ids"
shares_are "stripped, a usual capture, the debug file comes later" "$OUT/usual.pb.gz"

# Without a build ID: path, size and time.
build noid -Wl,--build-id=none
none noid "$OUT/noid" 0.8
has "no build ID: size and time are noted" "$($PPROF -comments "$OUT/noid.pb.gz" 2> /dev/null)" \
	"# file without build ID: size $(stat -c %s "$OUT/noid") mtime $(stat -c %.9Y "$OUT/noid") $(realpath "$OUT/noid")"
cp -p "$OUT/noid" "$OUT/noid.kept"
touch "$OUT/noid"
later noid
says "no build ID, another time: counted" 'mismatched_file 1 \([^ ]*/noid\)'
is "no build ID, another time: no name of it" "$(bare_names "$OUT/noid.pb.gz" | grep -cE '^(f_[abc]|main)$')" 0
{ cat "$OUT/noid.kept"; echo; } > "$OUT/noid"
touch -r "$OUT/noid.kept" "$OUT/noid"
later noid
says "no build ID, another size: counted" 'mismatched_file 1 \([^ ]*/noid\)'
rm "$OUT/noid"
cp -p "$OUT/noid.kept" "$OUT/noid"
later noid
has "no build ID: what it is known by is said" "$(< "$OUT/prof.err")" 'known by path, size and time alone: 1 files \([^ ]*/noid\)'
shares_are "no build ID" "$OUT/noid.pb.gz"

# Go: functions and lines, with symbols and without.
tail -n +3 tests/live/inlined.go > "$OUT/burn.go" # its lines are known below
for flags in '' '-s -w'; do
	(cd "$OUT" && GOTOOLCHAIN=local GOFLAGS= GO111MODULE=off "${GO:-go}" build -ldflags="$flags" -o burn burn.go)
	none burn "$OUT/burn"
	later burn
	at_least "Go '$flags': the function" "$(share "$OUT/burn.pb.gz" main.spin -cum)" 95
	at_least "Go '$flags': the method inlined in it" "$(share "$OUT/burn.pb.gz" 'main.(*T).M' -cum)" 40
	has "Go '$flags': lines" "$(raw_alone "$OUT/burn.pb.gz")" ' main.spin /[^ ]*/burn.go:18'
done

# What cannot wait is named at once: code that the program made.
none jit "$TARGETS/jit" 0.8
shares_are "code that a program made is named at once" "$OUT/jit.pb.gz"
has "its mapping says so" "$(mapping_line "$OUT/jit.pb.gz" //anon)" '\[FN\]'
lacks "the program's does not" "$(mapping_line "$OUT/jit.pb.gz" /jit)" '\[FN\]'

if skip_unless raw_tp "BPF programs, which go with this boot, are named at once"; then
	"$BUILD/tests/live/storm" > "$OUT/storm.out" 2>&1 &
	storm=$!
	lib_pids+=($storm)
	prof cpu -a --kernel-only --symbolize none -F $rate -o "$OUT/bpf.pb.gz" 2 > /dev/null
	kill $storm
	has "BPF programs, which go with this boot, are named at once" "$(bare_names "$OUT/bpf.pb.gz")" 'bpf_prog_[0-9a-f]+_storm'
	lacks "the kernel's own functions wait" "$(bare_names "$OUT/bpf.pb.gz")" 'do_syscall_64'
fi

none vdso "$TARGETS/vdso" 0.8
prof symbolize "$OUT/vdso.pb.gz" -o "$OUT/vdso.folded"
at_least "vdso: its functions" "$(folded_share "$OUT/vdso.folded" '(clock_gettime|vdso)[^;]* [0-9]+$')" 20
none kernel "$TARGETS/kernshare" 0.8
later kernel
at_least "kernel: its functions" "$(share "$OUT/kernel.pb.gz" ksys_read -cum)" 30

# A file of another mount namespace, which is below a directory now.
mkdir -p "$OUT/elsewhere" "$OUT/image$(realpath "$OUT")/elsewhere"
cp "$TARGETS/shares" "$OUT/image$(realpath "$OUT")/elsewhere/hermit"
# shellcheck disable=SC2016
none hermit unshare -m bash -c 'mount -t tmpfs none "$1" && cp "$2" "$1/hermit" && exec "$1/hermit" 0.8' - \
	"$OUT/elsewhere" "$TARGETS/shares"
later hermit
says "another mount namespace: not found here" 'missing_file 1 \([^ ]*/hermit\)'
later hermit --debug-dir "$OUT/image"
at_least "another mount namespace: named" "$(share "$OUT/hermit.pb.gz" f_a -cum)" 30

# Without rights: files that one can read; the kernel hides its addresses.
nobody=$(mktemp -d /tmp/ebprof-nobody.XXXXXX)
at_exit "rm -rf $nobody"
cp "$EBPROF" "$TARGETS/shares" "$nobody"
chmod 755 "$nobody"
prof cpu --symbolize none -F $rate -o "$nobody/x.pb.gz" -- "$nobody/shares" 0.8 > /dev/null
chown -R 65534:65534 "$nobody"
setpriv --reuid 65534 --regid 65534 --clear-groups "$nobody/ebprof" symbolize "$nobody/x.pb.gz" 2> "$OUT/nobody.err"
is "as nobody: exit status" $? 0
shares_are "as nobody" "$nobody/x.pb.gz"
if [[ $(setpriv --reuid 65534 --clear-groups head -n 1 /proc/kallsyms) == 0000000000000000* ]]; then
	has "as nobody: why the kernel has no names" "$(< "$OUT/nobody.err")" "hides its addresses.*other_kernel [1-9]"
	cp "$nobody/x.pb.gz" "$OUT/nobody.pb.gz"
	later nobody
	has "root names the kernel after it" "$(bare_names "$OUT/nobody.pb.gz")" '(^|[^a-z])(do_syscall_64|asm_[a-z_]+)'
fi
