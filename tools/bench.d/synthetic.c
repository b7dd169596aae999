// SPDX-License-Identifier: Apache-2.0
/*
 * synthetic OUT SEED STACKS ADDRESSES FILE...: writes a capture that nobody made, always the same one: a
 * pprof file without names, as `--symbolize none` writes it, with so many distinct stacks over so many
 * distinct addresses. Each address lies in a symbol drawn from one of the files; every tenth, when there are
 * stacks, in the kernel's text. A stack has the outer frames of an earlier one and 16 to 48 in all. Without stacks (0)
 * each address is a sample of its own.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "common/draw.h"
#include "elf/elf.h"
#include "elf/file.h"
#include "format/format.h"
#include "process/open.h"
#include "profile/profile.h"
#include "symbolize/ksyms.h"

#define FILES_MAX 16
#define DEPTH_MIN 16
#define DEPTH_MAX 48
#define BASE      0x7f0000000000ull /* where the files are mapped, 4 GiB each */
#define FAR       (1ull << 32)

struct range {
	uint64_t offset, size;
};

/* What can be drawn from: the symbols of a file, as ranges of its offsets. */
struct input {
	struct elf_file *elf;
	struct range *ranges;
	size_t cnt, cap;
	uint32_t mapping;
	uint64_t start;
};

struct synthetic {
	struct profile *profile;
	struct input inputs[FILES_MAX];
	size_t input_cnt;
	uint64_t kernel_start, kernel_end;
	uint32_t kernel_mapping;
	uint32_t *pool; /* location ids */
	size_t pool_cnt, pool_next;
	uint32_t *stacks; /* DEPTH_MAX each, the root first */
	size_t *depths;
	uint64_t random;
};

static void fail(const char *what, const char *on)
{
	fprintf(stderr, "synthetic: %s: %s\n", on, what);
	exit(1);
}

static int add_range(void *arg, const struct elf_symbol *sym)
{
	struct input *in = arg;
	uint64_t offset, left;

	if (!sym->sized || elf_offset(in->elf, sym->address, &offset, &left) || left < sym->size)
		return 0;
	in->ranges = array_reserve(in->ranges, &in->cap, in->cnt + 1, sizeof(*in->ranges));
	if (!in->ranges)
		return -1;
	in->ranges[in->cnt++] = (struct range){ offset, sym->size };
	return 0;
}

static void add_file(struct synthetic *s, const char *path)
{
	struct input *in = &s->inputs[s->input_cnt];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char build_id[41];

	in->elf = fd < 0 ? NULL : elf_open(fd);
	if (!in->elf || elf_symbols(in->elf, add_range, in) || !in->cnt)
		fail("has no symbols", path);
	build_id_read(fd, build_id);
	in->start = BASE + s->input_cnt++ * FAR;
	in->mapping = profile_add_mapping(
		s->profile,
		&(struct profile_mapping){ .start = in->start,
	                                   .limit = in->start + FAR,
	                                   .file = profile_string(s->profile, path),
	                                   .build_id = profile_string(s->profile, build_id) });
}

static void add_kernel(struct synthetic *s)
{
	struct err e = { "" };
	struct ksyms *k = ksyms_load(NULL, &e);
	struct profile_mapping m = { .file = profile_string(s->profile, "[kernel.kallsyms]_text") };

	if (!k)
		fail(e.msg, "kernel");
	ksyms_text(k, &m.start, &m.limit);
	ksyms_free(k);
	s->kernel_start = m.start;
	s->kernel_end = m.limit;
	s->kernel_mapping = profile_add_mapping(s->profile, &m);
}

static uint32_t draw_location(struct synthetic *s)
{
	struct input *in = &s->inputs[draw(&s->random, s->input_cnt)];
	struct range *r;

	if (s->kernel_mapping && !draw(&s->random, 10))
		return profile_add_location(
			s->profile, s->kernel_mapping,
			s->kernel_start + draw(&s->random, s->kernel_end - s->kernel_start));
	r = &in->ranges[draw(&s->random, in->cnt)];
	return profile_add_location(s->profile, in->mapping,
	                            in->start + r->offset + draw(&s->random, r->size));
}

static void fill_pool(struct synthetic *s, size_t cnt)
{
	size_t tries;
	uint32_t id;

	s->pool = calloc(cnt, sizeof(*s->pool));
	for (tries = 0; s->pool && s->pool_cnt < cnt && tries < 100 * cnt; tries++) {
		id = draw_location(s);
		if (id == s->pool_cnt + 1)
			s->pool[s->pool_cnt++] = id;
	}
	if (s->pool_cnt < cnt)
		fail("too few addresses", "files");
}

/* Each address of the pool once, then any of them. */
static uint32_t next_frame(struct synthetic *s)
{
	return s->pool[s->pool_next < s->pool_cnt ? s->pool_next++ : draw(&s->random, s->pool_cnt)];
}

static void add_sample(struct synthetic *s, const uint32_t *frames, size_t cnt)
{
	uint32_t stack[DEPTH_MAX];
	int64_t values[] = { 1, 10101010 };
	size_t i;

	for (i = 0; i < cnt; i++)
		stack[i] = frames[cnt - 1 - i];
	profile_add_sample(s->profile, stack, cnt, NULL, 0, values);
}

static void make_stacks(struct synthetic *s, size_t cnt)
{
	size_t n, depth, shared, before;
	uint32_t *at;

	s->stacks = calloc(cnt, DEPTH_MAX * sizeof(*s->stacks));
	s->depths = calloc(cnt, sizeof(*s->depths));
	if (!s->stacks || !s->depths)
		fail("out of memory", "stacks");
	while ((n = s->profile->sample_cnt) < cnt) {
		at = s->stacks + n * DEPTH_MAX;
		depth = DEPTH_MIN + draw(&s->random, DEPTH_MAX - DEPTH_MIN + 1);
		before = n ? draw(&s->random, n) : 0;
		shared = n ? draw(&s->random, s->depths[before] < depth ? s->depths[before] : depth) : 0;
		memcpy(at, s->stacks + before * DEPTH_MAX, shared * sizeof(*at));
		for (s->depths[n] = depth; shared < depth; shared++)
			at[shared] = next_frame(s);
		add_sample(s, at, depth);
	}
	if (s->pool_next < s->pool_cnt)
		fail("more addresses than stacks have frames", "stacks");
}

int main(int argc, char **argv)
{
	struct synthetic s = { .profile = profile_new() };
	struct format_options o;
	struct err e = { "" };
	size_t stacks, i;
	int arg;

	if (argc < 6 || argc - 5 > FILES_MAX || !s.profile)
		fail("usage: synthetic OUT SEED STACKS ADDRESSES FILE...", "arguments");
	s.random = strtoul(argv[2], NULL, 10) | 1;
	stacks = strtoul(argv[3], NULL, 10);
	profile_add_type(s.profile, "samples", "count");
	profile_add_type(s.profile, "cpu", "nanoseconds");
	profile_set_period(s.profile, "cpu", "nanoseconds", 10101010);
	for (arg = 5; arg < argc; arg++)
		add_file(&s, argv[arg]);
	if (stacks)
		add_kernel(&s);
	fill_pool(&s, strtoul(argv[4], NULL, 10));
	for (i = 0; !stacks && i < s.pool_cnt; i++)
		add_sample(&s, &s.pool[i], 1);
	if (stacks)
		make_stacks(&s, stacks);
	format_options_init(&o);
	if (s.profile->failed || format_write_file(&format_pprof, s.profile, &o, argv[1], &e))
		fail(e.msg, argv[1]);
	return 0;
}
