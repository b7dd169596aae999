// SPDX-License-Identifier: Apache-2.0
/* What becomes of the samples; and what is near an idle wait and is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "classify/stack.h"
#include "stacks.h"

static const int64_t none[3] = { 1, 1, 0 };

/* A stack of "FILE NAME" frames, the leaf first, ended by NULL. */
static size_t push(struct stacks *s, const char *const *frames)
{
	char text[300];

	s->stack_cnt = 0;
	for (; *frames; frames++) {
		snprintf(text, sizeof(text), "%s", *frames);
		stacks_frame(s, text);
	}
	return s->stack_cnt;
}

static void add(struct stacks *s, const char *const *frames, const struct profile_label *labels,
                size_t label_cnt, const int64_t *values)
{
	push(s, frames);
	profile_add_sample(s->p, s->stack, s->stack_cnt, labels, label_cnt, values);
}

static struct stacks make(void)
{
	struct stacks s = { .p = profile_new() };

	profile_add_type(s.p, "contentions", "count");
	profile_add_type(s.p, "delay", "nanoseconds");
	profile_add_type(s.p, "runnable", "nanoseconds");
	return s;
}

static struct profile_label text_label(struct profile *p, const char *key, const char *text)
{
	return (struct profile_label){ .key = profile_string(p, key),
		                       .str = profile_string(p, text) };
}

static struct profile_label futex_label(struct profile *p, int64_t operation)
{
	return (struct profile_label){ .key = profile_string(p, CLASSIFY_FUTEX),
		                       .num = operation,
		                       .unit = profile_string(p, CLASSIFY_FUTEX_UNIT) };
}

static const char *const idle_stack[] = { "libc.so.6 epoll_wait", "node uv__io_poll", "node uv_run",
	                                  "node main", NULL };
static const char *const busy_stack[] = { "libc.so.6 epoll_wait", "prog wait_for_it", "prog main",
	                                  NULL };

/* The sum of a type over the samples whose root has that name. */
static int64_t sum_below(const struct profile *p, const char *root, size_t type)
{
	const struct profile_sample *s;
	const struct profile_location *l;
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < p->sample_cnt; i++) {
		s = &p->samples[i];
		l = profile_location(p, p->stacks[s->stack_first + s->stack_cnt - 1]);
		if (!strcmp(root,
		            profile_text(
				    p,
				    profile_function(p, p->lines[l->line_first].function)->name)))
			sum += p->values[s->value_first + type];
	}
	return sum;
}

static void check_mode(enum classify_idle idle, int64_t folded, int64_t below_main,
                       int64_t runnable)
{
	struct classify_options o = { .idle = idle };
	struct stacks s = make();
	struct profile_label label = text_label(s.p, "comm", "node");
	struct classify_totals totals;

	add(&s, idle_stack, &label, 1, (int64_t[]){ 2, 500, 30 });
	add(&s, busy_stack, &label, 1, (int64_t[]){ 1, 70, 4 });
	assert_int_equal(classify_profile(s.p, &o, &totals), 0);
	assert_int_equal(totals.idle[0], 2);
	assert_int_equal(totals.idle[1], 500);
	assert_int_equal(totals.idle[2], 0);
	assert_int_equal(sum_below(s.p, CLASSIFY_IDLE_FRAME, 1), folded);
	assert_int_equal(sum_below(s.p, CLASSIFY_IDLE_FRAME, 2), 0);
	assert_int_equal(sum_below(s.p, "main", 1), below_main);
	assert_int_equal(sum_below(s.p, "main", 2), runnable);
	assert_int_equal(s.p->samples[0].label_cnt, 1);
	assert_null(profile_check_capture(s.p, true));
	profile_free(s.p);
}

static void test_modes(void **state)
{
	check_mode(CLASSIFY_IDLE_SHOW, 0, 570, 34);
	check_mode(CLASSIFY_IDLE_FOLD, 500, 70, 34);
	check_mode(CLASSIFY_IDLE_HIDE, 0, 70, 34);
}

/* [idle] lies among ebprof's own frames, whose mapping is there once. */
static void test_own_mapping(void **state)
{
	struct classify_options o = { .idle = CLASSIFY_IDLE_FOLD };
	struct profile_mapping own = { .start = 0x1000, .limit = 0x2000 };
	struct stacks s = make();
	struct classify_totals totals;
	size_t cnt;

	own.file = profile_string(s.p, "[ebprof]");
	profile_place_mapping(s.p, &own);
	add(&s, idle_stack, NULL, 0, none);
	cnt = s.p->mapping_cnt;
	assert_int_equal(classify_profile(s.p, &o, &totals), 0);
	assert_int_equal(s.p->mapping_cnt, cnt);
	assert_int_equal(s.p->samples[0].stack_cnt, 5);
	assert_int_equal(
		profile_location(s.p, s.p->stacks[s.p->samples[0].stack_first + 4])->mapping, 1);
	profile_free(s.p);
}

/* Running and runnable parts of a wall profile are no waits. */
static void test_state(void **state)
{
	struct classify_options o = { .idle = CLASSIFY_IDLE_HIDE };
	struct stacks s = make();
	struct profile_label running = text_label(s.p, CLASSIFY_STATE, "running");
	struct profile_label blocked = text_label(s.p, CLASSIFY_STATE, CLASSIFY_BLOCKED);
	struct classify_totals totals;

	add(&s, idle_stack, &running, 1, (int64_t[]){ 1, 5, 0 });
	add(&s, idle_stack, &blocked, 1, (int64_t[]){ 1, 7, 0 });
	assert_int_equal(classify_profile(s.p, &o, &totals), 0);
	assert_int_equal(totals.idle[1], 7);
	assert_int_equal(profile_total(s.p, 1), 5);
	profile_free(s.p);
}

static const char *const mutex_stack[] = { "libc.so.6 __lll_lock_wait",
	                                   "libc.so.6 pthread_mutex_lock", "prog main", NULL };
static const char *const cond_stack[] = { "libc.so.6 [libc.so.6]", "libc.so.6 pthread_cond_wait",
	                                  "prog main", NULL };
static const char *const raw_stack[] = { "libc.so.6 syscall", "prog main", NULL };

static const char *primitive_at(const struct profile *p, size_t sample)
{
	const struct profile_label *l = &p->labels[p->samples[sample].label_first];

	assert_int_equal(p->samples[sample].label_cnt, 1);
	assert_string_equal(profile_text(p, l->key), CLASSIFY_PRIMITIVE);
	assert_int_equal(l->num, 0);
	return profile_text(p, l->str);
}

/* The operation is asked when the names say nothing, and only then. */
static void test_operations(void **state)
{
	static const struct {
		const char *const *stack;
		int64_t operation;
		const char *primitive;
	} rows[] = {
		{ mutex_stack, FUTEX_WAIT, "mutex" },
		{ cond_stack, FUTEX_LOCK_PI, "condvar" },
		{ raw_stack, FUTEX_WAIT, "unknown" },
		{ raw_stack, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME,
		  "unknown" },
		{ raw_stack, FUTEX_LOCK_PI, "mutex" },
		{ raw_stack, FUTEX_LOCK_PI2 | FUTEX_PRIVATE_FLAG, "mutex" },
		{ raw_stack, FUTEX_WAIT_REQUEUE_PI | FUTEX_CLOCK_REALTIME, "condvar" },
	};
	struct classify_options o = { .idle = CLASSIFY_IDLE_SHOW };
	struct classify_totals totals;
	struct profile_label label;
	struct stacks s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = make();
		label = futex_label(s.p, rows[i].operation);
		add(&s, rows[i].stack, &label, 1, none);
		assert_int_equal(classify_profile(s.p, &o, &totals), 0);
		assert_string_equal(primitive_at(s.p, 0), rows[i].primitive);
		assert_null(profile_check_capture(s.p, true));
		profile_free(s.p);
	}
}

/* What differs in its operation alone is one sample afterwards. */
static void test_equal_samples(void **state)
{
	struct classify_options o = { .idle = CLASSIFY_IDLE_SHOW };
	struct classify_totals totals;
	struct stacks s = make();
	struct profile_label label;
	size_t n;

	n = push(&s, mutex_stack);
	label = futex_label(s.p, FUTEX_WAIT);
	profile_add_sample(s.p, s.stack, n, &label, 1, none);
	label = futex_label(s.p, FUTEX_WAIT_BITSET);
	profile_add_sample(s.p, s.stack, n, &label, 1, none);
	assert_int_equal(s.p->sample_cnt, 2);
	assert_int_equal(classify_profile(s.p, &o, &totals), 0);
	assert_int_equal(s.p->sample_cnt, 1);
	assert_int_equal(profile_total(s.p, 0), 2);
	profile_free(s.p);
}

static void test_primitives_kept(void **state)
{
	struct classify_options o = { .primitives = 1u << PRIMITIVE_MUTEX | 1u << PRIMITIVE_GIL };
	struct classify_totals totals;
	struct stacks s = make();
	struct profile_label label = futex_label(s.p, FUTEX_WAIT);

	add(&s, mutex_stack, &label, 1, (int64_t[]){ 1, 10, 0 });
	add(&s, cond_stack, &label, 1, (int64_t[]){ 2, 20, 3 });
	assert_int_equal(classify_profile(s.p, &o, &totals), 0);
	assert_int_equal(s.p->sample_cnt, 1);
	assert_string_equal(primitive_at(s.p, 0), "mutex");
	assert_int_equal(totals.other[0], 2);
	assert_int_equal(totals.other[1], 20);
	assert_int_equal(totals.other[2], 3);
	profile_free(s.p);
}

/* Of a waiter and its waker the waiter is judged. */
static void test_waker(void **state)
{
	static const char *const idle[] = { "prog main",
		                            "prog wake",
		                            "libc.so.6 write",
		                            "[ebprof] --",
		                            "libc.so.6 epoll_wait",
		                            "node uv__io_poll",
		                            "node uv_run",
		                            NULL };
	static const char *const busy[] = {
		"node uv_run", "node uv__io_poll",  "libc.so.6 epoll_wait",
		"[ebprof] --", "libc.so.6 syscall", "prog main",
		NULL
	};
	struct classify_options o = { .idle = CLASSIFY_IDLE_SHOW };
	struct classify_totals totals;
	struct stacks s = make();

	add(&s, idle, NULL, 0, (int64_t[]){ 1, 10, 0 });
	add(&s, busy, NULL, 0, (int64_t[]){ 1, 20, 0 });
	assert_int_equal(classify_profile(s.p, &o, &totals), 0);
	assert_int_equal(totals.idle[1], 10);
	profile_free(s.p);
}

static bool idle_of(struct stacks *s, const char *const *frames)
{
	struct classify_options o = { .idle = CLASSIFY_IDLE_SHOW };
	struct classify_totals totals;

	*s = make();
	add(s, frames, NULL, 0, none);
	assert_int_equal(classify_profile(s->p, &o, &totals), 0);
	profile_free(s->p);
	return totals.idle[0];
}

/* Names that a program may have too are idle in the runtime's file alone. */
static void test_own_names(void **state)
{
	static const struct {
		const char *wait, *path[2], *files[4]; /* of the files the last is the runtime's */
	} rows[] = {
		{ "uv_cond_wait",
		  { "worker", "start_thread" },
		  { "prog", "node_exporter", "node" } },
		{ "pthread_cond_timedwait",
		  { "handle_requests", "start_thread" },
		  { "prog", "libcurl.so.4", "libc-2.31.so" } },
		{ "_ZN14PosixSemaphore4waitEv",
		  { "_ZN12WorkerThread3runEv", "start_thread" },
		  { "prog", "libjvmx.so", "libjvm.so" } },
		{ "_ZN7Monitor4waitEl",
		  { "_ZN12CompileQueue3getEv", "start_thread" },
		  { "prog", "my-libjvm.so", "libjvm.so" } },
	};
	char text[3][100];
	const char *stack[4] = { text[0], text[1], text[2], NULL };
	struct stacks s;
	size_t i, f;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (f = 0; rows[i].files[f]; f++) {
			snprintf(text[0], 100, "%s %s", rows[i].files[f], rows[i].wait);
			snprintf(text[1], 100, "%s %s", rows[i].files[f], rows[i].path[0]);
			snprintf(text[2], 100, "libc.so.6 %s", rows[i].path[1]);
			assert_int_equal(idle_of(&s, stack), !rows[i].files[f + 1]);
		}
}

/* A nameless function of libuv's is its worker because of what it waits by. */
static void test_waits_by(void **state)
{
	static const char *const worker[] = { "libc.so.6 pthread_cond_wait",
		                              "libuv.so.1 uv_cond_wait",
		                              "libuv.so.1 [libuv.so.1.0.0]",
		                              "libc.so.6 start_thread", NULL };
	static const char *const barrier[] = { "libc.so.6 pthread_cond_wait",
		                               "libuv.so.1 [libuv.so.1.0.0]",
		                               "libc-2.31.so [libc-2.31.so]", NULL };
	struct stacks s;

	assert_true(idle_of(&s, worker));
	assert_false(idle_of(&s, barrier));
}

/* Real idle stacks, with a function of the program's put in at each place. */
struct twins {
	struct stacks s;
	struct stack_names n;
	uint32_t own, lock;
	size_t idle_cnt;
};

static struct stack_wait judge_with(struct twins *t, const struct profile_sample_view *v,
                                    uint32_t location, size_t place)
{
	uint32_t stack[FRAMES_MAX];

	memcpy(stack, v->stack, place * sizeof(*stack));
	stack[place] = location;
	memcpy(stack + place + 1, v->stack + place, (v->stack_cnt - place) * sizeof(*stack));
	return stack_judge(&t->n, stack, v->stack_cnt + 1);
}

static void check_twins(struct twins *t, const struct profile_sample *s)
{
	struct profile_sample_view v = { .stack = t->s.p->stacks + s->stack_first,
		                         .stack_cnt = s->stack_cnt };
	size_t place, busy = 0;

	if (!stack_judge(&t->n, v.stack, v.stack_cnt).idle)
		return;
	t->idle_cnt++;
	while (busy <= v.stack_cnt && !judge_with(t, &v, t->own, busy).idle)
		busy++;
	/* Above the leaf at least, and from where it does not matter on, nowhere else. */
	assert_true(busy >= 2);
	for (place = busy; place <= v.stack_cnt; place++)
		assert_true(judge_with(t, &v, t->own, place).idle);
	assert_false(judge_with(t, &v, t->lock, 0).idle);
	assert_int_equal(judge_with(t, &v, t->lock, 0).primitive, PRIMITIVE_MUTEX);
}

static void test_twins(void **state)
{
	static const char *const files[] = { "glibc", "libuv_node", "jvm", "go", "rust" };
	struct twins t = { 0 };
	size_t f, i;

	for (f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
		t.s = (struct stacks){ .p = stacks_read(files[f], DEMANGLE_SHORT, none),
			               .address = 0x100000 };
		push(&t.s, (const char *const[]){ "prog own_lock", "libc.so.6 pthread_mutex_lock",
		                                  NULL });
		t.own = t.s.stack[0];
		t.lock = t.s.stack[1];
		assert_int_equal(stack_names_init(&t.n, t.s.p), 0);
		for (i = 0; i < t.s.p->sample_cnt; i++)
			check_twins(&t, &t.s.p->samples[i]);
		stack_names_release(&t.n);
		profile_free(t.s.p);
	}
	assert_true(t.idle_cnt > 50);
}

static void test_kernel_frames(void **state)
{
	static const char *const kernel[] = { "[kernel] schedule", "[kernel] do_epoll_wait", NULL };
	struct classify_options o = { .idle = CLASSIFY_IDLE_SHOW };
	struct profile_mapping m = { .start = 0xffffffff81000000, .limit = 0xffffffff82000000 };
	struct classify_totals totals;
	struct stacks s = make();
	uint32_t stack[2];

	m.file = profile_string(s.p, "[kernel]");
	profile_place_mapping(s.p, &m);
	push(&s, kernel);
	memcpy(stack, s.stack, sizeof(stack));
	push(&s, idle_stack);
	memmove(s.stack + 2, s.stack, s.stack_cnt * sizeof(*s.stack));
	memcpy(s.stack, stack, sizeof(stack));
	profile_add_sample(s.p, s.stack, s.stack_cnt + 2, NULL, 0, none);
	profile_add_sample(s.p, stack, 2, NULL, 0, none); /* a kernel thread */
	profile_add_sample(s.p, NULL, 0, NULL, 0, none);
	assert_int_equal(classify_profile(s.p, &o, &totals), 0);
	assert_int_equal(totals.idle[0], 1);
	profile_free(s.p);
}

/* Names are anyone's: of all lengths, and ends where something is cut off. */
static void test_odd_names(void **state)
{
	static const char *const odd[] = {
		"",     "_",     "__GI_",   "64",        "_64",
		"@",    "a@",    "[",       "[]",        "[.so",
		".so]", "[.so]", "[-1.so]", "[a-1.so]]", "::{{closure}}",
		"<<>>", ">",     "_Z",      "_R",        "_ZN",
		"(",    "--",
	};
	char name[FUNCTION_NAME], text[400];
	struct profile_function f = { 0 };
	struct profile *p = profile_new();
	size_t i, len;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		for (len = 0; len<300; len += len> 5 && len < 240 ? 50 : 1) {
			memset(text, 'a', len);
			text[0] = odd[i][0] == '[' && len ? '[' : text[0];
			snprintf(text + len, sizeof(text) - len, "%s", odd[i]);
			f.name = f.system_name = profile_string(p, text);
			function_name(p, &f, name);
			assert_true(strlen(name) < FUNCTION_NAME);
			assert_true(strlen(name) <= strlen(text));
		}
	profile_free(p);
}

static void test_too_many_types(void **state)
{
	struct classify_options o = { .idle = CLASSIFY_IDLE_FOLD };
	struct classify_totals totals;
	struct profile *p = profile_new();
	int i;

	for (i = 0; i <= CLASSIFY_VALUES; i++)
		profile_add_type(p, "t", "count");
	assert_int_equal(classify_profile(p, &o, &totals), -EINVAL);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),          cmocka_unit_test(test_own_mapping),
		cmocka_unit_test(test_state),          cmocka_unit_test(test_operations),
		cmocka_unit_test(test_equal_samples),  cmocka_unit_test(test_primitives_kept),
		cmocka_unit_test(test_waker),          cmocka_unit_test(test_own_names),
		cmocka_unit_test(test_waits_by),       cmocka_unit_test(test_twins),
		cmocka_unit_test(test_kernel_frames),  cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_too_many_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
