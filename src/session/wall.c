// SPDX-License-Identifier: Apache-2.0
#include "session/wall.h"

#include <errno.h>
#include <string.h>

#include "base/quota.h"
#include "kinds.h"

/* Who a share is of. */
struct who {
	uint64_t start;
	uint32_t tgid, tid;
};

struct share {
	struct who who;
	uint32_t exec_id; /* of the last total */
	bool has_total;
	struct quota ns[WALL_STATES];
};

void wall_init(struct wall *w, bool per_thread)
{
	memset(w, 0, sizeof(*w));
	w->per_thread = per_thread;
	table_init(&w->shares, sizeof(struct who), sizeof(struct share));
}

void wall_release(struct wall *w)
{
	table_release(&w->shares);
}

static struct who who_of(const struct wall *w, const struct sample_key *key)
{
	return (struct who){ key->start, key->tgid, w->per_thread ? key->tid : 0 };
}

/* A count that a weight or a difference made negative is none. */
static uint64_t positive(int64_t n)
{
	return n > 0 ? (uint64_t)n : 0;
}

static void add_total(struct wall *w, struct share *s, const struct sample_key *key,
                      const struct sample_value *v)
{
	uint64_t time = positive(v->v[WALL_TIME]), sum = 0, apart;
	struct wall_totals *t = &w->totals;
	int i;

	for (i = 0; i < WALL_STATES; i++) {
		s->ns[i].total += positive(v->v[i]);
		t->ns[i] += positive(v->v[i]);
		sum += positive(v->v[i]);
	}
	s->has_total = true;
	s->exec_id = key->exec_id;
	apart = sum > time ? sum - time : time - sum;
	t->threads++;
	t->time += time;
	t->residual += apart;
	if (apart && (double)apart > t->worst * (double)time)
		t->worst = time ? (double)apart / (double)time : 1;
}

/* What a sample says of each state, ns. */
static void times_of(const struct sample_key *key, const struct sample_value *v, uint64_t *ns)
{
	memset(ns, 0, WALL_STATES * sizeof(*ns));
	if (key->kind == KIND_cpu) {
		ns[WALL_RUNNING] = positive(v->v[1]);
	} else {
		ns[WALL_RUNNABLE] = positive(v->v[WAIT_RUNNABLE]);
		ns[WALL_BLOCKED] = positive(v->v[WAIT_BLOCKED]);
	}
}

int wall_add(struct wall *w, const struct sample_key *key, const struct sample_value *v)
{
	struct who who = who_of(w, key);
	struct share *s = table_put(&w->shares, &who, NULL);
	uint64_t ns[WALL_STATES];
	int i;

	if (!s)
		return -ENOMEM;
	if (key->kind == KIND_wall) {
		add_total(w, s, key, v);
		return 0;
	}
	times_of(key, v, ns);
	for (i = 0; i < WALL_STATES; i++) {
		s->ns[i].said += ns[i];
		w->totals.sampled[i] += ns[i];
	}
	return 0;
}

size_t wall_divide(struct wall *w, const struct sample_key *key, const struct sample_value *v,
                   struct wall_part *parts)
{
	struct who who = who_of(w, key);
	struct share *s = table_get(&w->shares, &who);
	uint64_t ns[WALL_STATES], mine;
	size_t n = 0;
	int i;

	if (key->kind == KIND_wall || !s)
		return 0;
	times_of(key, v, ns);
	for (i = 0; i < WALL_STATES; i++) {
		if (!ns[i])
			continue;
		mine = s->has_total ? quota_take(&s->ns[i], ns[i]) : ns[i];
		if (!s->has_total)
			w->totals.unscaled += ns[i];
		if (!mine)
			continue;
		parts[n] = (struct wall_part){ .key = *key };
		parts[n].key.state = (uint8_t)i;
		/* How often it waited for a CPU is not counted. */
		parts[n].value.v[0] = i == WALL_RUNNABLE ? 0 : v->v[0];
		parts[n++].value.v[1] = (int64_t)mine;
	}
	return n;
}

bool wall_rest(const struct wall *w, size_t *at, struct wall_part *part)
{
	for (; *at < w->shares.cnt * WALL_STATES; ++*at) {
		const struct share *s = table_at(&w->shares, *at / WALL_STATES);
		size_t i = *at % WALL_STATES;

		if (!s->ns[i].total || s->ns[i].said)
			continue;
		*part = (struct wall_part){ .value.v[1] = (int64_t)s->ns[i].total };
		part->key.start = s->who.start;
		part->key.tgid = s->who.tgid;
		part->key.tid = s->who.tid;
		part->key.exec_id = s->exec_id;
		part->key.kind = KIND_wall;
		part->key.state = (uint8_t)i;
		++*at;
		return true;
	}
	return false;
}
