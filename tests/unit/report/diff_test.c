// SPDX-License-Identifier: Apache-2.0
/*
 * Does a difference say what is so? Profiles are drawn from a program whose shares are known: two of the
 * same program must seldom differ, and what a change is must be found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../bpf/random.h"
#include "base/err.h"
#include "profile/profile.h"
#include "report/diff.h"
#include "report/report.h"

enum { FUNCTIONS = 60, PAIRS = 200, FALSE_MAX = 20 }; /* of 200: the 99.9 % limit of a right 5 % */

enum kind { CPU, WAITS, HEAP };

/* A program in two versions, and how it is profiled. */
struct world {
	enum kind kind;
	double first[2];  /* the share of f0; the others have the rest as 1, 1/2, 1/3... */
	size_t events[2]; /* of a profile */
	size_t files;     /* a side */
	double jitter;    /* how much a function varies from run to run, as a part of itself */
	bool absolute;
};

static double uniform(void)
{
	return ((double)next_random() + 0.5) / 0x1p32;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* Up to which part of the program each function goes, and the first that a 256th of it may be in. */
struct program {
	double ends[FUNCTIONS];
	int begin[256];
};

static void fill_program(const struct world *w, int side, struct program *p)
{
	double sum = 0, harmonic = 0, jitter;
	int i, at;

	for (i = 1; i < FUNCTIONS; i++)
		harmonic += 1.0 / i;
	for (i = 0; i < FUNCTIONS; i++) {
		jitter = w->jitter > 0 ? exp(w->jitter * normal()) : 1;
		sum += jitter * (i ? (1 - w->first[side]) / harmonic / i : w->first[side]);
		p->ends[i] = sum;
	}
	for (i = 0; i < FUNCTIONS; i++)
		p->ends[i] /= sum;
	for (at = 0, i = 0; at < 256; at++) {
		while (p->ends[i] <= at / 256.0)
			i++;
		p->begin[at] = i;
	}
}

static int draw(const struct program *p)
{
	uint32_t number = next_random();
	double at = (number + 0.5) / 0x1p32;
	int i = p->begin[number >> 24];

	while (p->ends[i] <= at)
		i++;
	return i;
}

static struct profile *header(enum kind kind)
{
	struct profile *p = profile_new();

	assert_non_null(p);
	profile_add_type(p,
	                 kind == CPU     ? "samples"
	                 : kind == WAITS ? "contentions"
	                                 : "alloc_objects",
	                 "count");
	profile_add_type(p,
	                 kind == CPU     ? "cpu"
	                 : kind == WAITS ? "delay"
	                                 : "alloc_space",
	                 kind == HEAP ? "bytes" : "nanoseconds");
	profile_set_period(p,
	                   kind == CPU     ? "cpu"
	                   : kind == WAITS ? "contentions"
	                                   : "space",
	                   kind == CPU     ? "nanoseconds"
	                   : kind == WAITS ? "count"
	                                   : "bytes",
	                   kind == CPU     ? 10101010
	                   : kind == WAITS ? 1
	                                   : 524288);
	return p;
}

static void add(struct profile *p, const char *name, int64_t cnt, int64_t value)
{
	struct profile_line line = { .function = profile_add_function(p, name, name, "f.c", 1) };
	uint32_t id = profile_add_named_location(p, 0, 0, false, &line, 1);
	int64_t values[] = { cnt, value };

	profile_add_sample(p, &id, 1, NULL, 0, values);
}

static void add_events(struct profile *p, enum kind kind, int function, int64_t cnt)
{
	double size = 64 << function % 8 * 2, scale, sum = 0;
	char name[16];
	int64_t i;

	snprintf(name, sizeof(name), "f%d", function);
	if (kind == CPU) {
		add(p, name, cnt, cnt * 10101010);
	} else if (kind == WAITS) {
		for (i = 0; i < cnt; i++)
			sum -= 1e6 * log(uniform());
		add(p, name, cnt, llround(sum));
	} else {
		scale = -1 / expm1(-size / 524288);
		add(p, name, llround((double)cnt * scale), llround((double)cnt * scale * size));
	}
}

static struct profile *run(const struct world *w, int side)
{
	struct profile *p = header(w->kind);
	int64_t cnt[FUNCTIONS] = { 0 };
	struct program program;
	size_t i;

	fill_program(w, side, &program);
	for (i = 0; i < w->events[side]; i++)
		cnt[draw(&program)]++;
	for (i = 0; i < FUNCTIONS; i++)
		if (cnt[i])
			add_events(p, w->kind, (int)i, cnt[i]);
	return p;
}

static struct report_options options;

static void begin(struct diff *d, bool absolute)
{
	report_options_init(&options);
	assert_int_equal(diff_init(d, &options, absolute), 0);
}

/* The profile is freed. */
static void put(struct diff *d, enum diff_side side, struct profile *p)
{
	struct err e = { "" };

	if (diff_add(d, side, p, &e))
		fail_msg("%s", e.msg);
	profile_free(p);
}

static void finish(struct diff *d)
{
	struct err e = { "" };

	if (diff_finish(d, &e))
		fail_msg("%s", e.msg);
}

static const struct diff_row *row_of(const struct diff *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->row_cnt; i++)
		if (!strcmp(d->rows[i].name, name))
			return &d->rows[i];
	fail_msg("there is no row of %s", name);
	return NULL;
}

struct tally {
	int alarms;  /* pairs of which any function is called significant */
	int found;   /* of which f0 is */
	int covered; /* of which f0's true change lies in its interval */
};

static void count_pair(const struct world *w, struct tally *t)
{
	const struct diff_row *first;
	double change = w->absolute ? 10101010 * (w->first[1] * (double)w->events[1] -
	                                          w->first[0] * (double)w->events[0])
	                            : w->first[1] - w->first[0];
	bool any = false;
	struct diff d;
	size_t i;

	begin(&d, w->absolute);
	for (i = 0; i < w->files; i++) {
		put(&d, DIFF_A, run(w, 0));
		put(&d, DIFF_B, run(w, 1));
	}
	finish(&d);
	for (i = 0; i < d.row_cnt; i++)
		any |= d.rows[i].is_significant;
	first = row_of(&d, "f0");
	t->alarms += any;
	t->found += first->is_significant;
	t->covered += first->interval.low <= change && first->interval.high >= change;
	diff_release(&d);
}

static struct tally count_pairs(const char *name, const struct world *w)
{
	struct tally t = { 0 };
	int i;

	seed = 20260117;
	for (i = 0; i < PAIRS; i++)
		count_pair(w, &t);
	print_message(
		"# %s: of %d pairs %d alarm, f0 is found in %d, its change within the interval in %d\n",
		name, PAIRS, t.alarms, t.found, t.covered);
	return t;
}

static void check_same(const char *name, struct world w)
{
	struct tally t;

	w.first[0] = w.first[1] = w.first[0] > 0 ? w.first[0] : 0.2;
	w.files = w.files ? w.files : 1;
	t = count_pairs(name, &w);
	assert_in_range(t.alarms, 0, FALSE_MAX);
	assert_in_range(t.covered, PAIRS * 90 / 100, PAIRS);
}

static void test_same(void **state)
{
	check_same("A/A, 20000 samples", (struct world){ .events = { 20000, 20000 } });
	check_same("A/A, 200 samples", (struct world){ .events = { 200, 200 } });
	check_same("A/A, 300 against 20000", (struct world){ .events = { 300, 20000 } });
	check_same("A/A, values", (struct world){ .events = { 20000, 20000 }, .absolute = true });
	check_same("A/A, one function",
	           (struct world){ .first = { 0.99 }, .events = { 5000, 5000 } });
}

/* Effective counts: were each wait or object taken for a sample, these would alarm far more often. */
static void test_same_weighted(void **state)
{
	check_same("A/A, waits", (struct world){ .kind = WAITS, .events = { 3000, 3000 } });
	check_same("A/A, few waits", (struct world){ .kind = WAITS, .events = { 100, 300 } });
	check_same("A/A, heap", (struct world){ .kind = HEAP, .events = { 3000, 3000 } });
	check_same("A/A, heap, values",
	           (struct world){ .kind = HEAP, .events = { 3000, 3000 }, .absolute = true });
}

/* Runs that differ by 10 %: one a side cannot know; several do. */
static void test_same_runs(void **state)
{
	struct world w = {
		.first = { 0.2, 0.2 }, .events = { 5000, 5000 }, .files = 1, .jitter = 0.1
	};

	assert_in_range(count_pairs("A/A, one run a side, 10 % jitter", &w).alarms, PAIRS / 2,
	                PAIRS);
	w.files = 2;
	check_same("A/A, 2 runs a side, 10 % jitter", w);
	w.files = 3;
	check_same("A/A, 3 runs a side, 10 % jitter", w);
	w.files = 6;
	check_same("A/A, 6 runs a side, 10 % jitter", w);
	w.jitter = 0;
	check_same("A/A, 6 runs a side", w);
}

/* In so many pairs at least. */
static void check_found(const char *name, const struct world *w, int least)
{
	struct tally t = count_pairs(name, w);

	assert_in_range(t.found, least, PAIRS);
	assert_in_range(t.covered, PAIRS * 90 / 100, PAIRS);
}

static void test_found(void **state)
{
	struct world share = { .first = { 0.20, 0.25 }, .events = { 20000, 20000 }, .files = 1 };
	struct world more = { .first = { 0.2, 21.0 / 101 },
		              .events = { 100000, 101000 },
		              .files = 1 };

	check_found("20 % to 25 % of 20000", &share, PAIRS * 95 / 100);
	check_found("20000 to 21000 of 100000", &more, PAIRS * 90 / 100);
	more.absolute = true;
	check_found("20000 to 21000, values", &more, PAIRS * 90 / 100);
	share.files = 3;
	share.jitter = 0.03;
	check_found("20 % to 25 %, 3 runs a side, 3 % jitter", &share, PAIRS * 90 / 100);
}

/* A function on one side alone, and what a change is said to be. */
static void test_one_side(void **state)
{
	const struct diff_row *row;
	struct profile *p;
	struct diff d;

	begin(&d, false);
	p = header(CPU);
	add(p, "old", 600, 600 * 10101010ll);
	add(p, "both", 400, 400 * 10101010ll);
	put(&d, DIFF_A, p);
	p = header(CPU);
	add(p, "both", 400, 400 * 10101010ll);
	add(p, "new", 100, 100 * 10101010ll);
	put(&d, DIFF_B, p);
	finish(&d);
	assert_int_equal(d.row_cnt, 3);
	assert_string_equal(d.rows[0].name, "old");
	row = row_of(&d, "new");
	assert_true(isinf(diff_relative(row)) && row->value[DIFF_A] == 0 && row->is_significant);
	assert_true(fabs(row->change - 0.2) < 1e-12 && row->interval.low > 0.15 &&
	            row->interval.high < 0.25);
	row = row_of(&d, "old");
	assert_true(row->value[DIFF_B] == 0 && row->change == -0.6 && row->is_significant);
	assert_true(diff_relative(row) == -1);
	diff_release(&d);
}

/* Units are the first file's; a side's value is the mean of its files. */
static void test_values(void **state)
{
	const struct diff_row *row;
	struct profile *p;
	struct diff d;
	int i;

	begin(&d, true);
	p = profile_new();
	profile_add_type(p, "cpu", "milliseconds");
	add(p, "f", 1000, 0);
	put(&d, DIFF_A, p);
	for (i = 0; i < 2; i++) {
		p = profile_new();
		profile_add_type(p, "cpu", "nanoseconds");
		add(p, "f", i ? 2000000000 : 1000000000, 0);
		put(&d, DIFF_B, p);
	}
	finish(&d);
	row = row_of(&d, "f");
	assert_true(fabs(row->value[DIFF_A] - 1000) < 1e-6 &&
	            fabs(row->value[DIFF_B] - 1500) < 1e-6);
	assert_true(fabs(diff_relative(row) - 0.5) < 1e-9 && !row->is_significant);
	diff_release(&d);
}

static void check_refused(struct diff *d, struct profile *p, const char *want)
{
	struct err e = { "" };

	assert_int_equal(diff_add(d, DIFF_B, p, &e), -EINVAL);
	assert_string_equal(e.msg, want);
	profile_free(p);
}

static void test_refused(void **state)
{
	struct err e = { "" };
	struct profile *p;
	struct diff d;

	begin(&d, false);
	check_refused(&d, header(CPU), "there are no samples of 'cpu'");
	diff_release(&d);
	begin(&d, false);
	p = header(CPU);
	add(p, "f", 1, 1);
	put(&d, DIFF_A, p);
	check_refused(
		&d, header(HEAP),
		"there is no sample type 'cpu': give one of alloc_objects, alloc_space, or 0 to 1");
	p = profile_new();
	profile_add_type(p, "cpu", "bytes");
	add(p, "f", 1, 0);
	check_refused(&d, p,
	              "the profiles measure different things: cpu in 'nanoseconds' and in 'bytes'");
	p = header(CPU);
	add(p, "f", 1, -1);
	check_refused(&d, p,
	              "there are negative values of 'cpu', as in a difference: they are no samples "
	              "that chance could have made more or less");
	diff_release(&d);
	begin(&d, false);
	options.focus = "nothing";
	p = header(CPU);
	add(p, "f", 1, 1);
	put(&d, DIFF_A, p);
	p = header(CPU);
	add(p, "f", 1, 1);
	put(&d, DIFF_B, p);
	assert_int_equal(diff_finish(&d, &e), -EINVAL);
	assert_string_equal(e.msg, "there is nothing to compare: no sample is left");
	diff_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),      cmocka_unit_test(test_same_weighted),
		cmocka_unit_test(test_same_runs), cmocka_unit_test(test_found),
		cmocka_unit_test(test_one_side),  cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
