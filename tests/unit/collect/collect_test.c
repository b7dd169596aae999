// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collect/attach.h"
#include "base/err.h"
#include "collect/collect.h"
#include "collect/preload.h"
#include "collect/tick.h"
#include "preloaded.h"
#include "profile/profile.h"

static void test_cpu_lists(void **state)
{
	bool cpus[16] = { false };

	assert_int_equal(cpus_parse("0-2,8\n", cpus, 16), 0);
	assert_true(cpus[0] && cpus[1] && cpus[2] && cpus[8]);
	assert_false(cpus[3] || cpus[9]);
	assert_int_equal(cpus_parse("16", cpus, 16), -EINVAL);
	assert_int_equal(cpus_parse("3-1", cpus, 16), -EINVAL);
	assert_int_equal(cpus_parse("", cpus, 16), -EINVAL);
	assert_int_equal(cpus_parse("1,", cpus, 16), -EINVAL);
	assert_int_equal(cpus_parse("-1", cpus, 16), -EINVAL);
	assert_int_equal(cpus_parse("0-99999999999999999999", cpus, 16), -EINVAL);
	assert_int_equal(cpus_parse("1x", cpus, 16), -EINVAL);
}

static void test_events(void **state)
{
	struct tick_event ev;

	assert_int_equal(tick_event_find("cpu-clock", &ev), 0);
	assert_true(ev.is_time);
	assert_int_equal(tick_event_find("instructions", &ev), 0);
	assert_false(ev.is_time);
	assert_int_equal(tick_event_find("r01c2", &ev), 0);
	assert_int_equal(ev.config, 0x1c2);
	assert_int_equal(tick_event_find("r", &ev), -ENOENT);
	assert_int_equal(tick_event_find("rxyz", &ev), -ENOENT);
	assert_int_equal(tick_event_find("nonsense", &ev), -ENOENT);
	assert_int_equal(tick_event_find("", &ev), -ENOENT);
}

static void test_rows_are_whole(void **state)
{
	int i;

	for (i = 0; i < KIND_CNT; i++) {
		const struct kind *k = kind_at(i);

		assert_int_equal(k->id, i);
		assert_true(k->help && *k->help);
		assert_ptr_equal(kind_find(k->name), k);
	}
	assert_null(kind_find("nonsense"));
	assert_null(kind_at(KIND_CNT));
}

static const char *type_of(const struct profile *p, size_t i)
{
	return profile_text(p, p->types[i].type);
}

static void test_types_of_cpu(void **state)
{
	struct tick_event ev;
	struct collect_options o = { .event = &ev, .freq_hz = 99 };
	struct profile *p = profile_new();

	tick_event_find("cpu-clock", &ev);
	kind_find("cpu")->describe(&o, p);
	assert_int_equal(p->type_cnt, 2);
	assert_string_equal(type_of(p, 0), "samples");
	assert_string_equal(type_of(p, 1), "cpu");
	assert_int_equal(p->period, 10101010);
	profile_free(p);

	p = profile_new();
	tick_event_find("cycles", &ev);
	o.period = 1000003;
	kind_find("cpu")->describe(&o, p);
	assert_string_equal(type_of(p, 0), "cycles_sample");
	assert_string_equal(type_of(p, 1), "cycles_event");
	assert_string_equal(profile_text(p, p->default_type), "cycles_event");
	assert_int_equal(p->period, 1000003);
	profile_free(p);
}

static void test_labels_of_waits(void **state)
{
	struct sample_key key = { .reason = REASON_LOCK,
		                  .tag = WAIT_TAG(SYS_futex) | WAIT_TAG_FUTEX(137) };
	struct kind_label l[KIND_LABELS];

	assert_int_equal(kind_find("offcpu")->labels(&key, l), 2);
	assert_string_equal(l[0].key, "reason");
	assert_string_equal(l[0].text, "lock");
	assert_string_equal(l[1].key, "syscall");
	assert_string_equal(l[1].text, "futex");
	assert_int_equal(kind_find("block")->labels(&key, l), 3);
	assert_string_equal(l[2].key, "futex");
	assert_int_equal(l[2].num, 137);
	key = (struct sample_key){ .reason = REASON_FAULT };
	assert_int_equal(kind_find("block")->labels(&key, l), 1);
	assert_string_equal(l[0].text, "page fault");
	assert_false(kind_find("block")->shows(&key));
	key = (struct sample_key){ .reason = REASON_CNT, .tag = WAIT_TAG(ABI_SYSCALLS) };
	assert_int_equal(kind_find("offcpu")->labels(&key, l), 0);
}

/* A process's total is what it is; samples are weighted by their pages. */
static void test_growth(void **state)
{
	const struct kind *k = kind_find("growth");
	struct collect_options o = { .growth_rate = 64 * 4096 };
	struct sample_value v = { .v = { [GROWTH_FAULTS] = 10 } };
	struct sample_key key = { .reason = GROWTH_REASON(GROWTH_ANON, GROWTH_LARGE), .tag = 1 };
	int64_t out[ABI_VALUES] = { 0 };
	struct kind_label l[KIND_LABELS];

	assert_false(k->is_total(&key));
	k->values(&v, out);
	k->scale(&o, &key, out);
	assert_int_equal(out[0], 645); /* 10 / (1 - e^(-1/64)) = 645.01 */
	assert_int_equal(out[1], 645 * sysconf(_SC_PAGESIZE));
	assert_int_equal(k->labels(&key, l), 2);
	assert_string_equal(l[0].text, "anon");
	assert_int_equal(l[1].num, sysconf(_SC_PAGESIZE));
	key.tag = 512;
	k->values(&v, out);
	k->scale(&o, &key, out);
	assert_int_equal(out[0], 10);
	assert_int_equal(out[1], 5122 * sysconf(_SC_PAGESIZE)); /* 5120 / (1 - e^-8) = 5121.7 */
	v.v[GROWTH_PAGES] = 77;
	key.tag = 0;
	assert_true(k->is_total(&key));
	k->values(&v, out);
	k->scale(&o, &key, out);
	assert_int_equal(out[0], 10);
	assert_int_equal(out[1], 77 * sysconf(_SC_PAGESIZE));
	assert_int_equal(k->labels(&key, l), 1);
}

static void test_hooks_of_waits(void **state)
{
	enum sched_hook hook;

	assert_int_equal(sched_hook_find("finish", &hook), 0);
	assert_int_equal(hook, SCHED_HOOK_FINISH);
	assert_int_equal(sched_hook_find("", &hook), -ENOENT);
	assert_int_equal(sched_hook_find("best", &hook), -ENOENT);
}

/* The file that a launched command gets: its probe's place, its settings, and nobody changes them. */
static void test_preload(void **state)
{
	static unsigned char image[1 << 20];
	struct preload_settings want = { .rate = 12345 };
	struct err e = { "" };
	struct preload p;
	ssize_t size;

	assert_int_equal(preload_open(&p, want.rate, &e), 0);
	size = pread(p.fd, image, sizeof(image), 0);
	assert_in_range(size, 4096, sizeof(image) - 1);
#ifdef __x86_64__
	assert_int_equal(image[p.event], 0x90); /* nop */
#endif
	snprintf(want.path, sizeof(want.path), "/proc/%d/fd/%d", getpid(), p.fd);
	assert_non_null(memmem(image, (size_t)size, &want.rate, sizeof(want.rate)));
	assert_non_null(memmem(image, (size_t)size, want.path, strlen(want.path) + 1));
	assert_int_equal(pwrite(p.fd, image, 1, 0), -1);
	assert_int_equal(ftruncate(p.fd, 0), -1);
	assert_true(fcntl(p.fd, F_GETFD) & FD_CLOEXEC);
	preload_close(&p);
	assert_int_equal(p.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_lists),       cmocka_unit_test(test_events),
		cmocka_unit_test(test_rows_are_whole),  cmocka_unit_test(test_types_of_cpu),
		cmocka_unit_test(test_labels_of_waits), cmocka_unit_test(test_hooks_of_waits),
		cmocka_unit_test(test_preload),         cmocka_unit_test(test_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
