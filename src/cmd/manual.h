/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made of the tables of commands, options, kinds, formats and languages: the man page, the
 * completions of three shells and README's tables. Whatever has a row there is in all of them.
 *
 * The profile kinds all have the same options, so they are one set of them; each other command that
 * has options, or words behind them, is a set of its own.
 */
#ifndef EBPROF_CMD_MANUAL_H
#define EBPROF_CMD_MANUAL_H

#include <stdbool.h>
#include <stddef.h>

struct command;
struct format;
struct option_row;

enum manual_value {
	MANUAL_ANY, /* nothing that a shell could know */
	MANUAL_FILE,
	MANUAL_DIR,
	MANUAL_USER,
	MANUAL_PROCESS,
	MANUAL_WORDS, /* one of some words */
};

#define MANUAL_WORDS_MAX 1024
#define MANUAL_ROWS_MAX  256

/* The sets in their order: a command each (of the kinds the first one), NULL past the last. */
const struct command *manual_set(size_t i);
/* Is it that of the kinds? */
bool manual_is_capture(const struct command *set);
/* Prints the names of the set's commands with 'between' between them. */
void manual_put_names(const struct command *set, const char *between);
/* Prints a text between single quotes of a shell, with a backslash in front of each of 'escaped'. */
void manual_put_text(const char *text, const char *escaped);
/* Prints the suffixes of a format, with commas between them, each between 'before' and 'after'. */
void manual_put_suffixes(const struct format *f, const char *before, const char *after);
/* The options of the set, those of a group together, into 'rows' (of MANUAL_ROWS_MAX); their number. */
size_t manual_options(const struct command *set, const struct option_row **rows);
/* Does the i-th of them begin a group? */
bool manual_begins_group(const struct option_row *const *rows, size_t i);
/*
 * What stands for an argument that is called so: of an option, or behind a command's options. 'words'
 * (of MANUAL_WORDS_MAX bytes) gets those of MANUAL_WORDS, with blanks between them.
 */
enum manual_value manual_value(const char *arg, char *words);

void manual_man(void);
void manual_bash(void);
void manual_zsh(void);
void manual_fish(void);
void manual_readme(void);

#endif
