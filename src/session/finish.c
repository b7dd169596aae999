// SPDX-License-Identifier: Apache-2.0
/*
 * The one function that turns what was counted into a profile: every sample's addresses become
 * locations in mappings, every distinct location gets its name, losses become comments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "classify/classify.h"
#include "collect/collect.h"
#include "process/process.h"
#include "profile/profile.h"
#include "session/engine.h"
#include "session/later.h"
#include "session/owners.h"
#include "session/place.h"
#include "session/wall.h"
#include "session/window.h"
#include "symbolize/ksyms.h"
#include "symbolize/symbolize.h"
#include "tables.h"
#include "unwind/unwind.h"

/* Frames of one sample: user, kernel, a waiter's, and the last-frame marks of all. */
#define FRAMES_MAX (2 * ABI_USER_FRAMES + ABI_KERN_FRAMES + 3)
/* Of the BPF program and the tracepoint, at most. */
#define HOOK_FRAMES 16
#define LABELS_MAX  (13 + KIND_LABELS)
/* Those of a waker, its name and the frame between. */
#define STACK_MAX (2 * FRAMES_MAX + 2)

struct finish {
	const struct window *window;
	const struct kind *kind;
	const struct finish_options *options;
	struct finish_stats *st;
	struct profile *profile;
	struct place place;
	struct wall wall;  /* for a kind that is made of others */
	struct table pids; /* u32 */
	bool labels;
	uint32_t stack[STACK_MAX];
	size_t stack_cnt;
};

static void push(struct finish *f, uint32_t location)
{
	if (location && f->stack_cnt < STACK_MAX)
		f->stack[f->stack_cnt++] = location;
}

static bool push_end(struct finish *f, uint64_t frame)
{
	if ((frame & FRAME_TAG_MASK) != FRAME_END_TAG)
		return false;
	push(f, place_end(&f->place, frame & 0xff));
	return true;
}

/*
 * Where a stack from inside the scheduler really begins. The kernel leaves its scheduler's functions
 * out of the stacks of tasks that sleep (stack_trace_save_tsk()); so it is here for all.
 */
static uint32_t past_hook(const struct finish *f, const uint64_t *frames, uint32_t cnt)
{
	struct ksym sym;
	uint32_t i;

	for (i = 0; i < cnt && i < HOOK_FRAMES; i++) {
		if (ksyms_in_scheduler(f->place.ksyms, frames[i]))
			return i;
		/* The first turn of a new task. */
		if (!ksyms_find(f->place.ksyms, frames[i], &sym) &&
		    !strcmp(sym.name, "schedule_tail"))
			return i + 1;
	}
	return 0;
}

/* The kernel's frames of a thread that waits, or ('wakes') of one that ends a wait. */
static void push_kernel(struct finish *f, const struct sample_key *key, bool wakes)
{
	bool in_scheduler = (wakes || kind_at(key->kind)->source->in_scheduler) && f->place.ksyms;
	uint32_t cnt, i = 0;
	const uint64_t *frames = ledger_stack(&f->window->engine->ledger, key->kern, &cnt);
	bool exact = true;

	if (key->kern && !frames)
		f->st->no_body += f->place.weight;
	if (in_scheduler)
		i = wakes ? place_past_wake(&f->place, frames, cnt) : past_hook(f, frames, cnt);
	for (; i < cnt; i++) {
		if (push_end(f, frames[i]))
			break;
		if (in_scheduler && !wakes && ksyms_in_scheduler(f->place.ksyms, frames[i] - 1))
			continue;
		push(f, place_kernel(&f->place, frames[i] - !exact));
		exact = place_is_interrupt(&f->place, frames[i] - !exact);
	}
}

/* One user frame; false: it is the last. */
static bool push_frame(struct finish *f, const struct image *im, uint64_t frame, bool is_return)
{
	struct file *file;

	if (push_end(f, frame))
		return false;
	if ((frame & FRAME_FILE_MASK) == FRAME_FILE_TAG) {
		file = unwind_file(f->window->engine->unwind, FRAME_FILE_NUMBER(frame));
		push(f, file ? place_file(&f->place, im, file, FRAME_FILE_OFFSET(frame) - is_return)
		             : 0);
		return true;
	}
	if (is_return && im && !image_mapping(im, frame - 1)) {
		/* No code is there: the walk went astray, and what follows is no stack. */
		f->st->unmapped += f->place.weight;
		push(f, place_end(&f->place, END_BAD_PC));
		return false;
	}
	push(f, place_user(&f->place, im, frame - is_return));
	return true;
}

/* A user stack of the key's process. */
static void push_user(struct finish *f, const struct sample_key *key, uint64_t id)
{
	struct engine *en = f->window->engine;
	uint32_t cnt, i;
	const uint64_t *frames = ledger_stack(&en->ledger, id, &cnt);
	const struct image *im = NULL;

	if (id && !frames)
		f->st->no_body += f->place.weight;
	if (cnt)
		im = processes_find(en->processes, key->tgid, key->start, key->exec_id);
	if (cnt && !im)
		f->st->unknown_process += f->place.weight;
	/* Every frame but the leaf is a return address: one less lies in the call. */
	for (i = 0; i < cnt; i++)
		if (!push_frame(f, im, frames[i], i > 0))
			break;
}

static size_t add_number(struct profile *p, struct profile_label *l, size_t n, const char *key,
                         int64_t num, const char *unit)
{
	l[n] = (struct profile_label){ .key = profile_string(p, key), .num = num };
	l[n].unit = unit ? profile_string(p, unit) : 0;
	return n + 1;
}

static size_t add_text(struct profile *p, struct profile_label *l, size_t n, const char *key,
                       const char *text)
{
	if (!text || !*text)
		return n;
	l[n] = (struct profile_label){ .key = profile_string(p, key),
		                       .str = profile_string(p, text) };
	return n + 1;
}

static const char *comm_of(const struct finish *f, const struct sample_key *key)
{
	const struct image *im =
		processes_find(f->window->engine->processes, key->tgid, key->start, key->exec_id);

	return im ? im->comm : "";
}

/* Who ended the wait: NULL = nobody whose stack is there. */
static const struct ledger_related *related_of(const struct finish *f, const struct sample_key *key)
{
	return ledger_related(&f->window->engine->ledger, key->related);
}

/* Its name: that of its process, or in brackets what is none. */
static const char *waker_name(const struct finish *f, const struct sample_key *key)
{
	const struct ledger_related *r = related_of(f, key);
	const uint64_t *frames;
	const char *comm;
	uint32_t cnt;

	if (!r)
		return key->related == RELATED_YET ? "[not woken]" : "[waker unknown]";
	if (r->key.state == RELATED_INTERRUPT) {
		frames = ledger_stack(&f->window->engine->ledger, r->key.kern, &cnt);
		return place_interrupt(&f->place, frames, cnt);
	}
	comm = comm_of(f, &r->key);
	return *comm ? comm : r->comm;
}

static void reverse(uint32_t *items, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt / 2; i++) {
		uint32_t item = items[i];

		items[i] = items[cnt - 1 - i];
		items[cnt - 1 - i] = item;
	}
}

/*
 * The waker's stack stands upside down on the waiter's, so that the two leaves meet at the frame between
 * them, and its name on top of that.
 */
static void push_waker(struct finish *f, const struct sample_key *key)
{
	const struct ledger_related *r = related_of(f, key);
	const char *name = waker_name(f, key);
	char frame[64];
	size_t first;

	if (!key->related)
		return;
	if (key->related == RELATED_UNKNOWN || (!r && key->related != RELATED_YET))
		f->st->unknown_wakers += f->place.weight;
	snprintf(frame, sizeof(frame), *name == '[' ? "%s" : "[waker: %s]", name);
	push(f, place_own(&f->place, frame));
	first = f->stack_cnt;
	if (r) {
		push_kernel(f, &r->key, true);
		push_user(f, &r->key, r->key.user);
	}
	reverse(f->stack + first, f->stack_cnt - first);
	push(f, place_own(&f->place, PROFILE_SEPARATOR));
}

static size_t add_waker(struct finish *f, const struct sample_key *key, struct profile_label *l,
                        size_t n)
{
	const struct ledger_related *r = related_of(f, key);
	struct profile *p = f->profile;

	n = add_text(p, l, n, "waker", waker_name(f, key));
	if (!r || r->key.state == RELATED_INTERRUPT)
		return n;
	n = add_number(p, l, n, "waker_pid", r->key.tgid, NULL);
	if (!r->key.tid)
		return n;
	n = add_number(p, l, n, "waker_tid", r->key.tid, NULL);
	return add_text(p, l, n, "waker_thread_comm", r->comm);
}

/* The labels of pprof's conventions: numbers as numbers, cpu with a unit so that CPU 0 is kept. */
static size_t fill_labels(struct finish *f, const struct sample_key *key, struct profile_label *l)
{
	struct engine *en = f->window->engine;
	uint32_t keep = en->options.keep;
	struct profile *p = f->profile;
	struct kind_label own[KIND_LABELS];
	char owner[64];
	size_t own_cnt = f->kind->labels ? f->kind->labels(key, own) : 0, n = 0, i;

	if (f->labels) {
		n = add_number(p, l, n, "pid", key->tgid, NULL);
		n = add_text(p, l, n, "comm", comm_of(f, key));
	}
	if (keep & KEEP_TID) {
		n = add_number(p, l, n, "tid", key->tid, NULL);
		n = add_text(p, l, n, "thread_comm",
		             processes_thread_comm(en->processes, key->tgid, key->tid, key->start));
	}
	for (i = 0; i < own_cnt; i++)
		n = own[i].text ? add_text(p, l, n, own[i].key, own[i].text)
		                : add_number(p, l, n, own[i].key, own[i].num, own[i].unit);
	if (f->kind->owners && !f->options->no_names) {
		owners_text(&en->owners, en->processes, key, owner, sizeof(owner));
		n = add_text(p, l, n, CLASSIFY_OWNER, owner);
	}
	if (key->related)
		n = add_waker(f, key, l, n);
	if (keep & KEEP_CPU)
		n = add_number(p, l, n, "cpu", key->cpu, "cpu");
	if (keep & KEEP_SLICE)
		n = add_number(p, l, n, "slice",
		               (int64_t)(key->slice * en->options.slice_ns / 1000000),
		               "milliseconds");
	return n;
}

static void add_sample(struct finish *f, const struct sample_key *key, const struct sample_value *v,
                       int64_t time)
{
	struct profile_label labels[LABELS_MAX];
	int64_t values[ABI_VALUES] = { 0 };
	size_t n;

	f->stack_cnt = 0;
	f->place.weight = (uint64_t)v->v[0];
	push_waker(f, key);
	push_kernel(f, key, false);
	push_user(f, key, key->user);
	if (key->kind == KIND_wall) /* what wall_rest() says */
		push(f, place_no_sample(&f->place));
	n = fill_labels(f, key, labels);
	if (f->kind->releases) {
		/* Whose stack tells what lock it is; src/classify/ takes it off. */
		n = add_number(f->profile, labels, n, CLASSIFY_RELEASE, (int64_t)f->stack_cnt,
		               CLASSIFY_RELEASE_UNIT);
		push_user(f, key, key->tag);
	}
	if (time >= 0)
		n = add_number(f->profile, labels, n, "time", time, "nanoseconds");
	f->kind->values(v, values);
	if (f->kind->scale)
		f->kind->scale(&f->window->engine->options.collect, key, values);
	profile_add_sample(f->profile, f->stack, f->stack_cnt, labels, n, values);
}

static bool has_value(const struct sample_value *v)
{
	int i;

	for (i = 0; i < ABI_VALUES; i++)
		if (v->v[i])
			return true;
	return false;
}

static void count_process(struct finish *f, const struct sample_key *key)
{
	if (table_put(&f->pids, &key->tgid, NULL))
		f->st->processes = f->pids.cnt;
}

static bool shows(const struct finish *f, const struct sample_key *key)
{
	bool is_part = f->kind->parts & 1u << key->kind;

	return (is_part || key->kind == f->kind->recorded) &&
	       (!f->kind->shows || f->kind->shows(key));
}

static void each_entry(struct finish *f, void (*fn)(struct finish *, const struct sample_key *,
                                                    const struct sample_value *))
{
	const struct ledger *l = &f->window->engine->ledger;
	struct sample_value v;
	size_t i;

	for (i = 0; i < l->entries.cnt; i++) {
		window_value(f->window, i, &v);
		if (shows(f, &ledger_at(l, i)->key) && has_value(&v))
			fn(f, &ledger_at(l, i)->key, &v);
	}
}

static void survey(struct finish *f, const struct sample_key *key, const struct sample_value *v)
{
	count_process(f, key);
}

/* The samples that the kind makes of one that was recorded: itself, or its parts by state. */
static void add_recorded(struct finish *f, const struct sample_key *key,
                         const struct sample_value *v, int64_t time)
{
	struct wall_part parts[WALL_STATES];
	size_t cnt, i;

	if (!f->kind->parts) {
		add_sample(f, key, v, time);
		return;
	}
	cnt = wall_divide(&f->wall, key, v, parts);
	for (i = 0; i < cnt; i++)
		add_sample(f, &parts[i].key, &parts[i].value, time);
}

static void add_sum(struct finish *f, const struct sample_key *key, const struct sample_value *v)
{
	add_recorded(f, key, v, -1);
}

static void weigh(struct finish *f, const struct sample_key *key, const struct sample_value *v)
{
	if (wall_add(&f->wall, key, v))
		f->profile->failed = true;
}

static void add_rest(struct finish *f)
{
	struct wall_part part;
	size_t at = 0;

	while (wall_rest(&f->wall, &at, &part))
		add_sample(f, &part.key, &part.value, -1);
}

static void add_events(struct finish *f)
{
	const struct ledger *l = &f->window->engine->ledger;
	const struct ledger_event *ev;
	const struct sample_key *key;
	uint64_t start = f->window->start_ns;
	size_t i;

	for (i = f->window->event_first; i < l->event_cnt; i++) {
		ev = &l->events[i];
		key = &ledger_at(l, ev->entry)->key;
		if (shows(f, key))
			add_recorded(f, key, &ev->value,
			             ev->time > start ? (int64_t)(ev->time - start) : 0);
	}
}

/* Mapping 1 is what pprof calls the file: the program, or a placeholder when there are many. */
static void add_main(struct finish *f)
{
	struct engine *en = f->window->engine;
	const struct ledger *l = &en->ledger;
	const struct image *im = NULL;
	const struct sample_key *key;
	size_t i;

	if (f->options->system_wide) {
		place_placeholder(&f->place, "[system-wide]");
		return;
	}
	/* The last program of the process: an exec is what the user meant. */
	for (i = l->entries.cnt; !im && i--;) {
		key = &ledger_at(l, i)->key;
		if (!f->options->main_pid || key->tgid == f->options->main_pid)
			im = processes_find(en->processes, key->tgid, key->start, key->exec_id);
	}
	place_main(&f->place, im);
}

static void fill_header(struct finish *f)
{
	const struct window *w = f->window;
	struct profile *p = f->profile;

	p->time_ns = w->time_ns;
	p->duration_ns = (int64_t)(w->end_ns - w->start_ns);
	f->kind->describe(&w->engine->options.collect, p);
}

static int name_all(struct finish *f)
{
	struct symbolize_options o = f->options->symbolize;
	struct symbolize_counters c = { 0 };
	int err;

	if (f->options->no_names)
		later_mark(f->profile, f->place.sources, f->place.source_cnt);

	o.cache = f->window->engine->names;
	err = symbolize_profile(f->profile, f->place.sources, f->place.source_cnt, f->place.ksyms,
	                        &o, &c);
	f->st->locations = c.locations;
	f->st->named = c.named;
	f->st->failed_workers = c.failed_workers;
	f->st->fetch_missing = c.fetch_missing;
	f->st->fetch_refused = c.fetch_refused;
	f->st->fetch_silent = c.fetch_silent;
	f->st->unusable_maps += c.unusable_maps;
	f->st->large_dwarf = c.large_dwarf;
	f->st->missing_dwo = c.missing_dwo;
	f->st->unreadable_files =
		c.unreadable_files +
		processes_counters(f->window->engine->processes)->files_unreadable;
	f->st->mismatched_files =
		c.mismatched_files +
		processes_counters(f->window->engine->processes)->files_mismatched;
	return err;
}

static void load_ksyms(struct finish *f)
{
	struct err why = { "" };

	if (!(f->window->engine->options.keep & KEEP_KERN))
		return;
	f->place.ksyms = ksyms_load(NULL, &why);
	if (f->place.ksyms)
		return;
	f->st->no_ksyms = true;
	snprintf(f->st->ksyms_why, sizeof(f->st->ksyms_why), "%.250s", why.msg);
}

static bool type_is(const struct finish *f, size_t type, const char *name)
{
	return !strcmp(profile_text(f->profile, f->profile->types[type].type), name);
}

/* What the names tell of waits: idle ones, and the primitive of a futex. */
static int classify(struct finish *f)
{
	struct classify_totals totals = { 0 };
	struct classify_options o = f->options->classify;
	size_t i;
	int err;

	o.primitives = f->kind->locks ? PRIMITIVES_LOCK : 0;
	err = classify_profile(f->profile, &o, &totals);
	for (i = 0; i < f->profile->type_cnt && i < CLASSIFY_VALUES; i++)
		if (type_is(f, i, "delay") || type_is(f, i, "wall")) {
			f->st->idle = totals.idle[i];
			f->st->no_lock = totals.other[i];
		}
	return err;
}

static int build(struct finish *f)
{
	int err;

	fill_header(f);
	load_ksyms(f);
	each_entry(f, survey);
	if (f->kind->parts)
		each_entry(f, weigh);
	f->labels = f->options->labels || f->st->processes > 1;
	f->place.jits = &f->window->engine->jits;
	f->st->unusable_maps = jits_unusable(f->place.jits);
	add_main(f);
	if (f->window->engine->options.keep & KEEP_SAMPLES)
		add_events(f);
	else
		each_entry(f, add_sum);
	add_rest(f);
	f->st->wall = f->wall.totals;
	f->st->unmapped += f->place.unmapped;
	f->st->remapped = f->place.remapped;
	if (f->profile->failed || f->place.failed)
		return -1;
	err = name_all(f);
	if (err || f->options->no_names || !kind_has_waits(f->kind))
		return err;
	return classify(f);
}

struct profile *finish_profile(const struct window *w, const struct kind *kind,
                               const struct finish_options *o, struct finish_stats *st,
                               struct err *e)
{
	struct finish *f = calloc(1, sizeof(*f));
	struct profile *p = f ? profile_new() : NULL;

	memset(st, 0, sizeof(*st));
	if (p) {
		*f = (struct finish){
			.window = w, .kind = kind, .options = o, .st = st, .profile = p
		};
		table_init(&f->pids, sizeof(uint32_t), sizeof(uint32_t));
		place_init(&f->place, p);
		wall_init(&f->wall, w->engine->options.keep & KEEP_TID);
		if (build(f) || p->failed) {
			profile_free(p);
			p = NULL;
		}
		ksyms_free(f->place.ksyms);
		place_release(&f->place);
		wall_release(&f->wall);
		table_release(&f->pids);
	}
	free(f);
	if (!p)
		err_set(e, -1, "out of memory while making the profile");
	return p;
}
