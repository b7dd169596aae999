// SPDX-License-Identifier: Apache-2.0
#include "tally.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

enum { SHOWN_MAX = 20 }; /* places of a cause */

struct place {
	char cause[sizeof(((struct verdict *)0)->cause)];
	char where[512];  /* the last frame that both have */
	char caller[512]; /* what each of them found next, the first time */
	bool equal;
	uint64_t cnt;
	uint64_t cause_cnt; /* of its cause, when sorted */
};

/* All places, in an order to be printed in. */
struct listing {
	struct place **items;
	size_t cnt;
};

/* "FILE+0xOFFSET function+0xBYTES"; addresses in what is no file are not told apart. */
static void describe(struct walk *w, const uint64_t *frames, size_t i, char *text, size_t size)
{
	uint64_t look = walk_look(frames, i);
	const struct mapping *m = image_mapping(w->image, look);
	const struct fact *f;
	int n;

	if (!m || m->path[0] == '\0' || m->path[0] == '[' || !strncmp(m->path, "//", 2)) {
		n = snprintf(text, size, "%s", m ? m->path : "(not mapped)");
		if (!m || strcmp(m->path, "[vdso]"))
			return;
		n += snprintf(text + n, size - (size_t)n, "+0x%" PRIx64, frames[i] - m->start);
	} else {
		n = snprintf(text, size, "%.400s+0x%" PRIx64, m->path,
		             frames[i] - m->start + m->offset);
	}
	f = image_named(w->image, look);
	if (f->name) {
		snprintf(text + n, size - (size_t)n, " %.80s+0x%" PRIx64, f->name,
		         f->into + (i != 0));
		return;
	}
	f = image_named(w->image, frames[i]); /* of signal handlers */
	if (f->name && !f->into)
		snprintf(text + n, size - (size_t)n, " %.80s", f->name);
}

static int compare_key(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int by_cause = strcmp(x->cause, y->cause);

	return by_cause ? by_cause : strcmp(x->where, y->where);
}

static void describe_callers(struct walk *w, const struct verdict *v, struct place *p)
{
	char ours[240] = "its end", theirs[240] = "its end";

	if (v->common < v->frame_cnt)
		describe(w, v->frames, v->common, ours, sizeof(ours));
	if (v->common < w->cnt)
		describe(w, w->frames, v->common, theirs, sizeof(theirs));
	snprintf(p->caller, sizeof(p->caller), "ebprof: %s; libdwfl: %s", ours, theirs);
}

static void add_place(struct tally *t, struct walk *w, const struct verdict *v)
{
	struct place *p = calloc(1, sizeof(*p)), **found;

	if (!p) {
		t->failed = true;
		return;
	}
	p->equal = v->equal;
	snprintf(p->cause, sizeof(p->cause), "%s", v->cause);
	if (v->common)
		describe(w, w->frames, v->common - 1, p->where, sizeof(p->where));
	else
		snprintf(p->where, sizeof(p->where), "the leaf");
	found = tsearch(p, &t->places, compare_key);
	if (!found || *found != p)
		free(p);
	if (!found) {
		t->failed = true;
		return;
	}
	if (!(*found)->cnt++)
		describe_callers(w, v, *found);
}

void tally_add(struct tally *t, const struct check_sample *s, struct walk *w,
               const struct verdict *v)
{
	int i;

	t->samples++;
	t->complete += s->end == END_NONE;
	t->exiting += s->end == END_EXITING;
	t->equal += v->equal;
	for (i = 0; i < NOTE_CNT; i++)
		t->notes[i] += v->notes >> i & 1;
	if (v->cause[0])
		add_place(t, w, v);
}

static void list_place(const void *node, VISIT visit, void *arg)
{
	struct listing *l = arg;

	if (visit != postorder && visit != leaf)
		return;
	if (l->items)
		l->items[l->cnt] = *(struct place *const *)node;
	l->cnt++;
}

static int compare_cnt(const void *a, const void *b)
{
	const struct place *x = *(struct place *const *)a, *y = *(struct place *const *)b;

	if (x->equal != y->equal)
		return y->equal ? -1 : 1;
	if (x->cause_cnt != y->cause_cnt)
		return x->cause_cnt < y->cause_cnt ? 1 : -1;
	if (strcmp(x->cause, y->cause))
		return strcmp(x->cause, y->cause);
	return x->cnt == y->cnt ? strcmp(x->where, y->where) : x->cnt < y->cnt ? 1 : -1;
}

/* Where the places of the next cause begin. */
static size_t next_cause(const struct listing *l, size_t i)
{
	const char *cause = l->items[i]->cause;

	while (i < l->cnt && !strcmp(l->items[i]->cause, cause))
		i++;
	return i;
}

/* The places by cause, the most frequent cause and place first. */
static void sort_places(struct tally *t, struct listing *l)
{
	size_t i, k, end;

	*l = (struct listing){ 0 };
	twalk_r(t->places, list_place, l);
	l->items = calloc(l->cnt + 1, sizeof(*l->items));
	l->cnt = 0;
	if (!l->items) {
		t->failed = true;
		return;
	}
	twalk_r(t->places, list_place, l); /* by cause, as the tree is */
	for (i = 0; i < l->cnt; i = end) {
		uint64_t sum = 0;

		end = next_cause(l, i);
		for (k = i; k < end; k++)
			sum += l->items[k]->cnt;
		for (k = i; k < end; k++)
			l->items[k]->cause_cnt = sum;
	}
	qsort(l->items, l->cnt, sizeof(*l->items), compare_cnt);
}

static void print_places(const struct listing *l)
{
	size_t i, k, end;

	for (i = 0; i < l->cnt; i = end) {
		end = next_cause(l, i);
		printf("%s: %" PRIu64 "\n", l->items[i]->cause, l->items[i]->cause_cnt);
		for (k = i; k < end && k < i + SHOWN_MAX; k++)
			printf("  %7" PRIu64 " %s\n          %s\n", l->items[k]->cnt,
			       l->items[k]->where, l->items[k]->caller);
		if (k < end)
			printf("          and %zu other places\n", end - k);
	}
}

static void print_string(const char *s)
{
	putchar('"');
	for (; *s; s++)
		if (*s == '"' || *s == '\\' || (unsigned char)*s < ' ')
			printf("\\u%04x", *s);
		else
			putchar(*s);
	putchar('"');
}

static void print_json(const struct tally *t, const struct listing *l)
{
#define NOTE_TEXT(name, text) text,
	static const char *const notes[] = { NOTES(NOTE_TEXT) };
	size_t i;

	printf("{\"samples\":%" PRIu64 ",\"equal\":%" PRIu64 ",\"complete\":%" PRIu64
	       ",\"exiting\":%" PRIu64 ",\"causes\":{",
	       t->samples, t->equal, t->complete, t->exiting);
	for (i = 0; i < l->cnt && !l->items[i]->equal; i = next_cause(l, i)) {
		printf("%s", i ? "," : "");
		print_string(l->items[i]->cause);
		printf(":%" PRIu64, l->items[i]->cause_cnt);
	}
	printf("},\"notes\":{");
	for (i = 0; i < NOTE_CNT; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", notes[i], t->notes[i]);
	printf("}}\n");
}

void tally_print(struct tally *t)
{
	struct listing l;

	sort_places(t, &l);
	printf("%" PRIu64 " samples: %" PRIu64 " complete, %" PRIu64
	       " of them equal (%.2f %%), %" PRIu64 " of exiting tasks\n",
	       t->samples, t->complete, t->equal,
	       t->complete ? 100.0 * (double)t->equal / (double)t->complete : 0, t->exiting);
	printf("through a signal frame: %" PRIu64 ", without CFI somewhere: %" PRIu64
	       ", in files mapped twice: %" PRIu64 ", walked in user space: %" PRIu64 "\n",
	       t->notes[NOTE_SIGNAL], t->notes[NOTE_NO_CFI], t->notes[NOTE_TWICE],
	       t->notes[NOTE_UNMET]);
	print_places(&l);
	print_json(t, &l);
	free(l.items);
}

void tally_release(struct tally *t)
{
	tdestroy(t->places, free);
	t->places = NULL;
}
