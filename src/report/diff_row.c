// SPDX-License-Identifier: Apache-2.0
/* One function on two sides: by all samples of a side together, and by its runs. */
#include <math.h>

#include "report/diff.h"

/* A side of a row as numbers of samples that all weigh the same. */
struct counted {
	double unit;  /* what a sample weighs */
	double cnt;   /* of the function */
	double total; /* of the side; absolute: of its files */
	double value; /* as the row has it */
};

/* What a side's value is a part of, or the mean of. */
static double weight_of(const struct diff *d, int side)
{
	return d->absolute ? (double)d->side_files[side] : d->all[side].value;
}

static double run_value(const struct diff_file *f, size_t number)
{
	return number < f->cnt ? f->values[number] : 0;
}

/*
 * What the runs of both sides vary by around the mean of their side: the variance of a run's value, or of a
 * share of a total of 1. 0 where there is one run a side.
 */
static double variance_of(const struct diff *d, size_t number, const struct diff_row *row)
{
	const struct diff_file *f;
	double off, sum = 0;
	size_t i;

	for (i = 0; i < d->file_cnt; i++) {
		f = &d->files[i];
		off = run_value(f, number) / (d->absolute ? 1 : f->all.value) - row->value[f->side];
		sum += off * off * (d->absolute ? 1 : f->all.value);
	}
	return d->freedom > 0 ? sum / d->freedom : 0;
}

/* p of what the sides differ by, when runs vary so; 0 where there is one run a side. */
static double runs_differ(const struct diff *d, const struct diff_row *row, double variance)
{
	if (!(d->freedom > 0))
		return 0;
	if (row->change == 0)
		return 1;
	variance *= 1 / weight_of(d, DIFF_A) + 1 / weight_of(d, DIFF_B);
	return stats_student(row->change / sqrt(variance), d->freedom);
}

/* The larger of what both sides' samples and this one's own say, for one side may have too few to tell. */
static double unit_of(const struct diff *d, const struct diff_row *row, enum diff_side side)
{
	const struct spread_sum *sum = row->sum, *all = d->all;
	struct spread_sum both = sum[DIFF_A], both_all = all[DIFF_A];
	double unit;

	spread_add(&both, &sum[DIFF_B]);
	spread_add(&both_all, &all[DIFF_B]);
	unit = d->absolute ? both.square / both.value : spread_unit(&both, &both_all);
	if (!(sum[side].value > 0))
		return unit;
	return fmax(unit, d->absolute ? sum[side].square / sum[side].value
	                              : spread_unit(&sum[side], &all[side]));
}

static struct counted count(const struct diff *d, const struct diff_row *row, enum diff_side side)
{
	struct counted c = { .unit = unit_of(d, row, side), .value = row->value[side] };

	c.cnt = row->sum[side].value / c.unit;
	c.total = weight_of(d, side) / c.unit;
	return c;
}

/* The interval of a side's value; 'excess' is by how much more runs vary than samples do. */
static struct stats_interval interval_of(const struct diff *d, const struct counted *c,
                                         double excess)
{
	struct stats_interval i;

	if (!d->absolute)
		return stats_share(fmin(c->value, 1), c->total / excess, d->quantile);
	i = stats_count(c->cnt / excess, d->quantile);
	i.low *= excess / c->total;
	i.high *= excess / c->total;
	return i;
}

/* By how much more runs vary than their samples would alone, 1 at least. */
static double excess_of(const struct diff *d, const struct diff_row *row, double variance,
                        const struct counted *a, const struct counted *b)
{
	double unit = (a->unit + b->unit) / 2, expected;

	expected = d->absolute ? unit * (row->sum[DIFF_A].value + row->sum[DIFF_B].value) /
	                                 (double)d->file_cnt
	                       : unit * row->part * (1 - row->part);
	return expected > 0 ? fmax(variance / expected, 1) : 1;
}

static void compare(const struct diff *d, double variance, struct diff_row *row)
{
	struct counted a = count(d, row, DIFF_A), b = count(d, row, DIFF_B);
	double excess = excess_of(d, row, variance, &a, &b), of_samples;

	row->interval = stats_difference(a.value, interval_of(d, &a, excess), b.value,
	                                 interval_of(d, &b, excess));
	of_samples = d->absolute ? stats_counts_differ(a.cnt, b.cnt, a.total / (a.total + b.total))
	                         : stats_shares_differ(a.cnt, a.total, b.cnt, b.total);
	row->p = fmax(of_samples, runs_differ(d, row, variance));
}

void diff_compare(const struct diff *d, size_t number, struct diff_row *row)
{
	int side;

	for (side = 0; side < DIFF_SIDES; side++)
		row->value[side] = row->sum[side].value / weight_of(d, side);
	row->change = row->value[DIFF_B] - row->value[DIFF_A];
	row->part = fmin((row->sum[DIFF_A].value + row->sum[DIFF_B].value) /
	                         (d->all[DIFF_A].value + d->all[DIFF_B].value),
	                 1);
	compare(d, variance_of(d, number, row), row);
}
