/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: the only room that prints and exits. */
#ifndef EBPROF_CMD_CMD_H
#define EBPROF_CMD_CMD_H

#include <stdbool.h>

/* Exit statuses: done, failed (an empty profile too), usage; with a command to run, its own, or: */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_SELF = 125, /* ebprof failed, not the command */
	EXIT_NOT_RUNNABLE = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL = 128, /* + the number of the signal that ended the command */
};

struct command {
	const char *name;
	const char *help; /* one line */
	int (*run)(const struct command *cmd, int argc, char **argv);
	bool has_help; /* --help explains it */
};

/* The command of that name (a profile kind is one too), or NULL. */
const struct command *command_find(const char *name);
/* capture.c: the command of every profile kind. argv[0] is the command's name. */
int capture_run(const struct command *cmd, int argc, char **argv);
/* symbolize.c: names for a profile that has addresses alone. */
int symbolize_run(const struct command *cmd, int argc, char **argv);
/* report.c: what is in a profile. */
int report_run(const struct command *cmd, int argc, char **argv);
/* diff.c: what is different between two of them. */
int diff_run(const struct command *cmd, int argc, char **argv);

#endif
