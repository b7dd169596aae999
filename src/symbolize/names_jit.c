// SPDX-License-Identifier: Apache-2.0
/* Names of the code that a program makes, by address: from its jitdump, which has lines, and its perf map. */
#include "symbolize/jit.h"
#include "symbolize/jitdump.h"
#include "symbolize/names.h"
#include "symbolize/perfmap.h"

/* Of the names in one file: some five million functions. */
#define BYTES_MAX (128u << 20)

static void *map_open(struct names_open *o)
{
	struct perfmap *m = o->jit && o->jit->fds[JIT_MAP] >= 0 ? perfmap_new() : NULL;

	if (m)
		o->bad |= perfmap_read(m, o->jit->fds[JIT_MAP], BYTES_MAX) != 0;
	return m;
}

static void map_close(void *state)
{
	perfmap_free(state);
}

static size_t map_find(void *state, uint64_t address, struct names_frame *frames, size_t max)
{
	const char *name = max ? perfmap_find(state, address) : NULL;

	if (name)
		frames[0] = (struct names_frame){ .linkage = name };
	return name != NULL;
}

static void *dump_open(struct names_open *o)
{
	struct jitdump *d = o->jit && o->jit->fds[JIT_DUMP] >= 0 ? jitdump_new() : NULL;

	if (d)
		o->bad |= jitdump_read(d, o->jit->fds[JIT_DUMP], BYTES_MAX) != 0;
	return d;
}

static void dump_close(void *state)
{
	jitdump_free(state);
}

static size_t dump_find(void *state, uint64_t address, struct names_frame *frames, size_t max)
{
	return max ? jitdump_find(state, address, frames) : 0;
}

const struct names_source names_perfmap = {
	.name = "perfmap",
	.open = map_open,
	.close = map_close,
	.find = map_find,
};

const struct names_source names_jitdump = {
	.name = "jitdump",
	.open = dump_open,
	.close = dump_close,
	.find = dump_find,
};
