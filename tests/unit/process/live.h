/* SPDX-License-Identifier: Apache-2.0 */
/* What the live test does beside testing: processes, files and file systems to be watched. */
#ifndef EBPROF_TEST_LIVE_H
#define EBPROF_TEST_LIVE_H

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/open.h"
#include "process/state.h"

enum { EXEC_ID = 77 }; /* what identify() says of every process */

extern char **environ;

static int failed;
static char dir[] = "/tmp/ebprof-live-XXXXXX";

static inline void result(const char *name, bool good, const char *fmt, ...)
{
	va_list ap;

	printf(good ? "ok %s" : "not ok %s: ", name);
	if (!good) {
		failed = 1;
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
	}
	printf("\n");
	fflush(stdout);
}

struct lister {
	int (*each)(void *arg, const struct task_identity *t);
	void *arg;
};

static inline void list_one(void *arg, uint32_t pid)
{
	struct task_identity t = { .tgid = pid, .tid = pid, .exec_id = EXEC_ID };
	struct lister *l = arg;
	struct proc_stat st;
	int d = proc_open(pid);

	if (d >= 0 && !proc_stat_read(d, &st)) {
		t.ppid = st.ppid;
		t.start = st.start;
		memcpy(t.comm, st.comm, sizeof(t.comm));
		l->each(l->arg, &t);
	}
	if (d >= 0)
		close(d);
}

/* Stands in for the kernel's task iterator: starts are cut to ticks, every exec_id is EXEC_ID. */
static inline int identify(void *arg, int (*each)(void *arg, const struct task_identity *t),
                           void *each_arg)
{
	struct lister l = { each, each_arg };

	return proc_each(list_one, &l);
}

static inline void nap(unsigned ms)
{
	usleep(ms * 1000);
}

/*
 * Until the process runs that program and has mapped its C library, or ends (5 seconds at most): a
 * busy machine may take its time.
 */
static inline void await_exec(pid_t pid, const char *part)
{
	char path[64], text[1 << 14];
	int i;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	for (i = 0; i < 500; i++) {
		FILE *f = fopen(path, "re");
		size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

		if (f)
			fclose(f);
		text[n] = 0;
		if (strstr(text, part) && strstr(text, "libc.so"))
			break;
		nap(10);
	}
	nap(20); /* it may still be on its way to main() */
}

static inline bool maps_file(const struct image *im, const char *part)
{
	size_t i;

	for (i = 0; i < im->mapping_cnt; i++)
		if (strstr(im->mappings[i].file->path, part))
			return true;
	return false;
}

static inline bool is_program(const struct image *im, const char *name)
{
	const struct mapping *m = im ? image_main(im) : NULL;
	const char *slash = m ? strrchr(m->file->path, '/') : NULL;

	return slash && !strcmp(slash + 1, name);
}

static inline pid_t spawn(const char *const *argv)
{
	pid_t pid;

	return posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ) ? -1 : pid;
}

static inline void copy_file(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			break;
	close(in);
	close(out);
}

/* The start of a live process, or what is known to be before that of a dead one. */
static inline uint64_t start_of(pid_t pid, uint64_t before)
{
	struct proc_stat st = { .start = before };
	int d = proc_open((uint32_t)pid);

	if (d < 0)
		return before;
	proc_stat_read(d, &st);
	close(d);
	return st.start;
}

static inline void build_id_of(const char *path, char build_id[41])
{
	int fd = open(path, O_RDONLY);

	build_id_read(fd, build_id);
	close(fd);
}

static inline int mount_tmpfs(const char *at)
{
	return mount("none", at, "tmpfs", 0, NULL);
}

static inline int mount_overlay(const char *at)
{
	char options[256], sub[96];
	static const char *const subs[] = { "lower", "upper", "work" };
	unsigned i;

	if (mount_tmpfs(at))
		return -1;
	for (i = 0; i < 3; i++) {
		snprintf(sub, sizeof(sub), "%s/%s", at, subs[i]);
		mkdir(sub, 0755);
	}
	snprintf(options, sizeof(options), "lowerdir=/bin,upperdir=%s/upper,workdir=%s/work", at,
	         at);
	return mount("none", at, "overlay", 0, options);
}

static inline uint64_t own_start(void)
{
	struct proc_stat st = { 0 };
	int d = open("/proc/self", O_PATH);

	proc_stat_read(d, &st);
	close(d);
	return st.start;
}

static inline pid_t start_load(void)
{
	static const char *const argv[] = { "/bin/true", NULL };
	pid_t pid = fork(), child;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		child = spawn(argv);
		waitpid(child, NULL, 0);
	}
}

#endif
