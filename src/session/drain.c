// SPDX-License-Identifier: Apache-2.0
/*
 * The only reader of the sample maps. A drain puts the other generation of counts in place (the
 * update returns when no program writes the old one any more), reads the ring, in which each stack's
 * body was sent before its first count, and then empties the old generation, which is now its own.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "ebprof.skel.h"
#include "process/process.h"
#include "session/engine.h"

/* Entries that one system call moves at most. */
#define BATCH 4096

struct batch {
	struct sample_key keys[BATCH];
	struct sample_value values[BATCH];
};

static int on_stack(struct engine *en, const struct record_stack *r, size_t size)
{
	if (size < sizeof(*r) || r->cnt > (size - sizeof(*r)) / sizeof(uint64_t))
		return 0;
	if (ledger_add_stack(&en->ledger, r->id, (const uint64_t *)(r + 1), r->cnt))
		en->out_of_memory++;
	return 0;
}

static int on_sample(struct engine *en, const struct record_sample *r, size_t size)
{
	long entry;

	if (size < sizeof(*r))
		return 0;
	entry = ledger_add(&en->ledger, &r->key, &r->value, NULL);
	if (entry < 0 || ledger_add_event(&en->ledger, r->head.time, (uint32_t)entry, &r->value))
		en->out_of_memory++;
	unmet_sampled(en, &r->key, &r->value);
	return 0;
}

static int on_related(struct engine *en, const struct record_related *r, size_t size)
{
	if (size >= sizeof(*r) && ledger_add_related(&en->ledger, r))
		en->out_of_memory++;
	return 0;
}

static int on_record(void *arg, void *data, size_t size)
{
	const struct record *r = data;

	if (size < sizeof(*r))
		return 0;
	if (r->type == REC_STACK)
		return on_stack(arg, data, size);
	if (r->type == REC_UNMET || r->type == REC_CHECK)
		return unmet_take(arg, data, size);
	if (r->type == REC_RELATED)
		return on_related(arg, data, size);
	return r->type == REC_SAMPLE ? on_sample(arg, data, size) : 0;
}

static int add_ring(struct engine *en, const struct bpf_map *map)
{
	int fd = bpf_map__fd(map);

	if (en->ring)
		return ring_buffer__add(en->ring, fd, on_record, en);
	en->ring = ring_buffer__new(fd, on_record, en, NULL);
	return en->ring ? 0 : -errno;
}

/* In the order in which they are read: a stack's body before what names it. */
static int add_rings(struct engine *en)
{
	const struct ebprof_bpf *s = en->skel;

	return add_ring(en, s->maps.ring) ?: add_ring(en, s->maps.unmet_ring) ?:
	       add_ring(en, s->maps.check_ring);
}

static int generation_new(const struct engine *en)
{
	return bpf_map_create(BPF_MAP_TYPE_HASH, "counts_gen", sizeof(struct sample_key),
	                      sizeof(struct sample_value), en->options.counts_entries, NULL);
}

static int generations_open(struct engine *en, uint32_t ctx)
{
	int outer = bpf_map__fd(en->skel->maps.counts), i;

	for (i = 0; i < 2; i++) {
		en->generation[ctx][i] = generation_new(en);
		if (en->generation[ctx][i] < 0)
			return -errno;
	}
	return bpf_map_update_elem(outer, &ctx, &en->generation[ctx][0], BPF_ANY) ? -errno : 0;
}

int drain_open(struct engine *en, struct err *e)
{
	uint32_t ctx;
	int i, err = 0;

	for (ctx = 0; ctx < CTX_CNT; ctx++)
		en->generation[ctx][0] = en->generation[ctx][1] = -1;
	en->batch = malloc(sizeof(struct batch));
	if (!en->batch)
		return err_set(e, -ENOMEM, "out of memory");
	for (i = 0; i < KIND_CNT; i++) {
		ctx = kind_at(i)->source->ctx;
		if (!(kinds_needed(en->options.kinds) & 1u << i) || en->generation[ctx][0] >= 0)
			continue;
		err = generations_open(en, ctx);
		if (err)
			return err_set(e, err, "cannot create the counts map of %u entries: %s",
			               en->options.counts_entries, strerror(-err));
	}
	err = add_rings(en);
	return err ? err_set(e, err, "cannot map the rings: %s", strerror(-err)) : 0;
}

void drain_close(struct engine *en)
{
	int ctx, i;

	ring_buffer__free(en->ring);
	en->ring = NULL;
	for (ctx = 0; ctx < CTX_CNT; ctx++)
		for (i = 0; i < 2; i++)
			if (en->generation[ctx][i] >= 0)
				close(en->generation[ctx][i]);
	free(en->batch);
	en->batch = NULL;
}

int drain_watch(const struct engine *en, int epoll_fd)
{
	const int fds[] = { bpf_map__fd(en->skel->maps.ring),
		            bpf_map__fd(en->skel->maps.unmet_ring),
		            bpf_map__fd(en->skel->maps.check_ring) };
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fds[i], &ev))
			return -errno;
	return 0;
}

/*
 * Opens the files that a new sample's stacks go through, and names its thread, while they live. What is read
 * of the rings while a file is waited for may move the ledger's stacks.
 */
static void touch(struct engine *en, const struct sample_key key)
{
	const struct image *im;
	const struct mapping *m;
	const uint64_t *frames;
	uint32_t cnt, i;

	if (key.tid && en->options.keep & KEEP_TID)
		processes_thread_comm(en->processes, key.tgid, key.tid, key.start);
	if (en->options.collect.owners && key.kind == KIND_offcpu)
		owners_touch(&en->owners, en->processes, &key);
	frames = ledger_stack(&en->ledger, key.user, &cnt);
	im = cnt ? processes_find(en->processes, key.tgid, key.start, key.exec_id) : NULL;
	for (i = 0; im && i < cnt; i++) {
		if (frames[i] >> 56) /* a file that the walker has open already, or no frame */
			continue;
		m = image_mapping(im, frames[i] - (i > 0));
		if (!m)
			continue;
		if (m->file->fd < 0)
			processes_open_file(en->processes, im, m);
		if (mapping_may_be_jit(m))
			jits_touch(&en->jits, en->processes, im);
		frames = ledger_stack(&en->ledger, key.user, &cnt);
	}
}

/* What of a table is new since the drain before. */
static size_t touch_from(struct touched *t, size_t cnt)
{
	size_t from = t->first;

	t->first = t->next;
	t->next = cnt;
	return from;
}

/* New samples now, and those of the drain before again: then their process's records have come. */
static void touch_new(struct engine *en)
{
	const struct table *related = &en->ledger.related;
	size_t cnt = en->ledger.entries.cnt, i;

	for (i = touch_from(&en->touched, cnt); i < cnt; i++)
		touch(en, ledger_at(&en->ledger, i)->key);
	for (i = touch_from(&en->touched_related, related->cnt); i < related->cnt; i++)
		touch(en, ((const struct ledger_related *)table_at(related, i))->key);
}

/* Empties a generation that nobody writes. 0 or -errno. */
static int generation_read(struct engine *en, int fd)
{
	struct batch *b = en->batch;
	uint32_t cnt, i, from, to;
	void *in = NULL;
	int err;

	do {
		cnt = BATCH;
		err = bpf_map_lookup_and_delete_batch(fd, in, &to, b->keys, b->values, &cnt, NULL);
		if (err && errno != ENOENT)
			return -errno;
		for (i = 0; i < cnt; i++) {
			if (ledger_add(&en->ledger, &b->keys[i], &b->values[i], NULL) < 0)
				en->out_of_memory++;
			unmet_sampled(en, &b->keys[i], &b->values[i]);
		}
		from = to;
		in = &from;
	} while (!err);
	return 0;
}

/* Is anything in the current generation? Takes the number of new keys back to 0. */
static bool counts_taken(struct engine *en, uint32_t ctx)
{
	int fd = bpf_map__fd(en->skel->maps.counts_new);
	uint64_t n = 0, zero = 0;

	if (bpf_map_lookup_elem(fd, &ctx, &n) || !n)
		return false;
	bpf_map_update_elem(fd, &ctx, &zero, BPF_ANY);
	return true;
}

static void on_gone(void *arg, uint32_t pid)
{
	unmet_forget(arg, pid);
	engine_unwant(arg, pid);
}

int drain_rings(struct engine *en)
{
	int n = ring_buffer__consume(en->ring);

	return n < 0 ? n : 0;
}

/* The rings, and the work on what was in them. 0 or -errno. */
static int rings_read(struct engine *en)
{
	int err;

	do {
		err = drain_rings(en);
		unmet_work(en);
	} while (err == -EAGAIN);
	return err;
}

/* A process that cannot be followed is no reason to end. */
static void follow(struct engine *en)
{
	struct err e = { "" };

	if (engine_follow(en, &e))
		log_warn("%s", e.msg);
}

static int drain(struct engine *en, bool last)
{
	int outer = bpf_map__fd(en->skel->maps.counts), old[CTX_CNT], err = 0, e;
	uint32_t ctx;

	en->drains++;
	for (ctx = 0; ctx < CTX_CNT; ctx++) {
		old[ctx] = -1;
		if (en->generation[ctx][0] < 0 || !(counts_taken(en, ctx) || last))
			continue;
		old[ctx] = en->generation[ctx][en->current[ctx]];
		en->current[ctx] ^= 1;
		if (bpf_map_update_elem(outer, &ctx, &en->generation[ctx][en->current[ctx]],
		                        BPF_ANY))
			return -errno;
	}
	processes_poll(en->processes); /* the ring may tell of processes that were made just now */
	follow(en);
	unmet_refresh(en);
	err = rings_read(en);
	for (ctx = 0; ctx < CTX_CNT; ctx++) {
		e = old[ctx] >= 0 ? generation_read(en, old[ctx]) : 0;
		if (e)
			err = e;
	}
	touch_new(en);
	jits_poll(&en->jits, en->processes, false);
	processes_exited(en->processes, on_gone, en);
	return err;
}

int drain_all(struct engine *en)
{
	return drain(en, false);
}

int drain_last(struct engine *en)
{
	return drain(en, true);
}
