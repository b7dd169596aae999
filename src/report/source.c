// SPDX-License-Identifier: Apache-2.0
#include "report/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/below.h"
#include "base/err.h"
#include "base/log.h"
#include "report/node.h"
#include "report/report.h"

struct source {
	FILE *file;
	char *line;
	size_t cap;
	int err;
};

/* A regular file, or NULL + errno. */
static FILE *open_regular(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), in;
	FILE *file = NULL;

	if (fd < 0)
		return NULL;
	in = below_read(fd);
	close(fd);
	if (in >= 0)
		file = fdopen(in, "r");
	if (in >= 0 && !file)
		close(in);
	if (in < 0)
		errno = -in;
	return file;
}

/* Below the directory, or its parent, or its… */
static FILE *open_upwards(const char *dir, size_t len, const char *path)
{
	FILE *file = NULL;
	char *full;

	for (;;) {
		if (asprintf(&full, "%.*s/%s", (int)len, dir, path) < 0)
			return NULL;
		file = open_regular(full);
		free(full);
		if (file || !len)
			return file;
		while (len && dir[len - 1] != '/')
			len--;
		while (len && dir[len - 1] == '/')
			len--;
	}
}

static FILE *open_below(const char *dirs, const char *path)
{
	FILE *file = NULL;
	size_t n;

	for (; !file && *dirs; dirs += n + (dirs[n] == ':')) {
		n = strcspn(dirs, ":");
		file = open_upwards(dirs, n, path);
	}
	return file;
}

struct source *source_open(const struct report_options *o, const char *path, struct err *e)
{
	struct source *s = calloc(1, sizeof(*s));
	char *here = o->source_path ? NULL : getcwd(NULL, 0), *trimmed;
	const char *dirs = o->source_path ? o->source_path : here ? here : "";

	trimmed = path_trim(path, o->trim_path, dirs);
	if (!s || !trimmed)
		err_set(e, -ENOMEM, "out of memory");
	else if (*trimmed == '/' && !(s->file = open_regular(trimmed)))
		err_set(e, -errno, "open %.300s: %s", trimmed, strerror(errno));
	else if (*trimmed != '/' && !(s->file = open_below(dirs, trimmed)))
		err_set(e, -ENOENT, "could not find file %.200s on path %.200s", trimmed, dirs);
	if (s && !s->file) {
		free(s);
		s = NULL;
	}
	log_clean(e->msg);
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

/* log_clean() but for tabs. */
static void clean(char *line)
{
	char *tab;

	while ((tab = strchr(line, '\t'))) {
		*tab = 0;
		log_clean(line);
		*tab = '\t';
		line = tab + 1;
	}
	log_clean(line);
}

char *source_clean(const char *text)
{
	char *copy = strdup(text);

	if (copy)
		clean(copy);
	return copy;
}

const char *source_line(struct source *s)
{
	ssize_t len;

	errno = 0;
	len = getline(&s->line, &s->cap, s->file);
	if (len < 0) {
		s->err = -errno;
		return NULL;
	}
	if (len && s->line[len - 1] == '\n')
		s->line[--len] = 0;
	if (len && s->line[len - 1] == '\r')
		s->line[--len] = 0;
	clean(s->line);
	return s->line;
}

int source_error(const struct source *s)
{
	return s->err;
}
