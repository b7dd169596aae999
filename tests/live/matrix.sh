#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do user stacks reach their roots, whatever code they go through? Each program is captured from its
# first instruction on: at least 500 samples (1,000 and more when nothing else runs), the share that --stats
# says to be complete, and by another reader where the stacks end. The goal is 99.5 % from half a second
# on; before that there are samples for which a copy of the top of the stack is all there is, until the
# tables are made.
# needs: root bpf btf perf-software perf-all-cpus python3 go x86_64
# timeout: 300
. tests/live/lib.sh
rate=1999
lang=tests/targets/lang
seconds=1.5 # of each program
steady=500  # ms
goal=99.5

# One line of figures.
figures() { # NAME
	roots "$OUT/$1.pb.gz" | awk -v name="$1" -v share="$complete" -v later="$later" \
		-v cnt="$(figure "$OUT/$1.json" samples)" '
	NR <= 3 { sub(/ in .*/, ""); what = $0; sub(/^[a-z]+ [0-9]+ /, "", what)
		ends = ends sprintf("%s%s%s %d", NR > 1 ? ", " : "", $1 == "odd" ? "odd " : "", what, $2) }
	END { printf "# %s: %d samples, %.2f %% complete, %.2f %% later, ends %s\n", name, cnt, share, later, ends }'
}

# Runs a command under ebprof: $complete is the share of complete stacks, $later that of the roots after
# the start, in percent.
capture() { # NAME COMMAND...
	local name=$1 file=$OUT/$1
	shift
	prof cpu -F $rate --slice $steady -o "$file.pb.gz" -o "$file.folded" --stats "$file.json" -- "$@" > /dev/null
	complete=$(awk -v share="$(figure "$file.json" complete.share)" 'BEGIN { printf "%.2f\n", 100 * share }')
	later=$(roots_share "$file.pb.gz" '^root ' $steady)
	figures "$name"
	at_least "$name: samples" "$(figure "$file.json" samples)" 500
	is "$name: whole samples lost" "$(lost "$file.json")" 0
}

# The stacks of a command are complete, and those that are end where stacks begin.
whole() { # NAME SHARE COMMAND...: the share that the program's start leaves of it
	local name=$1 want=$2
	shift 2
	capture "$name" "$@"
	at_least "$name: complete" "$complete" "$want"
	at_least "$name: complete, after the start" "$later" "$goal"
	# A stack that is not complete says so: both readers see the same ones.
	near "$name: roots and complete stacks" "$(roots_share "$OUT/$name.pb.gz" '^root ')" "$complete" 0.2
}

chain() { # CASE NAME REGEX [SHARE]: of all samples
	at_least "$1" "$(folded_share "$OUT/$2.folded" "$3")" "${4:-96}"
}

built() { # NAME COMMAND...: what is built for the test alone
	local name=$1
	shift
	"$@" > "$OUT/$name.log" 2>&1 && return
	not_ok "$name: built" "$(tail -n 3 "$OUT/$name.log")"
	return 1
}

# C and C++ without frame pointers: here the whole chain is known.
whole staticpie 98 "$TARGETS/staticpie" $seconds
chain "staticpie: from _start on" staticpie '^staticpie;_start;.*;main;(timed;)?(f_[abc]|target_over|\[vdso\]|clock_gettime|__vdso_)'
whole vdso 98 "$TARGETS/vdsonofp" $seconds
chain "vdso: called by f_clock" vdso ';main;f_clock(;| )'
at_least "vdso: some of it is there" "$(folded_share "$OUT/vdso.folded" ';f_clock;.*(vdso|clock_gettime)')" 30
whole threads 98 "$TARGETS/threadsnofp" $seconds
chain "threads: from worker_main on" threads ';worker_main(;| )'
at_least "threads: they begin in clone3" "$(roots_share "$OUT/threads.pb.gz" '^root [0-9]+ clone')" 96
whole handlers 98 "$TARGETS/handlers" $seconds
for name in f_handler f_alternate; do
	at_least "handlers: samples in $name" "$(folded_share "$OUT/handlers.folded" ";$name(;| )")" 10
	grep -E ";$name(;| )" "$OUT/handlers.folded" > "$OUT/$name.folded"
	chain "handlers: through the signal frame, from $name to main" $name ';main;f_outer;f_work;'
done
at_least "handlers: one in the other" \
	"$(folded_share "$OUT/handlers.folded" ';f_work;.*;f_(handler;.*f_alternate|alternate;.*f_handler)')" 1
# To go to a handler libgcc copies the registers of the handler's frame over those that
# _Unwind_RaiseException and _Unwind_Resume saved of their own callers, and changes to its stack.
whole throws 98 "$TARGETS/throws" $seconds
chain "throws: in the C++ runtime, from main on" throws ';main;f_catch(;| )' 95
five=$(printf ';f_through;f_across%.0s' {1..5})
at_least "throws: ten deep" "$(folded_share "$OUT/throws.folded" ";f_catch$five;f_throw;")" 25
# f_throw is called by the tenth, and only a function that goes to a handler by one of the others.
rest='(;(f[^_;]|[^f;])[^;]*)*'
some=$(printf '(;f_through;f_across)?%.0s' {1..5})'(;f_through)?'
right=";main;f_catch($rest|$some(;_Unwind_R(esume|aiseException)[^;]*$rest|(;[^;]*_\[k\])*)|$five;f_throw$rest) [0-9]+\$"
at_least "throws: frames in their order" "$(folded_share "$OUT/throws.folded" "$right")" \
	"$(folded_share "$OUT/throws.folded" ';main;f_catch(;| )' | awk '{ print $1 - 0.2 }')"

# Recursion: all of 900 frames, and of 1,100 as many as may be.
whole deep900 96 "$TARGETS/deepnofp" $seconds 900
at_least "900 deep: all frames, from _start on" "$(deep_share "$OUT/deep900.folded" 900 '^deepnofp;_start;[^;]*;.*;main;f_deep;')" 95
at_least "900 deep: always, after the start" "$later" 100
capture deep1100 "$TARGETS/deepnofp" $seconds 1100
# The leaf is a frame too.
at_least "1,100 deep: the first 1,024 frames, and an end that says so" \
	"$(deep_share "$OUT/deep1100.folded" 1023 '^deepnofp;\[end: too deep\];f_deep;')" 90
is "1,100 deep: it is said once a stack" "$(grep -c 'too deep.*too deep' "$OUT/deep1100.folded")" 0
is "1,100 deep: and counted" "$(figure "$OUT/deep1100.json" 'complete.ends.too deep')" \
	"$(roots "$OUT/deep1100.pb.gz" | sed -n 's/^end \([0-9]*\) .end: too deep.$/\1/p')"
at_most "1,100 deep: complete" "$complete" 2

# Programs as they are installed.
PYTHON=$(python3 -c 'import sys; print(sys.executable)')
whole python3 98 "$PYTHON" $lang/burn.py $seconds
whole bash 98 bash $lang/burn.sh $seconds
# Each child is a new process, which ends before anybody has met it.
goal=98.5 whole bash-children 98 bash $lang/burn.sh $seconds children
skip_unless perl perl && whole perl 98 perl $lang/burn.pl $seconds
if skip_unless xz xz; then
	for _ in 1 2 3 4 5 6 7 8 9 10; do cat "$EBPROF"; done > "$OUT/data"
	whole xz 98 timeout $seconds xz -T1 -c "$OUT/data"
fi
if skip_unless clang clang; then
	printf '#include <%s>\n' regex map string iostream > "$OUT/many.cc"
	echo 'int main(int c, char **v) { return std::regex_match(v[0], std::regex("a*b")); }' >> "$OUT/many.cc"
	# Its libraries have 1.8 million rows.
	whole clang 90 timeout 2 clang++ -O3 -c -o "$OUT/many.o" "$OUT/many.cc"
fi
if skip_unless openssl openssl; then
	whole sha256 98 openssl speed -seconds 2 -evp sha256 -bytes 8192
	whole aes-256-cbc 98 openssl speed -seconds 2 -evp aes-256-cbc -bytes 8192
	whole rsa2048 98 openssl speed -seconds 1 rsa2048
	whole ecdsap256 98 openssl speed -seconds 1 ecdsap256
fi
if skip_unless rustc rust && built rust rustc -O -o "$OUT/burn-rust" $lang/burn.rs; then
	whole rust 98 "$OUT/burn-rust" $seconds
fi

# Programs that make code while they run, or have tables of their own.
if skip_unless node node; then
	whole node 98 node $lang/burn.js $seconds
	at_least "node: frames of no file" "$(folded_share "$OUT/node.folded" ';\[(anon|jit)[^;]*\](;| )')" 20
fi
if skip_unless java java && built java javac -d "$OUT" $lang/Burn.java; then
	whole java-interpreted 98 java -Xint -cp "$OUT" Burn $seconds
	whole java-fp 98 java -XX:+PreserveFramePointer -cp "$OUT" Burn $seconds
	# The code that it compiles uses rbp for other things: only that a stack says so.
	capture java java -cp "$OUT" Burn $seconds
	at_most "java: stacks that end anywhere and do not say so" "$(roots_share "$OUT/java.pb.gz" '^odd ')" 1
fi
go_build=(env GOFLAGS=-buildvcs=false GO111MODULE=off "${GO:-go}" build)
if built go "${go_build[@]}" -o "$OUT/burn-go" $lang/burn.go; then
	whole go 98 "$OUT/burn-go" $seconds
	at_least "go: goroutines begin in goexit" "$(roots_share "$OUT/go.pb.gz" 'runtime\.goexit')" 30
fi
if skip_unless cgo cgo && built cgo "${go_build[@]}" -o "$OUT/burn-cgo" $lang/burn_cgo.go; then
	# A walk over a switch of stacks needs both of them.
	whole cgo 97 "$OUT/burn-cgo" $seconds
	at_least "cgo: from C back to Go" \
		"$(folded_share "$OUT/cgo.folded" ';main\.main\.func1;.*;c_burn;.*;main\.go_burn;.*;c_burn')" 10
fi
