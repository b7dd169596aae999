/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: the only room that prints and exits. */
#ifndef EBPROF_CMD_CMD_H
#define EBPROF_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

struct option_row;

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
	bool one_dash; /* its long options may have one dash */
	/* What comes behind its options; words with | between them are all that may. NULL = nothing. */
	const char *words;
	const char *more; /* lines that end its --help and its part of the manual, or NULL */
	/* Its options in their order (--help is one), NULL past the last; or NULL = it has none. */
	const struct option_row *(*option)(size_t i);
};

/*
 * The commands in their order, NULL past the last. The profile kinds are the first ones; such a row is
 * valid until the next call.
 */
const struct command *command_at(size_t i);
/* The command of that name, or NULL; it is valid as that of command_at(). */
const struct command *command_find(const char *name);
/* capture.c: the command of every profile kind. argv[0] is the command's name. */
int capture_run(const struct command *cmd, int argc, char **argv);
const struct option_row *capture_option(size_t i);
/* symbolize.c: names for a profile that has addresses alone. */
int symbolize_run(const struct command *cmd, int argc, char **argv);
const struct option_row *symbolize_option(size_t i);
extern const char symbolize_more[];
/* report.c: what is in a profile. */
int report_run(const struct command *cmd, int argc, char **argv);
const struct option_row *report_option(size_t i);
extern const char report_more[];
/* diff.c: what is different between two of them. */
int diff_run(const struct command *cmd, int argc, char **argv);
const struct option_row *diff_option(size_t i);
extern const char diff_more[];
/* list.c: what this program knows, and what is made of that. */
int list_run(const struct command *cmd, int argc, char **argv);
const struct option_row *list_option(size_t i);
extern const char list_more[];
/* doctor.c: what can be captured here. */
int doctor_run(const struct command *cmd, int argc, char **argv);
const struct option_row *doctor_option(size_t i);
extern const char doctor_more[];

#endif
