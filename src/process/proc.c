// SPDX-License-Identifier: Apache-2.0
#include "process/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t proc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

uint64_t proc_tick_ns(void)
{
	long hz = sysconf(_SC_CLK_TCK);

	return 1000000000ull / (hz > 0 ? (uint64_t)hz : 100);
}

int proc_open(uint32_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

long proc_read(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC), err = 0;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	while (len < size && n > 0) {
		n = read(fd, buf + len, size - len);
		if (n < 0)
			err = -errno;
		else
			len += (size_t)n;
	}
	close(fd);
	return err ? err : (long)len;
}

/* The number at *p, which moves behind it and one space; false at the end of the text. */
static bool number(const char **p, const char *end, uint64_t *value)
{
	uint64_t v = 0;
	const char *s = *p;

	if (s < end && *s == '-')
		s++;
	if (s == end || *s < '0' || *s > '9')
		return false;
	for (; s < end && *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (uint64_t)(*s - '0');
	*p = s < end ? s + 1 : s;
	*value = v;
	return true;
}

/*
 * proc_pid_stat(5): "PID (COMM) STATE PPID …", the 20th word is the number of threads, the 22nd the
 * start in clock ticks. A comm may hold ") " itself: the last parenthesis ends it.
 */
bool proc_stat_parse(const char *text, size_t len, struct proc_stat *st)
{
	const char *open = memchr(text, '(', len), *close = memrchr(text, ')', len);
	const char *end = text + len, *p;
	struct proc_stat out = { 0 };
	uint64_t word, value = 0;
	size_t comm_len;

	if (!open || !close || close < open || end - close < 4)
		return false;
	comm_len = (size_t)(close - open - 1);
	if (comm_len >= sizeof(out.comm))
		comm_len = sizeof(out.comm) - 1;
	memcpy(out.comm, open + 1, comm_len);
	out.state = close[2];
	p = close + 4;
	for (word = 4; word <= 22; word++) {
		if (!number(&p, end, &value))
			return false;
		if (word == 4)
			out.ppid = (uint32_t)value;
		else if (word == 20)
			out.threads = (uint32_t)value;
	}
	out.start = value * proc_tick_ns();
	*st = out;
	return true;
}

int proc_stat_read(int dir, struct proc_stat *st)
{
	char buf[1024];
	long n = proc_read(dir, "stat", buf, sizeof(buf));

	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	return proc_stat_parse(buf, (size_t)n, st) ? 0 : -ESRCH;
}

bool proc_stat_dead(const struct proc_stat *st)
{
	return (st->state == 'Z' || st->state == 'X') && st->threads <= 1;
}

bool proc_last_number(const char *text, const char *key, uint32_t *value)
{
	const char *line = strstr(text, key), *end;
	unsigned long number;

	if (!line)
		return false;
	end = line + strcspn(line + 1, "\n") + 1;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	while (end > line && end[-1] >= '0' && end[-1] <= '9')
		end--;
	if (*end < '0' || *end > '9')
		return false;
	number = strtoul(end, NULL, 10);
	*value = (uint32_t)number;
	return true;
}

int proc_each(void (*each)(void *arg, uint32_t pid), void *arg)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	uint64_t pid;
	const char *p;

	if (!dir)
		return -errno;
	while ((d = readdir(dir))) {
		p = d->d_name;
		if (number(&p, d->d_name + strlen(d->d_name), &pid) && pid && pid <= INT32_MAX)
			each(arg, (uint32_t)pid);
	}
	closedir(dir);
	return 0;
}
