// SPDX-License-Identifier: Apache-2.0
#include "report/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/graph.h"
#include "report/state.h"

/* Weights that differ by less are rounded ones. */
#define EVEN 1.05

static bool has_unit(const struct profile *p, size_t type, const char *unit)
{
	return !strcmp(profile_text(p, p->types[type].unit), unit);
}

/* "samples", or "cycles_sample" as perf's converters have it. */
static bool counts_samples(const struct profile *p, size_t type)
{
	const char *name = profile_text(p, p->types[type].type), *end = strrchr(name, '_');

	end = end ? end + 1 : name;
	return has_unit(p, type, "count") && (!strcmp(name, "samples") || !strcmp(end, "sample"));
}

/* The type of the samples, else the count before this type, else type_cnt. */
static size_t find_count(const struct profile *p, size_t type)
{
	size_t i;

	for (i = 0; i < p->type_cnt; i++)
		if (counts_samples(p, i))
			return i;
	for (i = type + 1; i-- > 0;)
		if (has_unit(p, i, "count"))
			return i;
	return p->type_cnt;
}

/* The types of the period's unit: a bit each. */
static uint64_t find_period_types(const struct profile *p)
{
	const char *unit = profile_text(p, p->period_type.unit);
	uint64_t found = 0;
	size_t i;

	for (i = 0; p->period > 0 && i < p->type_cnt && i < 64; i++)
		if (units_compatible(profile_text(p, p->types[i].unit), unit))
			found |= 1ull << i;
	return found;
}

/* How many periods these values of a sample are; INFINITY: nobody knows. */
static double periods(const struct spread *s, const struct profile *p, const int64_t *values)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < 64 && s->period_types >> i; i++)
		if (s->period_types >> i & 1)
			sum += (double)values[i];
	return s->period_types ? sum / (double)p->period : INFINITY;
}

/* How many events the sample is of, 1 at least. */
static double events(const struct spread *s, const struct profile *p, const int64_t *values)
{
	bool none = s->cnt_type == p->type_cnt;
	double cnt = none ? INFINITY : (double)values[s->cnt_type];

	if (s->is_heap)
		cnt *= -expm1(-(double)values[s->size_type] / cnt / (double)p->period);
	else if (!s->is_exact)
		cnt = fmin(cnt, periods(s, p, values));
	return cnt >= 1 && isfinite(cnt) ? cnt : 1;
}

static const int64_t *values_of(const struct profile *p, const struct profile_sample *sample)
{
	return p->values + sample->value_first;
}

/* Does every event weigh the same? Of measured ones it may only look so: all but those of a period. */
static bool are_even(const struct spread *s, const struct profile *p)
{
	double least = INFINITY, most = 0, weight;
	const int64_t *values;
	size_t i;

	for (i = 0; i < p->sample_cnt; i++) {
		values = values_of(p, &p->samples[i]);
		if (!values[s->type])
			continue;
		weight = (double)values[s->type] / events(s, p, values);
		least = fmin(least, weight);
		most = fmax(most, weight);
	}
	return most <= least * EVEN &&
	       (s->is_exact || s->type == s->cnt_type || most <= (double)p->period * EVEN);
}

static struct spread_sum of_sample(const struct spread *s, const struct profile *p, size_t sample)
{
	const int64_t *values = values_of(p, &p->samples[sample]);
	double value = (double)values[s->type], cnt = events(s, p, values);

	return (struct spread_sum){ value, value * value * (s->is_even ? 1 / cnt : 2 / (cnt + 1)) };
}

void spread_add(struct spread_sum *to, const struct spread_sum *sum)
{
	to->value += sum->value;
	to->square += sum->square;
}

bool spread_init(struct spread *s, const struct profile *p, size_t type)
{
	struct spread_sum sum;
	size_t i;

	*s = (struct spread){ .type = type,
		              .cnt_type = find_count(p, type),
		              .period_types = find_period_types(p) };
	s->is_exact = s->cnt_type < p->type_cnt && counts_samples(p, s->cnt_type);
	s->size_type = s->cnt_type + 1;
	s->is_heap = !s->is_exact && s->size_type < p->type_cnt && p->period > 0 &&
	             !strcmp(profile_text(p, p->period_type.type), "space") &&
	             has_unit(p, s->size_type, "bytes");
	for (i = 0; i < p->sample_cnt; i++)
		if (values_of(p, &p->samples[i])[type] < 0)
			return false;
	s->is_even = s->is_heap || are_even(s, p);
	for (i = 0; i < p->sample_cnt; i++) {
		sum = of_sample(s, p, i);
		spread_add(&s->all, &sum);
	}
	return true;
}

static double mean_weight(const struct spread_sum *s)
{
	return s->square / s->value;
}

/*
 * A share's variance is ((1 - share)² Q + share² Q') / V², with Q of the part and Q' of the rest: that of
 * share * V of samples that all weigh this.
 */
double spread_unit(const struct spread_sum *part, const struct spread_sum *all)
{
	struct spread_sum rest = { all->value - part->value, all->square - part->square };
	double share = fmin(part->value / all->value, 1);

	if (!(part->value > 0) || !(rest.value > 0) || !(rest.square > 0))
		return mean_weight(all);
	return (1 - share) * mean_weight(part) + share * mean_weight(&rest);
}

struct stats_interval spread_share(const struct spread_sum *part, const struct spread_sum *all)
{
	return stats_share(fmin(part->value / all->value, 1), all->value / spread_unit(part, all),
	                   stats_quantile(INFINITY));
}

static void add_to(struct spread_row *row, size_t sample, const struct spread_sum *sum)
{
	if (row->seen != sample + 1)
		spread_add(&row->cum, sum);
	row->seen = sample + 1;
}

/* As graph.c counts: a row once a sample, the leaf's flat. */
struct spread_row *spread_rows(const struct spread *s, const struct graph *g)
{
	struct spread_row *rows = calloc(g->nodes.cnt + 1, sizeof(*rows));
	const struct profile *p = g->r->p;
	const struct profile_sample *sample;
	struct spread_sum sum;
	size_t i, j, at;

	for (i = 0; rows && i < p->sample_cnt; i++) {
		sample = &p->samples[i];
		sum = of_sample(s, p, i);
		for (j = 0; j < sample->stack_cnt; j++) {
			const size_t *first = &g->location_rows[p->stacks[sample->stack_first + j]];

			if (!j)
				spread_add(&rows[g->rows[*first]].flat, &sum);
			for (at = first[0]; at < first[1]; at++)
				add_to(&rows[g->rows[at]], i, &sum);
		}
	}
	return rows;
}
