// SPDX-License-Identifier: Apache-2.0
/* The README's tables, each between the marks by which tools/readme finds its place. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/manual.h"
#include "cmd/option_rows.h"
#include "format/format.h"

/* In a cell, even in code, a | would end it. */
static void put_cell(const char *text)
{
	for (; *text; text++)
		printf("%s%c", *text == '|' ? "\\" : "", *text);
}

static void put_formats(void)
{
	const struct format *f;
	size_t i;

	printf("<!-- table: formats -->\n| format | suffix | what it is |\n|---|---|---|\n");
	for (i = 0; (f = format_at(i)); i++) {
		printf("| %s | ", f->name);
		manual_put_suffixes(f, "`", "`");
		printf(" | ");
		put_cell(f->help);
		printf(" |\n");
	}
	printf("<!-- end -->\n");
}

static void put_option(const struct option_row *row)
{
	if (row->letter)
		printf("`-%c` ", row->letter);
	printf("`--%s", row->name);
	if (row->arg) {
		printf("%s", option_is_optional(row) ? "" : " ");
		put_cell(row->arg);
	}
	printf("`");
}

static void put_set(const struct command *set)
{
	const struct option_row *rows[MANUAL_ROWS_MAX];
	size_t cnt = manual_options(set, rows), i;

	if (!cnt)
		return;
	printf("| **`");
	manual_put_names(set, "`, `");
	printf("`** | |\n");
	for (i = 0; i < cnt; i++) {
		if (manual_begins_group(rows, i)) {
			printf("%s| ", i ? " |\n" : "");
			put_cell(option_group_title(rows[i]->group));
			printf(" | ");
		} else {
			printf(", ");
		}
		put_option(rows[i]);
	}
	printf(" |\n");
}

void manual_readme(void)
{
	const struct command *set;
	size_t i;

	put_formats();
	printf("<!-- table: options -->\n| | options |\n|---|---|\n");
	for (i = 0; (set = manual_set(i)); i++)
		put_set(set);
	printf("<!-- end -->\n");
}
