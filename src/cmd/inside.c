// SPDX-License-Identifier: Apache-2.0
#include "cmd/inside.h"

#include <limits.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/program.h"
#include "cmd/options.h"
#include "collect/preload.h"

static const char *const why_not[] = {
	[PROGRAM_STATIC] = "is static",
	[PROGRAM_FOREIGN] = "is no program of this processor",
	[PROGRAM_SETUID] = "runs as another user, or with capabilities",
	[PROGRAM_SANITIZED] = "has a sanitizer",
	[PROGRAM_UNREADABLE] = "cannot be read",
};

void inside_prepare(struct options *o, struct preload *p)
{
	struct err e = { "" };
	enum program is;
	const char *path;
	char room[PATH_MAX];

	if (!(o->engine.kinds & 1u << KIND_heap) || o->no_preload)
		return;
	path = program_find(o->command[0], getenv("PATH"), room, sizeof(room));
	if (!path)
		return; /* it will not run either */
	is = program_at(path);
	if (is != PROGRAM_DYNAMIC)
		log_info("'%s' %s: no sampler goes into it, probes are put on its allocator", path,
		         why_not[is]);
	else if (preload_open(p, o->engine.collect.alloc_rate, &e))
		log_warn("%s; probes are put on the command's allocator", e.msg);
	else
		o->engine.collect.preload = p;
}
