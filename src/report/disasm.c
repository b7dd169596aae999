// SPDX-License-Identifier: Apache-2.0
/*
 * -disasm: the instructions of each function that matches, with what the samples weigh that are at them. An
 * inlined function belongs to the one that it is part of: that has the symbol.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "report/graph.h"
#include "report/harmless.h"
#include "report/objdump.h"
#include "report/regexp.h"
#include "report/rows.h"
#include "report/state.h"

/* What one address weighs. */
struct spot {
	uint32_t name, symbol, object, build_id; /* strings */
	size_t line;                             /* of profile.lines, + 1 */
	uint64_t address, offset;                /* as the profile has it, in the file */
	int64_t flat, cum;
	size_t seen;
};

struct disasm {
	struct report *r;
	struct spot *by_location, *spots; /* of locations; those of functions that match */
	size_t cnt;
	bool *slow; /* by string: an object for which objdump took too long */
};

static void weigh(struct disasm *d)
{
	const struct profile *p = d->r->p;
	const struct profile_sample *s;
	struct spot *spot;
	int64_t w;
	size_t i, j;

	for (i = 0; i < p->sample_cnt; i++) {
		s = &p->samples[i];
		w = sample_value(d->r, s);
		for (j = 0; j < s->stack_cnt; j++) {
			spot = &d->by_location[p->stacks[s->stack_first + j]];
			if (spot->seen != i + 1)
				spot->cum = wrapping_sum(spot->cum, w);
			spot->seen = i + 1;
			if (!j)
				spot->flat = wrapping_sum(spot->flat, w);
		}
	}
}

/* The outermost function of the location and where that is; false: nothing can be said of it. */
static bool place(const struct profile *p, const struct profile_location *l, struct spot *s)
{
	const struct profile_mapping *m = profile_mapping(p, l->mapping);
	const struct profile_function *f;

	if (!m || !m->file || !l->line_cnt || (!s->flat && !s->cum))
		return false;
	s->line = l->line_first + l->line_cnt;
	f = profile_function(p, p->lines[s->line - 1].function);
	s->name = f->name;
	s->symbol = f->system_name ? f->system_name : f->name;
	s->object = m->file;
	s->build_id = m->build_id;
	s->address = l->address;
	s->offset = l->address - m->start + m->offset;
	return s->symbol != 0;
}

static int by_place(const void *a, const void *b, void *arg)
{
	const struct spot *x = a, *y = b;
	const struct profile *p = arg;
	int order =
		x->name == y->name ? 0 : strcmp(profile_text(p, x->name), profile_text(p, y->name));

	if (!order)
		order = (x->object > y->object) - (x->object < y->object);
	if (!order)
		order = (x->symbol > y->symbol) - (x->symbol < y->symbol);
	return order ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

static int find_spots(struct disasm *d, struct err *e)
{
	struct profile *p = d->r->p;
	struct regexp *wanted = regexp_new(d->r->options->pattern, "-disasm", e);
	struct spot *s;
	size_t i;
	int err;

	if (!wanted)
		return -EINVAL;
	weigh(d);
	for (i = 1; i <= p->locations.cnt; i++) {
		s = &d->by_location[i];
		if (place(p, profile_location(p, (uint32_t)i), s) &&
		    regexp_match(wanted, profile_text(p, s->name)))
			d->spots[d->cnt++] = *s;
	}
	err = regexp_check(wanted, e);
	regexp_free(wanted);
	if (!err && !d->cnt)
		err = err_set(e, -ENOENT, "no function of a program matches '%.200s'",
		              d->r->options->pattern);
	if (!err)
		qsort_r(d->spots, d->cnt, sizeof(*d->spots), by_place, p);
	return err;
}

/* ";FILE:LINE" of the first address at an instruction. */
static void put_source(const struct profile *p, const struct spot *s, FILE *out)
{
	const struct profile_line *l = &p->lines[s->line - 1];
	char *file = path_base(profile_text(p, profile_function(p, l->function)->filename));
	char *clean = file ? harmless_copy(file) : NULL;

	if (clean && l->line)
		fprintf(out, ";%s:%lld", clean, (long long)l->line);
	free(clean);
	free(file);
}

/* The instructions with the weights up to the next one. How many spots lay at one. */
static size_t put_instructions(const struct disasm *d, const struct objdump *o,
                               const struct spot *spots, size_t cnt, FILE *out)
{
	uint64_t address = 0, next;
	const struct spot *first;
	int64_t flat, cum;
	size_t i, at = 0, placed = 0;

	for (i = 0; i < o->cnt; i++) {
		next = i + 1 < o->cnt ? o->items[i + 1].address : UINT64_MAX;
		first = NULL;
		for (flat = cum = 0; at < cnt; at++) {
			if (objdump_address(o, spots[at].offset, &address) ||
			    address < o->items[i].address)
				continue;
			if (address >= next)
				break;
			first = first ? first : &spots[at];
			flat = wrapping_sum(flat, spots[at].flat);
			cum = wrapping_sum(cum, spots[at].cum);
			placed++;
		}
		put_value(d->r, flat, true, out);
		put_value(d->r, cum, true, out);
		fprintf(out, "%10llx: ", (unsigned long long)o->items[i].address);
		fprintf(out, first ? "%-40s" : "%s", o->items[i].text);
		if (first)
			put_source(d->r->p, first, out);
		fputc('\n', out);
	}
	return placed;
}

/* A program for which objdump takes too long is not read again. */
static int read_function(const struct disasm *d, struct objdump *o, const struct spot *s,
                         struct err *e)
{
	const struct profile *p = d->r->p;
	int err;

	memset(o, 0, sizeof(*o));
	if (d->slow[s->object])
		return err_set(e, -ETIME, "objdump takes too long for this program");
	err = objdump_read(o, profile_text(p, s->object), profile_text(p, s->build_id),
	                   profile_text(p, s->symbol), e);
	d->slow[s->object] = err == -ETIME;
	return err;
}

static void put_function(const struct disasm *d, const struct spot *spots, size_t cnt, FILE *out)
{
	const struct profile *p = d->r->p;
	char *name = harmless_copy(profile_text(p, spots->name));
	char percent[UNITS_PERCENT_MAX];
	struct err e = { "" };
	struct objdump o;
	int64_t flat = 0, cum = 0;
	size_t i;

	for (i = 0; i < cnt; i++) {
		flat = wrapping_sum(flat, spots[i].flat);
		cum = wrapping_sum(cum, spots[i].cum);
	}
	fprintf(out, "ROUTINE ======================== %s\n", name ? name : "");
	put_value(d->r, flat, false, out);
	put_value(d->r, cum, false, out);
	units_percent(cum, d->r->total, percent);
	fprintf(out, "(flat, cum) %s of Total\n", percent);
	if (read_function(d, &o, spots, &e)) {
		log_clean(e.msg);
		fprintf(out, " Error: %s\n", e.msg);
	} else if (!o.cnt) {
		fprintf(out, " Error: the program has no such symbol\n");
	} else if (put_instructions(d, &o, spots, cnt, out) < cnt) {
		fprintf(out,
		        " Error: not all samples are at an instruction: another build of the program?\n");
	}
	objdump_release(&o);
	free(name);
}

static void put_functions(const struct disasm *d, FILE *out)
{
	char total[UNITS_TEXT_MAX];
	size_t i, n;

	report_value(d->r, d->r->total, total);
	fprintf(out, "Total: %s\n", total);
	for (i = 0; i < d->cnt; i += n) {
		for (n = 1; i + n < d->cnt; n++)
			if (d->spots[i + n].name != d->spots[i].name ||
			    d->spots[i + n].object != d->spots[i].object ||
			    d->spots[i + n].symbol != d->spots[i].symbol)
				break;
		put_function(d, d->spots + i, n, out);
	}
}

int report_print_disasm(struct report *r, FILE *out, struct err *e)
{
	struct disasm d = { .r = r };
	int err;

	d.by_location = calloc(r->p->locations.cnt + 1, sizeof(*d.by_location));
	d.spots = calloc(r->p->locations.cnt + 1, sizeof(*d.spots));
	d.slow = calloc(r->p->strings.cnt + 1, sizeof(*d.slow));
	if (!d.by_location || !d.spots || !d.slow)
		err = err_set(e, -ENOMEM, "out of memory for a report");
	else
		err = find_spots(&d, e);
	if (!err)
		put_functions(&d, out);
	free(d.by_location);
	free(d.spots);
	free(d.slow);
	return err;
}
