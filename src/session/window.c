// SPDX-License-Identifier: Apache-2.0
#include "session/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session/engine.h"
#include "session/waits.h"
#include "session/walls.h"

static int64_t utc_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int window_mark(struct window *w)
{
	const struct ledger *l = &w->engine->ledger;
	size_t i;

	w->base_cnt = l->entries.cnt;
	w->base = calloc(w->base_cnt + 1, sizeof(*w->base));
	if (!w->base)
		return -ENOMEM;
	for (i = 0; i < w->base_cnt; i++)
		w->base[i] = ledger_at(l, i)->value;
	w->event_first = l->event_cnt;
	return 0;
}

int window_start(struct window *w, struct engine *en)
{
	int err;

	memset(w, 0, sizeof(*w));
	w->engine = en;
	err = drain_all(en);
	if (!err)
		err = window_mark(w);
	if (err)
		return err;
	w->time_ns = utc_ns();
	w->start_ns = boot_ns();
	w->end_ns = w->start_ns;
	err = engine_record(en, w->start_ns);
	if (!err)
		err = waits_begin(en);
	return err ? err : walls_begin(en);
}

int window_end(struct window *w)
{
	int err = engine_end(w->engine), e;

	w->end_ns = boot_ns();
	if (!err)
		err = waits_end(w->engine);
	e = walls_end(w->engine);
	if (!err)
		err = e;
	e = engine_record(w->engine, 0);
	if (!err)
		err = e;
	e = drain_last(w->engine);
	engine_settle(w->engine);
	jits_poll(&w->engine->jits, w->engine->processes, true);
	return err ? err : e;
}

void window_release(struct window *w)
{
	free(w->base);
	memset(w, 0, sizeof(*w));
}

void window_value(const struct window *w, size_t n, struct sample_value *v)
{
	int i;

	*v = ledger_at(&w->engine->ledger, n)->value;
	for (i = 0; n < w->base_cnt && i < ABI_VALUES; i++)
		v->v[i] -= w->base[n].v[i];
}
