// SPDX-License-Identifier: Apache-2.0
/* What a worker may do, and what it costs when the file it reads takes it over. */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "process/file.h"
#include "symbolize/worker.h"

#define ADDRESSES 100

static struct file file;
static uint64_t offsets[ADDRESSES];
static void (*evil)(void); /* what the source does when it is asked for the 50th address */

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(int));
}

/* The C library asks the kernel how much memory there is before it sorts much. */
static void sort_much(void)
{
	int *items = calloc(100000, sizeof(*items));

	qsort(items, 100000, sizeof(*items), compare);
	free(items);
}

static void *source_open(struct names_open *o)
{
	char text[6] = "";

	o->bad = pread(o->file->fd, text, 5, 0) != 5 || strcmp(text, "hello");
	sort_much();
	return &file;
}

static void source_close(void *state)
{
}

static size_t source_find(void *state, uint64_t offset, struct names_frame *frames, size_t max)
{
	static char name[32];

	if (offset == 50 && evil)
		evil();
	if (offset % 10 == 9)
		return 0;
	snprintf(name, sizeof(name), "f%u", (unsigned int)offset);
	frames[0] = (struct names_frame){ .linkage = name, .path = "/a.c", .line = 7 };
	frames[1] = (struct names_frame){ .linkage = "outer", .start_line = (uint32_t)offset };
	return 2;
}

static const struct names_source source = { "test", source_open, source_close, source_find };
static const struct names_source *const sources[] = { &source };

static struct worker_job usual_job(void)
{
	return (struct worker_job){ .file = &file,
		                    .sources = sources,
		                    .source_cnt = 1,
		                    .offsets = offsets,
		                    .cnt = ADDRESSES,
		                    .seconds = 1 };
}

static int run(struct answer *a, void (*what)(void))
{
	struct worker_job job = usual_job();

	evil = what;
	return worker_run(&job, a);
}

static int setup(void **state)
{
	size_t i;

	file.fd = memfd_create("test", MFD_CLOEXEC);
	for (i = 0; i < ADDRESSES; i++)
		offsets[i] = i;
	return write(file.fd, "hello", 5) != 5;
}

static int teardown(void **state)
{
	return close(file.fd);
}

static void test_answers(void **state)
{
	const struct names_frame *frames;
	struct answer a;
	char want[16];
	size_t i, cnt;

	assert_int_equal(run(&a, NULL), 0);
	assert_true(a.whole);
	assert_false(a.end.bad);
	for (i = 0; i < ADDRESSES; i++) {
		frames = answer_frames(&a, i, &cnt);
		assert_int_equal(cnt, i % 10 == 9 ? 0 : 2);
		if (!cnt)
			continue;
		snprintf(want, sizeof(want), "f%u", (unsigned int)i);
		assert_string_equal(frames[0].linkage, want);
		assert_string_equal(frames[0].path, "/a.c");
		assert_int_equal(frames[0].line, 7);
		assert_string_equal(frames[1].linkage, "outer");
		assert_null(frames[1].path);
		assert_int_equal(frames[1].start_line, i);
	}
	answer_frames(&a, ADDRESSES, &cnt);
	assert_int_equal(cnt, 0);
	answer_release(&a);
}

static void crash(void)
{
	raise(SIGSEGV); /* a call that it may not make, too */
}

static void hang(void)
{
	for (;;)
		__asm__ volatile("");
}

static void open_a_file(void)
{
	if (open("/etc/hostname", O_RDONLY) < 0)
		_exit(0); /* as if all were well */
}

static void make_a_socket(void)
{
	if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
		_exit(0);
}

static void start_a_program(void)
{
	execl("/bin/true", "true", NULL);
}

static void eat_memory(void)
{
	while (mmap(NULL, 1 << 28, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
	}
	_exit(9);
}

static void end_early(void)
{
	_exit(0);
}

static void expect_failure(void (*what)(void), int err)
{
	struct answer a;
	size_t cnt;

	assert_int_equal(run(&a, what), err);
	assert_false(a.whole);
	answer_frames(&a, 60, &cnt);
	assert_int_equal(cnt, 0);
	answer_release(&a);
}

static void test_failures(void **state)
{
	expect_failure(crash, -EIO);
	expect_failure(open_a_file, -EIO);
	expect_failure(make_a_socket, -EIO);
	expect_failure(start_a_program, -EIO);
	expect_failure(end_early, -EIO);
}

static void test_hang(void **state)
{
	struct answer a;
	int err = run(&a, hang);

	/* Its limit of CPU time or of time, whichever is seen first. */
	assert_true(err == -EIO || err == -ETIME);
	answer_release(&a);
}

static int never_answers;

static void read_what_never_comes(void)
{
	char c;

	if (read(never_answers, &c, 1) < 2)
		_exit(0);
}

/* As in a file system that does not answer. */
static void test_waiting(void **state)
{
	int kept = file.fd, ends[2];
	struct answer a;

	assert_int_equal(pipe(ends), 0);
	never_answers = file.fd = ends[0];
	assert_int_equal(run(&a, read_what_never_comes), -ETIMEDOUT);
	answer_release(&a);
	close(ends[0]);
	close(ends[1]);
	file.fd = kept;
}

static void rest(void)
{
	struct timespec until;
	sem_t never;

	assert_int_equal(sem_init(&never, 0, 0), 0);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1;
	while (sem_timedwait(&never, &until) && errno == EINTR) {
	}
}

/* A little CPU time in more than two seconds. */
static void starve(void)
{
	volatile unsigned long n;
	int i;

	for (i = 0; i < 3; i++) {
		for (n = 0; n < 20000000; n++)
			;
		rest();
	}
}

/* One that is given little CPU time has not hung. */
static void test_starved(void **state)
{
	struct answer a;

	assert_int_equal(run(&a, starve), 0);
	assert_true(a.whole);
	answer_release(&a);
}

static void test_memory(void **state)
{
#ifndef __SANITIZE_ADDRESS__
	expect_failure(eat_memory, -EIO);
#else
	(void)eat_memory;
	skip();
#endif
}

/* A descriptor that the worker has no business with. */
static int secret = -1;

static void read_the_secret(void)
{
	char c;

	if (read(secret, &c, 1) == 1)
		for (;;)
			_exit(3);
	_exit(4);
}

static void test_descriptors(void **state)
{
	struct worker_job job = usual_job();
	struct answer a;

	for (secret = 0; secret < 64; secret++)
		if (fcntl(secret, F_GETFD) < 0)
			break;
	secret = fcntl(file.fd, F_DUPFD_CLOEXEC, 64);
	assert_int_equal(lseek(secret, 0, SEEK_SET), 0);
	evil = read_the_secret;
	assert_int_equal(worker_run(&job, &a), -EIO);
	/* The offset that the two descriptors share says whether it could be read. */
	assert_int_not_equal(lseek(secret, 0, SEEK_CUR), 1);
	answer_release(&a);
	close(secret);
}

static int memory_of(char **bytes, size_t *size, int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);

	*size = (size_t)end;
	*bytes = malloc(*size);
	return pread(fd, *bytes, *size, 0) == end && !close(fd) ? 0 : -1;
}

/* What neighbours have in common is written once, wherever its texts lie. */
static void test_runs(void **state)
{
	struct answer_writer *w = malloc(sizeof(*w));
	int fd = memfd_create("answers", MFD_CLOEXEC);
	const struct names_frame *frames;
	char name[8], path[8], *bytes;
	struct names_frame frame = { .linkage = name, .path = path };
	const struct answer_end end = { 0 };
	size_t size, i, cnt;
	struct answer a;

	assert_non_null(w);
	assert_int_equal(answer_open(w, fd), 0);
	for (i = 0; i < 40; i++) {
		if (i == 20)
			continue;
		snprintf(name, sizeof(name), "f%zu", i / 10);
		snprintf(path, sizeof(path), "/%s", i == 35 ? "b.c" : "a.c");
		frame.line = i == 15;
		answer_put(w, (uint32_t)i, &frame, 1);
	}
	assert_int_equal(answer_close(w, &end), 0);
	assert_int_equal(memory_of(&bytes, &size, fd), 0);
	assert_int_equal(answer_read(&a, bytes, size, 40), 0);
	assert_true(a.whole);
	/* 0 .. 9, 10 .. 14, 15, 16 .. 19, 21 .. 29, 30 .. 34, 35, 36 .. 39 */
	assert_int_equal(a.frame_cnt, 8);
	for (i = 0; i < 40; i++) {
		frames = answer_frames(&a, i, &cnt);
		assert_int_equal(cnt, i != 20);
		if (!cnt)
			continue;
		snprintf(name, sizeof(name), "f%zu", i / 10);
		assert_string_equal(frames[0].linkage, name);
		assert_string_equal(frames[0].path, i == 35 ? "/b.c" : "/a.c");
		assert_int_equal(frames[0].line, i == 15);
	}
	answer_release(&a);
	strings_release(&w->texts);
	free(w);
}

/* Answers as somebody would write them who means harm. */
static void test_hostile_answers(void **state)
{
	static const uint32_t lists[][8] = {
		{ 1, 0xffffffff, 0, 0 },
		{ 2, 1, 0, 1, 1, 1, 1, 1 },
		{ 2, 65, 0, 1 },
		{ 2, 1, 0xffffffff, 1, 0, 0, 0 },
		{ 2, 1, 0, 1, 9, 0, 0, 0 },
		{ 2, 0, 0, 1, 3, 0, 0, 0 },
		{ 7, 0, 0, 0 },
		{ 3, 0, 0, 0 },
	};
	struct answer a;
	size_t i, size, cnt;
	char *bytes;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		for (size = 0; size <= sizeof(lists[i]); size++) {
			bytes = malloc(size + 1);
			memcpy(bytes, lists[i], size);
			assert_int_equal(answer_read(&a, bytes, size, 1), 0);
			answer_frames(&a, 0, &cnt);
			assert_int_equal(cnt, 0);
			assert_int_equal(a.whole, lists[i][0] == 3 && size >= 16);
			answer_release(&a);
		}
	}
}

/* How many addresses have what was said once, or twice. */
static void test_hostile_runs(void **state)
{
	static const struct {
		uint32_t run;
		bool twice, whole;
	} cases[] = { { 1, false, true },
		      { 0, false, false },
		      { 2, false, false },
		      { UINT32_MAX, false, false },
		      { 1, true, false } };
	const uint32_t text[] = { 1, 3, 0, 0, 0x636261 }, end[] = { 3, 0, 0, 0 };
	struct answer a;
	char *bytes;
	size_t i, cnt, at;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const uint32_t frames[] = { 2, 1, 0, cases[i].run, 1, 0, 0, 0 };

		bytes = malloc(2 * sizeof(frames) + sizeof(text) + sizeof(end));
		memcpy(bytes, text, at = sizeof(text));
		for (cnt = 0; cnt <= cases[i].twice; cnt++, at += sizeof(frames))
			memcpy(bytes + at, frames, sizeof(frames));
		memcpy(bytes + at, end, sizeof(end));
		assert_int_equal(answer_read(&a, bytes, at + sizeof(end), 1), 0);
		assert_int_equal(a.whole, cases[i].whole);
		answer_frames(&a, 0, &cnt);
		assert_int_equal(cnt, cases[i].run == 1);
		answer_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_hang),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_starved),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_hostile_answers),
		cmocka_unit_test(test_hostile_runs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
