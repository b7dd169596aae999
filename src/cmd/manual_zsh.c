// SPDX-License-Identifier: Apache-2.0
/* The completion for zsh, by its _arguments. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/manual.h"
#include "cmd/option_rows.h"

static const char head[] = "#compdef ebprof\n"
			   "# zsh completion of ebprof, made by: ebprof list zsh\n"
			   "\n"
			   "# A command and its arguments, when -- stands in front of them.\n"
			   "_ebprof_command() {\n"
			   "\tlocal -i at=${words[(ie)--]}\n"
			   "\tif ((at >= CURRENT)); then\n"
			   "\t\t_message 'seconds, or -- and a command'\n"
			   "\t\treturn\n"
			   "\tfi\n"
			   "\tshift $at words\n"
			   "\t((CURRENT -= at))\n"
			   "\t_normal\n"
			   "}\n"
			   "\n"
			   "_ebprof() {\n"
			   "\tlocal curcontext=$curcontext state line\n"
			   "\tlocal -A opt_args\n"
			   "\tlocal -a names\n"
			   "\tnames=(\n";

static const char middle[] = "\t)\n"
			     "\t_arguments -C '(- *)'{-h,--help}'[what there is]' \\\n"
			     "\t\t'(- *)'{-V,--version}'[the version]' \\\n"
			     "\t\t'(-): :->command' '(-)*:: :->argument' && return\n"
			     "\tcase $state in\n"
			     "\tcommand) _describe -t commands command names ;;\n"
			     "\targument)\n"
			     "\t\tcase $words[1] in\n";

static const char foot[] = "\t\tesac\n"
			   "\t\t;;\n"
			   "\tesac\n"
			   "}\n"
			   "\n"
			   "_ebprof \"$@\"\n";

static const char *const actions[] = {
	[MANUAL_ANY] = " ",       [MANUAL_FILE] = "_files",   [MANUAL_DIR] = "_directories",
	[MANUAL_USER] = "_users", [MANUAL_PROCESS] = "_pids",
};

/* What _arguments does for such an argument. */
static void put_action(const char *arg)
{
	char words[MANUAL_WORDS_MAX];
	enum manual_value value = manual_value(arg, words);
	bool is_list = value != MANUAL_ANY && strstr(arg, "[,");

	if (value == MANUAL_WORDS)
		printf(is_list ? "_sequence compadd - %s" : "(%s)", words);
	else
		printf("%s%s", is_list ? "_sequence " : "", actions[value]);
}

/* One way to write the option: 'dashes' and a name, and 'value' when it has one. */
static void put_spec(const char *name, const char *value, const struct option_row *row)
{
	printf(" \\\n\t\t\t\t'*%s%s[", name, row->arg ? value : "");
	manual_put_text(row->help, "\\[]");
	printf("]");
	if (row->arg) {
		printf("%s:", option_is_optional(row) ? ":" : "");
		manual_put_text(row->arg, "\\:");
		printf(":");
		put_action(row->arg);
	}
	printf("'");
}

static void put_option(const struct command *set, const struct option_row *row)
{
	const char *value = option_is_optional(row) ? "=-" : "=";
	char name[64];

	if (row->letter) {
		snprintf(name, sizeof(name), "-%c", row->letter);
		put_spec(name, "+", row);
	}
	snprintf(name, sizeof(name), "--%s", row->name);
	put_spec(name, value, row);
	if (set->one_dash)
		put_spec(name + 1, value, row);
}

/* What may stand behind the options. */
static void put_words(const struct command *set)
{
	if (manual_is_capture(set)) {
		printf(" \\\n\t\t\t\t'*: :_ebprof_command'");
	} else if (set->words) {
		printf(" \\\n\t\t\t\t'*:");
		manual_put_text(set->words, "\\:");
		printf(":");
		put_action(set->words);
		printf("'");
	}
	printf(" ;;\n");
}

static void put_set(const struct command *set)
{
	const struct option_row *rows[MANUAL_ROWS_MAX];
	size_t cnt = manual_options(set, rows), i;

	/* Where long options may have one dash, several letters are no options. */
	printf("\t\t");
	manual_put_names(set, " | ");
	printf(")\n\t\t\t_arguments -S%s", set->one_dash ? "" : " -s");
	for (i = 0; i < cnt; i++)
		put_option(set, rows[i]);
	put_words(set);
}

void manual_zsh(void)
{
	const struct command *cmd;
	size_t i;

	printf("%s", head);
	for (i = 0; (cmd = command_at(i)); i++) {
		printf("\t\t'%s:", cmd->name);
		manual_put_text(cmd->help, "");
		printf("'\n");
	}
	printf("%s", middle);
	for (i = 0; (cmd = manual_set(i)); i++)
		put_set(cmd);
	printf("%s", foot);
}
