// SPDX-License-Identifier: Apache-2.0
/* Reading and opening what this very process has mapped: needs no rights. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/open.h"
#include "process/state.h"

static uint64_t own_start(void)
{
	int dir = proc_open((uint32_t)getpid());
	struct proc_stat st;

	assert_int_equal(proc_stat_read(dir, &st), 0);
	close(dir);
	return st.start;
}

/* Only this process, read from /proc. */
static struct processes *own(const struct image **im)
{
	struct processes_options o = { .all = false };
	struct processes *ps = processes_new(&o, NULL);

	assert_non_null(ps);
	processes_want(ps, (uint32_t)getpid());
	processes_scan_wants(ps);
	*im = processes_find(ps, (uint32_t)getpid(), own_start(), 9);
	assert_non_null(*im);
	return ps;
}

static void maps_of_this_process(void **state)
{
	const struct image *im;
	struct processes *ps = own(&im);
	const struct mapping *m = image_mapping(im, (uintptr_t)maps_of_this_process);

	assert_non_null(m);
	assert_ptr_equal(m->file, im->program);
	assert_non_null(strstr(m->file->path, "open_test"));
	assert_string_equal(im->comm, "open_test");
	m = image_mapping(im, (uintptr_t)getpid);
	assert_non_null(m);
	assert_non_null(strstr(m->file->path, "libc"));
	processes_free(ps);
}

static void opens_the_program(void **state)
{
	const struct image *im;
	struct processes *ps = own(&im);
	const struct mapping *m = image_main(im);
	struct stat ours, its;

	assert_int_equal(processes_open_file(ps, im, m), 0);
	assert_int_equal(processes_open_file(ps, im, m), 0);
	assert_int_equal(fstat(m->file->fd, &ours), 0);
	assert_int_equal(stat("/proc/self/exe", &its), 0);
	assert_int_equal(ours.st_ino, its.st_ino);
	assert_int_equal(strlen(m->file->build_id), 40);
	processes_free(ps);
}

static void opens_the_vdso(void **state)
{
	const struct image *im;
	struct processes *ps = own(&im);
	size_t i;

	for (i = 0; i < im->mapping_cnt; i++)
		if (im->mappings[i].file->kind == FILE_VDSO)
			break;
	assert_true(i < im->mapping_cnt);
	assert_int_equal(processes_open_file(ps, im, &im->mappings[i]), 0);
	assert_true(im->mappings[i].file->memory);
	assert_int_equal(strlen(im->mappings[i].file->build_id), 40);
	processes_free(ps);
}

/* Code without a file, and a file that is another one by now. */
static void not_opened(void **state)
{
	struct file impostor = { .path = (char *)"/proc/self/status", .fd = -1 };
	struct file anon = { .path = (char *)"//anon", .fd = -1, .kind = FILE_ANON };
	struct mapping m = { .start = 0x1000, .end = 0x2000, .file = &impostor };
	const struct image *im;
	struct processes *ps = own(&im);

	assert_true(processes_open_file(ps, im, &m) < 0);
	assert_true(processes_open_file(ps, im, &m) < 0);
	assert_int_equal(impostor.fd, -1);
	assert_int_equal(processes_counters(ps)->files_mismatched +
	                         processes_counters(ps)->files_unreadable,
	                 1);
	m.file = &anon;
	assert_int_equal(processes_open_file(ps, im, &m), -ENODATA);
	assert_int_equal(processes_counters(ps)->files_mismatched +
	                         processes_counters(ps)->files_unreadable,
	                 1);
	processes_free(ps);
}

static void mismatch(void **state)
{
	char path[] = "/tmp/ebprof-open-XXXXXX";
	int fd = mkstemp(path);
	struct file other = { .path = path, .fd = -1 };
	struct mapping m = { .start = 0x1000, .end = 0x2000, .file = &other };
	const struct image *im;
	struct processes *ps = own(&im);

	other.id.inode = 1; /* never that of a file in /tmp */
	assert_int_equal(processes_open_file(ps, im, &m), -ESTALE);
	assert_true(other.mismatch);
	assert_int_equal(processes_counters(ps)->files_mismatched, 1);
	close(fd);
	unlink(path);
	processes_free(ps);
}

static void from_memory(void **state)
{
	const struct image *im;
	struct processes *ps = own(&im);
	const struct file *f = image_main(im)->file;
	int dir = proc_open((uint32_t)getpid()), fd = memory_file(dir, f);
	char build_id[41], real[41], buf[64], ours[64];
	int exe = open("/proc/self/exe", O_RDONLY);
	uint64_t at = image_main(im)->offset;

	assert_true(fd >= 0);
	build_id_read(fd, build_id);
	build_id_read(exe, real);
	assert_string_equal(build_id, real);
	assert_int_equal(pread(fd, buf, 64, (off_t)at), 64);
	assert_int_equal(pread(exe, ours, 64, (off_t)at), 64);
	assert_memory_equal(buf, ours, 64);
	assert_int_equal(pwrite(fd, buf, 1, 0), -1);
	close(exe);
	close(fd);
	close(dir);
	processes_free(ps);
}

/* A process that is gone: its program is looked for under its parent's root. */
static void after_its_death(void **state)
{
	struct event ev = { .type = EVENT_FORK, .time = proc_now() };
	const struct image *im;
	struct processes *ps = own(&im);
	uint32_t pid = 5000001;

	ev.pid = ev.tid = pid;
	ev.ppid = ev.ptid = (uint32_t)getpid();
	processes_apply(ps, &ev);
	ev.type = EVENT_EXIT;
	ev.time++;
	processes_apply(ps, &ev);
	im = processes_find(ps, pid, ev.time - 1, 9);
	assert_non_null(im);
	assert_int_equal(processes_open_file(ps, im, image_main(im)), 0);
	processes_free(ps);
}

static void gone_process(void **state)
{
	struct incarnation inc = { .known_at = proc_now(), .threads = 1 };
	struct proc_stat st;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	inc.pid = (uint32_t)pid;
	waitpid(pid, NULL, 0);
	assert_int_equal(incarnation_proc(&inc, &st), -ESRCH);
	/* This process, but started at another time. */
	inc.pid = (uint32_t)getpid();
	inc.start = own_start() - 5 * proc_tick_ns();
	assert_int_equal(incarnation_proc(&inc, &st), -ESRCH);
	inc.start = own_start();
	assert_int_equal(close(incarnation_proc(&inc, &st)), 0);
}

struct known {
	struct task_identity tasks[2];
	size_t cnt;
};

static int identify(void *arg, int (*each)(void *arg, const struct task_identity *t),
                    void *each_arg)
{
	const struct known *k = arg;
	size_t i;

	for (i = 0; i < k->cnt; i++)
		each(each_arg, &k->tasks[i]);
	return 0;
}

static struct task_identity identity_of(pid_t pid, uint32_t exec_id)
{
	struct task_identity t = { .tgid = (uint32_t)pid, .tid = (uint32_t)pid };
	int dir = proc_open(t.tgid);
	struct proc_stat st;

	assert_int_equal(proc_stat_read(dir, &st), 0);
	close(dir);
	t.start = st.start;
	t.ppid = st.ppid;
	t.exec_id = exec_id;
	memcpy(t.comm, st.comm, sizeof(t.comm));
	return t;
}

/* Reading /proc again shows an exec whose record was lost; what ran before stays known. */
static void missed_exec(void **state)
{
	struct known k = { .tasks = { identity_of(getpid(), 5) }, .cnt = 1 };
	struct processes_options o = { .identify = identify, .identify_arg = &k };
	struct processes *ps = processes_new(&o, NULL);
	uint64_t start = k.tasks[0].start;
	const struct image *old, *new;

	processes_want(ps, (uint32_t)getpid());
	processes_scan_wants(ps);
	old = processes_find(ps, (uint32_t)getpid(), start, 5);
	assert_int_equal(processes_scan(ps), 0);
	assert_ptr_equal(processes_find(ps, (uint32_t)getpid(), start, 5), old);
	k.tasks[0].exec_id = 7;
	assert_int_equal(processes_scan(ps), 0);
	new = processes_find(ps, (uint32_t)getpid(), start, 7);
	assert_non_null(new);
	assert_ptr_not_equal(new, old);
	assert_int_equal(new->mapping_cnt, old->mapping_cnt);
	assert_non_null(image_main(new));
	assert_null(processes_find(ps, (uint32_t)getpid(), start, 6));
	processes_free(ps);
}

static void note_gone(void *arg, uint32_t pid)
{
	*(uint32_t *)arg = pid;
}

/* A child that was forked before the records began; its exit is believed only when /proc agrees. */
static void child_before_the_start(void **state)
{
	struct known k = { .cnt = 2 };
	struct processes_options o = { .identify = identify, .identify_arg = &k };
	struct processes *ps = processes_new(&o, NULL);
	struct event ev = { .type = EVENT_EXIT };
	struct incarnation *inc;
	uint32_t gone = 0;
	pid_t pid;

	usleep(2 * (useconds_t)(proc_tick_ns() / 1000)); /* starts are known to a tick here */
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	k.tasks[0] = identity_of(pid, 5);
	k.tasks[1] = identity_of(getpid(), 5);
	processes_want(ps, (uint32_t)getpid());
	processes_scan_wants(ps);
	inc = incarnations_alive(&ps->incarnations, (uint32_t)pid);
	assert_non_null(inc);
	assert_true(inc->wanted);
	ev.pid = ev.tid = (uint32_t)pid;
	ev.time = proc_now();
	processes_apply(ps, &ev);
	processes_settle(ps);
	assert_int_equal(inc->exit_at, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	processes_settle(ps);
	assert_int_equal(inc->exit_at, ev.time);
	processes_exited(ps, note_gone, &gone);
	assert_int_equal(gone, pid);
	/* One that was gone before it could be read is reported, too. */
	processes_want(ps, (uint32_t)pid);
	k.cnt = 0;
	gone = 0;
	processes_scan_wants(ps);
	processes_exited(ps, note_gone, &gone);
	assert_int_equal(gone, pid);
	processes_free(ps);
}

static void *stay(void *arg)
{
	uint32_t tid = (uint32_t)gettid();

	if (write(*(int *)arg, &tid, sizeof(tid)) == sizeof(tid))
		pause();
	return NULL;
}

/* Only a thread is left to show the mappings. */
static void leader_has_exited(void **state)
{
	struct known k = { .cnt = 2 };
	struct processes_options o = { .identify = identify, .identify_arg = &k };
	struct processes *ps = processes_new(&o, NULL);
	struct proc_stat st = { .state = 0 };
	const struct image *im;
	int up[2], dir, i;
	uint32_t tid;
	pthread_t t;
	pid_t pid;

	assert_int_equal(pipe(up), 0);
	pid = fork();
	if (!pid) {
		pthread_create(&t, NULL, stay, &up[1]);
		pthread_exit(NULL);
	}
	assert_int_equal(read(up[0], &tid, sizeof(tid)), sizeof(tid));
	dir = proc_open((uint32_t)pid);
	for (i = 0; i < 1000 && st.state != 'Z'; i++) {
		usleep(1000);
		assert_int_equal(proc_stat_read(dir, &st), 0);
	}
	close(dir);
	assert_false(proc_stat_dead(&st));
	k.tasks[0] = k.tasks[1] = identity_of(pid, 5);
	k.tasks[1].tid = tid;
	processes_want(ps, (uint32_t)pid);
	processes_scan_wants(ps);
	im = processes_find(ps, (uint32_t)pid, k.tasks[0].start, 5);
	assert_non_null(im);
	assert_non_null(image_mapping(im, (uintptr_t)leader_has_exited));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(up[0]);
	close(up[1]);
	processes_free(ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_of_this_process),
		cmocka_unit_test(opens_the_program),
		cmocka_unit_test(opens_the_vdso),
		cmocka_unit_test(not_opened),
		cmocka_unit_test(mismatch),
		cmocka_unit_test(from_memory),
		cmocka_unit_test(after_its_death),
		cmocka_unit_test(gone_process),
		cmocka_unit_test(missed_exec),
		cmocka_unit_test(leader_has_exited),
		cmocka_unit_test(child_before_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
