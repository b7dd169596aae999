/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of damaged files: one profile of three things that workers read, and ways to damage. */
#ifndef TESTS_UNIT_SYMBOLIZE_CORRUPT_H
#define TESTS_UNIT_SYMBOLIZE_CORRUPT_H

#include "elf/tools.h"

#include <elf.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "elf/elf.h"
#include "elf/file.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/demangle.h"
#include "symbolize/jit.h"
#include "symbolize/symbolize.h"

#define OFFSETS 120
#define START   0x100000000ull
#define LIMIT_SEC \
	45 /* of one variant: two workers' time at the very most, on a machine that is busy */

static uint64_t seed;

static inline uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return below ? seed % below : 0;
}

/* The file that nobody damages. */
static inline bool make_good(void)
{
	static const char good[] = "__attribute__((noinline)) int fine(int x) { return x * 3; }\n"
				   "int main(int c, char **v) { return fine(c) + fine(c + 1); }\n";

	tools_write("good.c", good, sizeof(good) - 1);
	return tools_run("gcc -O1 -g -o good good.c");
}

/* One profile: the program in question, the good one, and code that a program made. */
struct subject {
	struct file file, good;
	struct jit jit;
	uint64_t offsets[OFFSETS]; /* of the code in 'file' */
	size_t cnt;
};

struct outcome {
	struct symbolize_counters counters;
	size_t named, good, code; /* locations of the three with a name */
};

static inline struct file file_named(const char *name)
{
	static char paths[2][128];
	static int next;
	char *path = paths[next++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s", tools_dir, name);
	return (struct file){ .fd = tools_open(name), .path = path };
}

static inline void offsets_set(struct subject *s)
{
	struct elf_file *elf = elf_open(s->file.fd);
	const Elf64_Shdr *text = elf_section_named(elf, ".text");
	size_t i;

	for (i = 0, s->cnt = OFFSETS; i < s->cnt; i++)
		s->offsets[i] = text->sh_offset + text->sh_size * i / s->cnt;
	elf_close(elf);
}

static inline uint32_t map(struct profile *p, uint64_t number)
{
	struct profile_mapping m = { .start = START * number, .limit = START * (number + 1) };

	return profile_add_mapping(p, &m);
}

static inline size_t named_in(struct profile *p, uint32_t mapping)
{
	size_t i, cnt = 0;

	for (i = 1; i <= p->locations.cnt; i++) {
		const struct profile_location *l = profile_location(p, (uint32_t)i);
		/* The function that has all others inlined. */
		const struct profile_line *line = &p->lines[l->line_first + l->line_cnt - 1];
		const char *name = profile_text(p, profile_function(p, line->function)->name);

		assert_in_range(l->line_cnt, 1, 64);
		assert_in_range(strlen(name), 1, DEMANGLE_MAX);
		cnt += l->mapping == mapping && name[0] != '[';
	}
	return cnt;
}

static inline struct outcome ask(const struct subject *s)
{
	const char *const dirs[] = { tools_dir, NULL };
	struct symbolize_source sources[] = {
		{ .what = SOURCE_FILE, .file = (struct file *)&s->file },
		{ .what = SOURCE_FILE, .file = (struct file *)&s->good },
		{ .what = SOURCE_JIT, .jit = &s->jit }
	};
	struct symbolize_options options = { .debug_dirs = dirs, .demangle = DEMANGLE_SHORT };
	struct profile *p = profile_new();
	struct outcome o = { .named = 0 };
	time_t start = time(NULL);
	size_t i;

	for (i = 1; i <= 3; i++)
		assert_int_equal(map(p, i), i);
	for (i = 0; i < s->cnt; i++)
		profile_add_location(p, 1, START + s->offsets[i]);
	for (i = 0; i < 64; i++)
		profile_add_location(p, 2, START * 2 + 0x1000 + 8 * i);
	for (i = 0; s->jit.fds[0] + s->jit.fds[1] >= -1 && i < 64; i++)
		profile_add_location(p, 3, START * 3 + 0x1000 + 8 * i);
	assert_int_equal(symbolize_profile(p, sources, 3, NULL, &options, &o.counters), 0);
	assert_null(profile_check_references(p));
	assert_true(time(NULL) - start <= LIMIT_SEC);
	o.named = named_in(p, 1);
	o.good = named_in(p, 2);
	o.code = named_in(p, 3);
	profile_free(p);
	return o;
}

struct bytes {
	unsigned char *at;
	size_t size;
};

static inline void flip_bits(struct bytes b)
{
	uint64_t cnt = 1ull << draw(8);

	while (b.size && cnt--)
		b.at[draw(b.size)] ^= (unsigned char)(1 << draw(8));
}

/* Numbers without an end, or as large as they can be. */
static inline void fill(struct bytes b)
{
	static const int with[] = { 0xff, 0, 0x80, 0x7f };
	uint64_t at = draw(b.size), len = 1ull << draw(13);

	if (b.size)
		memset(b.at + at, with[draw(4)], len < b.size - at ? len : b.size - at);
}

/* References to themselves, and to each other. */
static inline void loop(struct bytes b)
{
	uint64_t cnt = 4 + draw(500);
	uint32_t to;
	size_t at;

	while (b.size > 8 && cnt--) {
		at = draw(b.size - 4);
		to = (uint32_t)(draw(2) ? at : draw(b.size));
		memcpy(b.at + at, &to, sizeof(to));
	}
}

/* Parts of it lie where others did. */
static inline void shuffle(struct bytes b)
{
	uint64_t cnt = 1 + draw(20), len;

	while (b.size > 16 && cnt--) {
		len = 1 + draw(b.size < 512 ? b.size / 2 : 256);
		memmove(b.at + draw(b.size - len), b.at + draw(b.size - len), len);
	}
}

static void (*const ways[])(struct bytes b) = { flip_bits, fill, loop, shuffle };
#define WAY_CNT 4
#define ROUNDS  3 /* of all ways, for each part */

#endif
