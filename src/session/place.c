// SPDX-License-Identifier: Apache-2.0
#include "session/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "base/array.h"
#include "process/process.h"
#include "profile/profile.h"
#include "session/jits.h"
#include "symbolize/ksyms.h"

/* [ebprof] lies below vm.mmap_min_addr, where no program has code. */
#define PSEUDO_START    0x1000
#define PSEUDO_LIMIT    0x2000
#define PSEUDO_REMAPPED 0x1800
#define PSEUDO_UNMAPPED 0x1801
#define PSEUDO_NOTHING  0x1802
#define PSEUDO_OWN      0x1803 /* those that their names tell apart */

/* The name that perf has for it; with _text, the mapping begins there. */
#define KERNEL       "[kernel.kallsyms]"
#define KERNEL_START (1ull << 63) /* no user address is above */

#define END_TEXT(name, text) text,
static const char *const end_texts[] = { ENDS(END_TEXT) };

struct file_key {
	const struct file *file;
	const struct jit
		*jit;   /* of a program that names its code: nobody else's is at that place */
	uint64_t start; /* then, and of anonymous memory: it has no other identity */
	uint64_t offset, size;
};

struct file_entry {
	struct file_key key;
	uint64_t mapping;
};

struct place_range {
	uint64_t start, limit;
	uint32_t mapping;
};

void place_init(struct place *pl, struct profile *p)
{
	memset(pl, 0, sizeof(*pl));
	pl->profile = p;
	table_init(&pl->files, sizeof(struct file_key), sizeof(struct file_entry));
}

void place_release(struct place *pl)
{
	table_release(&pl->files);
	free(pl->ranges);
	free(pl->sources);
	memset(pl, 0, sizeof(*pl));
}

/* Notes where the names of mapping 'id' come from. */
static uint32_t source_put(struct place *pl, uint32_t id, const struct symbolize_source *source)
{
	struct symbolize_source *sources;

	if (!id)
		return 0;
	sources = array_reserve(pl->sources, &pl->source_cap, id, sizeof(*sources));
	if (!sources) {
		pl->failed = true;
		return 0;
	}
	pl->sources = sources;
	sources[id - 1] = *source;
	if (pl->source_cnt < id)
		pl->source_cnt = id;
	return id;
}

static uint32_t source_set(struct place *pl, uint32_t id, int what, struct file *file)
{
	struct symbolize_source source = { .what = what, .file = file };

	return source_put(pl, id, &source);
}

void place_placeholder(struct place *pl, const char *name)
{
	struct profile_mapping m = { .file = profile_string(pl->profile, name),
		                     .has_functions = true };

	source_set(pl, profile_add_mapping(pl->profile, &m), SOURCE_NONE, NULL);
}

/* Where the names of a mapping come from: memory, perhaps with code that its program names. */
static struct symbolize_source source_of(const struct place *pl, const struct image *im,
                                         const struct mapping *m)
{
	struct symbolize_source source = { .what = SOURCE_FILE, .file = m->file };

	if (im && pl->jits && mapping_may_be_jit(m))
		source.jit = jits_find(pl->jits, im);
	source.start = m->start;
	if (source.jit)
		source.what = SOURCE_JIT;
	else if (m->file->kind == FILE_ANON)
		source.what = SOURCE_NONE;
	return source;
}

/* 'im' may be NULL: a mapping of nobody's. */
static uint32_t file_mapping(struct place *pl, const struct image *im, const struct mapping *m)
{
	struct file_key key = { .file = m->file, .offset = m->offset, .size = m->end - m->start };
	struct profile_mapping pm = { .start = m->start, .limit = m->end, .offset = m->offset };
	struct symbolize_source source = source_of(pl, im, m);
	struct file_entry *entry;
	bool is_new;

	key.jit = source.jit;
	if (m->file->kind == FILE_ANON || key.jit)
		key.start = m->start;
	entry = table_put(&pl->files, &key, &is_new);
	if (!entry) {
		pl->failed = true;
		return 0;
	}
	if (is_new) {
		pm.file = profile_string(pl->profile, m->file->path);
		pm.build_id = profile_string(pl->profile, m->file->build_id);
		entry->mapping = source_put(pl, profile_place_mapping(pl->profile, &pm), &source);
	}
	return (uint32_t)entry->mapping;
}

void place_main(struct place *pl, const struct image *im)
{
	const struct mapping *m = im ? image_main(im) : NULL;

	if (m)
		file_mapping(pl, im, m);
	else
		place_placeholder(pl, "[unknown]");
}

static uint32_t pseudo_mapping(struct place *pl)
{
	struct profile_mapping m = { .start = PSEUDO_START, .limit = PSEUDO_LIMIT };

	if (!pl->pseudo) {
		m.file = profile_string(pl->profile, "[ebprof]");
		m.has_functions = true;
		pl->pseudo =
			source_set(pl, profile_add_mapping(pl->profile, &m), SOURCE_FIXED, NULL);
	}
	return pl->pseudo;
}

uint32_t place_own(struct place *pl, const char *name)
{
	struct profile_line line = { 0 };

	line.function = profile_add_function(pl->profile, name, name, "", 0);
	return profile_add_named_location(pl->profile, pseudo_mapping(pl), PSEUDO_OWN, false, &line,
	                                  1);
}

/* A location of [ebprof], named here. */
static uint32_t pseudo_location(struct place *pl, uint64_t address, const char *name)
{
	struct profile *p = pl->profile;
	struct profile_line line = { 0 };
	uint32_t location;

	location = profile_add_location(p, pseudo_mapping(pl), address);
	if (location && !profile_location(p, location)->line_cnt) {
		line.function = profile_add_function(p, name, name, "", 0);
		profile_set_lines(p, location, &line, 1);
	}
	return location;
}

uint32_t place_end(struct place *pl, unsigned int end)
{
	char name[64];

	snprintf(name, sizeof(name), "[end: %s]", end < END_CNT ? end_texts[end] : "unknown");
	return pseudo_location(pl, PSEUDO_START + (end & 0x7ff), name);
}

uint32_t place_no_sample(struct place *pl)
{
	return pseudo_location(pl, PSEUDO_NOTHING, "[no sample]");
}

uint32_t place_user(struct place *pl, const struct image *im, uint64_t address)
{
	const struct mapping *m = im ? image_mapping(im, address) : NULL;
	uint32_t id;

	if (!m) {
		pl->unmapped += pl->weight;
		return pseudo_location(pl, PSEUDO_UNMAPPED, "[unmapped]");
	}
	if (m->remapped) {
		pl->remapped += pl->weight;
		return pseudo_location(pl, PSEUDO_REMAPPED, "[remapped]");
	}
	id = file_mapping(pl, im, m);
	if (!id)
		return 0;
	return profile_add_location(pl->profile, id,
	                            profile_mapping(pl->profile, id)->start + address - m->start);
}

/* A stand-in for a mapping that is gone: 2 MiB of the file around the offset. */
static struct mapping made_mapping(struct file *file, uint64_t offset)
{
	struct mapping m = { .offset = offset & ~0x1fffffull, .file = file };

	m.start = 0x500000000000ull +
	          m.offset; /* profile_place_mapping() moves it where it is free */
	m.end = m.start + 0x200000;
	return m;
}

uint32_t place_file(struct place *pl, const struct image *im, struct file *file, uint64_t offset)
{
	const struct mapping *m = im ? image_mapping_of_file(im, file, offset) : NULL;
	struct mapping made;
	uint32_t id;

	/* Where the file was something else is now: whose code ran is not known. */
	if (im && (!m || m->remapped)) {
		pl->remapped += pl->weight;
		return pseudo_location(pl, PSEUDO_REMAPPED, "[remapped]");
	}
	if (!m) {
		made = made_mapping(file, offset);
		m = &made;
	}
	id = file_mapping(pl, im, m);
	if (!id)
		return 0;
	return profile_add_location(pl->profile, id,
	                            profile_mapping(pl->profile, id)->start + offset - m->offset);
}

/*
 * The range of the kernel that the address is in: its text, a module, BPF programs, else its page; all
 * of it when nothing is known.
 */
static void kernel_range(const struct place *pl, uint64_t address, const struct ksym *sym,
                         struct profile_mapping *m, char *name, size_t size)
{
	/* BPF programs lie between modules: they have no range of their own, but pages. */
	if (sym && !strcmp(sym->module, "bpf")) {
		m->start = address & ~0xfffull;
		m->limit = m->start + 0x1000;
		snprintf(name, size, "[bpf]");
		return;
	}
	if (sym && *sym->module &&
	    !ksyms_module_range(pl->ksyms, sym->module, &m->start, &m->limit)) {
		snprintf(name, size, "[%s]", sym->module);
		return;
	}
	/* Where its parts lie is as hidden as their names. */
	if (!pl->ksyms) {
		m->start = KERNEL_START;
		m->limit = UINT64_MAX;
		snprintf(name, size, KERNEL);
		return;
	}
	ksyms_text(pl->ksyms, &m->start, &m->limit);
	if (m->start && address >= m->start && address < m->limit) {
		snprintf(name, size, KERNEL "_text");
		return;
	}
	m->start = address & ~0xfffull;
	if (m->limit > m->start && m->limit <= address) /* the text ends in this page */
		m->start = m->limit;
	m->limit = (address & ~0xfffull) + 0x1000;
	snprintf(name, size, "[kernel]");
}

/* The mapping of a range that is there already; the one of the frame before is tried first. */
static uint32_t known_range(struct place *pl, uint64_t address)
{
	size_t n, i;

	for (n = 0; n < pl->range_cnt; n++) {
		i = (pl->range_last + n) % pl->range_cnt;
		if (address < pl->ranges[i].start || address >= pl->ranges[i].limit)
			continue;
		pl->range_last = i;
		return pl->ranges[i].mapping;
	}
	return 0;
}

static uint32_t add_range(struct place *pl, const struct profile_mapping *m)
{
	struct place_range *ranges;
	uint32_t id = source_set(pl, profile_add_mapping(pl->profile, m), SOURCE_KERNEL, NULL);

	ranges = array_reserve(pl->ranges, &pl->range_cap, pl->range_cnt + 1, sizeof(*ranges));
	if (!ranges) {
		pl->failed = true;
		return 0;
	}
	pl->ranges = ranges;
	ranges[pl->range_cnt++] =
		(struct place_range){ .start = m->start, .limit = m->limit, .mapping = id };
	return id;
}

static uint32_t kernel_mapping(struct place *pl, uint64_t address)
{
	uint32_t known = known_range(pl, address);
	struct profile_mapping m = { 0 };
	struct ksym sym;
	char name[128], id[64];
	bool found;

	if (known)
		return known;
	found = pl->ksyms && !ksyms_find(pl->ksyms, address, &sym);
	kernel_range(pl, address, found ? &sym : NULL, &m, name, sizeof(name));
	m.file = profile_string(pl->profile, name);
	if (!strncmp(name, KERNEL, strlen(KERNEL)) && !ksyms_build_id(id, sizeof(id)))
		m.build_id = profile_string(pl->profile, id);
	return add_range(pl, &m);
}

uint32_t place_kernel(struct place *pl, uint64_t address)
{
	uint32_t id = kernel_mapping(pl, address);

	return id ? profile_add_location(pl->profile, id, address) : 0;
}

/* Is it that function of the kernel, or a part of it that the compiler made (NAME.isra.0)? */
static bool is_in(const struct place *pl, uint64_t address, const char *name)
{
	size_t len = strlen(name);
	struct ksym sym;

	return pl->ksyms && !ksyms_find(pl->ksyms, address, &sym) &&
	       !strncmp(sym.name, name, len) && (!sym.name[len] || sym.name[len] == '.');
}

/* The first of these frames that is in that function; cnt: none is. */
static uint32_t frame_in(const struct place *pl, const uint64_t *frames, uint32_t cnt,
                         const char *name)
{
	uint32_t i;

	for (i = 0; i < cnt && !is_in(pl, frames[i] - 1, name); i++)
		;
	return i;
}

const char *place_interrupt(const struct place *pl, const uint64_t *frames, uint32_t cnt)
{
	/* What timers run in: kernel/time/hrtimer.c, kernel/time/timer.c; softirqs: kernel/softirq.c */
	static const struct {
		const char *function, *kind;
	} rows[] = {
		{ "__hrtimer_run_queues", "[timer]" }, { "call_timer_fn", "[timer]" },
		{ "run_timer_softirq", "[timer]" },    { "__do_softirq", "[softirq]" },
		{ "handle_softirqs", "[softirq]" },
	};
	size_t i;

	if (!cnt || !pl->ksyms)
		return "[interrupt]";
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (frame_in(pl, frames, cnt, rows[i].function) < cnt)
			return rows[i].kind;
	return "[irq]";
}

/* Of the BPF program, the tracepoint and the function that it is in, at most. */
#define WAKE_FRAMES 16

uint32_t place_past_wake(const struct place *pl, const uint64_t *frames, uint32_t cnt)
{
	uint32_t most = cnt < WAKE_FRAMES ? cnt : WAKE_FRAMES;
	uint32_t at = frame_in(pl, frames, most, "try_to_wake_up");

	return at + 1 < cnt && at < most ? at + 1 : 0;
}

bool place_is_interrupt(const struct place *pl, uint64_t address)
{
	struct ksym sym;

	/* arch/x86/include/asm/idtentry.h: every interrupt and exception enters through asm_*. */
	return pl->ksyms && !ksyms_find(pl->ksyms, address, &sym) &&
	       (!strncmp(sym.name, "asm_", 4) || !strcmp(sym.name, "el1h_64_irq"));
}
