// SPDX-License-Identifier: Apache-2.0
#include "symbolize/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "elf/debug_file.h"
#include "elf/elf.h"
#include "elf/file.h"
#include "process/file.h"
#include "symbolize/sandbox.h"

#define MEMORY_BYTES (1ull << 30) /* beside what the file's size takes */
#define MEMORY_TIMES 8            /* the file's size: sections may be compressed */
#define ANSWER_MAX   (256u << 20)
#define READ_BYTES   (256u << 10)
#define SOURCES_MAX  8
#define WORKING_NS   10000000 /* CPU time that shows that a silent worker works */
#define SILENT_MAX   6        /* how often it may be silent as long as an answer may take */

/* --- in the worker --- */

static void ask(const struct worker_job *job, void *const *states, struct answer_writer *w)
{
	struct names_frame frames[NAMES_MAX];
	size_t i, s, n;

	for (i = 0; i < job->cnt; i++) {
		for (n = 0, s = 0; !n && s < job->source_cnt; s++)
			if (states[s])
				n = job->sources[s]->find(states[s], job->offsets[i], frames,
				                          NAMES_MAX);
		if (n)
			answer_put(w, (uint32_t)i, frames, n);
	}
}

/* What belongs to the file: descriptors or -errno. */
struct beside {
	int debug_fd; /* of its file of debug information */
	int alt_fd;   /* of what that shares with others' */
};

static int work(const struct worker_job *job, int fd, const struct beside *b)
{
	struct names_open o = { .file = job->file,
		                .debug_fd = b->debug_fd < 0 ? -1 : b->debug_fd,
		                .alt_fd = b->alt_fd < 0 ? -1 : b->alt_fd };
	void *states[SOURCES_MAX] = { NULL };
	struct answer_writer *w = malloc(sizeof(*w));
	size_t s;

	if (!w || answer_open(w, fd))
		return -ENOMEM;
	for (s = 0; s < job->source_cnt; s++)
		states[s] = job->sources[s]->open(&o);
	ask(job, states, w);
	return answer_close(w, o.bad, b->debug_fd == -ESTALE);
}

/*
 * It is looked for before the rights are gone, by what our own reader finds in the file, which the
 * unwinder reads too.
 */
static struct beside find_beside(const struct worker_job *job)
{
	struct elf_file *f = job->debug_dirs ? elf_open(job->file->fd) : NULL, *apart = NULL;
	struct beside b = { -ENOENT, -ENOENT };

	if (f && (!elf_has_symtab(f) || !elf_section_named(f, ".debug_info")))
		b.debug_fd = elf_debug_find(f, job->file->path ?: "", job->debug_dirs);
	if (b.debug_fd >= 0)
		apart = elf_open(b.debug_fd);
	if (f)
		b.alt_fd = elf_alt_find(apart ?: f, job->debug_dirs);
	elf_close(apart);
	elf_close(f);
	return b;
}

static uint64_t memory_for(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	return MEMORY_BYTES + (size > 0 ? (uint64_t)size * MEMORY_TIMES : 0);
}

static void worker_main(const struct worker_job *job, int fd) __attribute__((noreturn));
static void worker_main(const struct worker_job *job, int fd)
{
	const struct beside b = find_beside(job);
	const int fds[] = { job->file->fd, fd, b.debug_fd, b.alt_fd };
	struct sandbox s = { .fds = fds, /* negative ones are none */
		             .fd_cnt = sizeof(fds) / sizeof(*fds),
		             .memory_bytes = memory_for(job->file->fd) + memory_for(b.debug_fd) +
		                             memory_for(b.alt_fd),
		             .cpu_seconds = job->seconds };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "ebprof-names");
	_exit(sandbox_enter(&s) || work(job, fd, &b));
}

/* --- in ebprof --- */

struct reading {
	char *bytes;
	size_t size, cap;
	pid_t pid;
	uint64_t cpu_ns;         /* that it had taken when it was silent for long */
	unsigned int silent_cnt; /* how often it was */
};

/*
 * Has a silent worker computed meanwhile? Where many processes want the CPUs, ten seconds are a second of
 * its own. That is believed a few times; what computes without end has its limit of CPU time.
 */
static bool is_starved(struct reading *r)
{
	uint64_t before = r->cpu_ns;
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(r->pid, &clock) || clock_gettime(clock, &t))
		return false;
	r->cpu_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	return r->cpu_ns - before > WORKING_NS && ++r->silent_cnt < SILENT_MAX;
}

/* Reads on. 1, 0: the end, -ENOMEM, -ETIME or -errno. */
static int read_more(struct reading *r, int fd, unsigned int seconds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = poll(&p, 1, (int)seconds * 1000);
	char *bytes;
	ssize_t got;

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	if (!n && is_starved(r))
		return 1;
	if (!n || r->size >= ANSWER_MAX)
		return -ETIME;
	bytes = array_reserve(r->bytes, &r->cap, r->size + READ_BYTES, 1);
	if (!bytes)
		return -ENOMEM;
	r->bytes = bytes;
	got = read(fd, r->bytes + r->size, READ_BYTES);
	if (got < 0)
		return errno == EINTR ? 1 : -errno;
	r->size += (size_t)got;
	return got > 0;
}

/* Everything that the worker writes, and how it ended. 0, -EIO, -ETIME or -ENOMEM. */
static int collect(struct reading *r, pid_t pid, int fd, unsigned int seconds)
{
	int err, status = 0;

	do
		err = read_more(r, fd, seconds);
	while (err > 0);
	if (err)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	return !err && status ? -EIO : err;
}

/* A worker with the end of a pipe to read from; its pid or -errno. */
static pid_t start(const struct worker_job *job, int *fd)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		worker_main(job, ends[1]);
	if (pid < 0)
		pid = -errno;
	close(ends[1]);
	if (pid < 0)
		close(ends[0]);
	*fd = ends[0];
	return pid;
}

int worker_run(const struct worker_job *job, struct answer *a)
{
	struct reading r = { 0 };
	int fd = -1, err, read_err;
	pid_t pid;

	memset(a, 0, sizeof(*a));
	if (job->source_cnt > SOURCES_MAX)
		return -EINVAL;
	pid = start(job, &fd);
	if (pid < 0)
		return pid;
	r.pid = pid;
	err = collect(&r, pid, fd, job->seconds);
	close(fd);
	read_err = answer_read(a, r.bytes, r.size, job->cnt);
	if (!err && !read_err && !a->whole)
		err = -EIO;
	return read_err ? read_err : err;
}
