// SPDX-License-Identifier: Apache-2.0
/* What becomes of a release, whose lock the stack of a waiter tells, and of the owner of a lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stacks.h"

static const int64_t value[1] = { 7 };

static const char *const release[] = { "libc.so.6 syscall", "prog f_release", "prog main", NULL };
static const char *const mutex[] = { "libc.so.6 syscall",
	                             "prog std::sys::sync::mutex::futex::Mutex::lock_contended",
	                             "prog f_wait", "prog main", NULL };
static const char *const glibc[] = { "libc.so.6 __lll_lock_wait", "libc.so.6 pthread_mutex_lock",
	                             "prog f_wait", "prog main", NULL };
static const char *const arena[] = { "libc.so.6 __lll_lock_wait_private", "libc.so.6 malloc",
	                             "prog main", NULL };
static const char *const condvar[] = { "libc.so.6 futex_wait", "libc.so.6 pthread_cond_wait",
	                               "prog f_wait", "prog main", NULL };
static const char *const unknown[] = { "prog f_wait", "prog main", NULL };
static const char *const nobody[] = { NULL };

static void push(struct stacks *s, const char *const *frames)
{
	char text[300];

	for (; *frames; frames++) {
		snprintf(text, sizeof(text), "%s", *frames);
		stacks_frame(s, text);
	}
}

static struct stacks make(void)
{
	struct stacks s = { .p = profile_new() };

	profile_add_type(s.p, "delay", "nanoseconds");
	return s;
}

static struct profile_label number(struct profile *p, const char *key, int64_t num,
                                   const char *unit)
{
	return (struct profile_label){ .key = profile_string(p, key),
		                       .num = num,
		                       .unit = profile_string(p, unit) };
}

/* NULL: the sample has no such label. */
static const char *text_of(const struct profile *p, const struct profile_sample *s, const char *key)
{
	size_t i;

	for (i = 0; i < s->label_cnt; i++)
		if (!strcmp(profile_text(p, p->labels[s->label_first + i].key), key))
			return profile_text(p, p->labels[s->label_first + i].str);
	return NULL;
}

/* One release of what that waiter waited for: how it is labelled, NULL = it is left out. */
static void check_release(const char *const *waiter, int operation, const char *want)
{
	struct classify_options o = { .idle = CLASSIFY_IDLE_FOLD, .primitives = PRIMITIVES_LOCK };
	struct stacks s = make();
	struct profile_label labels[2];
	struct classify_totals totals;

	push(&s, release);
	labels[0] = number(s.p, CLASSIFY_FUTEX, operation, CLASSIFY_FUTEX_UNIT);
	labels[1] = number(s.p, CLASSIFY_RELEASE, (int64_t)s.stack_cnt, CLASSIFY_RELEASE_UNIT);
	push(&s, waiter);
	profile_add_sample(s.p, s.stack, s.stack_cnt, labels, 2, value);
	assert_int_equal(classify_profile(s.p, &o, &totals), 0);
	assert_int_equal(s.p->sample_cnt, want != NULL);
	assert_int_equal(totals.other[0], want ? 0 : 7);
	if (want) {
		assert_int_equal(s.p->samples[0].stack_cnt, 3);
		assert_int_equal(s.p->samples[0].label_cnt, 1);
		assert_string_equal(text_of(s.p, s.p->samples, CLASSIFY_PRIMITIVE), want);
	}
	profile_free(s.p);
}

static void test_releases(void **state)
{
	check_release(mutex, FUTEX_WAKE_PRIVATE, "mutex");
	check_release(glibc, FUTEX_WAKE_PRIVATE, "mutex");
	check_release(condvar, FUTEX_WAKE_PRIVATE, NULL);
	check_release(unknown, FUTEX_WAKE_PRIVATE, NULL);
	check_release(nobody, FUTEX_WAKE_PRIVATE, NULL);
	check_release(unknown, FUTEX_UNLOCK_PI_PRIVATE, "mutex");
}

/* A wait at a word beside which there is "hog/17". */
static void check_owner(const char *const *waiter, int operation, const char *want)
{
	struct classify_options o = { .idle = CLASSIFY_IDLE_SHOW };
	struct stacks s = make();
	struct profile_label labels[2];
	struct classify_totals totals;
	const char *got;

	push(&s, waiter);
	labels[0] = number(s.p, CLASSIFY_FUTEX, operation, CLASSIFY_FUTEX_UNIT);
	labels[1] = (struct profile_label){ .key = profile_string(s.p, CLASSIFY_OWNER),
		                            .str = profile_string(s.p, "hog/17") };
	profile_add_sample(s.p, s.stack, s.stack_cnt, labels, 2, value);
	assert_int_equal(classify_profile(s.p, &o, &totals), 0);
	got = text_of(s.p, s.p->samples, CLASSIFY_HOLDER);
	assert_null(text_of(s.p, s.p->samples, CLASSIFY_OWNER));
	assert_int_equal(s.p->samples[0].label_cnt, want ? 2 : 1);
	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
	profile_free(s.p);
}

static void test_owners(void **state)
{
	check_owner(glibc, FUTEX_WAIT_PRIVATE, "hog/17");
	check_owner(unknown, FUTEX_LOCK_PI, "hog/17");
	check_owner(mutex, FUTEX_WAIT_PRIVATE, NULL);
	check_owner(arena, FUTEX_WAIT_PRIVATE, NULL);
	check_owner(condvar, FUTEX_WAIT_PRIVATE, NULL);
	check_owner(unknown, FUTEX_WAIT_PRIVATE, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
