/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profiles that tests look at: made by hand, the same every time. Each has what a part of the
 * readers trip over. Whoever includes this has the functions for himself.
 */
#ifndef EBPROF_TESTS_PROFILES_H
#define EBPROF_TESTS_PROFILES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "profile/profile.h"

#define TEST_UNUSED __attribute__((unused))

static const int64_t test_time_ns = 1767323045000000000; /* 2026-01-02 03:04:05 UTC */

static uint32_t test_mapping(struct profile *p, const char *file, const char *build_id,
                             uint64_t start, uint64_t size, uint64_t offset)
{
	struct profile_mapping m = { .start = start,
		                     .limit = start + size,
		                     .offset = offset,
		                     .file = profile_string(p, file),
		                     .build_id = profile_string(p, build_id),
		                     .has_functions = true,
		                     .has_filenames = true,
		                     .has_line_numbers = true };

	return profile_place_mapping(p, &m);
}

/* A location with one line. */
static uint32_t test_frame(struct profile *p, uint32_t mapping, uint64_t address, const char *name,
                           const char *system_name, const char *file, int64_t line)
{
	struct profile_line l = { .function = profile_add_function(p, name, system_name, file,
		                                                   line > 2 ? line - 2 : 0),
		                  .line = line };
	uint32_t id = profile_add_location(p, mapping, address);

	profile_set_lines(p, id, &l, 1);
	return id;
}

static TEST_UNUSED struct profile_label test_text_label(struct profile *p, const char *key,
                                                        const char *text)
{
	struct profile_label l = { .key = profile_string(p, key), .str = profile_string(p, text) };

	return l;
}

static TEST_UNUSED struct profile_label test_number_label(struct profile *p, const char *key,
                                                          int64_t number, const char *unit)
{
	struct profile_label l = { .key = profile_string(p, key),
		                   .num = number,
		                   .unit = profile_string(p, unit) };

	return l;
}

static struct profile *test_cpu_header(void)
{
	struct profile *p = profile_new();

	if (!p)
		return NULL;
	profile_add_type(p, "samples", "count");
	profile_add_type(p, "cpu", "nanoseconds");
	profile_set_period(p, "cpu", "nanoseconds", 10101010);
	p->time_ns = test_time_ns;
	p->duration_ns = 10000000000;
	profile_add_comment(p, "ebprof 1.0: cpu -p 4711 10 @99Hz");
	profile_add_comment(p, "# lost samples: 3 (ring full)");
	return p;
}

static void test_cpu_sample(struct profile *p, const uint32_t *stack, size_t cnt, int cpu,
                            const char *comm, int64_t pid, int64_t ticks)
{
	struct profile_label labels[] = { test_text_label(p, "comm", comm),
		                          test_number_label(p, "cpu", cpu, "cpu"),
		                          test_number_label(p, "pid", pid, "") };
	int64_t values[] = { ticks, ticks * 10101010 };

	profile_add_sample(p, stack, cnt, labels, 3, values);
}

/*
 * A C program w on two CPUs, with a call inlined, a library, the kernel, and a second process of
 * the same addresses. 'source' is the path of w's work.c; 'weight' makes two profiles of one kind
 * differ.
 */
static TEST_UNUSED struct profile *test_cpu_profile(const char *source, int64_t weight)
{
	struct profile *p = test_cpu_header();
	uint32_t w, other, libc, kernel, main_, work, copy, sys, loop, stack[4];
	struct profile_line inlined[2];

	if (!p)
		return NULL;
	w = test_mapping(p, "/usr/bin/w", "a1b2c3d4e5f6", 0x401000, 0x2000, 0x1000);
	libc = test_mapping(p, "/lib/libc.so.6", "00112233445566", 0x7f0000026000, 0x155000,
	                    0x26000);
	kernel =
		test_mapping(p, "[kernel.kallsyms]_text", "beef", 0xffffffff81000000, 0x1000000, 0);
	other = test_mapping(p, "/usr/bin/other", "0a0b0c", 0x401000, 0x2000, 0x1000);
	main_ = test_frame(p, w, 0x401153, "main", "main", source, 16);
	work = profile_add_location(p, w, 0x401122);
	inlined[0].function = profile_add_function(p, "step", "step", source, 1);
	inlined[0].line = 3;
	inlined[0].column = 0;
	inlined[1].function = profile_add_function(p, "work", "work", source, 6);
	inlined[1].line = 9;
	inlined[1].column = 0;
	profile_set_lines(p, work, inlined, 2);
	copy = test_frame(p, libc, 0x7f0000091234, "memcpy", "memcpy", "", 0);
	sys = test_frame(p, kernel, 0xffffffff81001234, "do_syscall_64", "do_syscall_64", "", 0);
	loop = test_frame(p, other, p->mappings[other - 1].start + 0x122, "loop", "loop",
	                  "/src/o.c", 5);
	stack[0] = work;
	stack[1] = main_;
	test_cpu_sample(p, stack, 2, 0, "w", 4711, 70 * weight);
	test_cpu_sample(p, stack, 2, 1, "w", 4711, 10);
	stack[0] = copy;
	stack[1] = work;
	stack[2] = main_;
	test_cpu_sample(p, stack, 3, 0, "w", 4711, 9);
	stack[0] = sys;
	test_cpu_sample(p, stack, 3, 1, "w", 4711, 6);
	test_cpu_sample(p, &loop, 1, 1, "other", 4712, 5);
	return p;
}

static TEST_UNUSED struct profile *test_heap_profile(void)
{
	struct profile *p = profile_new();
	static const int64_t values[2][4] = { { 128, 131072, 64, 65536 },
		                              { 3, 3145728, 1, 1048576 } };
	struct profile_label bytes;
	uint32_t m, stack[2];
	int i;

	if (!p)
		return NULL;
	profile_add_type(p, "alloc_objects", "count");
	profile_add_type(p, "alloc_space", "bytes");
	profile_add_type(p, "inuse_objects", "count");
	profile_add_type(p, "inuse_space", "bytes");
	profile_set_period(p, "space", "bytes", 524288);
	p->time_ns = test_time_ns;
	m = test_mapping(p, "/usr/bin/w", "a1b2c3d4e5f6", 0x555500001000, 0x2000, 0x1000);
	for (i = 0; i < 2; i++) {
		stack[0] =
			test_frame(p, m, 0x555500001100 + (uint64_t)i, i ? "read_file" : "node_new",
		                   i ? "read_file" : "node_new", "/src/w.c", 20 + i);
		stack[1] = test_frame(p, m, 0x555500001200, "main", "main", "/src/w.c", 40);
		bytes = test_number_label(p, "bytes", i ? 1048576 : 1024, "");
		profile_add_sample(p, stack, 2, &bytes, 1, values[i]);
	}
	return p;
}

static TEST_UNUSED struct profile *test_offcpu_profile(void)
{
	struct profile *p = profile_new();
	static const int64_t values[] = { 7, 1500000000, 20000 };
	struct profile_label reason;
	uint32_t m, stack[2];

	if (!p)
		return NULL;
	profile_add_type(p, "contentions", "count");
	profile_add_type(p, "delay", "nanoseconds");
	profile_add_type(p, "runnable", "nanoseconds");
	p->default_type = profile_string(p, "delay");
	profile_set_period(p, "contentions", "count", 1);
	p->time_ns = test_time_ns;
	p->duration_ns = 2000000000;
	m = test_mapping(p, "/usr/bin/w", "a1b2c3d4e5f6", 0x555500001000, 0x2000, 0x1000);
	stack[0] = test_frame(p, m, 0x555500001100, "lock", "lock", "/src/w.c", 7);
	stack[1] = test_frame(p, m, 0x555500001200, "main", "main", "/src/w.c", 40);
	reason = test_text_label(p, "reason", "sync");
	profile_add_sample(p, stack, 2, &reason, 1, values);
	return p;
}

struct test_name {
	const char *name, *system_name, *file;
};

/* Names as the languages have them; system_name as pprof needs it to leave the name as it is. */
static const struct test_name test_zoo[] = {
	{ "<module>", "", "/app/main.py" },
	{ "<lambda>", "", "/app/main.py" },
	{ "pkg.mod.Class.method", "", "/app/pkg/mod.py" },
	{ "<alloc::vec::Vec<T> as core::iter::Extend>::extend",
	  "_ZN58_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$Extend$GT$6extend17h0123456789abcdefE",
	  "/rust/vec.rs" },
	{ "std::map<int, std::string>::operator[]", "_ZNSt3mapIiSsSt4lessIiEEixERKi",
	  "/usr/include/map" },
	{ "ns::run<int>", "_ZN2ns3runIiEEvT_", "/src/run.cc" },
	{ "com.foo.Bar.<init>", "", "Bar.java" },
	{ "com.foo.Bar.baz(int, java.util.List<String>)", "", "Bar.java" },
	{ "main.Map[go.shape.int]", "main.Map[go.shape.int]", "/go/main.go" },
	{ "main.(*T).Do.func1", "main.(*T).Do.func1", "/go/main.go" },
	{ "(anonymous)", "", "app.js" },
	{ "[libnoname.so.1]", "", "/lib/libnoname.so.1" },
};

enum { TEST_ZOO_CNT = sizeof(test_zoo) / sizeof(*test_zoo) };

/* One sample a name, the first the heaviest, each a leaf under main. */
static TEST_UNUSED struct profile *test_zoo_profile(void)
{
	struct profile *p = test_cpu_header();
	uint32_t m, stack[2];
	int i;

	if (!p)
		return NULL;
	m = test_mapping(p, "/usr/bin/zoo", "2007", 0x401000, 0x2000, 0x1000);
	stack[1] = test_frame(p, m, 0x401010, "main", "main", "/src/zoo.c", 10);
	for (i = 0; i < TEST_ZOO_CNT; i++) {
		stack[0] = test_frame(p, m, 0x401100 + 16 * (uint64_t)i, test_zoo[i].name,
		                      test_zoo[i].system_name, test_zoo[i].file, 11 + i);
		test_cpu_sample(p, stack, 2, 0, "zoo", 99, 100 - i);
	}
	return p;
}

/*
 * Two programs of one address range, with a function each at 'address': work of a (100 samples) and
 * work2 of b (1 sample). What a viewer finds in the files shows whether it mixes them.
 */
static TEST_UNUSED struct profile *test_real_profile(const char *a, const char *b,
                                                     const char *source, uint64_t address)
{
	struct profile *p = test_cpu_header();
	uint32_t id, m;
	uint64_t start;
	int i;

	if (!p)
		return NULL;
	for (i = 0; i < 2; i++) {
		m = test_mapping(p, i ? b : a, "", 0x401000, 0x1000, 0x1000);
		start = p->mappings[m - 1].start;
		id = test_frame(p, m, start + address - 0x401000, i ? "work2" : "work",
		                i ? "work2" : "work", source, 9);
		test_cpu_sample(p, &id, 1, 0, i ? "b" : "a", 1 + i, i ? 1 : 100);
	}
	return p;
}

/* Names that nobody should have: each is the leaf of one sample. */
static const char *const test_odd_names[] = { "a;b",         "tab\there\nline",  "GC Thread 3",
	                                      "ratio 10.5",  "ends 10.",         "two  7",
	                                      "caf\xc3\xa9", "bad\xff\xc3(byte", "42",
	                                      "c1\xc2\x9bm", "sur\xed\xa0\x80r" };

enum { TEST_ODD_CNT = sizeof(test_odd_names) / sizeof(*test_odd_names) };

static TEST_UNUSED struct profile *test_odd_profile(void)
{
	struct profile *p = test_cpu_header();
	uint32_t m, stack[2], nameless;
	int i;

	if (!p)
		return NULL;
	m = test_mapping(p, "/opt/odd;dir/lib x 1", "", 0x401000, 0x2000, 0x1000);
	stack[1] = test_frame(p, m, 0x401010, "main", "main", "/src/odd.c", 10);
	for (i = 0; i < TEST_ODD_CNT; i++) {
		stack[0] = test_frame(p, m, 0x401100 + 16 * (uint64_t)i, test_odd_names[i],
		                      test_odd_names[i], "", 0);
		test_cpu_sample(p, stack, 2, 0, "thread 5", 7, 1 + i);
	}
	nameless = profile_add_location(p, m, 0x401ff0);
	test_cpu_sample(p, &nameless, 1, 0, "x;y", 7, 30);
	test_cpu_sample(p, NULL, 0, 0, "kworker/0:1 12", 8, 31);
	return p;
}

/*
 * Names that are to break out of what they are written into: quotes, markup, ends of scripts and CDATA, escape
 * sequences, marks that turn the text, what XML has no character for. Each is a process, a function and a file.
 */
static const char *const test_hostile_names[] = { "</title></text><script>alert(1)</script>",
	                                          "]]></script><svg onload=\"alert(2)\">",
	                                          "a&b &lt; \"q\" 'r' <t>",
	                                          "back\\slash\\\" \\u0041 \\",
	                                          "\x1b[31mred\x1b]0;t\x07\x7f\x01",
	                                          "a\xe2\x80\xae"
	                                          "cod.exe\xe2\x81\xa6x\xe2\x81\xa9\xd8\x9c",
	                                          "line\xe2\x80\xa8"
	                                          "feed\r\n\x0b\x0c",
	                                          "non\xef\xbf\xbe\xef\xbf\xbf\xed\xa0\x80",
	                                          "bad\xff\xc3(\xc0\xaf\xf4\x90\x80\x80",
	                                          "c1\xc2\x9b"
	                                          "2J\xc2\x85",
	                                          " (1s, 5%)",
	                                          "%s%n{{x}}${y}" };

enum {
	TEST_HOSTILE_CNT = sizeof(test_hostile_names) / sizeof(*test_hostile_names),
	TEST_LONG_BYTES = 100000
};

static TEST_UNUSED struct profile *test_hostile_profile(void)
{
	static char long_name[TEST_LONG_BYTES + 1];
	struct profile *p = test_cpu_header();
	const char *name;
	uint32_t m, stack[2];
	int i;

	if (!p)
		return NULL;
	memset(long_name, 'x', TEST_LONG_BYTES);
	profile_add_comment(p, "# lost <b>&\x1b[0m</text>: 1");
	for (i = 0; i <= TEST_HOSTILE_CNT; i++) {
		name = i < TEST_HOSTILE_CNT ? test_hostile_names[i] : long_name;
		m = test_mapping(p, name, "", 0x401000, 0x2000, 0x1000);
		stack[0] = profile_add_location(p, m, p->mappings[m - 1].start + 0x20);
		stack[1] = test_frame(p, m, p->mappings[m - 1].start + 0x10, name, name, name, 10);
		test_cpu_sample(p, stack, 2, 0, name, 7, 100 - i);
	}
	return p;
}

#endif
