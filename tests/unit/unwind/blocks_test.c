// SPDX-License-Identifier: Apache-2.0
/* Blocks against a plain search of the rows they were made of. */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "abi.h"
#include "elf/file.h"
#include "elf/rows.h"
#include "unwind/blocks.h"
#include "unwind/rules.h"

struct step;
static long step_read(struct step *s, __u64 at, __u64 *word);
static bool step_segment(struct step *s, __u64 pc);
static long step_copy(struct step *s, __u64 at, __u64 *words, __u32 cnt);
static void step_rule(struct step *s, __u64 offset, struct unwind_rule *r);
static void step_emit(struct step *s, __u64 frame);
#include "step.h"

/* Only the search is of interest here. */
static long step_read(struct step *s, __u64 at, __u64 *word)
{
	return -1;
}

static bool step_segment(struct step *s, __u64 pc)
{
	return false;
}

static long step_copy(struct step *s, __u64 at, __u64 *words, __u32 cnt)
{
	return -1;
}

static void step_rule(struct step *s, __u64 offset, struct unwind_rule *r)
{
}

static void step_emit(struct step *s, __u64 frame)
{
}

/* A made-up file: two segments of code with data between, the second one at another bias. */
struct made {
	Elf64_Phdr phdrs[8];
	struct elf_file file;
	struct elf_rows rows;
	struct blocks blocks;
	struct rules rules;
	struct unwind_rule rule_items[RULES_MAX];
	uint32_t shard[SHARD_WORDS];
};

static Elf64_Phdr code(uint64_t vaddr, uint64_t offset, uint64_t size)
{
	return (Elf64_Phdr){ .p_type = PT_LOAD,
		             .p_flags = PF_R | PF_X,
		             .p_vaddr = vaddr,
		             .p_offset = offset,
		             .p_filesz = size,
		             .p_memsz = size };
}

static int made_new(void **state)
{
	struct made *m = calloc(1, sizeof(*m));

	m->file = (struct elf_file){
		.fd = -1, .is64 = true, .machine = EM_X86_64, .phdrs = m->phdrs
	};
	m->rows.items = calloc(1 << 18, sizeof(*m->rows.items));
	rules_init(&m->rules, m->rule_items);
	*state = m;
	return 0;
}

static int made_free(void **state)
{
	struct made *m = *state;

	blocks_release(&m->blocks);
	free(m->rows.items);
	free(m);
	return 0;
}

static void load_add(struct made *m, Elf64_Phdr ph)
{
	m->phdrs[m->file.phdr_cnt++] = ph;
}

/* CFA = sp + cfa; 0 = nothing is known. */
static void row_add(struct made *m, uint64_t address, int32_t cfa)
{
	m->rows.items[m->rows.cnt++] = (struct elf_row){ .address = address,
		                                         .cfa = cfa ? ROW_REG : ROW_NONE,
		                                         .reg = 7,
		                                         .offset = cfa,
		                                         .ra = SAVE_CFA,
		                                         .ra_offset = -8 };
}

/* The same blocks come of rows in pieces. */
static void expect_streamed(struct made *m, const struct elf_file *f, const struct elf_rows *rows,
                            size_t piece)
{
	struct blocks blocks;
	struct blocks_stream *s = blocks_stream_new(&blocks, f, &m->rules);
	size_t i;

	if (!s)
		return; /* segments in another order than the code */
	for (i = 0; i < rows->cnt; i += piece)
		blocks_stream_rows(s, &rows->items[i],
		                   piece < rows->cnt - i ? piece : rows->cnt - i);
	assert_int_equal(blocks_stream_end(s), 0);
	assert_int_equal(blocks.cnt, m->blocks.cnt);
	assert_int_equal(blocks.item_cnt, m->blocks.item_cnt);
	assert_int_equal(blocks.row_cnt, m->blocks.row_cnt);
	for (i = 0; i < blocks.item_cnt; i++) {
		assert_int_equal(blocks.items[i].start, m->blocks.items[i].start);
		assert_int_equal(blocks.items[i].cnt, m->blocks.items[i].cnt);
	}
	for (i = 0; i < blocks.cnt; i++)
		assert_int_equal(blocks.words[i], m->blocks.words[i]);
	blocks_release(&blocks);
}

static void encode(struct made *m)
{
	assert_int_equal(blocks_encode(&m->blocks, &m->file, &m->rows, &m->rules, NULL), 0);
	if (m->blocks.cnt) {
		expect_streamed(m, &m->file, &m->rows, 1);
		expect_streamed(m, &m->file, &m->rows, 1000);
	}
}

/* The rule's number as a walker finds it: the block lies at an odd place of a shard. */
static uint32_t look_up(struct made *m, uint64_t offset)
{
	const struct range *b = &m->blocks.items[offset >> BLOCK_SHIFT];
	uint32_t at;

	if (offset >> BLOCK_SHIFT >= m->blocks.item_cnt || !b->cnt)
		return 0;
	at = SHARD_WORDS - b->cnt;
	if (m->shard[0] != offset >> BLOCK_SHIFT || !m->shard[1]) {
		memcpy(m->shard + at, m->blocks.words + b->start, b->cnt * 4ul);
		m->shard[0] = (uint32_t)(offset >> BLOCK_SHIFT);
		m->shard[1] = 1;
	}
	return step_search(m->shard, at, offset & 0xffff);
}

static int32_t cfa_at(struct made *m, uint64_t offset)
{
	return m->rule_items[look_up(m, offset)].cfa;
}

static void test_one_function(void **state)
{
	struct made *m = *state;

	load_add(m, code(0x401000, 0x1000, 0x500));
	row_add(m, 0x401100, 8);
	row_add(m, 0x401101, 16);
	row_add(m, 0x401200, 0);
	encode(m);
	assert_int_equal(m->blocks.item_cnt, 1);
	assert_int_equal(m->blocks.row_cnt, 4);
	assert_int_equal(cfa_at(m, 0x10ff), 0);
	assert_int_equal(cfa_at(m, 0x1100), 8);
	assert_int_equal(cfa_at(m, 0x1101), 16);
	assert_int_equal(cfa_at(m, 0x11ff), 16);
	assert_int_equal(cfa_at(m, 0x1200), 0);
	assert_int_equal(cfa_at(m, 0xffff), 0);
}

/* The rule in force is carried over into the blocks behind, which may have no row of their own. */
static void test_carried_over(void **state)
{
	struct made *m = *state;

	load_add(m, code(0x1000, 0x1000, 0x50000));
	row_add(m, 0xfff0, 24);
	row_add(m, 0x30010, 32);
	row_add(m, 0x30020, 0);
	encode(m);
	assert_int_equal(m->blocks.item_cnt, 4);
	assert_int_equal(cfa_at(m, 0xffef), 0);
	assert_int_equal(cfa_at(m, 0xffff), 24);
	assert_int_equal(cfa_at(m, 0x10000), 24);
	assert_int_equal(cfa_at(m, 0x2ffff), 24);
	assert_int_equal(cfa_at(m, 0x30000), 24);
	assert_int_equal(cfa_at(m, 0x30010), 32);
	assert_int_equal(cfa_at(m, 0x30020), 0);
	assert_int_equal(m->blocks.items[1].cnt, BLOCK_INDEX_WORDS + 1);
}

static void test_blocks_without_rows(void **state)
{
	struct made *m = *state;

	load_add(m, code(0x1000, 0x1000, 0x90000));
	row_add(m, 0x70000, 8);
	row_add(m, 0x80000, 0);
	encode(m);
	assert_int_equal(m->blocks.item_cnt, 8);
	assert_int_equal(m->blocks.items[6].cnt, 0);
	assert_int_equal(m->blocks.items[7].cnt, BLOCK_INDEX_WORDS + 1);
	assert_int_equal(cfa_at(m, 0x6ffff), 0);
	assert_int_equal(cfa_at(m, 0x70000), 8);
	assert_int_equal(cfa_at(m, 0x7ffff), 8);
}

/* A row that holds from before one segment into the next: each gets its part of it. */
static void test_two_segments(void **state)
{
	struct made *m = *state;

	load_add(m, code(0x701000, 0x3000, 0x800)); /* not in order of offsets */
	load_add(m, code(0x401000, 0x1000, 0x1000));
	row_add(m, 0x400000, 40);
	row_add(m, 0x401800, 48);
	row_add(m, 0x701400, 0);
	encode(m);
	assert_int_equal(cfa_at(m, 0xfff), 0);
	assert_int_equal(cfa_at(m, 0x1000), 40);
	assert_int_equal(cfa_at(m, 0x1800), 48);
	assert_int_equal(cfa_at(m, 0x1fff), 48);
	assert_int_equal(cfa_at(m, 0x2000), 0);
	assert_int_equal(cfa_at(m, 0x3000), 48);
	assert_int_equal(cfa_at(m, 0x33ff), 48);
	assert_int_equal(cfa_at(m, 0x3400), 0);
}

/* One segment ends where the next begins: no row of the end stays behind. */
static void test_touching_segments(void **state)
{
	struct made *m = *state;

	load_add(m, code(0x401000, 0x1000, 0x1000));
	load_add(m, code(0x502000, 0x2000, 0x1000));
	row_add(m, 0x401000, 8);
	row_add(m, 0x502000, 16);
	encode(m);
	assert_int_equal(cfa_at(m, 0x1fff), 8);
	assert_int_equal(cfa_at(m, 0x2000), 16);
	assert_int_equal(m->blocks.row_cnt, 4);
}

static void test_equal_rows_merge(void **state)
{
	struct made *m = *state;
	uint64_t i;

	load_add(m, code(0, 0, 0x10000));
	for (i = 0; i < 100; i++)
		row_add(m, i * 16, 8);
	row_add(m, 0x8000, 0);
	encode(m);
	assert_int_equal(m->blocks.row_cnt, 2);
}

/* A row a byte: as full as a block gets. */
static void test_fullest_block(void **state)
{
	struct made *m = *state;
	uint64_t i;

	load_add(m, code(0x10000, 0, 0x20000));
	for (i = 0; i < 0x10000; i++)
		row_add(m, 0x10000 + i, 8 + (i % 251) * 8);
	row_add(m, 0x20000, 0);
	encode(m);
	assert_int_equal(m->blocks.row_cnt, 0x10000);
	assert_int_equal(m->blocks.items[0].cnt, BLOCK_INDEX_WORDS + 0x10000);
	for (i = 0; i < 0x10000; i++)
		assert_int_equal(cfa_at(m, i), 8 + (i % 251) * 8);
}

static void test_hostile_headers(void **state)
{
	struct made *m = *state;

	load_add(m, code(0x1000, 0x1000, 0x1000));
	load_add(m, code(0x5000, 0x1800, 0x1000));         /* overlaps the first */
	load_add(m, code(0x9000, 1ull << 40, 0x1000));     /* too far */
	load_add(m, code(UINT64_MAX - 5, 0x8000, 0x1000)); /* wraps */
	load_add(m, code(0x9000, UINT64_MAX - 5, 0x1000));
	load_add(m, code(0x9000, 0x9000, UINT64_MAX));
	load_add(m, code(0x9000, 0x9000, 0));
	row_add(m, 0, 8);
	encode(m);
	assert_int_equal(m->blocks.item_cnt, 1);
	assert_int_equal(cfa_at(m, 0xfff), 0);
	assert_int_equal(cfa_at(m, 0x1000), 8);
	assert_int_equal(cfa_at(m, 0x1fff), 8);
	assert_int_equal(cfa_at(m, 0x2000), 0);
}

static void test_other_machines(void **state)
{
	struct made *m = *state;

	load_add(m, code(0x1000, 0x1000, 0x1000));
	row_add(m, 0, 8);
	m->file.machine = EM_AARCH64;
	encode(m);
	assert_int_equal(m->blocks.cnt, 0);
	m->file.machine = EM_X86_64;
	m->file.is64 = false;
	encode(m);
	assert_int_equal(m->blocks.cnt, 0);
	m->file.is64 = true;
	m->rows.cnt = 0;
	encode(m);
	assert_int_equal(m->blocks.cnt, 0);
}

/* The rule's number by a plain walk over rows and headers. */
static uint32_t plain(struct made *m, const struct elf_file *f, const struct elf_rows *rows,
                      uint64_t offset)
{
	const struct elf_row *row;
	size_t i;

	for (i = 0; i < f->phdr_cnt; i++) {
		const Elf64_Phdr *ph = &f->phdrs[i];

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X) || offset < ph->p_offset ||
		    offset - ph->p_offset >= ph->p_filesz)
			continue;
		row = elf_rows_find(rows, ph->p_vaddr + (offset - ph->p_offset));
		return row ? rules_number(&m->rules, rule_of_row(row)) : 0;
	}
	return 0;
}

static void test_random(void **state)
{
	struct made *m = *state;
	uint64_t at = 0x7f0000;
	int i;

	srand(3);
	load_add(m, code(0x800000, 0x1234, 0x38000));
	load_add(m, code(0x900000, 0x40000, 0x1e001));
	for (i = 0; i < 60000; i++) {
		row_add(m, at, rand() % 6 * 8);
		at += 1 + (uint64_t)rand() % (rand() % 64 ? 8 : 8000);
	}
	encode(m);
	for (at = 0; at < 0x70000; at++)
		assert_int_equal(look_up(m, at), plain(m, &m->file, &m->rows, at));
}

/* Every byte of the C library. */
static void test_libc(void **state)
{
	struct made *m = *state;
	struct elf_rows rows = { 0 };
	struct elf_file *f;
	uint64_t at;
	Dl_info libc;
	int fd;

	assert_true(dladdr((void *)qsort, &libc));
	fd = open(libc.dli_fname, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	f = elf_open(fd);
	assert_non_null(f);
	assert_int_equal(elf_rows_build(f, NULL, &rows), 0);
	assert_true(rows.cnt > 1000);
	assert_int_equal(blocks_encode(&m->blocks, f, &rows, &m->rules, NULL), 0);
	expect_streamed(m, f, &rows, 1000);
	for (at = 0; at < f->size; at++)
		assert_int_equal(look_up(m, at), plain(m, f, &rows, at));
	elf_rows_release(&rows);
	elf_close(f);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_function, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_carried_over, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_blocks_without_rows, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_two_segments, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_touching_segments, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_equal_rows_merge, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_fullest_block, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_hostile_headers, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_other_machines, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_random, made_new, made_free),
		cmocka_unit_test_setup_teardown(test_libc, made_new, made_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
