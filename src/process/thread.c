// SPDX-License-Identifier: Apache-2.0
/* Threads by the numbers that they have for themselves. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "process/state.h"

enum { STATUS_BUF = 16384 };

/* Has the thread whose directory in task/ that is this number in its own namespace? */
static bool is_thread(int tasks, const char *tid, uint32_t number)
{
	char path[300], buf[STATUS_BUF];
	uint32_t inner;
	long n;

	snprintf(path, sizeof(path), "%s/status", tid);
	n = proc_read(tasks, path, buf, sizeof(buf) - 1);
	if (n < 1)
		return false;
	buf[n] = 0;
	return proc_last_number(buf, "\nNSpid:", &inner) && inner == number;
}

/* Looks at all of them, when the number is not that of ebprof's namespace as well. */
static uint32_t search(int tasks, uint32_t number)
{
	uint32_t found = 0;
	char text[16];
	struct dirent *d;
	DIR *dir;
	int fd;

	snprintf(text, sizeof(text), "%u", number);
	if (is_thread(tasks, text, number))
		return number;
	fd = openat(tasks, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	while (dir && !found && (d = readdir(dir)))
		if (d->d_name[0] != '.' && is_thread(tasks, d->d_name, number))
			found = (uint32_t)strtoul(d->d_name, NULL, 10);
	if (dir)
		closedir(dir);
	return found;
}

uint32_t processes_thread(struct processes *ps, uint32_t pid, uint64_t start, uint32_t number)
{
	struct incarnation *inc = incarnations_find(&ps->incarnations, pid, start);
	struct proc_stat st;
	int dir = inc ? incarnation_proc(inc, &st) : -1, tasks;
	uint32_t tid;

	if (dir < 0)
		return 0;
	tasks = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(dir);
	if (tasks < 0)
		return 0;
	tid = search(tasks, number);
	close(tasks);
	return tid;
}
