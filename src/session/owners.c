// SPDX-License-Identifier: Apache-2.0
#include "session/owners.h"

#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "process/process.h"

struct owner {
	/* The key: the process, and the number that the thread has in it. */
	uint64_t start;
	uint32_t tgid, number;
	uint32_t tid; /* what was found, 0 = no such thread */
	uint32_t tries;
};

#define KEY_SIZE offsetof(struct owner, tid)

void owners_init(struct owners *os)
{
	table_init(&os->table, KEY_SIZE, sizeof(struct owner));
}

void owners_release(struct owners *os)
{
	table_release(&os->table);
}

static struct owner key_of(const struct sample_key *key)
{
	return (struct owner){ .start = key->start,
		               .tgid = key->tgid,
		               .number = WAIT_OWNER(key->tag) };
}

void owners_touch(struct owners *os, struct processes *ps, const struct sample_key *key)
{
	struct owner o = key_of(key), *at = o.number ? table_put(&os->table, &o, NULL) : NULL;

	/* At the first try the process may not be known yet. */
	if (!at || at->tid || at->tries++ > 1)
		return;
	at->tid = processes_thread(ps, key->tgid, key->start, o.number);
	if (at->tid)
		processes_thread_comm(ps, key->tgid, at->tid, key->start);
}

void owners_text(const struct owners *os, struct processes *ps, const struct sample_key *key,
                 char *to, size_t size)
{
	struct owner o = key_of(key);
	const struct owner *at = o.number ? table_get(&os->table, &o) : NULL;
	const char *name;

	*to = 0;
	if (!at || !at->tid)
		return;
	name = processes_thread_comm(ps, key->tgid, at->tid, key->start);
	snprintf(to, size, "%s/%u", name ? name : "", at->tid);
}
