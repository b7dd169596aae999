// SPDX-License-Identifier: Apache-2.0
/*
 * replaced [SECONDS [DIRECTORY [HOW [MS]]]]: runs the code of remap_a.so, called by f_caller, from a
 * copy of it in DIRECTORY (default /tmp). After MS (default half of the time; 0: before it says ready)
 * it does this to the copy, which stays mapped:
 *
 *   truncate   cuts it behind the code
 *   noise      overwrites all but the code
 *   rename     another file takes its name
 *   nothing    (default)
 */
#include "code.h"
#include "target.h"

struct copy {
	struct code code;
	char path[4200];
	int fd;
	void (*run)(long turns);
};

static int copy_make(struct copy *c, const char *directory)
{
	if (code_read(&c->code))
		return -1;
	snprintf(c->path, sizeof(c->path), "%s/replaced-%d.so", directory, (int)getpid());
	c->fd = open(c->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (c->fd < 0 || write(c->fd, c->code.file, c->code.size) != (ssize_t)c->code.size)
		return -1;
	c->run = code_map(&c->code, c->fd);
	return c->run ? 0 : -1;
}

/* The code is never not there. */
static int overwrite(const struct copy *c)
{
	size_t from = c->code.text.p_offset, end = from + c->code.text.p_filesz, i;
	char *file = c->code.file;

	for (i = 0; i < c->code.size; i++)
		if (i < from || i >= end)
			file[i] = (char)(i * 2654435761u >> 13);
	return pwrite(c->fd, file, from, 0) < 0 ||
	       pwrite(c->fd, file + end, c->code.size - end, (off_t)end) < 0;
}

static int copy_replace(const struct copy *c, const char *how)
{
	char other[4300];
	int fd;

	if (!strcmp(how, "truncate"))
		return ftruncate(c->fd, (off_t)(c->code.text.p_offset + c->code.text.p_filesz));
	if (!strcmp(how, "noise"))
		return overwrite(c);
	if (strcmp(how, "rename"))
		return strcmp(how, "nothing");
	snprintf(other, sizeof(other), "%s.other", c->path);
	fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0 || write(fd, "other\n", 6) != 6 || close(fd))
		return -1;
	return rename(other, c->path);
}

static NOINLINE void f_caller(const struct copy *c)
{
	uint64_t end = target_cpu_ns() + 5 * MS;

	do
		c->run(40000);
	while (target_cpu_ns() < end);
}

int main(int argc, char **argv)
{
	const char *how = argc > 3 ? argv[3] : "nothing";
	long ms = target_arg(argc, argv, 4, (long)(target_seconds(argc, argv) * 500));
	struct copy c = { .fd = -1 };
	uint64_t end, at;
	int err = copy_make(&c, argc > 2 ? argv[2] : "/tmp"), done = 0;

	if (!err && !ms)
		err = copy_replace(&c, how), done = 1;
	end = target_begin(argc, argv);
	at = target_clock(CLOCK_MONOTONIC) + ms * MS;
	while (!err && !target_over(end)) {
		f_caller(&c);
		if (!done && target_over(at))
			err = copy_replace(&c, how), done = 1;
	}
	unlink(c.path);
	return err != 0;
}
