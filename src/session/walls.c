// SPDX-License-Identifier: Apache-2.0
#include "session/walls.h"

#include <bpf/libbpf.h>
#include <string.h>

#include "ebprof.skel.h"
#include "session/engine.h"
#include "session/iterate.h"

static bool in_use(const struct engine *en)
{
	return en->skel && bpf_program__fd(en->skel->progs.wall_end) >= 0;
}

/* Whole records; returns the bytes that were used. */
static size_t take(void *arg, const char *bytes, size_t cnt)
{
	struct engine *en = arg;
	struct abi_wall w;
	size_t used;

	for (used = 0; cnt - used >= sizeof(w); used += sizeof(w)) {
		memcpy(&w, bytes + used, sizeof(w));
		if (ledger_add(&en->ledger, &w.key, &w.value, NULL) < 0)
			en->out_of_memory++;
	}
	return used;
}

int walls_begin(struct engine *en)
{
	return in_use(en) ? iterate(en->skel->progs.wall_begin, 0, take, en) : 0;
}

int walls_end(struct engine *en)
{
	return in_use(en) ? iterate(en->skel->progs.wall_end, 0, take, en) : 0;
}
