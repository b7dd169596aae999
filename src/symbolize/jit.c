// SPDX-License-Identifier: Apache-2.0
#include "symbolize/jit.h"

#include <errno.h>
#include <stdlib.h>

#include "symbolize/names.h"
#include "symbolize/perfmap.h"

struct jit {
	struct perfmap *map;
};

struct jit *jit_new(void)
{
	struct jit *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->map = perfmap_new();
	if (j->map)
		return j;
	jit_free(j);
	return NULL;
}

void jit_free(struct jit *j)
{
	if (!j)
		return;
	perfmap_free(j->map);
	free(j);
}

int jit_read_map(struct jit *j, int fd, size_t bytes_max)
{
	return perfmap_read(j->map, fd, bytes_max);
}

size_t jit_bytes(const struct jit *j)
{
	return perfmap_bytes(j->map);
}

uint64_t jit_cut(const struct jit *j)
{
	return perfmap_stats(j->map)->cut;
}

size_t jit_find(struct jit *j, uint64_t address, struct names_frame *frame)
{
	const char *name = perfmap_find(j->map, address);

	if (name)
		*frame = (struct names_frame){ .linkage = name, .verbatim = true };
	return name != NULL;
}
