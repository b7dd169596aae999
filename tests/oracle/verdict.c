// SPDX-License-Identifier: Apache-2.0
/*
 * Equal: ebprof reached a root, and its frames are those of libdwfl, which ended there too. "equal,
 * go-root" and the like say why that counts as a root, where no undefined return address does (NOTES).
 * The causes of what is not equal:
 *   end: REASON     ebprof ended there, before a root; what it found is right
 *   early-root      ebprof took for a root what libdwfl goes on from
 *   late-root       libdwfl took for a root what ebprof went on from
 *   fp-root         both ended where there is no CFI and the frame pointer is zero: a root by the ABI,
 *                   or by chance
 *   differs         another caller
 *   oracle-short    libdwfl ended there, before a root, and says why
 *   stack-cut       … because the copy of the stack ends
 *   other-stack     … because the stack goes on where nothing was copied (signal stacks, Go)
 *   go-switch, go-signal  a function of Go's whose CFI does not say what it does: switch stacks, be
 *                   a signal frame
 *   handler         ebprof went to a root from a function that leaves for a handler of an exception, the
 *                   leaf or its caller; libdwfl goes on from it as if no registers had been copied
 *   32-bit          libdwfl was made for the other kind
 *   file-gone       the file that holds the code cannot be opened any more
 * ", no CFI" is added where libdwfl had none and so went on by frame pointer, which may be wrong.
 */
#include "verdict.h"

#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "check_read.h"

#define END_TEXT(name, text) [END_##name] = text,
static const char *const ends[] = { ENDS(END_TEXT) };

/* Go's functions by what they do to a walk: their names as linkers print them, less ".abi0". */
static const char *const go_roots[] = { "runtime.goexit", "runtime.mstart", "runtime.mcall",
	                                "runtime.rt0_go", NULL };
static const char *const go_switches[] = { "runtime.systemstack",
	                                   "runtime.asmcgocall",
	                                   "runtime.cgocallback",
	                                   "runtime.morestack",
	                                   "runtime.gogo",
	                                   "runtime.mcall",
	                                   "runtime.nanotime1",
	                                   "runtime.walltime",
	                                   "time.now",
	                                   "runtime.walltime1",
	                                   NULL };
static const char *const go_signals[] = { "runtime.sigreturn", "runtime.sigreturn__sigaction",
	                                  NULL };

static bool is_go(const char *name, const char *const *list)
{
	size_t n;

	for (; name && *list; list++) {
		n = strlen(*list);
		if (!strncmp(name, *list, n) && (!name[n] || !strncmp(name + n, ".abi", 4)))
			return true;
	}
	return false;
}

static const char *name_of(struct walk *w, const struct verdict *v)
{
	if (!v->common)
		return NULL;
	return image_named(w->image, walk_look(w->frames, v->common - 1))->name;
}

/* Handlers return to its first instruction, before which there is another function or none. */
static bool is_go_signal(struct walk *w, const struct verdict *v)
{
	const struct fact *f;

	if (!v->common)
		return false;
	f = image_named(w->image, w->frames[v->common - 1]);
	return !f->into && is_go(f->name, go_signals);
}

static bool is_go_root(const char *name)
{
	return name && (is_go(name, go_roots) || !strncmp(name, "_rt0_", 5));
}

/*
 * ebprof knows a frame in a file by its offset alone: where the same bytes are mapped twice, its address
 * is that in any of the mappings.
 */
static bool is_same(const struct verdict *v, const struct walk *w, size_t i)
{
	const struct mapping *m, *n;

	if (v->frames[i] == w->frames[i])
		return true;
	m = image_mapping(w->image, walk_look(v->frames, i));
	n = image_mapping(w->image, walk_look(w->frames, i));
	return m && n && m->path[0] == '/' && !strcmp(m->path, n->path) &&
	       v->frames[i] - m->start + m->offset == w->frames[i] - n->start + n->offset;
}

static void count_common(struct verdict *v, const struct walk *w)
{
	while (v->common < v->frame_cnt && v->common < w->cnt && is_same(v, w, v->common)) {
		if (v->frames[v->common] != w->frames[v->common])
			v->notes |= 1 << NOTE_TWICE;
		v->common++;
	}
}

static uint32_t notes_of(const struct check_sample *s, const struct walk *w)
{
	uint32_t notes = s->unmet ? 1 << NOTE_UNMET : 0;
	size_t i;

	for (i = 0; i < w->cnt; i++) {
		if (!(w->facts[i] & FACT_CFI))
			notes |= 1 << NOTE_NO_CFI;
		if (w->facts[i] & FACT_SIGNAL)
			notes |= 1 << NOTE_SIGNAL;
	}
	return notes;
}

static void set_equal(struct verdict *v, enum note note, const char *why)
{
	v->equal = true;
	v->notes |= 1u << note;
	snprintf(v->cause, sizeof(v->cause), "%s", why);
}

/* ebprof found a root, and each of its frames is libdwfl's too. Did libdwfl find that root? */
static bool is_equal(struct walk *w, struct verdict *v)
{
	if (v->common == w->cnt && w->end == WALK_ROOT)
		v->equal = true;
	else if (is_go_root(name_of(w, v)))
		set_equal(v, NOTE_GO_ROOT, "equal, go-root");
	else if (v->common == w->cnt && w->end == WALK_FP_ZERO && w->facts[w->cnt - 1] & FACT_ENTRY)
		set_equal(v, NOTE_ENTRY_ROOT, "equal, entry-root");
	else if (v->common == w->cnt && w->end == WALK_ZERO)
		set_equal(v, NOTE_ZERO_ROOT, "equal, zero-root");
	return v->equal;
}

/* The oracle's frames are the first of ebprof's. */
static void cause_short(const struct walk *w, struct verdict *v)
{
	static const char *const causes[] = {
		[WALK_ROOT] = "late-root",
		[WALK_ZERO] = "late-root",
		[WALK_FP_ZERO] = "late-root, no CFI",
		[WALK_CUT] = "stack-cut",
		[WALK_ELSEWHERE] = "other-stack",
		[WALK_UNREADABLE] = "oracle-short: no stack there",
		[WALK_LONG] = "oracle-short: too many frames",
	};

	if (w->end == WALK_ERROR)
		snprintf(v->cause, sizeof(v->cause), "oracle-short: %s", w->error);
	else if (w->end == WALK_FP_ZERO && v->common == v->frame_cnt)
		snprintf(v->cause, sizeof(v->cause), "fp-root");
	else
		snprintf(v->cause, sizeof(v->cause), "%s", causes[w->end]);
}

static void cause_end(const struct check_sample *s, struct verdict *v)
{
	if (s->end < END_CNT)
		snprintf(v->cause, sizeof(v->cause), "end: %s", ends[s->end]);
	else
		snprintf(v->cause, sizeof(v->cause), "end: %u", s->end);
}

static bool is_gone(const struct walk *w, const struct verdict *v)
{
	const struct mapping *m = NULL;

	if (v->common)
		m = image_mapping(w->image, walk_look(w->frames, v->common - 1));
	return m && m->gone;
}

static bool is_handler(const struct check_sample *s, const struct walk *w, const struct verdict *v)
{
	return !s->end && ((v->common > 0 && w->facts[0] & FACT_LEAVES) ||
	                   (v->common > 1 && w->facts[1] & FACT_LEAVES));
}

/* Why they are not equal, though ebprof says nothing of it. */
static void cause_of(const struct check_sample *s, struct walk *w, const char *name,
                     struct verdict *v)
{
	bool cfi = v->common && w->facts[v->common - 1] & FACT_CFI;
	const char *cause = NULL;

	if (w->image->compat)
		cause = "32-bit";
	else if (is_gone(w, v))
		cause = "file-gone";
	else if (is_go_signal(w, v))
		cause = "go-signal";
	else if (is_go(name, go_switches))
		cause = "go-switch";
	else if (is_handler(s, w, v))
		cause = "handler";
	else if (v->common == w->cnt)
		cause_short(w, v);
	else if (v->common == v->frame_cnt)
		cause = cfi ? "early-root" : "early-root, no CFI";
	else
		cause = cfi || !v->common ? "differs" : "differs, no CFI";
	if (cause)
		snprintf(v->cause, sizeof(v->cause), "%s", cause);
}

void verdict_of(const struct check_sample *s, struct walk *w, struct verdict *v)
{
	*v = (struct verdict){ .frames = check_frames(s), .frame_cnt = s->frame_cnt };
	v->notes = notes_of(s, w);
	count_common(v, w);
	if (s->end && v->common == v->frame_cnt) {
		cause_end(s, v);
		return;
	}
	if (!s->end && v->common && v->common == v->frame_cnt && is_equal(w, v))
		return;
	cause_of(s, w, name_of(w, v), v);
}
