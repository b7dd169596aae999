// SPDX-License-Identifier: Apache-2.0
/* The completion for fish: a line an option. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/manual.h"
#include "cmd/option_rows.h"

static const char head[] =
	"# fish completion of ebprof, made by: ebprof list fish\n"
	"\n"
	"# Is the command one of these, and no -- behind it?\n"
	"function __ebprof_is\n"
	"\tset -l words (commandline -opc)\n"
	"\ttest (count $words) -ge 2; and contains -- $words[2] $argv; and not contains -- -- $words\n"
	"end\n"
	"\n"
	"function __ebprof_needs_command\n"
	"\ttest (count (commandline -opc)) -eq 1\n"
	"end\n"
	"\n"
	"function __ebprof_has_dashes\n"
	"\tcontains -- -- (commandline -opc)\n"
	"end\n"
	"\n"
	"# What may follow the words behind --.\n"
	"function __ebprof_command\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l now (commandline -ct)\n"
	"\tset -e words[1..(contains -i -- -- $words)]\n"
	"\tcomplete -C \"$words $now\"\n"
	"end\n"
	"\n"
	"complete -c ebprof -f\n"
	"complete -c ebprof -n __ebprof_has_dashes -a '(__ebprof_command)'\n"
	"complete -c ebprof -n __ebprof_needs_command -s h -l help -d 'what there is'\n"
	"complete -c ebprof -n __ebprof_needs_command -s V -l version -d 'the version'\n";

static const char *const actions[] = {
	[MANUAL_ANY] = " -f",
	[MANUAL_FILE] = " -F",
	[MANUAL_DIR] = " -f -a '(__fish_complete_directories (commandline -ct))'",
	[MANUAL_USER] = " -f -a '(__fish_complete_users)'",
	[MANUAL_PROCESS] = " -f -a '(__fish_complete_pids)'",
};

/* An option's value, or a word: what fish is to offer. */
static void put_value(const char *arg)
{
	char words[MANUAL_WORDS_MAX];
	enum manual_value value = manual_value(arg, words);

	if (value == MANUAL_WORDS)
		printf(strstr(arg, "[,") ? " -f -a '(__fish_append , %s)'" : " -f -a '%s'", words);
	else
		printf("%s", actions[value]);
}

static void put_condition(const struct command *set)
{
	printf("complete -c ebprof -n '__ebprof_is ");
	manual_put_names(set, " ");
	printf("'");
}

static void put_option(const struct command *set, const struct option_row *row)
{
	put_condition(set);
	if (row->letter)
		printf(" -s %c", row->letter);
	printf(" -l %s", row->name);
	if (set->one_dash)
		printf(" -o %s", row->name);
	if (row->arg && !option_is_optional(row)) {
		printf(" -r");
		put_value(row->arg);
	}
	printf(" -d '");
	manual_put_text(row->help, "\\");
	printf("'\n");
}

static void put_words(const struct command *cmd)
{
	char words[MANUAL_WORDS_MAX];

	if (manual_value(cmd->words, words) == MANUAL_ANY)
		return;
	put_condition(cmd);
	put_value(cmd->words);
	printf("\n");
}

static void put_set(const struct command *set)
{
	const struct option_row *rows[MANUAL_ROWS_MAX];
	size_t cnt = manual_options(set, rows), i;

	for (i = 0; i < cnt; i++)
		put_option(set, rows[i]);
	put_words(set);
}

void manual_fish(void)
{
	const struct command *cmd;
	size_t i;

	printf("%s", head);
	for (i = 0; (cmd = command_at(i)); i++) {
		printf("complete -c ebprof -n __ebprof_needs_command -a %s -d '", cmd->name);
		manual_put_text(cmd->help, "\\");
		printf("'\n");
	}
	for (i = 0; (cmd = manual_set(i)); i++)
		put_set(cmd);
}
