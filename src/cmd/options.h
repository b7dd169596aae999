/* SPDX-License-Identifier: Apache-2.0 */
/* The one option table, and what a command line becomes. */
#ifndef EBPROF_CMD_OPTIONS_H
#define EBPROF_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "classify/classify.h"
#include "cmd/users.h"
#include "collect/tick.h"
#include "session/engine.h"
#include "symbolize/demangle.h"

struct command;
struct report_line;
struct report_option;

#define OUTPUTS_MAX    16
#define DEBUG_DIRS_MAX 16

struct options {
	struct engine_options engine;
	struct tick_event event;
	const struct kind *first; /* the command's own kind */
	bool help, has_freq, has_period, has_duration, has_threshold, has_event, user_only,
		kernel_only;
	bool no_annotations, no_names, waiters, no_preload, growth;
	enum classify_idle idle;
	uint64_t duration_ns;
	const char *outputs[OUTPUTS_MAX]; /* NULL-terminated */
	size_t output_cnt;
	const char *format;                         /* NULL = by suffix */
	const char *stats;                          /* file for --stats, NULL = none */
	char **command;                             /* argv of the command to run, NULL = none */
	const char *debug_dirs[DEBUG_DIRS_MAX + 2]; /* the default is the last; NULL-terminated */
	size_t debug_dir_cnt;
	char *debuginfod; /* owned: URLs with spaces between them, NULL = it is not asked */
	enum demangle_style demangle;
	const char *const *names;        /* the options that the command has, NULL = all */
	bool one_dash;                   /* is as good as two for a long option */
	const struct report_option *own; /* those of its own */
	size_t own_cnt;
	struct report_line *report; /* what they say */
	const char *file;           /* the profile that it reads */
	bool json;                  /* doctor */
	bool has_as;
	struct user as;       /* --as */
	char *comm, *exclude; /* owned: patterns joined by '\n' */
};

/*
 * Parses a capture command's line (argv[0] is the command). 0, or EXIT_USAGE after saying what is
 * wrong. Nothing is opened or started.
 */
int options_parse(struct options *o, int argc, char **argv);
/*
 * The same for a command that reads a profile: one word is its file; 'names' are the options that the
 * command has, and end in NULL.
 */
int options_parse_file(struct options *o, const char *const *names, int argc, char **argv);
/*
 * The same for report, into 'line': as many words as there are are its files. The options of its own have
 * one dash or two.
 */
int options_parse_report(struct options *o, struct report_line *line, const char *const *names,
                         int argc, char **argv);
/* The same for diff: two words, the sides. */
int options_parse_diff(struct options *o, struct report_line *line, int argc, char **argv);
/* The same for doctor, which has no word but options; -p is all that it takes of whom. */
int options_parse_doctor(struct options *o, int argc, char **argv);
void options_release(struct options *o);
/* Prints the usage of a capture command from the table. */
void options_help(const struct kind *kind);
/* The same of another command that has options, in their order. */
void options_help_list(const struct command *cmd);
/* The same by their groups, of one that has report's. */
void options_help_groups(const struct command *cmd);

#endif
