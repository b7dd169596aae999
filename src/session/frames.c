// SPDX-License-Identifier: Apache-2.0
/* The stack of one sample: its addresses become locations, ebprof's own words frames. */
#include <stdio.h>
#include <string.h>

#include "process/process.h"
#include "session/engine.h"
#include "session/finishing.h"
#include "symbolize/ksyms.h"
#include "tables.h"
#include "unwind/unwind.h"

/* Of the BPF program and the tracepoint, at most. */
#define HOOK_FRAMES 16

void finish_push(struct finish *f, uint32_t location)
{
	if (location && f->stack_cnt < STACK_MAX)
		f->stack[f->stack_cnt++] = location;
}

static bool push_end(struct finish *f, uint64_t frame)
{
	if ((frame & FRAME_TAG_MASK) != FRAME_END_TAG)
		return false;
	finish_push(f, place_end(&f->place, frame & 0xff));
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

void finish_kernel(struct finish *f, const struct sample_key *key, bool wakes)
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
		finish_push(f, place_kernel(&f->place, frames[i] - !exact));
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
		finish_push(f, file ? place_file(&f->place, im, file,
		                                 FRAME_FILE_OFFSET(frame) - is_return)
		                    : 0);
		return true;
	}
	if (is_return && im && !image_mapping(im, frame - 1)) {
		/* No code is there: the walk went astray, and what follows is no stack. */
		f->st->unmapped += f->place.weight;
		finish_push(f, place_end(&f->place, END_BAD_PC));
		return false;
	}
	finish_push(f, place_user(&f->place, im, frame - is_return));
	return true;
}

void finish_user(struct finish *f, const struct sample_key *key, uint64_t id)
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
void finish_waker(struct finish *f, const struct sample_key *key)
{
	const struct ledger_related *r = finish_related(f, key);
	bool is_task = r && r->key.state != RELATED_INTERRUPT;
	char frame[64];
	size_t first;

	if (!key->related)
		return;
	if (key->related == RELATED_UNKNOWN || (!r && key->related != RELATED_YET))
		f->st->unknown_wakers += f->place.weight;
	/* A program may call itself [timer]. */
	snprintf(frame, sizeof(frame), is_task ? "[waker: %s]" : "%s", finish_waker_name(f, key));
	finish_push(f, place_own(&f->place, frame));
	first = f->stack_cnt;
	if (r) {
		finish_kernel(f, &r->key, true);
		finish_user(f, &r->key, r->key.user);
	}
	reverse(f->stack + first, f->stack_cnt - first);
	finish_push(f, place_own(&f->place, PROFILE_SEPARATOR));
}
