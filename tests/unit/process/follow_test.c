// SPDX-License-Identifier: Apache-2.0
/* Threads, what is wanted, exits, losses and forgetting out of sequences of records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"

static void threads(void **state)
{
	struct processes *ps = new_all();
	struct incarnation *inc;

	do_fork(ps, 100, A, B);
	exec(ps, 101, B, "main");
	thread(ps, 102, B, B, C);
	comm(ps, 103, B, C, "worker", EVENT_COMM);
	thread(ps, 104, B, C, D); /* inherits the name */
	thread(ps, 105, B, B, D + 1);
	comm(ps, 106, B, D + 1, "main", EVENT_COMM);
	inc = incarnations_newest(&ps->incarnations, B);
	assert_int_equal(inc->threads, 4);
	assert_int_equal(inc->name_cnt, 2);
	assert_string_equal(processes_thread_comm(ps, B, C, 100), "worker");
	assert_string_equal(processes_thread_comm(ps, B, D, 100), "worker");
	assert_string_equal(processes_thread_comm(ps, B, D + 1, 100), "main");
	assert_string_equal(processes_thread_comm(ps, B, B, 100), "main");
	quit(ps, 110, B, B); /* the leader goes first */
	quit(ps, 111, B, C);
	quit(ps, 112, B, D);
	assert_int_equal(inc->exit_at, 0);
	quit(ps, 113, B, D + 1);
	assert_int_equal(inc->exit_at, 113);
	assert_string_equal(processes_thread_comm(ps, B, C, 100), "worker");
	assert_null(processes_thread_comm(ps, C, C, 100));
	processes_free(ps);
}

/* A thread that forks gives its name to the child; an exec by a thread ends the others. */
static void thread_forks_and_execs(void **state)
{
	struct event ev = { .type = EVENT_FORK, .time = 105, .pid = D, .tid = D };
	struct processes *ps = new_all();

	do_fork(ps, 100, A, B);
	thread(ps, 101, B, B, C);
	comm(ps, 102, B, C, "worker", EVENT_COMM);
	ev.ppid = B;
	ev.ptid = C;
	processes_apply(ps, &ev);
	assert_string_equal(processes_find(ps, D, 105, 0)->comm, "worker");
	quit(ps, 110, B, B);
	exec(ps, 111, B, "prog"); /* the kernel has given it the leader's tid */
	quit(ps, 112, B, B);
	assert_int_equal(incarnations_newest(&ps->incarnations, B)->exit_at, 112);
	processes_free(ps);
}

static void rename_of_the_process(void **state)
{
	struct processes *ps = new_all();

	do_fork(ps, 100, A, B);
	exec(ps, 101, B, "first");
	comm(ps, 102, B, B, "a name that is much too long", EVENT_COMM);
	assert_string_equal(processes_find(ps, B, 100, 1)->comm, "a name that is ");
	comm(ps, 103, B, B, "", EVENT_COMM);
	assert_string_equal(processes_find(ps, B, 100, 1)->comm, "");
	processes_free(ps);
}

static void only_the_wanted(void **state)
{
	struct processes_options o = { .all = false };
	struct processes *ps = processes_new(&o, NULL);

	scanned(ps, A, 5, 1, 50)->wanted = true;
	do_fork(ps, 100, A, B);
	do_fork(ps, 101, D, C);
	exec(ps, 102, C, "unwanted");
	map(ps, 103, C, 0x1000, "/unwanted");
	do_fork(ps, 104, B, C + 10);
	quit(ps, 105, B, B);
	assert_int_equal(ps->incarnations.cnt, 3);
	assert_int_equal(ps->files.cnt, 0);
	assert_non_null(processes_find(ps, C + 10, 104, 1));
	assert_null(processes_find(ps, C, 101, 1));
	/* A pid of the wanted, used by somebody else. */
	do_fork(ps, 200, D, B);
	exec(ps, 201, B, "other");
	assert_null(processes_find(ps, B, 200, 2));
	assert_non_null(processes_find(ps, B, 100, 1));
	processes_free(ps);
}

struct gone {
	uint32_t pids[8];
	unsigned cnt;
};

static void note_gone(void *arg, uint32_t pid)
{
	struct gone *g = arg;

	g->pids[g->cnt++] = pid;
}

static void exited(void **state)
{
	struct processes *ps = new_all();
	struct gone g = { .cnt = 0 };

	scanned(ps, A, 5, 1, 50);
	processes_want(ps, A);
	do_fork(ps, 100, A, B); /* wanted as its parent is */
	do_fork(ps, 101, D, C);
	quit(ps, 110, B, B);
	quit(ps, 111, C, C);
	processes_exited(ps, note_gone, &g);
	assert_int_equal(g.cnt, 1);
	assert_int_equal(g.pids[0], B);
	processes_exited(ps, note_gone, &g);
	assert_int_equal(g.cnt, 1);
	/* Nobody wanted C, but who asks for it is told that it is gone. */
	assert_non_null(processes_find(ps, C, 101, 0));
	assert_non_null(processes_find(ps, C, 101, 0));
	processes_exited(ps, note_gone, &g);
	assert_int_equal(g.cnt, 2);
	assert_int_equal(g.pids[1], C);
	processes_free(ps);
}

static void lost(void **state)
{
	struct processes *ps = new_all();
	struct event ev = { .type = EVENT_LOST, .time = 5, .lost = 7 };

	processes_apply(ps, &ev);
	assert_int_equal(processes_counters(ps)->sideband_lost, 7);
	assert_true(ps->resync_due);
	/* Records of a process whose birth was lost make it known. */
	exec(ps, 10, B, "late");
	map(ps, 11, B, 0x1000, "/late");
	assert_string_equal(path_at(processes_find(ps, B, 9, 5), 0x1000), "/late");
	processes_free(ps);
}

static void build_ids(void **state)
{
	struct event ev = { .type = EVENT_BUILD_ID, .time = 102, .pid = B, .tid = B };
	struct processes *ps = new_all();
	const struct mapping *m;

	do_fork(ps, 100, A, B);
	map(ps, 101, B, 0x1000, "/prog");
	ev.start = 0x1000;
	ev.end = 0x2000;
	ev.text = "/prog";
	ev.text_len = 5;
	ev.build_id_sz = 3;
	memcpy(ev.build_id, "\x01\xfe\x80", 3);
	ev.offset = 0x8000;
	processes_apply(ps, &ev); /* another place of the file */
	m = image_mapping(processes_find(ps, B, 100, 0), 0x1000);
	assert_string_equal(m->file->build_id, "");
	ev.offset = 0;
	processes_apply(ps, &ev);
	assert_string_equal(m->file->build_id, "01fe80");
	ev.start = 0x9000;
	processes_apply(ps, &ev);
	processes_free(ps);
}

static void fork_storm(void **state)
{
	struct processes *ps = new_all();
	uint64_t t = 1000;
	uint32_t i;

	scanned(ps, A, 5, 1, 50);
	for (i = 0; i < 24; i++)
		map(ps, t++, A, 0x10000 + i * 0x2000, "/lib");
	/* Pids wrap around: each is used five times. */
	for (i = 0; i < 20000; i++) {
		uint32_t pid = B + i % 4000;

		do_fork(ps, t += 10, A, pid);
		exec(ps, ++t, pid, i % 2 ? "odd" : "even");
		map(ps, ++t, pid, 0x5000, "/prog");
		quit(ps, ++t, pid, pid);
	}
	assert_int_equal(ps->incarnations.cnt, 20001);
	assert_string_equal(processes_find(ps, B + 3999, t - 4, 2)->comm, "odd");
	processes_trim(ps, t + 1, false);
	assert_int_equal(ps->incarnations.cnt, 2);
	assert_string_equal(processes_find(ps, B + 3999, t - 4, 2)->comm, "odd");
	processes_trim(ps, t + 1, true);
	assert_int_equal(ps->incarnations.cnt, 1);
	processes_free(ps);
}

static void trim_keeps(void **state)
{
	struct processes *ps = new_all();

	do_fork(ps, 100, A, B);
	exec(ps, 110, B, "one");
	exec(ps, 120, B, "two");
	exec(ps, 130, B, "three");
	assert_non_null(processes_find(ps, B, 100, 13)); /* three */
	assert_non_null(processes_find(ps, B, 100, 11)); /* one */
	processes_trim(ps, 125, false);
	assert_non_null(processes_find(ps, B, 100, 11)); /* found */
	assert_null(processes_find(ps, B, 100, 10));     /* the fork's */
	assert_non_null(processes_find(ps, B, 100, 12)); /* ended later */
	assert_non_null(processes_find(ps, B, 100, 13)); /* runs */
	processes_trim(ps, UINT64_MAX, true);
	assert_null(processes_find(ps, B, 100, 12));
	assert_non_null(processes_find(ps, B, 100, 13));
	processes_free(ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads),
		cmocka_unit_test(thread_forks_and_execs),
		cmocka_unit_test(rename_of_the_process),
		cmocka_unit_test(only_the_wanted),
		cmocka_unit_test(exited),
		cmocka_unit_test(lost),
		cmocka_unit_test(build_ids),
		cmocka_unit_test(fork_storm),
		cmocka_unit_test(trim_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
