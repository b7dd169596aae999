// SPDX-License-Identifier: Apache-2.0
/*
 * Any profile in every view. Its last bytes choose the options, so that a pprof file is a seed. What is printed
 * has no control characters.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "format/format.h"
#include "profile/profile.h"
#include "report/diff.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 6 };

static const char *pick(uint8_t byte, const char *const *from, size_t cnt)
{
	return byte % 4 ? NULL : from[byte / 4 % cnt];
}

#define PICK(byte, ...)                                  \
	pick(byte, (const char *const[]){ __VA_ARGS__ }, \
	     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void choose(struct report_options *o, const uint8_t *b)
{
	report_options_init(o);
	o->view = (enum report_view)(b[0] % REPORT_DISASM);
	o->granularity = (enum report_granularity)(b[0] / 8 % (REPORT_ADDRESSES + 1));
	o->pattern = b[0] & 128 ? "." : "main|[a-f]";
	o->cum = b[1] & 1;
	o->no_inlines = b[1] & 2;
	o->columns = b[1] & 4;
	o->no_trim = b[1] & 8;
	o->drop_negative = b[1] & 16;
	o->mean = b[1] & 32;
	o->relative = b[1] & 64;
	o->node_count = b[1] & 128 ? 3 : REPORT_NODES_BY_VIEW;
	o->focus = PICK(b[2], "main", "^.", "x|y");
	o->hide = PICK(b[3], "main", "[a-f]", "\\d");
	o->show_from = PICK(b[2] / 2, "main", ".", "[k-z]");
	o->prune_from = PICK(b[3] / 2, "main", ".", "[k-z]");
	o->tagfocus = PICK(b[4], "pid=1:", "comm=.", "1kb:2mb", ".,.");
	o->taghide = PICK(b[4] / 2, "pid", "c");
	o->tagroot = PICK(b[5], "pid,comm", "bytes");
	o->unit = b[5] & 64 ? "ms" : b[5] & 32 ? "auto" : "minimum";
	o->divide_by = b[5] & 16 ? -0.001 : 1;
	o->sample_index = b[5] & 8 ? "0" : NULL;
	o->source_path = b[5] & 128 ? "/nowhere" : NULL;
	o->intervals = b[4] & 128;
}

static void must_be_harmless(const char *text)
{
	size_t len;

	for (; *text; text += len) {
		len = utf8_len(text);
		if (!len || (utf8_is_hostile(text, len) && *text != '\n' && *text != '\t'))
			abort();
	}
}

static void print(struct profile *p, const struct report_options *o)
{
	struct err e = { "" };
	struct report r;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	if ((report_open(&r, p, o, &e) || report_print(&r, out, &e)) && !e.msg[0])
		abort();
	report_close(&r);
	fclose(out);
	must_be_harmless(text);
	free(text);
	if (profile_check_references(p))
		abort();
}

/* Numbers that JSON has, in their order. */
static void must_be_sound(const struct diff_row *row)
{
	if (!(row->p >= 0 && row->p <= 1) || !isfinite(row->value[0]) || !isfinite(row->value[1]) ||
	    !isfinite(row->interval.low) || !isfinite(row->interval.high) ||
	    row->interval.low > row->change || row->interval.high < row->change)
		abort();
}

static void compare(struct profile *a, struct profile *b, const struct report_options *o)
{
	struct err e = { "" };
	struct diff d;
	size_t i;

	for (i = 0; i < b->value_cnt; i++) /* something changes */
		b->values[i] /= (int64_t)(i % 3 + 1);
	if (diff_init(&d, o, o->relative))
		abort();
	if ((diff_add(&d, DIFF_A, a, &e) || diff_add(&d, DIFF_B, b, &e) || diff_finish(&d, &e)) &&
	    !e.msg[0])
		abort();
	for (i = 0; !e.msg[0] && i < d.row_cnt; i++)
		must_be_sound(&d.rows[i]);
	diff_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *choices = data + size - CHOICES;
	struct report_options o;
	struct profile *p, *base, *both;
	struct err e;

	if (size < CHOICES)
		return 0;
	p = format_pprof.read(data, size, &e);
	base = p ? format_pprof.read(data, size, &e) : NULL;
	if (!base) {
		profile_free(p);
		return 0;
	}
	report_drop_frames(p, &e);
	choose(&o, choices);
	if (choices[4] & 64) {
		compare(p, base, &o);
		profile_free(base);
		profile_free(p);
		return 0;
	}
	both = choices[3] & 64
	               ? report_subtract(p, base,
	                                 &(struct report_base){ choices[3] & 32, choices[3] & 16 },
	                                 &e)
	               : NULL;
	print(both ? both : p, &o);
	profile_free(both);
	profile_free(base);
	profile_free(p);
	return 0;
}
