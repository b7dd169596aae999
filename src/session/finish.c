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
#include "process/process.h"
#include "session/engine.h"
#include "session/finishing.h"
#include "session/later.h"
#include "symbolize/ksyms.h"
#include "symbolize/symbolize.h"

static bool is_total(const struct finish *f, const struct sample_key *key)
{
	return f->kind->is_total && f->kind->is_total(key);
}

/* The profile's values of what was recorded, before a sum is divided. */
static void values_of(const struct finish *f, const struct sample_key *key,
                      const struct sample_value *v, int64_t *values)
{
	memset(values, 0, ABI_VALUES * sizeof(*values));
	f->kind->values(v, values);
	if (f->kind->scale)
		f->kind->scale(&f->window->engine->options.collect, key, values);
}

static void add_values(struct finish *f, const struct sample_key *key, const int64_t *values,
                       uint64_t weight, int64_t time)
{
	struct profile_label labels[LABELS_MAX];
	size_t n;

	f->stack_cnt = 0;
	f->place.weight = weight;
	finish_waker(f, key);
	finish_kernel(f, key, false);
	finish_user(f, key, key->user);
	if (key->kind == KIND_wall || is_total(f, key)) /* what wall_rest() or exact_rest() says */
		finish_push(f, place_no_sample(&f->place));
	n = finish_labels(f, key, labels);
	if (f->kind->releases) {
		/* Whose stack tells what lock it is; src/classify/ takes it off. */
		n = finish_number(f->profile, labels, n, CLASSIFY_RELEASE, (int64_t)f->stack_cnt,
		                  CLASSIFY_RELEASE_UNIT);
		finish_user(f, key, key->tag);
	}
	if (time >= 0)
		n = finish_number(f->profile, labels, n, "time", time, "nanoseconds");
	profile_add_sample(f->profile, f->stack, f->stack_cnt, labels, n, values);
}

static void add_sample(struct finish *f, const struct sample_key *key, const struct sample_value *v,
                       int64_t time)
{
	int64_t values[ABI_VALUES];

	values_of(f, key, v, values);
	exact_divide(&f->exact, key, values);
	add_values(f, key, values, (uint64_t)v->v[0], time);
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

/* 'time' of a sum is -1. */
typedef void each_fn(struct finish *f, const struct sample_key *key, const struct sample_value *v,
                     int64_t time);

/* The sums of samples, or those of processes (kind.is_total). */
static void each_sum(struct finish *f, bool totals, each_fn *fn)
{
	const struct ledger *l = &f->window->engine->ledger;
	const struct sample_key *key;
	struct sample_value v;
	size_t i;

	for (i = 0; i < l->entries.cnt; i++) {
		window_value(f->window, i, &v);
		key = &ledger_at(l, i)->key;
		if (shows(f, key) && is_total(f, key) == totals && has_value(&v))
			fn(f, key, &v, -1);
	}
}

static void survey(struct finish *f, const struct sample_key *key, const struct sample_value *v,
                   int64_t time)
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

static void weigh(struct finish *f, const struct sample_key *key, const struct sample_value *v,
                  int64_t time)
{
	if (wall_add(&f->wall, key, v))
		f->profile->failed = true;
}

static void weigh_total(struct finish *f, const struct sample_key *key,
                        const struct sample_value *v, int64_t time)
{
	int64_t values[ABI_VALUES];

	count_process(f, key);
	values_of(f, key, v, values);
	if (exact_add_total(&f->exact, key, values))
		f->profile->failed = true;
}

static void weigh_sample(struct finish *f, const struct sample_key *key,
                         const struct sample_value *v, int64_t time)
{
	int64_t values[ABI_VALUES];

	values_of(f, key, v, values);
	if (exact_add_sample(&f->exact, key, values))
		f->profile->failed = true;
}

static void add_rest(struct finish *f)
{
	int64_t values[ABI_VALUES];
	struct wall_part part;
	struct sample_key key;
	size_t at = 0;

	while (wall_rest(&f->wall, &at, &part))
		add_sample(f, &part.key, &part.value, -1);
	for (at = 0; exact_rest(&f->exact, &at, &key, values);)
		add_values(f, &key, values, 0, -1);
}

static void each_event(struct finish *f, each_fn *fn)
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
			fn(f, key, &ev->value, ev->time > start ? (int64_t)(ev->time - start) : 0);
	}
}

/* What becomes a sample of the profile: events with --samples, else sums of them. */
static void each_sample(struct finish *f, each_fn *fn)
{
	if (f->window->engine->options.keep & KEEP_SAMPLES)
		each_event(f, fn);
	else
		each_sum(f, false, fn);
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
	each_sum(f, false, survey);
	if (f->kind->parts)
		each_sum(f, false, weigh);
	if (f->kind->is_total) {
		each_sum(f, true, weigh_total);
		each_sample(f, weigh_sample);
	}
	f->labels = f->options->labels || f->st->processes > 1;
	f->place.jits = &f->window->engine->jits;
	f->st->unusable_maps = jits_unusable(f->place.jits);
	add_main(f);
	each_sample(f, add_recorded);
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
		exact_init(&f->exact);
		if (build(f) || p->failed) {
			profile_free(p);
			p = NULL;
		}
		ksyms_free(f->place.ksyms);
		place_release(&f->place);
		wall_release(&f->wall);
		exact_release(&f->exact);
		table_release(&f->pids);
	}
	free(f);
	if (!p)
		err_set(e, -1, "out of memory while making the profile");
	return p;
}
