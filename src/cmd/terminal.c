// SPDX-License-Identifier: Apache-2.0
#include "cmd/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"

extern char **environ;

struct terminal {
	FILE *file;  /* that is written to */
	FILE *out;   /* behind it: the pager or standard output */
	pid_t pager; /* 0 = none */
	bool colours;
	size_t columns; /* 0 = any number */
	char *line;     /* that is not complete yet */
	size_t len, cap;
};

/* The first bytes of lines, and what they look like. */
static const struct {
	const char *begin, *look;
} looks[] = {
	{ "Showing ", "\033[1m" },   { "      flat ", "\033[1m" }, { "ROUTINE ", "\033[1m" },
	{ "-------", "\033[2m" },    { "Dropped ", "\033[2m" },    { "File: ", "\033[2m" },
	{ "Build ID: ", "\033[2m" }, { "Type: ", "\033[2m" },      { "Time: ", "\033[2m" },
	{ "Duration: ", "\033[2m" },
};

static const char *look_of(const char *line)
{
	size_t i;

	for (i = 0; i < sizeof(looks) / sizeof(*looks); i++)
		if (!strncmp(line, looks[i].begin, strlen(looks[i].begin)))
			return looks[i].look;
	return NULL;
}

/* The bytes of the first so many characters. */
static size_t cut(const char *line, size_t len, size_t columns)
{
	size_t i, n = 0;

	for (i = 0; columns && i < len; i++) {
		n += (line[i] & 0xc0) != 0x80;
		if (n > columns)
			return i;
	}
	return len;
}

static void put_line(struct terminal *t)
{
	const char *look = t->colours ? look_of(t->line) : NULL;

	fprintf(t->out, "%s%.*s%s\n", look ? look : "", (int)cut(t->line, t->len, t->columns),
	        t->line, look ? "\033[0m" : "");
	t->len = 0;
}

static ssize_t put_bytes(void *cookie, const char *bytes, size_t size)
{
	struct terminal *t = cookie;
	char *line;
	size_t i;

	for (i = 0; i < size; i++) {
		line = array_room(t->line, &t->cap, t->len + 2, 1);
		if (!line) {
			errno = ENOMEM;
			return 0;
		}
		t->line = line;
		if (bytes[i] == '\n') {
			line[t->len] = 0;
			put_line(t);
		} else {
			line[t->len++] = bytes[i];
		}
	}
	return ferror(t->out) ? 0 : (ssize_t)size;
}

static const char *pager_command(void)
{
	const char *pager = getenv("PAGER");

	if (!pager)
		return "command -v less > /dev/null && exec less || exec cat";
	return *pager && strcmp(pager, "cat") != 0 ? pager : NULL;
}

/* It is not read by us: our limits are not its. */
static void free_of_limits(pid_t pager, const struct rlimit *data)
{
	struct rlimit cpu;

	prlimit(pager, RLIMIT_DATA, data, NULL);
	if (getrlimit(RLIMIT_CPU, &cpu))
		return;
	cpu.rlim_cur = cpu.rlim_max;
	prlimit(pager, RLIMIT_CPU, &cpu, NULL);
}

/* The pager's input, or NULL: then there is none. */
static FILE *start_pager(struct terminal *t, const struct rlimit *data)
{
	const char *command = pager_command();
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	FILE *in = NULL;
	int ends[2], err;

	if (!command || pipe2(ends, O_CLOEXEC))
		return NULL;
	setenv("LESS", "FRSX", 0);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	err = posix_spawn(&t->pager, "/bin/sh", &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(ends[0]);
	if (!err)
		in = fdopen(ends[1], "w");
	if (!in)
		close(ends[1]);
	if (err)
		t->pager = 0;
	else
		free_of_limits(t->pager, data);
	return in;
}

static size_t terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

bool terminal_has_colours(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

struct terminal *terminal_open(bool may_page, const struct rlimit *data)
{
	const cookie_io_functions_t io = { .write = put_bytes };
	struct terminal *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->file = t->out = stdout;
	if (!isatty(STDOUT_FILENO))
		return t;
	t->colours = terminal_has_colours();
	t->out = may_page ? start_pager(t, data) : NULL;
	if (!t->out) {
		t->out = stdout;
		t->columns = terminal_columns();
	}
	t->file = fopencookie(t, "w", io);
	if (t->file)
		return t;
	t->file = t->out;
	terminal_close(t);
	return NULL;
}

FILE *terminal_file(const struct terminal *t)
{
	return t->file;
}

int terminal_close(struct terminal *t)
{
	int err = 0, status;

	if (t->file != t->out && fclose(t->file))
		err = -errno;
	if (t->out == stdout ? fflush(stdout) : fclose(t->out))
		err = -errno;
	if (ferror(stdout) && !err)
		err = -EIO;
	if (t->pager) {
		while (waitpid(t->pager, &status, 0) < 0 && errno == EINTR)
			;
		err = 0; /* who leaves a pager early has seen enough */
	}
	free(t->line);
	free(t);
	if (err)
		errno = -err;
	return err;
}
