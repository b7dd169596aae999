// SPDX-License-Identifier: Apache-2.0
/* Real stacks are what they are in every style of names; every row of the tables is met. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "classify/idle.h"
#include "classify/stack.h"
#include "stacks.h"

static const char *const files[] = { "glibc",  "libstdcxx", "libuv_node", "jvm",
	                             "python", "go",        "rust",       "kernel" };
#define FILE_CNT (sizeof(files) / sizeof(files[0]))

static const int64_t values[3] = { 1, 1000, 10 };

static const char *label(const struct profile *p, const struct profile_sample *s, const char *key)
{
	size_t i;

	for (i = 0; i < s->label_cnt; i++)
		if (!strcmp(profile_text(p, p->labels[s->label_first + i].key), key))
			return profile_text(p, p->labels[s->label_first + i].str);
	return NULL;
}

static const char *root_name(const struct profile *p, const struct profile_sample *s)
{
	const struct profile_location *l =
		profile_location(p, p->stacks[s->stack_first + s->stack_cnt - 1]);

	return profile_text(
		p, profile_function(p, p->lines[l->line_first + l->line_cnt - 1].function)->name);
}

/* What the sample is taken for, in the words of its title. */
static bool is_as_told(const struct profile *p, const struct profile_sample *s, bool is_idle)
{
	const char *title = label(p, s, "title"), *primitive = label(p, s, CLASSIFY_PRIMITIVE);
	char got[300], want[300];
	int len;

	sscanf(title, "%*s %*s %n", &len);
	snprintf(want, sizeof(want), "%.*s", len, title);
	snprintf(got, sizeof(got), "%s %s ", is_idle ? "idle" : "busy",
	         primitive ? primitive : "-");
	if (strcmp(got, want))
		fprintf(stderr, "'%s' is taken for %s\n", title, got);
	return !strcmp(got, want);
}

static int check_file(const char *file, enum demangle_style style)
{
	struct classify_options o = { .idle = CLASSIFY_IDLE_FOLD };
	struct profile *p = stacks_read(file, style, values);
	size_t cnt = p->sample_cnt, i, folded = 0;
	struct classify_totals totals;
	const struct profile_sample *s;
	int wrong = 0;
	bool is_idle;

	assert_true(cnt > 5);
	assert_int_equal(classify_profile(p, &o, &totals), 0);
	for (i = 0; i < p->sample_cnt; i++) {
		s = &p->samples[i];
		is_idle = !strcmp(root_name(p, s), CLASSIFY_IDLE_FRAME);
		folded += is_idle;
		/* Of a folded one the time in the run queue stays: another sample. */
		if (is_idle || p->values[s->value_first + 1])
			wrong += !is_as_told(p, s, is_idle);
	}
	assert_int_equal(p->sample_cnt, cnt + folded);
	assert_int_equal(totals.idle[0], folded);
	assert_int_equal(totals.idle[1], 1000 * folded);
	assert_int_equal(totals.idle[2], 0);
	assert_int_equal(profile_total(p, 0), cnt);
	assert_int_equal(profile_total(p, 1), 1000 * cnt);
	assert_int_equal(profile_total(p, 2), 10 * cnt);
	assert_null(profile_check_capture(p, true));
	profile_free(p);
	return wrong;
}

static void test_stacks(void **state)
{
	int wrong = 0;
	size_t i;

	for (i = 0; i < FILE_CNT; i++) {
		wrong += check_file(files[i], DEMANGLE_SHORT);
		wrong += check_file(files[i], DEMANGLE_FULL);
		wrong += check_file(files[i], DEMANGLE_NONE);
	}
	assert_int_equal(wrong, 0);
}

/* Marks the rows that the file's stacks meet. */
static void meet(const char *file, bool *waits, bool *idles)
{
	struct profile *p = stacks_read(file, DEMANGLE_SHORT, values);
	struct stack_names n;
	size_t i;

	assert_int_equal(stack_names_init(&n, p), 0);
	for (i = 0; i < p->functions.cnt; i++)
		waits[n.marks[i].wait] = true;
	for (i = 0; i < p->sample_cnt; i++)
		idles[stack_judge(&n, p->stacks + p->samples[i].stack_first,
		                  p->samples[i].stack_cnt)
		              .idle] = true;
	stack_names_release(&n);
	profile_free(p);
}

static void test_rows_are_met(void **state)
{
	bool *waits = calloc(wait_row_cnt + 1, 1), *idles = calloc(idle_row_cnt + 1, 1);
	int missed = 0;
	size_t i;

	for (i = 0; i < FILE_CNT; i++)
		meet(files[i], waits, idles);
	for (i = 1; i <= wait_row_cnt; i++)
		if (!waits[i]) {
			fprintf(stderr, "no stack has %s\n", wait_rows[i - 1].name);
			missed++;
		}
	for (i = 1; i <= idle_row_cnt; i++)
		if (!idles[i]) {
			fprintf(stderr, "no stack is idle by %s\n", idle_rows[i - 1].path[0]);
			missed++;
		}
	free(waits);
	free(idles);
	assert_int_equal(missed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_rows_are_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
