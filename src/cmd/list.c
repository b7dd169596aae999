// SPDX-License-Identifier: Apache-2.0
/* ebprof list: what this program knows, from the rows of it, and the documents made of these. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/manual.h"
#include "cmd/option_rows.h"
#include "cmd/options.h"
#include "collect/collect.h"
#include "format/format.h"
#include "lang/lang.h"

static const char *const option_names[] = { "help", NULL };

const char list_more[] =
	"Without a word: kinds, formats and languages. man, bash, zsh, fish and readme print the manual page, the\n"
	"completions of these shells and the tables of the README, of the options that this program has.\n";

const struct option_row *list_option(size_t i)
{
	return option_listed(option_names, i);
}

static void put_kinds(const char *indent)
{
	size_t i;

	for (i = 0; i < KIND_CNT; i++)
		printf("%s%-10s %s\n", indent, kind_at((enum kind_id)i)->name,
		       kind_at((enum kind_id)i)->help);
}

static void put_formats(const char *indent)
{
	const struct format *f;
	size_t i;

	for (i = 0; (f = format_at(i)); i++) {
		printf("%s%-10s %s (", indent, f->name, f->help);
		manual_put_suffixes(f, "", "");
		printf(")\n");
	}
}

static void put_languages(const char *indent)
{
	size_t i;

	for (i = 0; lang_at(i); i++)
		printf("%s%-10s %s\n", indent, lang_at(i)->name, lang_at(i)->help);
}

static const struct {
	const char *name;
	void (*put)(const char *indent);
} tables[] = {
	{ "kinds", put_kinds },
	{ "formats", put_formats },
	{ "languages", put_languages },
};

static const struct {
	const char *name;
	void (*put)(void);
} documents[] = {
	{ "man", manual_man },   { "bash", manual_bash },     { "zsh", manual_zsh },
	{ "fish", manual_fish }, { "readme", manual_readme },
};

static void put_all(void)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		printf("%s%s:\n", i ? "\n" : "", tables[i].name);
		tables[i].put("  ");
	}
}

/* Is there such a thing? */
static bool put_one(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (!strcmp(tables[i].name, name)) {
			tables[i].put("");
			return true;
		}
	for (i = 0; i < sizeof(documents) / sizeof(*documents); i++)
		if (!strcmp(documents[i].name, name)) {
			documents[i].put();
			return true;
		}
	return false;
}

int list_run(const struct command *cmd, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (argc > 2) {
		log_error("'%s' is one word too many: give one of %s", argv[2], cmd->words);
		return EXIT_USAGE;
	}
	if (!name) {
		put_all();
	} else if (!strcmp(name, "--help") || !strcmp(name, "-h")) {
		options_help_list(cmd);
	} else if (!put_one(name)) {
		log_error("there is no list of '%s': give one of %s", name, cmd->words);
		return EXIT_USAGE;
	}
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}
