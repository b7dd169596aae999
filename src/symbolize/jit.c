// SPDX-License-Identifier: Apache-2.0
#include "symbolize/jit.h"

#include <errno.h>
#include <stdlib.h>

#include "symbolize/jitdump.h"
#include "symbolize/names.h"
#include "symbolize/perfmap.h"

struct jit {
	struct perfmap *map;
	struct jitdump *dump;
};

struct jit *jit_new(void)
{
	struct jit *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->map = perfmap_new();
	j->dump = jitdump_new();
	if (j->map && j->dump)
		return j;
	jit_free(j);
	return NULL;
}

void jit_free(struct jit *j)
{
	if (!j)
		return;
	perfmap_free(j->map);
	jitdump_free(j->dump);
	free(j);
}

static size_t rest(size_t bytes_max, size_t used)
{
	return used < bytes_max ? bytes_max - used : 0;
}

int jit_read_map(struct jit *j, int fd, size_t bytes_max)
{
	return perfmap_read(j->map, fd, rest(bytes_max, jitdump_bytes(j->dump)));
}

int jit_read_dump(struct jit *j, int fd, size_t bytes_max)
{
	return jitdump_read(j->dump, fd, rest(bytes_max, perfmap_bytes(j->map)));
}

size_t jit_bytes(const struct jit *j)
{
	return perfmap_bytes(j->map) + jitdump_bytes(j->dump);
}

uint64_t jit_cut(const struct jit *j)
{
	return perfmap_stats(j->map)->cut + jitdump_stats(j->dump)->cut;
}

size_t jit_find(struct jit *j, uint64_t address, struct names_frame *frame)
{
	const char *name;

	if (jitdump_find(j->dump, address, frame))
		return 1;
	name = perfmap_find(j->map, address);
	if (name)
		*frame = (struct names_frame){ .linkage = name, .verbatim = true };
	return name != NULL;
}
