// SPDX-License-Identifier: Apache-2.0
#include "cmd/manual.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/option_rows.h"
#include "collect/collect.h"
#include "collect/tick.h"
#include "format/format.h"

const struct command *manual_set(size_t i)
{
	const struct command *cmd;
	size_t at;

	if (!i)
		return command_at(0);
	for (at = KIND_CNT; (cmd = command_at(at)); at++)
		if ((cmd->option || cmd->words) && !--i)
			return cmd;
	return NULL;
}

bool manual_is_capture(const struct command *set)
{
	return set->option == capture_option;
}

void manual_put_names(const struct command *set, const char *between)
{
	const struct command *cmd;
	const char *separator = "";
	size_t i;

	if (!manual_is_capture(set)) {
		printf("%s", set->name);
		return;
	}
	for (i = 0; (cmd = command_at(i)) && manual_is_capture(cmd); i++) {
		printf("%s%s", separator, cmd->name);
		separator = between;
	}
}

void manual_put_text(const char *text, const char *escaped)
{
	for (; *text; text++)
		if (*text == '\'')
			printf("'\\''");
		else
			printf("%s%c", strchr(escaped, *text) ? "\\" : "", *text);
}

void manual_put_suffixes(const struct format *f, const char *before, const char *after)
{
	const size_t max = sizeof(f->suffixes) / sizeof(*f->suffixes);
	size_t i;

	for (i = 0; i < max && f->suffixes[i]; i++)
		printf("%s%s%s%s", i ? ", " : "", before, f->suffixes[i], after);
}

static bool has_group(const struct option_row *const *rows, size_t cnt, enum option_group group)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (rows[i]->group == group)
			return true;
	return false;
}

size_t manual_options(const struct command *set, const struct option_row **rows)
{
	const struct option_row *first, *row;
	size_t cnt = 0, at, of;

	for (at = 0; set->option && (first = set->option(at)); at++) {
		if (has_group(rows, cnt, first->group))
			continue;
		for (of = at; cnt < MANUAL_ROWS_MAX && (row = set->option(of)); of++)
			if (row->group == first->group)
				rows[cnt++] = row;
	}
	return cnt;
}

bool manual_begins_group(const struct option_row *const *rows, size_t i)
{
	return !i || rows[i]->group != rows[i - 1]->group;
}

static void add_word(char *words, const char *word)
{
	size_t len = strlen(words);

	snprintf(words + len, MANUAL_WORDS_MAX - len, "%s%s", len ? " " : "", word);
}

static void add_kinds(char *words)
{
	size_t i;

	for (i = 0; i < KIND_CNT; i++)
		add_word(words, kind_at((enum kind_id)i)->name);
}

static void add_formats(char *words)
{
	size_t i;

	for (i = 0; format_at(i); i++)
		add_word(words, format_at(i)->name);
}

static void add_events(char *words)
{
	unsigned int i;

	for (i = 0; tick_event_name(i); i++)
		add_word(words, tick_event_name(i));
}

static void add_commands(char *words)
{
	size_t i;

	for (i = 0; command_at(i); i++)
		add_word(words, command_at(i)->name);
}

/* How a name for an argument begins, and what it stands for. */
static const struct {
	const char *arg;
	enum manual_value value;
	void (*add)(char *words);
} values[] = {
	{ "FILE", MANUAL_FILE, NULL },         { "A[,A...", MANUAL_FILE, NULL },
	{ "DIR", MANUAL_DIR, NULL },           { "PATH", MANUAL_DIR, NULL },
	{ "USER", MANUAL_USER, NULL },         { "PID", MANUAL_PROCESS, NULL },
	{ "KIND", MANUAL_WORDS, add_kinds },   { "FORMAT", MANUAL_WORDS, add_formats },
	{ "EVENT", MANUAL_WORDS, add_events }, { "COMMAND", MANUAL_WORDS, add_commands },
};

/* Lower-case words with | between them are the words themselves. */
static bool are_words(const char *arg)
{
	return strchr(arg, '|') && !arg[strspn(arg, "abcdefghijklmnopqrstuvwxyz0123456789-|")];
}

enum manual_value manual_value(const char *arg, char *words)
{
	char bare[MANUAL_WORDS_MAX], *p;
	size_t i;

	words[0] = 0;
	if (!arg)
		return MANUAL_ANY;
	arg += arg[0] == '[';
	arg += arg[0] == '=';
	snprintf(bare, sizeof(bare), "%s", arg);
	bare[strcspn(bare, "]")] = 0;
	if (are_words(bare)) {
		for (p = bare; (p = strchr(p, '|')); p++)
			*p = ' ';
		add_word(words, bare);
		return MANUAL_WORDS;
	}
	for (i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (!strncmp(bare, values[i].arg, strlen(values[i].arg))) {
			if (values[i].add)
				values[i].add(words);
			return values[i].value;
		}
	return MANUAL_ANY;
}
