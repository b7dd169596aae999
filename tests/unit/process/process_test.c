// SPDX-License-Identifier: Apache-2.0
/* Lives, programs and mappings out of sequences of records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"

static void life(void **state)
{
	struct processes *ps = new_all();
	const struct image *im;

	scanned(ps, A, 5, 3, 50);
	map(ps, 60, A, 0x1000, "/shell");
	do_fork(ps, 100, A, B);
	exec(ps, 110, B, "prog");
	map(ps, 111, B, 0x5000, "/prog");
	map(ps, 112, B, 0x9000, "/libc");
	quit(ps, 120, B, B);

	im = processes_find(ps, B, 99, 3);
	assert_non_null(im);
	assert_string_equal(path_at(im, 0x1fff), "/shell");
	im = processes_find(ps, B, 99, 4);
	assert_string_equal(im->comm, "prog");
	assert_int_equal(im->start, 99);
	assert_int_equal(im->exec_id, 4);
	assert_string_equal(path_at(im, 0x9000), "/libc");
	assert_string_equal(image_main(im)->file->path, "/prog");
	assert_string_equal(path_at(im, 0x1000), "");
	assert_null(processes_find(ps, B, 99, 5));
	assert_null(processes_find(ps, C, 99, 4));
	assert_int_equal(processes_counters(ps)->unknown, 2);
	processes_free(ps);
}

/* The look-up tells the exact start; from then on nothing else is taken for it. */
static void start_is_remembered(void **state)
{
	struct processes *ps = new_all();

	do_fork(ps, 100, A, B);
	assert_non_null(processes_find(ps, B, 90, 0));
	assert_non_null(processes_find(ps, B, 90, 0));
	assert_null(processes_find(ps, B, 91, 0));
	processes_free(ps);
}

static void pid_used_again(void **state)
{
	struct processes *ps = new_all();

	do_fork(ps, 100, A, B);
	exec(ps, 101, B, "one");
	quit(ps, 110, B, B);
	do_fork(ps, 200, A, B);
	exec(ps, 201, B, "two");
	quit(ps, 210, B, B);
	do_fork(ps, 300, A, B); /* its exit is missed */
	exec(ps, 301, B, "three");
	do_fork(ps, 400, A, B);
	exec(ps, 401, B, "four");

	assert_string_equal(processes_find(ps, B, 199, 1)->comm, "two");
	assert_string_equal(processes_find(ps, B, 99, 1)->comm, "one");
	assert_string_equal(processes_find(ps, B, 395, 1)->comm, "four");
	assert_string_equal(processes_find(ps, B, 300, 1)->comm, "three");
	/* Between the second's fork and exit nothing else can have started. */
	assert_null(processes_find(ps, B, 205, 1));
	processes_free(ps);
}

/* A start long before the fork record is that of a process that nobody knows. */
static void too_old(void **state)
{
	struct processes *ps = new_all();

	do_fork(ps, 100 + FORK_LAG_NS, A, B);
	assert_null(processes_find(ps, B, 99, 0));
	assert_non_null(processes_find(ps, B, 100, 0));
	processes_free(ps);
}

static void exec_chain(void **state)
{
	struct processes *ps = new_all();
	char name[2] = "a";
	uint32_t i;

	scanned(ps, A, 5, UINT32_MAX - 3, 50);
	do_fork(ps, 100, A, B);
	for (i = 0; i < 10; i++) {
		name[0] = (char)('a' + i);
		exec(ps, 110 + i, B, name);
	}
	/* The count wraps around. */
	for (i = 0; i < 10; i++) {
		name[0] = (char)('a' + i);
		assert_string_equal(processes_find(ps, B, 100, UINT32_MAX - 2 + i)->comm, name);
	}
	assert_null(processes_find(ps, B, 100, UINT32_MAX - 2 + 10));
	processes_free(ps);
}

static void exec_id_guessed(void **state)
{
	struct processes *ps = new_all();

	do_fork(ps, 100, A, B); /* of a parent that nobody knows */
	exec(ps, 101, B, "one");
	exec(ps, 102, B, "two");
	assert_string_equal(processes_find(ps, B, 100, 40)->comm, "two");
	assert_string_equal(processes_find(ps, B, 100, 39)->comm, "one");
	/* A newer one shows that 40 was not the newest. */
	exec(ps, 103, B, "three");
	assert_string_equal(processes_find(ps, B, 100, 41)->comm, "three");
	assert_string_equal(processes_find(ps, B, 100, 40)->comm, "two");
	assert_string_equal(processes_find(ps, B, 100, 45)->comm, "three");
	assert_string_equal(processes_find(ps, B, 100, 44)->comm, "two");
	processes_free(ps);
}

/* What happened before the reading of /proc is in it. */
static void records_before_the_scan(void **state)
{
	struct processes *ps = new_all();
	struct incarnation *inc = scanned(ps, A, 5, 3, 100);

	program_set_comm(inc->last, "scanned", 7);
	inc->threads = 2;
	inc->inexact = true;
	do_fork(ps, 60, B, A);
	exec(ps, 70, A, "before");       /* before identities were read: counted */
	map(ps, 75, A, 0x1000, "/gone"); /* and unmapped before maps were read */
	thread(ps, 76, A, A, C);
	quit(ps, 77, A, D);
	assert_ptr_equal(incarnations_newest(&ps->incarnations, A), inc);
	assert_int_equal(inc->threads, 2);
	assert_string_equal(processes_find(ps, A, 5, 3)->comm, "scanned");
	assert_string_equal(path_at(processes_find(ps, A, 5, 3), 0x1000), "");
	exec(ps, 95, A, "between"); /* after the identities, before maps: counted now */
	assert_string_equal(processes_find(ps, A, 5, 4)->comm, "between");
	assert_null(inc->last->older);
	exec(ps, 101, A, "after");
	assert_string_equal(processes_find(ps, A, 5, 5)->comm, "after");
	assert_string_equal(processes_find(ps, A, 5, 4)->comm, "between");
	processes_free(ps);
}

/* An exec while identities were read: the count is off by one or not. */
static void exec_during_the_scan(void **state)
{
	struct processes *ps = new_all();

	scanned(ps, A, 5, 3, 100);
	exec(ps, 85, A, "during");
	assert_string_equal(processes_find(ps, A, 5, 4)->comm, "during");
	assert_int_equal(processes_counters(ps)->unknown, 0);
	processes_free(ps);
}

static void fork_shares(void **state)
{
	struct processes *ps = new_all();
	struct program *parent, *child;

	do_fork(ps, 100, D, A);
	map(ps, 101, A, 0x1000, "/shell");
	do_fork(ps, 110, A, B);
	parent = incarnations_newest(&ps->incarnations, A)->last;
	child = incarnations_newest(&ps->incarnations, B)->last;
	assert_ptr_equal(parent->mappings, child->mappings);
	map(ps, 120, A, 0x2000, "/late");
	map(ps, 121, B, 0x3000, "/own");
	assert_string_equal(path_at(&child->image, 0x2000), "");
	assert_string_equal(path_at(&child->image, 0x3000), "/own");
	assert_string_equal(path_at(&child->image, 0x1000), "/shell");
	assert_string_equal(path_at(&parent->image, 0x3000), "");
	assert_string_equal(path_at(&parent->image, 0x2000), "/late");
	processes_free(ps);
}

static void vfork_then_exec(void **state)
{
	struct processes *ps = new_all();

	scanned(ps, A, 5, 1, 50);
	map(ps, 60, A, 0x1000, "/shell");
	do_fork(ps, 100, A, B);
	exec(ps, 101, B, "prog");
	map(ps, 102, B, 0x1000, "/prog");
	quit(ps, 110, B, B);
	assert_string_equal(path_at(processes_find(ps, A, 5, 1), 0x1000), "/shell");
	assert_false(image_mapping(processes_find(ps, A, 5, 1), 0x1000)->remapped);
	assert_string_equal(path_at(processes_find(ps, B, 100, 1), 0x1000), "/shell");
	assert_string_equal(path_at(processes_find(ps, B, 100, 2), 0x1000), "/prog");
	assert_false(image_mapping(processes_find(ps, B, 100, 2), 0x1000)->remapped);
	processes_free(ps);
}

static void remapped(void **state)
{
	struct processes *ps = new_all();
	const struct image *im;

	do_fork(ps, 100, A, B);
	map(ps, 101, B, 0x1000, "/one");
	map(ps, 102, B, 0x3000, "/two");
	map(ps, 103, B, 0x1000, "/three");
	map(ps, 104, B, 0x3000, "/two");
	im = processes_find(ps, B, 100, 0);
	assert_true(image_mapping(im, 0x1000)->remapped);
	assert_string_equal(path_at(im, 0x1000), "/three");
	assert_false(image_mapping(im, 0x3000)->remapped);
	processes_free(ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life),
		cmocka_unit_test(start_is_remembered),
		cmocka_unit_test(pid_used_again),
		cmocka_unit_test(too_old),
		cmocka_unit_test(exec_chain),
		cmocka_unit_test(exec_id_guessed),
		cmocka_unit_test(records_before_the_scan),
		cmocka_unit_test(exec_during_the_scan),
		cmocka_unit_test(fork_shares),
		cmocka_unit_test(vfork_then_exec),
		cmocka_unit_test(remapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
