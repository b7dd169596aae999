// SPDX-License-Identifier: Apache-2.0
/* The labels of one sample. */
#include "classify/classify.h"
#include "process/process.h"
#include "session/engine.h"
#include "session/finishing.h"
#include "session/owners.h"

size_t finish_number(struct profile *p, struct profile_label *l, size_t n, const char *key,
                     int64_t num, const char *unit)
{
	l[n] = (struct profile_label){ .key = profile_string(p, key), .num = num };
	l[n].unit = unit ? profile_string(p, unit) : 0;
	return n + 1;
}

static size_t add_text(struct profile *p, struct profile_label *l, size_t n, const char *key,
                       const char *text)
{
	if (!text || !*text)
		return n;
	l[n] = (struct profile_label){ .key = profile_string(p, key),
		                       .str = profile_string(p, text) };
	return n + 1;
}

static const char *comm_of(const struct finish *f, const struct sample_key *key)
{
	const struct image *im =
		processes_find(f->window->engine->processes, key->tgid, key->start, key->exec_id);

	return im ? im->comm : "";
}

const struct ledger_related *finish_related(const struct finish *f, const struct sample_key *key)
{
	return ledger_related(&f->window->engine->ledger, key->related);
}

const char *finish_waker_name(const struct finish *f, const struct sample_key *key)
{
	const struct ledger_related *r = finish_related(f, key);
	const uint64_t *frames;
	const char *comm;
	uint32_t cnt;

	if (!r)
		return key->related == RELATED_YET ? "[not woken]" : "[waker unknown]";
	if (r->key.state == RELATED_INTERRUPT) {
		frames = ledger_stack(&f->window->engine->ledger, r->key.kern, &cnt);
		return place_interrupt(&f->place, frames, cnt);
	}
	comm = comm_of(f, &r->key);
	return *comm ? comm : r->comm;
}

static size_t add_waker(struct finish *f, const struct sample_key *key, struct profile_label *l,
                        size_t n)
{
	const struct ledger_related *r = finish_related(f, key);
	struct profile *p = f->profile;

	n = add_text(p, l, n, "waker", finish_waker_name(f, key));
	if (!r || r->key.state == RELATED_INTERRUPT)
		return n;
	n = finish_number(p, l, n, "waker_pid", r->key.tgid, NULL);
	if (!r->key.tid)
		return n;
	n = finish_number(p, l, n, "waker_tid", r->key.tid, NULL);
	return add_text(p, l, n, "waker_thread_comm", r->comm);
}

/* The labels of pprof's conventions: numbers as numbers, cpu with a unit so that CPU 0 is kept. */
size_t finish_labels(struct finish *f, const struct sample_key *key, struct profile_label *l)
{
	struct engine *en = f->window->engine;
	uint32_t keep = en->options.keep;
	struct profile *p = f->profile;
	struct kind_label own[KIND_LABELS];
	char owner[64];
	size_t own_cnt = f->kind->labels ? f->kind->labels(key, own) : 0, n = 0, i;

	if (f->labels) {
		n = finish_number(p, l, n, "pid", key->tgid, NULL);
		n = add_text(p, l, n, "comm", comm_of(f, key));
	}
	if (keep & KEEP_TID) {
		n = finish_number(p, l, n, "tid", key->tid, NULL);
		n = add_text(p, l, n, "thread_comm",
		             processes_thread_comm(en->processes, key->tgid, key->tid, key->start));
	}
	for (i = 0; i < own_cnt; i++)
		n = own[i].text ? add_text(p, l, n, own[i].key, own[i].text)
		                : finish_number(p, l, n, own[i].key, own[i].num, own[i].unit);
	if (f->kind->owners && !f->options->no_names) {
		owners_text(&en->owners, en->processes, key, owner, sizeof(owner));
		n = add_text(p, l, n, CLASSIFY_OWNER, owner);
	}
	if (key->related)
		n = add_waker(f, key, l, n);
	if (keep & KEEP_CPU)
		n = finish_number(p, l, n, "cpu", key->cpu, "cpu");
	if (keep & KEEP_SLICE)
		n = finish_number(p, l, n, "slice",
		                  (int64_t)(key->slice * en->options.slice_ns / 1000000),
		                  "milliseconds");
	return n;
}
