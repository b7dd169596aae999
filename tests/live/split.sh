#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Programs whose DWARF is in .dwo files or their package have the lines and inlined functions of one whose
# is not, also in a mount namespace of their own.
# needs: root bpf btf perf-software python3 go gcc clang mountns
# timeout: 120
. tests/live/lib.sh
rate=1999

cat > "$OUT/burn.c" << 'END'
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static volatile uint64_t sink;
static inline __attribute__((always_inline)) uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccd;
	return x ^ x >> 29;
}
static inline __attribute__((always_inline)) uint64_t twice(uint64_t x)
{
	return mix(mix(x));
}
__attribute__((noinline)) static void spin(void)
{
	uint64_t x = sink;
	for (int i = 0; i < 1000000; i++)
		x = twice(x);
	sink = x;
}
int main(int argc, char **argv)
{
	struct timespec t;
	puts("ready");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &t);
	for (time_t end = t.tv_sec + (argc > 1 ? atoi(argv[1]) : 2); t.tv_sec < end; clock_gettime(CLOCK_MONOTONIC, &t))
		spin();
}
END

good() { # CASE FILE
	at_least "$1: what is inlined" "$(share "$2" mix -cum)" 80
	has "$1: marked so" "$($PPROF -traces "$2" 2> /dev/null)" 'mix \(inline\)[^a-z]+twice \(inline\)[^a-z]+spin[^(]+main'
	has "$1: the line of a call" "$($PPROF -list '^spin$' "$2" 2> /dev/null)" '[1-9][0-9.]*m?s +20:[^.]*twice'
}

for cc in gcc clang; do
	(cd "$OUT" && mkdir $cc && cp burn.c $cc && cd $cc && $cc -O2 -gdwarf-5 -o ../whole "$OUT/burn.c" &&
		$cc -O2 -gdwarf-5 -gsplit-dwarf -c -o burn.o "$OUT/burn.c" && $cc -o split burn.o) || not_ok "$cc" "does not compile"
	prof cpu -F $rate -o "$OUT/whole.pb.gz" -- "$OUT/whole"
	good "$cc, whole" "$OUT/whole.pb.gz"
	prof cpu -F $rate -o "$OUT/split.pb.gz" --stats "$OUT/split.json" -- "$OUT/$cc/split"
	good "$cc, .dwo" "$OUT/split.pb.gz"
	is "$cc: no .dwo is missing" "$(figure "$OUT/split.json" lost.missing_dwo)" 0
done

# The package, by clang: none of Debian 12's tools packs what gcc makes of DWARF 5.
(cd "$OUT/clang" && llvm-dwp -o split.dwp ./*.dwo && rm ./*.dwo)
prof cpu -F $rate -o "$OUT/package.pb.gz" -- "$OUT/clang/split"
good ".dwp" "$OUT/package.pb.gz"
: > "$OUT/inside.out"
# shellcheck disable=SC2016
unshare -m bash -c 'mount -t tmpfs none /mnt && cp "$1"/split* /mnt && exec /mnt/split 40' - "$OUT/clang" > "$OUT/inside.out" 2>&1 &
inside=$!
lib_pids+=($inside)
wait_until 10 grep -q ready "$OUT/inside.out"
prof cpu -F $rate -p $inside -o "$OUT/inside.pb.gz" 1.5
good ".dwp in another mount namespace" "$OUT/inside.pb.gz"
kill $inside
rm "$OUT/clang/split.dwp"
prof cpu -F $rate -o "$OUT/none.pb.gz" --stats "$OUT/none.json" -- "$OUT/clang/split"
at_least "neither: the function is named" "$(share "$OUT/none.pb.gz" spin)" 90
is "neither: counted" "$(figure "$OUT/none.json" lost.missing_dwo)" 1
