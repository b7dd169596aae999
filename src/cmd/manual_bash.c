// SPDX-License-Identifier: Apache-2.0
/* The completion for bash, by what bash itself has. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/manual.h"
#include "cmd/option_rows.h"

static const char head[] =
	"# bash completion of ebprof, made by: ebprof list bash\n"
	"\n"
	"# The words that begin so; of a list with commas it is the last one that is completed.\n"
	"_ebprof_words() { # CURRENT WORDS\n"
	"\tlocal list=\n"
	"\t[[ $1 == *,* ]] && list=${1%,*},\n"
	"\tmapfile -t COMPREPLY < <(compgen -P \"$list\" -W \"$2\" -- \"${1##*,}\")\n"
	"}\n"
	"\n"
	"_ebprof_files() { # CURRENT -f|-d|-u\n"
	"\t[[ $2 == -u ]] || compopt -o filenames 2> /dev/null\n"
	"\tmapfile -t COMPREPLY < <(compgen \"$2\" -- \"$1\")\n"
	"}\n"
	"\n"
	"_ebprof_processes() { # CURRENT\n"
	"\t_ebprof_words \"$1\" \"$(cd /proc && echo [0-9]*)\"\n"
	"}\n"
	"\n"
	"# A command and its arguments, when -- stands in front of them.\n"
	"_ebprof_command() { # CURRENT\n"
	"\tlocal i\n"
	"\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	"\t\t[[ ${COMP_WORDS[i]} == -- ]] || continue\n"
	"\t\tif declare -F _command_offset > /dev/null; then\n"
	"\t\t\t_command_offset $((i + 1))\n"
	"\t\telif ((i + 1 == COMP_CWORD)); then\n"
	"\t\t\tmapfile -t COMPREPLY < <(compgen -c -- \"$1\")\n"
	"\t\telse\n"
	"\t\t\t_ebprof_files \"$1\" -f\n"
	"\t\tfi\n"
	"\t\treturn 0\n"
	"\tdone\n"
	"\treturn 1\n"
	"}\n"
	"\n"
	"_ebprof() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} joined=\n"
	"\tCOMPREPLY=()\n"
	"\t# --NAME=VALUE is three words.\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur= joined=1\n"
	"\telif [[ $prev == = ]]; then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD - 2]} joined=1\n"
	"\tfi\n"
	"\tif ((COMP_CWORD == 1)); then\n"
	"\t\t_ebprof_words \"$cur\" '";

static const char *const actions[] = {
	[MANUAL_ANY] = ":",
	[MANUAL_FILE] = "_ebprof_files \"$cur\" -f",
	[MANUAL_DIR] = "_ebprof_files \"$cur\" -d",
	[MANUAL_USER] = "_ebprof_files \"$cur\" -u",
	[MANUAL_PROCESS] = "_ebprof_processes \"$cur\"",
};

static void put_value(const char *arg)
{
	char words[MANUAL_WORDS_MAX];
	enum manual_value value = manual_value(arg, words);

	if (value == MANUAL_WORDS)
		printf("_ebprof_words \"$cur\" '%s'", words);
	else
		printf("%s", actions[value]);
}

/* All ways in which it may be written, with 'between' between them. */
static void put_names(const struct command *set, const struct option_row *row, const char *between)
{
	if (row->letter)
		printf("-%c%s", row->letter, between);
	printf("--%s", row->name);
	if (set->one_dash)
		printf("%s-%s", between, row->name);
}

static void put_set(const struct command *set)
{
	const struct option_row *rows[MANUAL_ROWS_MAX];
	size_t cnt = manual_options(set, rows), i;

	printf("\t");
	manual_put_names(set, " | ");
	printf(")\n%s\t\tcase $prev in\n",
	       manual_is_capture(set) ? "\t\t_ebprof_command \"$cur\" && return\n" : "");
	for (i = 0; i < cnt; i++) {
		if (!rows[i]->arg || option_is_optional(rows[i]))
			continue;
		printf("\t\t");
		put_names(set, rows[i], " | ");
		printf(") ");
		put_value(rows[i]->arg);
		printf(" ;;\n");
	}
	printf("\t\t*)\n\t\t\tif [[ $cur == -* ]]; then\n\t\t\t\t_ebprof_words \"$cur\" '");
	for (i = 0; i < cnt; i++) {
		printf("%s", !i ? "" : manual_begins_group(rows, i) ? "\n\t\t\t\t\t" : " ");
		put_names(set, rows[i], " ");
	}
	printf("'\n\t\t\telif [[ ! $joined ]]; then\n\t\t\t\t");
	put_value(set->words);
	printf("\n\t\t\tfi\n\t\t\t;;\n\t\tesac\n\t\t;;\n");
}

void manual_bash(void)
{
	const struct command *cmd;
	char words[MANUAL_WORDS_MAX];
	size_t i;

	manual_value("COMMAND", words);
	printf("%s%s --help --version'\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n", head,
	       words);
	for (i = 0; (cmd = manual_set(i)); i++)
		put_set(cmd);
	printf("\tesac\n}\n\ncomplete -F _ebprof ebprof\n");
}
