// SPDX-License-Identifier: Apache-2.0
#include "session/exact.h"

#include <errno.h>
#include <string.h>

#include "base/quota.h"

/* Whose sum it is, and of what. */
struct who {
	uint64_t start;
	uint32_t tgid, exec_id, reason, pad;
};

struct sum {
	struct who who;
	uint32_t kind;
	bool has_total;
	struct quota values[ABI_VALUES];
};

void exact_init(struct exact *x)
{
	table_init(&x->sums, sizeof(struct who), sizeof(struct sum));
}

void exact_release(struct exact *x)
{
	table_release(&x->sums);
}

static struct who who_of(const struct sample_key *key)
{
	return (struct who){ key->start, key->tgid, key->exec_id, key->reason, 0 };
}

static struct sum *sum_put(struct exact *x, const struct sample_key *key)
{
	struct who who = who_of(key);
	struct sum *s = table_put(&x->sums, &who, NULL);

	if (s)
		s->kind = key->kind;
	return s;
}

int exact_add_total(struct exact *x, const struct sample_key *key, const int64_t *values)
{
	struct sum *s = sum_put(x, key);
	int i;

	if (!s)
		return -ENOMEM;
	s->has_total = true;
	for (i = 0; i < ABI_VALUES; i++)
		s->values[i].total += (uint64_t)values[i];
	return 0;
}

int exact_add_sample(struct exact *x, const struct sample_key *key, const int64_t *values)
{
	struct sum *s = sum_put(x, key);
	int i;

	if (!s)
		return -ENOMEM;
	for (i = 0; i < ABI_VALUES; i++)
		s->values[i].said += (uint64_t)values[i];
	return 0;
}

void exact_divide(struct exact *x, const struct sample_key *key, int64_t *values)
{
	struct who who = who_of(key);
	struct sum *s = table_get(&x->sums, &who);
	int i;

	for (i = 0; s && s->has_total && i < ABI_VALUES; i++)
		values[i] = (int64_t)quota_take(&s->values[i], (uint64_t)values[i]);
}

/* All that samples say is at least a count. */
static bool has_sample(const struct sum *s)
{
	return s->values[0].said;
}

bool exact_rest(const struct exact *x, size_t *at, struct sample_key *key, int64_t *values)
{
	const struct sum *s;
	int i;

	while (*at < x->sums.cnt) {
		s = table_at(&x->sums, (*at)++);
		if (!s->has_total || has_sample(s))
			continue;
		*key = (struct sample_key){ .start = s->who.start,
			                    .tgid = s->who.tgid,
			                    .exec_id = s->who.exec_id,
			                    .reason = (uint16_t)s->who.reason,
			                    .kind = (uint8_t)s->kind };
		for (i = 0; i < ABI_VALUES; i++)
			values[i] = (int64_t)s->values[i].total;
		return true;
	}
	return false;
}
