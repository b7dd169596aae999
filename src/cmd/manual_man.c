// SPDX-License-Identifier: Apache-2.0
/* The manual page, in man(7). */
#include <ctype.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/manual.h"
#include "cmd/option_rows.h"
#include "collect/collect.h"
#include "format/format.h"
#include "lang/lang.h"
#include "version.h"

/* groff_char(7): what stands for itself only in this way. */
static const char *glyph(char c)
{
	switch (c) {
	case '\\':
		return "\\e";
	case '-':
		return "\\-";
	case '\'':
		return "\\(aq";
	case '`':
		return "\\(ga";
	case '^':
		return "\\(ha";
	case '~':
		return "\\(ti";
	}
	return NULL;
}

/* A text of some lines, or a part of a line. */
static void put_text(const char *text)
{
	bool begins = true;

	for (; *text; text++) {
		if (begins && *text == '.')
			printf("\\&");
		if (glyph(*text))
			printf("%s", glyph(*text));
		else
			putchar(*text);
		begins = *text == '\n';
	}
}

static void put_bold(const char *before, const char *text)
{
	printf("\\fB");
	put_text(before);
	put_text(text);
	printf("\\fR");
}

/* A paragraph that a word in bold begins. */
static void put_entry(const char *name, const char *help)
{
	printf(".TP\n");
	put_bold("", name);
	printf("\n");
	put_text(help);
	printf("\n");
}

static void put_usage(const char *names, const struct command *cmd)
{
	put_bold("ebprof ", names);
	printf("%s%s", cmd->option ? " [\\fIOPTIONS\\fR]" : "", cmd->words ? " " : "");
	put_text(cmd->words ? cmd->words : "");
	printf("\n");
}

static void put_synopsis(void)
{
	const struct command *cmd;
	size_t i;

	printf(".SH SYNOPSIS\n.nf\n");
	put_usage("KIND", command_at(0));
	for (i = KIND_CNT; (cmd = command_at(i)); i++)
		put_usage(cmd->name, cmd);
	printf(".fi\n");
}

static void put_option(const struct option_row *row)
{
	const char letter[] = { row->letter, 0 };

	printf(".TP\n");
	if (row->letter) {
		put_bold("-", letter);
		printf(", ");
	}
	put_bold("--", row->name);
	if (row->arg) {
		printf("%s\\fI", option_is_optional(row) ? "" : " ");
		put_text(row->arg);
		printf("\\fR");
	}
	printf("\n");
	put_text(row->help);
	printf("\n");
}

static void put_set(const struct command *set)
{
	const struct option_row *rows[MANUAL_ROWS_MAX];
	const char *p = manual_is_capture(set) ? "captures" : set->name;
	size_t cnt = manual_options(set, rows), i;

	if (!cnt)
		return;
	printf(".SH OPTIONS OF ");
	for (; *p; p++)
		putchar(toupper((unsigned char)*p));
	printf("\n");
	put_text(set->more ? set->more : "");
	for (i = 0; i < cnt; i++) {
		if (manual_begins_group(rows, i)) {
			printf(".SS ");
			put_text(option_group_title(rows[i]->group));
			printf("\n");
		}
		put_option(rows[i]);
	}
}

static void put_events(void)
{
	char words[MANUAL_WORDS_MAX];

	manual_value("EVENT", words);
	printf(".SH EVENTS\n");
	put_text(words);
	printf("\nand \\fBr\\fINNN\\fR (raw, in hex).\n");
}

static void put_formats(void)
{
	const struct format *f;
	size_t i;

	printf(".SH FORMATS\nThe suffix of a file tells its format.\n");
	for (i = 0; (f = format_at(i)); i++) {
		put_entry(f->name, f->help);
		printf("(");
		manual_put_suffixes(f, "\\fB", "\\fR");
		printf(")\n");
	}
}

static void put_languages(void)
{
	size_t i;

	printf(".SH LANGUAGES\n");
	for (i = 0; lang_at(i); i++)
		put_entry(lang_at(i)->name, lang_at(i)->help);
}

static const char description[] =
	"ebprof profiles any process of this machine from outside: no code change, no restart. It\n"
	"samples in the kernel with eBPF and writes files that \\fBgo tool pprof\\fR and others read.\n"
	"A capture needs root; it lasts for some seconds (30), until Ctrl\\-C, or for the life of\n"
	"a command. Its last line says how many samples there are and what was lost.\n";

static const char foot[] =
	".SH EXIT STATUS\n"
	"0: done. 1: failed; an empty profile too. 2: a wrong command line.\n"
	"With a command to run its own (128 + n: ended by signal n), 125 when ebprof failed, 126\n"
	"when it could not be run, 127 when it was not found.\n"
	".SH ENVIRONMENT\n"
	".TP\n\\fBDEBUGINFOD_URLS\\fR\nservers for \\fB\\-\\-debuginfod\\fR\n"
	".TP\n\\fBNO_COLOR\\fR\nno colour on the terminal\n"
	".TP\n\\fBPAGER\\fR\nwhat shows a long report on the terminal\n"
	".TP\n\\fBTMPDIR\\fR\nwhere fetched debug files are kept meanwhile\n"
	".SH EXAMPLES\n"
	".nf\n"
	"ebprof cpu \\-a 30\n"
	"ebprof cpu \\-p 4711 \\-o web.pb.gz 10\n"
	"ebprof offcpu \\-\\- make \\-j2\n"
	"ebprof report \\-top \\-cum web.pb.gz\n"
	"go tool pprof \\-http=: web.pb.gz\n"
	".fi\n"
	".SH SEE ALSO\n"
	".BR perf (1),\n"
	".BR bpftool (8)\n";

void manual_man(void)
{
	const struct command *cmd;
	size_t i;

	printf(".\\\" Made by: ebprof list man\n.TH EBPROF 1 \"\" \"ebprof %s\" \"User Commands\"\n"
	       ".SH NAME\nebprof \\- profile any process of this machine from outside\n",
	       EBPROF_VERSION);
	put_synopsis();
	printf(".SH DESCRIPTION\n%s.SH COMMANDS\nThe first %d are the kinds of captures.\n",
	       description, (int)KIND_CNT);
	for (i = 0; (cmd = command_at(i)); i++)
		put_entry(cmd->name, cmd->help);
	for (i = 0; (cmd = manual_set(i)); i++)
		put_set(cmd);
	put_events();
	put_formats();
	put_languages();
	printf("%s", foot);
}
