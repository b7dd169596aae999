// SPDX-License-Identifier: Apache-2.0
#include "process/procmaps.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A process may have max_map_count mappings with long paths: more text than this is not read. */
enum { PROCMAPS_MAX_BYTES = 64 << 20 };

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* The number at *p, which must end with 'last'; *p moves behind that. */
static bool number(char **p, const char *end, unsigned base, char last, uint64_t *value)
{
	uint64_t v = 0;
	char *s = *p;

	for (; s < end && (unsigned)digit(*s) < base; s++) {
		if (v > (UINT64_MAX - (uint64_t)digit(*s)) / base)
			return false;
		v = v * base + (uint64_t)digit(*s);
	}
	if (s == *p || s == end || *s != last)
		return false;
	*p = s + 1;
	*value = v;
	return true;
}

/*
 * Only a newline is escaped (proc_pid_maps(5)), so a name that holds the four characters "\012"
 * cannot be told from one with a newline; the file that is opened is verified by its inode.
 */
static size_t unescape(char *path, size_t len)
{
	size_t from, to = 0;

	for (from = 0; from < len; to++) {
		if (len - from >= 4 && !memcmp(path + from, "\\012", 4)) {
			path[to] = '\n';
			from += 4;
		} else {
			path[to] = path[from++];
		}
	}
	return to;
}

static bool permissions(char **p, const char *end, struct procmaps_line *l)
{
	char *s = *p;

	if (end - s < 5 || s[4] != ' ')
		return false;
	l->read = s[0] == 'r';
	l->write = s[1] == 'w';
	l->exec = s[2] == 'x';
	*p = s + 5;
	return true;
}

bool procmaps_parse(char *line, size_t len, struct procmaps_line *out)
{
	struct procmaps_line l = { 0 };
	char *p = line, *end = line + len;
	uint64_t major, minor;

	if (!number(&p, end, 16, '-', &l.start) || !number(&p, end, 16, ' ', &l.end) ||
	    !permissions(&p, end, &l) || !number(&p, end, 16, ' ', &l.offset) ||
	    !number(&p, end, 16, ':', &major) || !number(&p, end, 16, ' ', &minor) ||
	    !number(&p, end, 10, ' ', &l.inode))
		return false;
	if (l.start >= l.end || major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	while (p < end && *p == ' ')
		p++;
	l.major = (uint32_t)major;
	l.minor = (uint32_t)minor;
	l.path = p;
	l.path_len = unescape(p, (size_t)(end - p));
	*out = l;
	return true;
}

/* Calls 'each' for the whole lines of the buffer; returns the bytes used, or 0 to stop. */
static size_t lines(char *buf, size_t len, bool (*each)(void *arg, const struct procmaps_line *l),
                    void *arg)
{
	struct procmaps_line l;
	size_t used = 0;
	char *newline;

	while ((newline = memchr(buf + used, '\n', len - used))) {
		size_t line_len = (size_t)(newline - buf) - used;

		if (procmaps_parse(buf + used, line_len, &l) && !each(arg, &l))
			return 0;
		used += line_len + 1;
	}
	return used ? used : SIZE_MAX;
}

long procmaps_each(int fd, char *buf, bool (*each)(void *arg, const struct procmaps_line *l),
                   void *arg)
{
	size_t len = 0, total = 0, used;
	ssize_t n;

	while (total < PROCMAPS_MAX_BYTES) {
		n = read(fd, buf + len, PROCMAPS_BUF - len);
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
		total += (size_t)n;
		used = lines(buf, len, each, arg);
		if (!used)
			break;
		/* A line that fills the whole buffer is no line of the kernel's. */
		if (used == SIZE_MAX)
			used = len == PROCMAPS_BUF ? len : 0;
		memmove(buf, buf + used, len - used);
		len -= used;
	}
	return (long)total;
}
