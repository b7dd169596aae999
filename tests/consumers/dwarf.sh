#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Our chains of inlined functions, with files and lines, against those of addr2line and llvm-symbolizer:
# chains.py says what is equal. Of split DWARF, packages and dwz, which both know only in part, the same
# is asked of a twin of equal text that has all in one file.
. "$(dirname "$0")/common"
need addr2line clang dwz g++ llvm-dwp llvm-symbolizer objdump python3 readelf
dump=$BUILD/tests/consumers/dwarf_dump
[ -x "$dump" ] || {
	not_ok dwarf_dump "not built"
	finish
}
addresses=${DWARF_ADDRESSES:-1000}

# addresses_of FILE: of its .text, in no order, the same ones each time.
addresses_of() {
	readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] *//' | awk '$1 == ".text" { print $3, $5 }' |
		python3 -c '
import random, sys
start, size = (int(word, 16) for word in sys.stdin.read().split())
random.seed(1)
for address in random.sample(range(start, start + size), min(size, int(sys.argv[1]))):
    print(hex(address))' "$addresses"
}

result() { # NAME COMMAND...
	local name=$1
	shift
	if "$@" >"$OUT/said" 2>&1; then
		ok "$name: $(tail -n 1 "$OUT/said")"
	else
		not_ok "$name" "$(tail -n 1 "$OUT/said"); $(head -n 3 "$OUT/said" | tr '\n' '|')"
	fi
}

# compare FILE: with the two others.
compare() {
	local name
	name=$(basename "$1")
	addresses_of "$1" >"$OUT/addresses"
	"$dump" "$1" <"$OUT/addresses" >"$OUT/$name.ours"
	addr2line -a -i -f -e "$1" <"$OUT/addresses" >"$OUT/$name.addr2line" 2>/dev/null
	llvm-symbolizer -a -i --no-demangle --output-style=GNU -e "$1" <"$OUT/addresses" \
		>"$OUT/$name.llvm" 2>/dev/null
	result "$name" python3 "$here/chains.py" "$OUT/$name.ours" "$OUT/$name.addr2line" "$OUT/$name.llvm"
}

text_of() {
	objdump -dj .text --no-show-raw-insn "$1" | tail -n +4
}

# twins OTHER WHOLE [OPTIONS]: two files of the same text.
twins() {
	local other=$1 whole=$2
	shift 2
	cmp -s <(text_of "$other") <(text_of "$whole") || {
		not_ok "$(basename "$other")" "its text is not that of $(basename "$whole")"
		return
	}
	addresses_of "$whole" >"$OUT/addresses"
	"$dump" --no-symbols "$whole" <"$OUT/addresses" >"$OUT/whole"
	"$dump" --no-symbols "$@" "$other" <"$OUT/addresses" >"$OUT/other"
	result "$(basename "$other") as $(basename "$whole")" python3 "$here/chains.py" "$OUT/other" "$OUT/whole"
}

cat >"$OUT/shared.h" <<'END'
#pragma once
static inline __attribute__((always_inline)) int deepest(int x)
{
	if (x & 1)
		return x * 17;
	return x / 3;
}
static inline int helper(int x)
{
	int r = 0;
	for (int i = 0; i < (x & 7); i++)
		r += deepest(x + i);
	return r;
}
#ifdef __cplusplus
extern "C"
#endif
int other(int x);
END
cat >"$OUT/plain.c" <<'END'
#include "shared.h"
#include <stdio.h>
#include <string.h>
static int cold(int x)
{
	fprintf(stderr, "%d\n", x);
	return helper(x);
}
__attribute__((noinline)) static int part(int x, int y)
{
	return helper(x) + deepest(y) + cold(x);
}
int other(int x)
{
	char b[32];
	memset(b, x, sizeof(b));
	return part(x, 3) + part(x + 1, 3) + helper(b[x & 31]);
}
END
cat >"$OUT/templates.cc" <<'END'
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>
#include "shared.h"
namespace space
{
struct Shape {
	virtual ~Shape() {}
	virtual int area(int x) const;
	inline int twice(int x) const { return area(x) * 2 + helper(x); }
	template <typename T> T tee(T t) const { return t * helper(static_cast<int>(t)); }
};
int Shape::area(int x) const
{
	return helper(x) + helper(x * 3);
}
}
static inline int middle(int x)
{
	auto f = [&](int y) { return helper(y) + x; };
	return f(x) ^ f(x + 1);
}
int run(std::vector<int> &v, std::map<std::string, int> &m)
{
	space::Shape s;
	int sum = 0;
	std::sort(v.begin(), v.end(), [](int a, int b) { return helper(a) < helper(b); });
	for (int i : v) {
		sum += s.twice(i) + middle(i) + s.tee<long>(i);
		m[std::to_string(i)] += sum;
	}
	return sum;
}
int main(int argc, char **argv)
{
	std::vector<int> v;
	std::map<std::string, int> m;
	for (int i = 0; i < argc + 10; i++)
		v.push_back(rand());
	printf("%d %d\n", run(v, m), other(argc));
}
END
cat >"$OUT/rust.rs" <<'END'
use std::collections::HashMap;
#[inline(always)]
fn deep(x: u64) -> u64 {
    if x & 1 == 1 { x * 3 } else { x / 5 }
}
struct Point { a: u64 }
impl Point {
    #[inline]
    fn far(&self, y: u64) -> u64 {
        deep(self.a) + (0..y).map(|z| deep(z ^ self.a)).sum::<u64>()
    }
}
#[inline(never)]
fn work(v: &mut Vec<u64>, m: &mut HashMap<String, u64>) -> u64 {
    v.sort_by_key(|x| deep(*x));
    let p = Point { a: v[0] };
    for x in v.iter() {
        *m.entry(format!("{}", x)).or_insert(0) += p.far(*x);
    }
    m.values().sum()
}
fn main() {
    let mut v: Vec<u64> = (0..std::env::args().count() as u64 + 20).collect();
    println!("{}", work(&mut v, &mut HashMap::new()));
}
END

# build NAME CC CXX FLAGS...
build() {
	local name=$1 cc=$2 cxx=$3
	shift 3
	(cd "$OUT" && "$cc" "$@" -c -o "$name.c.o" plain.c && "$cxx" "$@" -c -o "$name.cc.o" templates.cc &&
		"$cxx" "$@" -o "$name" "$name.cc.o" "$name.c.o") 2>"$OUT/$name.err" && return
	not_ok "$name" "it does not compile: $(head -n 1 "$OUT/$name.err")"
	return 1
}

# package SPLIT WHOLE: what the .dwo files say is found without them.
package() {
	(cd "$OUT" && rm -f "$1.dwp" && llvm-dwp "$1.c.dwo" "$1.cc.dwo" -o "$1.dwp" &&
		rm "$1.c.dwo" "$1.cc.dwo") 2>"$OUT/$1.err" || {
		not_ok "$1.dwp" "$(head -n 1 "$OUT/$1.err")"
		return
	}
	twins "$OUT/$1" "$OUT/$2" --dwp "$OUT/$1.dwp"
}

check_dwz() {
	cp "$OUT/gcc4" "$OUT/dwz_a"
	cp "$OUT/gcc4" "$OUT/dwz_b"
	(cd "$OUT" && dwz -m dwz_common -M dwz_common dwz_a dwz_b) || {
		not_ok dwz "it failed"
		return
	}
	twins "$OUT/dwz_a" "$OUT/gcc4" --alt "$OUT/dwz_common"
}

for version in 4 5; do
	for c in gcc clang; do
		[ $c = gcc ] && cxx=g++ || cxx=clang++
		build $c$version $c $cxx -O2 -gdwarf-$version && compare "$OUT/$c$version"
		build ${c}_split$version $c $cxx -O2 -gdwarf-$version -gsplit-dwarf &&
			twins "$OUT/${c}_split$version" "$OUT/$c$version"
	done
	package clang_split$version clang$version
done
build gcc_lto gcc g++ -O2 -g -flto && compare "$OUT/gcc_lto"
build gcc_gz gcc g++ -O2 -gdwarf-5 -gz && twins "$OUT/gcc_gz" "$OUT/gcc5"
build gcc_O0 gcc g++ -O0 -g && compare "$OUT/gcc_O0"
build clang_sections clang clang++ -O2 -g -ffunction-sections && compare "$OUT/clang_sections"
check_dwz
if command -v rustc >/dev/null; then
	(cd "$OUT" && rustc -O -g -o rust rust.rs && rustc -O -g -C lto=fat -o rust_lto rust.rs) 2>"$OUT/rust.err"
	for name in rust rust_lto; do
		[ -x "$OUT/$name" ] && compare "$OUT/$name" || not_ok $name "$(head -n 1 "$OUT/rust.err")"
	done
fi
finish
