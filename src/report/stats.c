// SPDX-License-Identifier: Apache-2.0
#include "report/stats.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* From this variance on the exact tests are their normal approximation, which is off by 1e-3 there. */
#define EXACT_VARIANCE 1e6
/* Beyond it log-gammas lose their digits. */
#define EXACT_ALL 1e9
/* Effective counts are products and quotients: this far from a whole number is that number. */
#define WHOLE 1e-6

/*
 * The continued fraction of the incomplete beta function (https://dlmf.nist.gov/8.17.E22), from its front
 * on by Lentz's method as Thompson and Barnett changed it (J. Comput. Phys. 64, 1986, 490).
 */
static double beta_fraction(double a, double b, double x)
{
	double d = 1 - (a + b) * x / (a + 1), c = 1, f, m, even, odd;

	d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
	f = d;
	for (m = 1; m < 1000; m++) {
		even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		d = 1 / (1 + even * d);
		c = 1 + even / c;
		f *= d * c;
		odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 / (1 + odd * d);
		c = 1 + odd / c;
		f *= d * c;
		if (fabs(d * c - 1) < 1e-15)
			break;
	}
	return f;
}

/* The regularized incomplete beta function: https://dlmf.nist.gov/8.17.E2 */
static double beta_part(double a, double b, double x, double rest)
{
	double front;

	if (x <= 0 || rest <= 0)
		return x > 0;
	front = exp(a * log(x) + b * log(rest) + lgamma(a + b) - lgamma(a) - lgamma(b));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, rest) / b;
}

double stats_student(double t, double freedom)
{
	double square = t * t;

	if (isinf(freedom))
		return erfc(fabs(t) / M_SQRT2);
	if (isinf(square))
		return 0;
	return beta_part(freedom / 2, 0.5, freedom / (freedom + square),
	                 square / (freedom + square));
}

double stats_quantile(double freedom)
{
	double low = 0, high = 16, middle; /* 12.7 for one degree of freedom */
	int i;

	for (i = 0; i < 60; i++) {
		middle = (low + high) / 2;
		if (stats_student(middle, freedom) > 1 - STATS_LEVEL)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct stats_interval stats_share(double share, double cnt, double t)
{
	double square = t * t, middle, half;

	if (!(cnt > 0))
		return (struct stats_interval){ 0, 1 };
	middle = (share + square / (2 * cnt)) / (1 + square / cnt);
	half = t / (1 + square / cnt) * sqrt(share * (1 - share) / cnt + square / (4 * cnt * cnt));
	return (struct stats_interval){ share > 0 ? fmax(middle - half, 0) : 0,
		                        share < 1 ? fmin(middle + half, 1) : 1 };
}

struct stats_interval stats_count(double cnt, double t)
{
	double middle = cnt + t * t / 2, half = t * sqrt(cnt + t * t / 4);

	return (struct stats_interval){ cnt > 0 ? middle - half : 0, middle + half };
}

struct stats_interval stats_difference(double a, struct stats_interval of_a, double b,
                                       struct stats_interval of_b)
{
	return (struct stats_interval){ b - a - hypot(b - of_b.low, of_a.high - a),
		                        b - a + hypot(of_b.high - b, a - of_a.low) };
}

/*
 * 'drawn' of 'all' are drawn, 'kind' of which are of the kind that is counted (hypergeometric); 'all' is
 * INFINITY: each is of the kind with probability 'kind' (binomial).
 */
struct draw {
	double drawn, kind, all;
};

static double log_ways(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

static double chance_of(const struct draw *d, double x)
{
	if (isinf(d->all))
		return exp(log_ways(d->drawn, x) + x * log(d->kind) +
		           (d->drawn - x) * log1p(-d->kind));
	return exp(log_ways(d->kind, x) + log_ways(d->all - d->kind, d->drawn - x) -
	           log_ways(d->all, d->drawn));
}

/* How much more probable x + 1 is than x. */
static double odds_after(const struct draw *d, double x)
{
	if (isinf(d->all))
		return (d->drawn - x) * d->kind / ((x + 1) * (1 - d->kind));
	return (d->drawn - x) * (d->kind - x) / ((x + 1) * (d->all - d->drawn - d->kind + x + 1));
}

/* The probability of x and what lies behind it, seen from the middle. */
static double tail(const struct draw *d, double x, bool up)
{
	double term = chance_of(d, x), sum = 0;

	while (term > sum * DBL_EPSILON / 16) {
		sum += term;
		if (up)
			term *= odds_after(d, x++);
		else
			term = x > 0 ? term / odds_after(d, --x) : 0;
	}
	return sum;
}

/* Twice the probability of a number on this side that is at least so far from the middle. */
static double both_sides(struct draw d, double x)
{
	double part = isinf(d.all) ? d.kind : d.kind / d.all, middle = d.drawn * part;
	double variance = middle * (1 - part);

	if (!isinf(d.all))
		variance *= (d.all - d.drawn) / (d.all - 1);
	/* What is no whole number goes towards the middle. */
	if (x > middle)
		x = fmax(fmin(floor(x + WHOLE), d.drawn), middle);
	else
		x = fmin(ceil(x - WHOLE), middle);
	if (x == middle)
		return 1;
	if (variance > EXACT_VARIANCE)
		return fmin(erfc((fabs(x - middle) - 0.5) / sqrt(2 * variance)), 1);
	if (d.all > EXACT_ALL) { /* as with replacement; so few of so many are as few of less */
		d.drawn = fmin(d.drawn, EXACT_ALL);
		d.kind = middle / d.drawn;
		d.all = INFINITY;
	}
	return fmin(2 * tail(&d, x, x > middle), 1);
}

static void swap(double *a, double *b)
{
	double was = *a;

	*a = *b;
	*b = was;
}

double stats_shares_differ(double k1, double n1, double k2, double n2)
{
	struct draw d = { .drawn = round(n1), .all = round(n1) + round(n2) };

	if (round(n1) < 1 || round(n2) < 1)
		return 1;
	d.kind = round(k1 + k2);
	/* The table is turned until the draw and the kind are the lesser halves: shorter sums. */
	if (round(n2) < d.drawn) {
		swap(&k1, &k2);
		d.drawn = round(n2);
	}
	if (d.kind > d.all / 2) {
		k1 = d.drawn - k1;
		d.kind = d.all - d.kind;
	}
	if (d.kind < d.drawn)
		swap(&d.kind, &d.drawn);
	if (d.drawn < 1)
		return 1;
	return both_sides(d, k1);
}

double stats_counts_differ(double k1, double k2, double part)
{
	struct draw d = { .drawn = round(k1 + k2), .kind = part, .all = INFINITY };

	return d.drawn < 1 || part <= 0 || part >= 1 ? 1 : both_sides(d, k1);
}

static double rank(const struct stats_test *t)
{
	return t->weight > 0 ? t->p / t->weight : INFINITY;
}

static int by_rank(const void *a, const void *b)
{
	double x = rank(*(struct stats_test *const *)a), y = rank(*(struct stats_test *const *)b);

	return (x > y) - (x < y);
}

int stats_correct(struct stats_test *tests, size_t cnt)
{
	struct stats_test **order = malloc((cnt + 1) * sizeof(struct stats_test *));
	double left = 0, most = 0;
	size_t i;

	if (!order)
		return -ENOMEM;
	for (i = 0; i < cnt; i++) {
		order[i] = &tests[i];
		left += tests[i].weight;
	}
	qsort(order, cnt, sizeof(*order), by_rank);
	for (i = 0; i < cnt; i++) {
		most = order[i]->weight > 0
		               ? fmax(most, rank(order[i]) * fmax(left, order[i]->weight))
		               : 1;
		order[i]->corrected = fmin(most, 1);
		left -= order[i]->weight;
	}
	free(order);
	return 0;
}
