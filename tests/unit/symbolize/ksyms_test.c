// SPDX-License-Identifier: Apache-2.0
/* kallsyms of any shape, and this kernel's own when it may be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "symbolize/ksyms.h"

static const char usual[] = "0000000000000000 A fixed_percpu_data\n"
			    "0000000000001000 A cpu_hw_events\n"
			    "ffffffff81000000 T _text\n"
			    "ffffffff81000000 T startup_64\n"
			    "ffffffff81000040 T _stext\n"
			    "ffffffff81000100 t first\n"
			    "ffffffff81000200 T second\n"
			    "ffffffff81000200 t second_alias\n"
			    "ffffffff81000280 d in_between\n"
			    "ffffffff81000300 W weak\n"
			    "ffffffff81000400 T last\n"
			    "ffffffff81000800 T _etext\n"
			    "ffffffff81a00000 D some_data\n"
			    "ffffffff81b00000 t init_text\n"
			    "ffffffffc0201000 t nf_in\t[nf_conntrack]\n"
			    "ffffffffc0202010 t nf_out\t[nf_conntrack]\n"
			    "ffffffffc0202020 r nf_data\t[nf_conntrack]\n"
			    "ffffffffc0101000 t tun_open\t[tun]\n"
			    "ffffffffc0300000 t bpf_prog_6deef7357e7b4530_a\t[bpf]\n"
			    "ffffffffc0310000 t e1000_up\t[e1000]\n"
			    "ffffffffc0380000 t bpf_prog_6deef7357e7b4531_b\t[bpf]\n";

static struct ksyms *load(const void *text, size_t size, struct err *e)
{
	int fd = memfd_create("kallsyms", MFD_CLOEXEC);
	struct ksyms *k;
	char path[64];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	k = ksyms_load(path, e);
	close(fd);
	return k;
}

static struct ksyms *load_text(const char *text)
{
	struct err e = { "" };
	struct ksyms *k = load(text, strlen(text), &e);

	if (!k)
		fail_msg("%s", e.msg);
	return k;
}

static void expect(const struct ksyms *k, uint64_t address, const char *name, const char *module)
{
	struct ksym sym;

	if (ksyms_find(k, address, &sym)) {
		if (name)
			fail_msg("%lx has no name instead of '%s'", (long)address, name);
		return;
	}
	if (!name)
		fail_msg("%lx is '%s' instead of nothing", (long)address, sym.name);
	assert_string_equal(sym.name, name);
	assert_string_equal(sym.module, module);
	assert_true(sym.address <= address);
}

static void kernel_names(void **state)
{
	struct ksyms *k = load_text(usual);

	expect(k, 0, NULL, "");
	expect(k, 0x1000, NULL, ""); /* data */
	expect(k, 0xffffffff80ffffff, NULL, "");
	expect(k, 0xffffffff81000000, "_text", ""); /* the first of aliases */
	expect(k, 0xffffffff810001ff, "first", "");
	expect(k, 0xffffffff81000200, "second", "");
	expect(k, 0xffffffff81000290, "second", ""); /* data has no part in it */
	expect(k, 0xffffffff81000300, "weak", "");
	expect(k, 0xffffffff810007ff, "last", "");
	expect(k, 0xffffffff81000800, NULL, ""); /* _etext */
	expect(k, 0xffffffff81000801, NULL, "");
	expect(k, 0xffffffff81a00000, NULL, "");
	expect(k, 0xffffffff81b00010, "init_text", "");
	expect(k, 0xffffffffa0000000, NULL, ""); /* between the kernel and its modules */
	expect(k, UINT64_MAX, NULL, "");
	ksyms_free(k);
}

static void module_names(void **state)
{
	struct ksyms *k = load_text(usual);

	expect(k, 0xffffffffc0101234, "tun_open", "tun");
	expect(k, 0xffffffffc0201000, "nf_in", "nf_conntrack");
	expect(k, 0xffffffffc0202030, "nf_out", "nf_conntrack");
	expect(k, 0xffffffffc02f0000, NULL, "");
	expect(k, 0xffffffffc0300040, "bpf_prog_6deef7357e7b4530_a", "bpf");
	expect(k, 0xffffffffc0380040, "bpf_prog_6deef7357e7b4531_b", "bpf");
	expect(k, 0xffffffffc0400000, NULL, "");
	ksyms_free(k);
}

/* What is named by a module lies in its range, and nothing else does. */
static void ranges(void **state)
{
	static const char *const modules[] = { "tun", "nf_conntrack", "e1000" };
	struct ksyms *k = load_text(usual);
	uint64_t start, end, end_before = 0, a;
	struct ksym sym;
	size_t i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(ksyms_module_range(k, modules[i], &start, &end), 0);
		assert_true(start < end && start >= end_before);
		assert_int_equal(start & 0xfff, 0);
		end_before = end;
		for (a = 0xffffffffc0100000; a < 0xffffffffc0400000; a += 8)
			if (!ksyms_find(k, a, &sym) && !strcmp(sym.module, modules[i]))
				assert_true(a >= start && a < end);
			else if (a >= start && a < end)
				assert_int_not_equal(ksyms_find(k, a, &sym), 0);
	}
	assert_int_not_equal(ksyms_module_range(k, "none", &start, &end), 0);
	ksyms_text(k, &start, &end);
	assert_true(start == 0xffffffff81000000 && end == 0xffffffff81000800);
	ksyms_free(k);
}

/* The last name of an address reaches farther than the first, which is of another module. */
static void shared_address(void **state)
{
	struct ksyms *k = load_text("ffffffffc0100000 t mine\t[module]\n"
	                            "ffffffffc0100000 t alias\n"
	                            "ffffffffc0800000 t next\n");
	uint64_t start, end;

	assert_int_equal(ksyms_module_range(k, "module", &start, &end), 0);
	expect(k, end - 1, "mine", "module");
	expect(k, end, NULL, "");
	ksyms_free(k);
}

static void hidden(void **state)
{
	static const char zeros[] = "0000000000000000 T _text\n"
				    "0000000000000000 t f\t[tun]\n";
	struct err e = { "" };

	assert_null(load(zeros, strlen(zeros), &e));
	assert_non_null(strstr(e.msg, "try 'sysctl kernel.kptr_restrict="));
	assert_null(strchr(e.msg, '\n'));
}

static void unreadable(void **state)
{
	struct err e = { "" };

	assert_null(ksyms_load("/nowhere/kallsyms", &e));
	assert_non_null(strstr(e.msg, "'/nowhere/kallsyms'"));
	assert_null(load("", 0, &e));
	assert_null(load("x", 1, &e));
	assert_null(ksyms_load("/", NULL));
}

static void odd_lines(void **state)
{
	static const char text[] = "\n \nffffffff81000000\nffffffff81000000 T\n"
				   "ffffffff81000000 T \n"
				   "T ffffffff81000000 x\n"
				   "ffffffff81000000 TT two_letters\n"
				   "zz T not_hex\n"
				   "ffffffff81000010 T good\n"
				   "ffffffff81000020 t open\t[module\n"
				   "ffffffff81000030 t empty\t[]\n"
				   "ffffffff81000040 t space [module]\n"
				   "ffffffff81000050 t carriage\r\n"
				   "ffffffff81000060 t \001\377 x y z\n"
				   "ffffffffffffffff t end\n"
				   "fffffffffffffffffffffff t overflow\n"
				   "ffffffff81000070 T no_line_end";
	struct err e = { "" };
	struct ksyms *k = load(text, sizeof(text) - 1, &e);
	struct ksym sym;

	assert_non_null(k);
	expect(k, 0xffffffff81000005, NULL, "");
	expect(k, 0xffffffff81000010, "good", "");
	expect(k, 0xffffffff81000025, "open", "module");
	expect(k, 0xffffffff81000075, "no_line_end", "");
	assert_int_equal(ksyms_find(k, 0xffffffff81000062, &sym), 0);
	ksyms_free(k);
}

static void long_line(void **state)
{
	size_t size = 3 << 20;
	char *text = malloc(size);
	struct err e = { "" };
	struct ksyms *k;
	struct ksym sym;
	int n;

	assert_non_null(text);
	memset(text, 'a', size);
	memcpy(text, "ffffffff81000000 T ", 19);
	n = snprintf(text + size - 100, 100, "\nffffffff81001000 T next\n");
	k = load(text, size - 100 + (size_t)n, &e);
	assert_non_null(k);
	expect(k, 0xffffffff81001004, "next", "");
	assert_int_equal(ksyms_find(k, 0xffffffff81000004, &sym), 0);
	assert_true(strlen(sym.name) < 4096);
	ksyms_free(k);
	free(text);
}

static void cut_anywhere(void **state)
{
	struct err e = { "" };
	struct ksym sym;
	size_t i;

	for (i = 0; i < sizeof(usual); i++) {
		struct ksyms *k = load(usual, i, &e);

		if (k)
			ksyms_find(k, 0xffffffffc0202030, &sym);
		ksyms_free(k);
	}
}

static void many(void **state)
{
	char *text = NULL;
	size_t size, i, n = 200000;
	FILE *f = open_memstream(&text, &size);
	struct err e = { "" };
	struct ksyms *k;

	assert_non_null(f);
	for (i = 0; i < n; i++)
		fprintf(f, "%lx t some_function_%zu%s\n", 0xffffffff81000000 + i * 16, i,
		        i > n / 2 ? i & 1 ? "\t[odd]" : "\t[even]" : "");
	fclose(f);
	k = load(text, size, &e);
	assert_non_null(k);
	expect(k, 0xffffffff81000000 + 16 * 77777 + 15, "some_function_77777", "");
	expect(k, 0xffffffff81000000 + 16 * 177777 + 15, "some_function_177777", "odd");
	ksyms_free(k);
	free(text);
}

static void this_kernel(void **state)
{
	struct err e = { "" };
	struct ksyms *k = ksyms_load(NULL, &e);
	uint64_t start, end;
	struct ksym sym;
	char id[129] = "";

	if (!k) {
		assert_non_null(strstr(e.msg, "/proc/kallsyms"));
		skip();
	}
	ksyms_text(k, &start, &end);
	assert_true(start && start < end);
	assert_int_equal(ksyms_find(k, start, &sym), 0);
	assert_int_not_equal(ksyms_find(k, end, &sym), 0);
	assert_int_not_equal(ksyms_find(k, 0x400000, &sym), 0);
	if (!ksyms_build_id(id, sizeof(id))) {
		assert_true(strlen(id) >= 16);
		assert_int_equal(strspn(id, "0123456789abcdef"), strlen(id));
		assert_int_not_equal(ksyms_build_id(id, 4), 0);
	}
	ksyms_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_names),   cmocka_unit_test(module_names),
		cmocka_unit_test(ranges),         cmocka_unit_test(hidden),
		cmocka_unit_test(shared_address), cmocka_unit_test(unreadable),
		cmocka_unit_test(odd_lines),      cmocka_unit_test(long_line),
		cmocka_unit_test(cut_anywhere),   cmocka_unit_test(many),
		cmocka_unit_test(this_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
