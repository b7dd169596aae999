// SPDX-License-Identifier: Apache-2.0
/* The lines above a view: what the profile is of, which filters count, how much is shown. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/harmless.h"
#include "report/node.h"
#include "report/state.h"

enum { FILTER_SHOWN_MAX = 80 };

/* A line with a text that anyone wrote. */
static void put_line(FILE *out, const char *before, const char *text)
{
	char *copy = strdup(text);

	if (copy)
		harmless(copy);
	fprintf(out, "%s%s\n", before, copy ? copy : "");
	free(copy);
}

static void put_object(const struct report *r, FILE *out)
{
	const struct profile_mapping *m = r->p->mappings;
	char *base;

	if (!r->p->mapping_cnt)
		return;
	if (m->file) {
		base = path_base(profile_text(r->p, m->file));
		put_line(out, "File: ", base ? base : "");
		free(base);
	}
	if (m->build_id)
		put_line(out, "Build ID: ", profile_text(r->p, m->build_id));
}

static void put_time(int64_t ns, FILE *out)
{
	int64_t seconds = ns / 1000000000 - (ns % 1000000000 < 0);
	time_t at = (time_t)seconds;
	struct tm tm;
	char text[64];

	if (localtime_r(&at, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm))
		fprintf(out, "Time: %s\n", text);
}

static void put_duration(const struct report *r, FILE *out)
{
	char duration[UNITS_TEXT_MAX], total[UNITS_TEXT_MAX], percent[UNITS_PERCENT_MAX];
	const char *unit;
	double ns = units_scale(r->total, r->type_unit, "nanoseconds", &unit);

	units_label(r->p->duration_ns, "nanoseconds", "auto", duration);
	report_value(r, r->total, total);
	fprintf(out, "Duration: %s, Total samples = %s ", duration, total);
	if (!strcmp(unit, "ns") && ns != 0) {
		units_percent(report_scaled(1, ns), r->p->duration_ns, percent);
		fprintf(out, "(%s)", percent);
	}
	fputc('\n', out);
}

void report_print_profile(const struct report *r, FILE *out)
{
	const struct profile *p = r->p;
	size_t i;

	put_object(r, out);
	for (i = 0; i < p->comment_cnt; i++)
		if (*profile_text(p, p->comments[i]) != '#')
			put_line(out, "", profile_text(p, p->comments[i]));
	if (*r->type_name)
		put_line(out, r->options->mean ? "Type: mean_" : "Type: ", r->type_name);
	if (p->time_ns)
		put_time(p->time_ns, out);
	if (p->duration_ns)
		put_duration(r, out);
}

static void put_filters(const struct report_options *o, FILE *out)
{
	const char *const filters[][2] = {
		{ "focus", o->focus },         { "ignore", o->ignore },
		{ "hide", o->hide },           { "show", o->show },
		{ "show_from", o->show_from }, { "tagfocus", o->tagfocus },
		{ "tagignore", o->tagignore }, { "tagshow", o->tagshow },
		{ "taghide", o->taghide },
	};
	const char *name, *text;
	bool any = false;
	int room;
	size_t i;

	for (i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		name = filters[i][0];
		text = filters[i][1];
		if (!text || !*text)
			continue;
		if (!any)
			fputs("Active filters:\n", out);
		any = true;
		room = FILTER_SHOWN_MAX - (int)strlen(name) - 1;
		if ((int)strlen(text) > room)
			fprintf(out, "   %s=%.*s\u2026\n", name, room, text);
		else
			fprintf(out, "   %s=%s\n", name, text);
	}
}

void report_print_header(const struct report *r, const struct report_counts *c, FILE *out)
{
	char shown[UNITS_TEXT_MAX], total[UNITS_TEXT_MAX], least[UNITS_TEXT_MAX];
	char percent[UNITS_PERCENT_MAX];

	if (!r->options->compact)
		report_print_profile(r, out);
	put_filters(r->options, out);
	report_value(r, c->shown_total, shown);
	report_value(r, r->total, total);
	units_percent(c->shown_total, r->total, percent);
	fprintf(out, "Showing nodes accounting for %s, %s of %s total\n", shown,
	        percent + strspn(percent, " "), total);
	if (!r->total)
		return;
	report_value(r, size_of(report_scaled(r->total, r->node_fraction)), least);
	if (c->dropped)
		fprintf(out, "Dropped %zu node%s (cum <= %s)\n", c->dropped,
		        c->dropped > 1 ? "s" : "", least);
	if (c->shown && c->shown < c->original)
		fprintf(out, "Showing top %zu nodes out of %zu\n", c->shown, c->original);
}
