// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a pprof file. What is read is valid, can be written in every format, and is the same
 * when it is read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "format/format.h"
#include "format/text.h"
#include "profile/file_note.h"
#include "profile/profile.h"
#include "symbolize/nameless.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_)
{
	if (!true_)
		abort();
}

static void write_again(const struct format *f, const struct profile *p, char **data, size_t *size)
{
	struct format_options options;
	struct err e = { "" };
	FILE *out = open_memstream(data, size);

	must(out);
	format_options_init(&options);
	options.gzip_level = 1;
	if (f->write(p, &options, out, &e))
		must(!p->type_cnt); /* there is no value to show */
	fclose(out);
}

/* Formats that are text are harmless text, whatever the names. */
static void write_as_text(const struct profile *p)
{
	const struct format *const formats[] = { &format_folded, &format_svg, &format_speedscope };
	const char *at, *before;
	char *text;
	size_t i, n;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		write_again(formats[i], p, &text, &n);
		must(strlen(text) == n);
		for (at = before = text; *at; before = at)
			must(text_next(&at, &n) == before || *before == '\n' || *before == '\t');
		free(text);
	}
}

/* As profile_total(), but whatever the order when it does not fit. */
static uint64_t sum(const struct profile *p, size_t type)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < p->sample_cnt; i++)
		total += (uint64_t)p->values[p->samples[i].value_first + type];
	return total;
}

static void compare(const struct profile *p, const struct profile *q)
{
	size_t i;

	must(q && p->type_cnt == q->type_cnt && p->sample_cnt >= q->sample_cnt);
	must(p->mapping_cnt == q->mapping_cnt && p->comment_cnt == q->comment_cnt);
	must(p->functions.cnt >= q->functions.cnt && p->locations.cnt >= q->locations.cnt);
	must(p->period == q->period && p->time_ns == q->time_ns);
	for (i = 0; i < p->type_cnt && p->sample_cnt == q->sample_cnt; i++)
		must(sum(p, i) == sum(q, i));
}

/* What symbolize looks at beside: notes, which are the same when they are written again. */
static void read_notes(struct profile *p)
{
	struct table notes, again;
	size_t i;

	must(!file_notes_read(p, &notes));
	for (i = 1; i <= p->locations.cnt; i++)
		nameless_is(p, profile_location(p, (uint32_t)i));
	p->comment_cnt = 0;
	for (i = 0; i < notes.cnt; i++)
		file_note_add(p, table_at(&notes, i));
	must(!file_notes_read(p, &again));
	must(again.cnt == notes.cnt);
	table_release(&notes);
	table_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile_top_row *rows;
	struct err e = { "" };
	struct profile *p = format_pprof.read(data, size, &e), *q;
	char *text;
	size_t n;

	if (!p) {
		must(e.msg[0]);
		return 0;
	}
	must(!profile_check_references(p));
	profile_check_capture(p, true);
	if (!profile_top(p, 0, &rows, &n))
		free(rows);
	write_as_text(p);
	write_again(&format_pprof, p, &text, &n);
	q = format_pprof.read((unsigned char *)text, n, &e);
	compare(p, q);
	free(text);
	read_notes(p);
	profile_free(p);
	profile_free(q);
	return 0;
}
