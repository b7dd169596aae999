// SPDX-License-Identifier: Apache-2.0
#include "report/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "report/harmless.h"
#include "report/report.h"

void node_view_init(struct node_view *v, const struct report *r, bool trims)
{
	enum report_granularity g = r->granularity;
	bool all = g == REPORT_ADDRESSES;

	*v = (struct node_view){
		.p = r->p,
		.functions = g != REPORT_FILES,
		.files = all || g == REPORT_FILEFUNCTIONS || g == REPORT_FILES || g == REPORT_LINES,
		.lines = all || g == REPORT_LINES,
		.columns = all && !r->no_inlines ? true : r->options->columns,
		.addresses = all,
		.objects = r->options->view == REPORT_LIST,
		.trims = trims,
		.source_path = r->options->source_path,
		.trim_path = r->options->trim_path,
	};
}

void node_view_release(struct node_view *v)
{
	free(v->cleaned);
}

static uint32_t clean_file(struct node_view *v, uint32_t file)
{
	char *trimmed, *cleaned;
	uint32_t number = 0;

	if (!file)
		return 0;
	if (!v->cleaned) {
		v->cleaned_cnt = v->p->strings.cnt;
		v->cleaned = calloc(v->cleaned_cnt, sizeof(*v->cleaned));
	}
	if (v->cleaned && file < v->cleaned_cnt && v->cleaned[file])
		return v->cleaned[file] - 1;
	trimmed = v->trims ? path_trim(profile_text(v->p, file), v->trim_path, v->source_path)
	                   : strdup(profile_text(v->p, file));
	cleaned = trimmed && *trimmed ? path_clean(trimmed) : NULL;
	if (cleaned)
		number = profile_string(v->p, cleaned);
	else if (!trimmed || *trimmed)
		v->p->failed = true;
	free(trimmed);
	free(cleaned);
	if (v->cleaned && file < v->cleaned_cnt)
		v->cleaned[file] = number + 1;
	return number;
}

size_t node_lines(const struct report *r, const struct profile_location *l, size_t *cnt)
{
	bool last_only = r->no_inlines && l->line_cnt > 1;

	*cnt = last_only || !l->line_cnt ? 1 : l->line_cnt;
	return last_only ? l->line_first + l->line_cnt - 1 : l->line_first;
}

void node_info_get(struct node_view *v, const struct profile_location *l,
                   const struct profile_line *line, struct node_info *info)
{
	const struct profile_function *f = line ? profile_function(v->p, line->function) : NULL;
	const struct profile_mapping *m = profile_mapping(v->p, l->mapping);

	memset(info, 0, sizeof(*info));
	info->address = v->addresses ? l->address : 0;
	if (!f) {
		info->object = m ? m->file : 0;
		return;
	}
	info->name = v->functions ? f->name : 0;
	info->file = v->files ? clean_file(v, f->filename) : 0;
	info->line = v->lines ? line->line : 0;
	info->column = v->lines && v->columns ? line->column : 0;
	if (v->objects || !info->name) {
		info->object = m ? m->file : 0;
		info->start_line = f->start_line;
	}
}

/* "FILE:LINE:COLUMN" as far as they are known. */
static int put_place(const struct profile *p, const struct node_info *info, FILE *out)
{
	const char *file = profile_text(p, info->file);

	if (!info->line)
		return fputs(file, out);
	if (info->column)
		return fprintf(out, "%s:%lld:%u", file, (long long)info->line, info->column);
	return fprintf(out, "%s:%lld", file, (long long)info->line);
}

static void put_name(const struct profile *p, const struct node_info *info, FILE *out)
{
	char *base;

	if (info->address)
		fprintf(out, "%016llx ", (unsigned long long)info->address);
	if (info->name)
		fputs(profile_text(p, info->name), out);
	if (info->line || info->file) {
		if (info->name)
			fputc(' ', out);
		put_place(p, info, out);
	} else if (!info->name && info->object) {
		base = path_base(profile_text(p, info->object));
		fprintf(out, "[%s]", base ? base : "");
		free(base);
	} else if (!info->name) {
		fputs("<unknown>", out);
	}
}

char *node_name(const struct profile *p, const struct node_info *info)
{
	char *name = NULL;
	size_t size = 0;
	FILE *out;

	if (info->name && !info->address && !info->line && !info->file) {
		name = strdup(profile_text(p, info->name));
	} else {
		out = open_memstream(&name, &size);
		if (!out)
			return NULL;
		put_name(p, info, out);
		if (fclose(out)) {
			free(name);
			return NULL;
		}
	}
	if (name)
		harmless(name);
	return name;
}

int node_compare(const struct node_info *a, const char *a_name, const struct node_info *b,
                 const char *b_name)
{
	if (a->address && b->address && a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return strcmp(a_name, b_name);
}
