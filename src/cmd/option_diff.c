// SPDX-License-Identifier: Apache-2.0
#include "cmd/option_diff.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"

/* A number that begins with a digit: where it ends, NULL when it is none. */
static const char *parse_real(const char *text, double *to)
{
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	*to = strtod(text, &end);
	return end;
}

/* "+5% p<0.01" */
static int parse_fail_if(struct options *o, const char *text)
{
	struct report_limit l = { .text = text, .p = 1 - STATS_LEVEL };
	const char *at = text;

	l.direction = *at == '+' ? 1 : *at == '-' ? -1 : 0;
	at = parse_real(at + (l.direction != 0), &l.part);
	if (at && *at++ != '%')
		at = NULL;
	if (at && *at) {
		at += strspn(at, " ");
		at = strncmp(at, "p<", 2) ? NULL : parse_real(at + 2, &l.p);
	}
	if (!at || *at || !(l.p > 0 && l.p <= 1))
		return option_bad("--fail-if", text,
		                  "give a change and what p is to be below, such as '+5% p<0.01'");
	l.part /= 100;
	o->report->limit = l;
	return 0;
}

#define PLACE(field) .place = offsetof(struct report_line, field)

const struct report_option diff_options[] = {
	{ { "absolute", 0, NULL, VALUES,
	    "values, of each file in the mean, not shares of the total", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(absolute) },
	{ { "fail-if", 0, "CHANGE", OUT,
	    "exit status 1 when a function changed so: '+5% p<0.01' is by 5 % or more of what it was "
	    "(- less, without a sign either; p<0.05)",
	    parse_fail_if },
	  .kind = OPTION_PARSED },
	{ { "json", 0, NULL, OUT,
	    "an array of objects: function, a, b, change, low, high, p, significant (shares: of 1)",
	    NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(json) },
};

const size_t diff_option_cnt = sizeof(diff_options) / sizeof(*diff_options);

const char *const diff_option_names[] = {
	"cum",         "functions",    "filefunctions", "files",       "lines",
	"noinlines",   "nodefraction", "focus",         "ignore",      "show",
	"hide",        "show_from",    "tagfocus",      "tagignore",   "sample_index",
	"unit",        "inuse_space",  "inuse_objects", "alloc_space", "alloc_objects",
	"contentions", "total_delay",  "max-memory",    "max-cpu",     "no-pager",
	"demangle",    "quiet",        "verbose",       "help",        NULL
};

static bool is_shared(const char *name)
{
	size_t i;

	for (i = 0; diff_option_names[i]; i++)
		if (!strcmp(diff_option_names[i], name))
			return true;
	return false;
}

const struct option_row *diff_option(size_t i)
{
	size_t at;

	if (i < diff_option_cnt)
		return &diff_options[i].row;
	i -= diff_option_cnt;
	for (at = 0; at < report_option_cnt; at++)
		if (is_shared(report_options[at].row.name) && !i--)
			return &report_options[at].row;
	for (at = 0; at < option_row_cnt; at++)
		if (is_shared(option_rows[at].name) && !i--)
			return &option_rows[at];
	return NULL;
}
