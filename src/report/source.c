// SPDX-License-Identifier: Apache-2.0
#include "report/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "report/harmless.h"
#include "report/node.h"
#include "report/report.h"
#include "report/showable.h"

struct source {
	FILE *file;
	char *line;
	size_t cap;
	long long bytes; /* that may still be read: the file may grow */
	int err;
};

/* NULL + errno. */
static FILE *open_file(const struct showable *which, const char *path)
{
	int fd = showable_open(which, path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd < 0)
		errno = -fd;
	else if (!file)
		close(fd);
	return file;
}

/* Below the directory, or its parent, or its…; NULL + errno, -EPERM when any of them is not shown. */
static FILE *open_upwards(const struct showable *which, const char *dir, size_t len,
                          const char *path)
{
	FILE *file = NULL;
	int err = ENOENT;
	char *full;

	for (;;) {
		if (asprintf(&full, "%.*s/%s", (int)len, dir, path) < 0)
			return NULL;
		file = open_file(which, full);
		err = errno == EPERM ? EPERM : err;
		free(full);
		if (file || !len)
			break;
		while (len && dir[len - 1] != '/')
			len--;
		while (len && dir[len - 1] == '/')
			len--;
	}
	errno = err;
	return file;
}

static FILE *open_below(const struct showable *which, const char *dirs, const char *path)
{
	FILE *file = NULL;
	int err = ENOENT;
	size_t n;

	for (; !file && *dirs; dirs += n + (dirs[n] == ':')) {
		n = strcspn(dirs, ":");
		file = open_upwards(which, dirs, n, path);
		err = errno == EPERM ? EPERM : err;
	}
	errno = err;
	return file;
}

static void say(struct err *e, const char *path, const char *dirs, int err)
{
	if (err == EPERM)
		err_set(e, -err,
		        "%.200s is not for everyone to read: -source_path=DIR shows what is below "
		        "DIR",
		        path);
	else if (err == ENODEV)
		err_set(e, -err, "%.200s is not a regular file", path);
	else if (err == EFBIG)
		err_set(e, -err, "%.200s has more than %lld MiB", path, SHOWABLE_MAX_BYTES >> 20);
	else if (*path == '/')
		err_set(e, -err, "open %.300s: %s", path, strerror(err));
	else
		err_set(e, -err, "could not find file %.200s on path %.200s", path, dirs);
	log_clean(e->msg);
}

struct source *source_open(const struct report_options *o, const char *path, struct err *e)
{
	struct source *s = calloc(1, sizeof(*s));
	char *here = getcwd(NULL, 0), *trimmed;
	const char *dirs = o->source_path ? o->source_path : here ? here : "";
	const struct showable which = { .dirs = o->source_path, .here = here };

	trimmed = path_trim(path, o->trim_path, dirs);
	if (!s || !trimmed)
		err_set(e, -ENOMEM, "out of memory");
	else if (*trimmed == '/')
		s->file = open_file(&which, trimmed);
	else
		s->file = open_below(&which, dirs, trimmed);
	if (s && trimmed && !s->file)
		say(e, trimmed, dirs, errno);
	if (s && !s->file) {
		free(s);
		s = NULL;
	}
	if (s)
		s->bytes = SHOWABLE_MAX_BYTES;
	free(trimmed);
	free(here);
	return s;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	fclose(s->file);
	free(s->line);
	free(s);
}

const char *source_line(struct source *s)
{
	ssize_t len;

	errno = s->bytes > 0 ? 0 : EFBIG;
	len = s->bytes > 0 ? getline(&s->line, &s->cap, s->file) : -1;
	if (len < 0) {
		s->err = -errno;
		return NULL;
	}
	s->bytes -= len;
	if (len && s->line[len - 1] == '\n')
		s->line[--len] = 0;
	if (len && s->line[len - 1] == '\r')
		s->line[--len] = 0;
	harmless_line(s->line);
	return s->line;
}

int source_error(const struct source *s)
{
	return s->err;
}
