// SPDX-License-Identifier: Apache-2.0
/* Where probes go: on the first instruction that the kernel does itself, with the arguments in place. */
#include "elf/tools.h"

#include <ctype.h>

#include "elf/arch.h"
#include "elf/elf.h"
#include "elf/site.h"

struct sample {
	const char *code; /* hex */
	unsigned int args;
	long at;
};

static void known_code(void **state)
{
	static const struct sample samples[] = {
		{ "4154", 1, 0 },                                /* push %r12 */
		{ "f30f1efa 55", 1, 4 },                         /* endbr64, push %rbp */
		{ "4885ff 7408", 1, 3 },                         /* test %rdi,%rdi, je */
		{ "488b0511223300 4885c0 0f8511223344", 1, 10 }, /* mov rip-relative, test, jne */
		{ "64488b042528000000 55", 1, 9 },               /* mov %fs:0x28,%rax */
		{ "4883ec18 89f8 e811223344", 1, 6 },            /* sub, mov %edi,%eax, call */
		{ "4889fb 53", 2, 3 },                           /* mov %rdi,%rbx is a copy */
		{ "4889f7 53", 2, -1 },                          /* mov %rsi,%rdi is not */
		{ "4889f7 53", 1, -1 },
		{ "4889d6 53", 1, 3 }, /* mov %rdx,%rsi: the second one is not asked for */
		{ "4889d6 53", 2, -1 },
		{ "bf01000000 53", 1, -1 }, /* mov $1,%edi */
		{ "31ff 53", 1, -1 },       /* xor %edi,%edi */
		{ "31c0 53", 1, 2 },
		{ "83ff05 7711", 1, 3 },              /* cmp $5,%edi, ja */
		{ "83c705 7711", 1, -1 },             /* add $5,%edi */
		{ "660f1f440000 55", 1, 6 },          /* nopw */
		{ "4887fe 53", 1, -1 },               /* xchg */
		{ "48c1e81a 25f0000000 7408", 1, 9 }, /* shr $26,%rax, and $0xf0,%eax, je */
		{ "48c1ef1a 7408", 1, -1 },           /* shr $26,%rdi */
		{ "40f6c701 7408", 1, 4 },            /* test $1,%dil */
		{ "f7c700010000 7408", 1, 6 },        /* test $256,%edi */
		{ "48f7e6 7002", 1, -1 },             /* mul %rsi writes rdx */
		{ "a801 7408", 1, 2 },                /* test $1,%al */
		{ "c3", 1, -1 },                      /* ret */
		{ "0f05 53", 1, -1 },                 /* syscall */
		{ "8b", 1, -1 },                      /* cut off */
		{ "488b05112233", 1, -1 },
		{ "66e81122", 1, -1 }, /* callw: the kernel refuses it */
		{ "", 1, -1 },
	};
	unsigned char code[32];
	struct arch_site site;
	const char *p;
	size_t i, n;

	for (i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		for (n = 0, p = samples[i].code; *p; p += 2 + (p[2] == ' '))
			sscanf(p, "%2hhx", &code[n++]);
		if (arch_x86_64_site(code, n, samples[i].args, &site) != samples[i].at)
			fail_msg("%s: %ld", samples[i].code,
			         arch_x86_64_site(code, n, samples[i].args, &site));
	}
}

/* A function that passes its call on says where to; a jump on a condition is none. */
static void jumps(void **state)
{
	static const unsigned char far[] = { 0x31, 0xc0, 0xe9, 0x10, 0, 0, 0 },
				   back[] = { 0xe9, 0xfb, 0xff, 0xff, 0xff },
				   when[] = { 0x0f, 0x85, 0x10, 0, 0, 0 };
	struct arch_site site = { 0 };

	assert_int_equal(arch_x86_64_site(when, sizeof(when), 1, &site), 0);
	assert_int_equal(site.jump, 0);
	assert_int_equal(arch_x86_64_site(far, sizeof(far), 1, &site), 2);
	assert_int_equal(site.jump, 0x17);
	assert_int_equal(arch_x86_64_site(back, sizeof(back), 1, &site), 0);
	assert_int_equal(site.jump, 0);
}

static bool is_it_by_register(void *arg, uint64_t address, bool is_call)
{
	return address == *(uint64_t *)arg && !is_call;
}

static bool is_it(void *arg, uint64_t address, bool is_call)
{
	/* each goes back by a jump, and forwards by a call */
	return address == *(uint64_t *)arg && is_call == (address > 0x1000);
}

/* Calls and jumps in the middle of the code, forwards and back; what is cut off is none. */
static void targets(void **state)
{
	static const unsigned char x86[] = { 0x31, 0xc0, 0xe8, 0x10, 0,    0, 0, 0x53, 0xe9,
		                             0xf0, 0xff, 0xff, 0xff, 0xe8, 1, 0, 0 },
				   arm[] = {
					   0x04, 0, 0, 0x94, 0xff, 0xff, 0xff, 0x17, 0, 0, 0, 0x54
				   };
	uint64_t there;

	there = 0x1000 + 7 + 0x10;
	assert_true(arch_x86_64_targets(x86, sizeof(x86), 0x1000, is_it, &there));
	there = 0x1000 + 13 - 16;
	assert_true(arch_x86_64_targets(x86, sizeof(x86), 0x1000, is_it, &there));
	there = 0x1000 + 18 + 1;
	assert_false(arch_x86_64_targets(x86, sizeof(x86), 0x1000, is_it, &there));
	there = 0x1010;
	assert_true(arch_arm64_targets(arm, sizeof(arm), 0x1000, is_it_by_register, &there));
	there = 0x1000;
	assert_true(arch_arm64_targets(arm, sizeof(arm), 0x1000, is_it_by_register, &there));
	there = 0x1008;
	assert_false(arch_arm64_targets(arm, sizeof(arm), 0x1000, is_it_by_register, &there));
	assert_false(arch_arm64_targets(arm, 3, 0x1000, is_it_by_register, &there));
	assert_false(arch_x86_64_targets(x86, 0, 0x1000, is_it, &there));
}

/* What is taken from the stack before is known, or the site is none. */
static void stack_taken(void **state)
{
	static const unsigned char small[] = { 0x48, 0x83, 0xec, 0x18, 0x55 },
				   large[] = { 0x48, 0x81, 0xec, 0x88, 0x01, 0, 0, 0x55 },
				   aligned[] = { 0x48, 0x83, 0xe4, 0xf0, 0x55 },
				   added[] = { 0x48, 0x83, 0xec, 0x80, 0x55 };
	struct arch_site site = { 0 };

	assert_int_equal(arch_x86_64_site(small, sizeof(small), 1, &site), 4);
	assert_int_equal(site.taken, 0x18);
	site.taken = 0;
	assert_int_equal(arch_x86_64_site(large, sizeof(large), 1, &site), 7);
	assert_int_equal(site.taken, 0x188);
	assert_int_equal(arch_x86_64_site(aligned, sizeof(aligned), 1, &site), -1);
	assert_int_equal(arch_x86_64_site(added, sizeof(added), 1, &site), -1);
}

#define SITES_MAX 8192

static struct elf_site sites[SITES_MAX];
static size_t site_cnt, cheap_cnt;

static int on_symbol(void *arg, const struct elf_symbol *sym)
{
	struct elf_site site;

	if (sym->plt || site_cnt == SITES_MAX || elf_site(arg, sym->address, sym->size, 1, &site))
		return 0;
	sites[site_cnt++] = site;
	cheap_cnt += site.cheap;
	return 0;
}

/* objdump's "  2a1f0:\t41 54 \tpush   %r12": what it has at an address. */
static void read_instructions(char (*mnemonics)[16], size_t cnt)
{
	FILE *out = tools_lines("objdump -d -w --no-show-raw-insn " LIBC);
	unsigned long at;
	char line[512], word[16];

	while (fgets(line, sizeof(line), out))
		if (sscanf(line, " %lx:\t%15s", &at, word) == 2 && at < cnt)
			snprintf(mnemonics[at], sizeof(mnemonics[at]), "%s", word);
	fclose(out);
}

/* In all of the C library's functions a site begins an instruction, of the kinds that the kernel does. */
static void real_code(void **state)
{
	const size_t cnt = 4 << 20;
	char(*mnemonics)[16] = calloc(cnt, sizeof(*mnemonics));
	int fd = open(LIBC, O_RDONLY | O_CLOEXEC);
	struct elf_file *f = elf_open(fd);
	uint64_t vaddr;
	size_t i;

	assert_non_null(f);
	assert_non_null(mnemonics);
	elf_symbols(f, on_symbol, f);
	read_instructions(mnemonics, cnt);
	assert_true(site_cnt > 1000);
	assert_true(cheap_cnt > site_cnt / 2);
	for (i = 0; i < site_cnt; i++) {
		const char *m;

		assert_int_equal(elf_vaddr(f, sites[i].offset, &vaddr), 0);
		m = vaddr < cnt ? mnemonics[vaddr] : "";
		if (!*m || (sites[i].cheap && strcmp(m, "push") && strcmp(m, "call") &&
		            strcmp(m, "nop") && *m != 'j'))
			fail_msg("%lx: '%s'", (unsigned long)vaddr, m);
	}
	elf_close(f);
	close(fd);
	free(mnemonics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_code), cmocka_unit_test(jumps),
		cmocka_unit_test(targets),    cmocka_unit_test(stack_taken),
		cmocka_unit_test(real_code),
	};

	return cmocka_run_group_tests(tests, tools_begin, tools_end);
}
