// SPDX-License-Identifier: Apache-2.0
/* The values of the options that belong to the source sched. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/numbers.h"
#include "cmd/option_rows.h"
#include "cmd/options.h"

#define TIME_HELP "give a time such as 100us, 1ms or 0.5s"

/* Weights are made of 32-bit times. */
#define THRESHOLD_MAX 4000000000ull

int parse_threshold(struct options *o, const char *text)
{
	if (time_parse(text, &o->engine.collect.sched.threshold_ns) ||
	    o->engine.collect.sched.threshold_ns > THRESHOLD_MAX)
		return option_bad("--threshold", text,
		                  TIME_HELP ", at most 4s; 0 keeps every wait");
	o->has_threshold = true;
	return 0;
}

int parse_min(struct options *o, const char *text)
{
	if (time_parse(text, &o->engine.collect.sched.min_ns))
		return option_bad("--min", text, TIME_HELP);
	return 0;
}

int parse_max(struct options *o, const char *text)
{
	if (time_parse(text, &o->engine.collect.sched.max_ns) || !o->engine.collect.sched.max_ns)
		return option_bad("--max", text, TIME_HELP);
	return 0;
}

int parse_sched_hook(struct options *o, const char *text)
{
	if (sched_hook_find(text, &o->engine.collect.sched.hook))
		return option_bad("--sched-hook", text, "give exit, finish or out");
	return 0;
}

int parse_waiters(struct options *o, const char *text)
{
	o->waiters = true;
	return 0;
}

int parse_idle(struct options *o, const char *text)
{
	if (!strcmp(text, "show"))
		o->idle = CLASSIFY_IDLE_SHOW;
	else if (!strcmp(text, "fold"))
		o->idle = CLASSIFY_IDLE_FOLD;
	else if (!strcmp(text, "hide"))
		o->idle = CLASSIFY_IDLE_HIDE;
	else
		return option_bad("--idle", text, "give show, fold or hide");
	return 0;
}

int parse_wakers(struct options *o, const char *text)
{
	o->engine.collect.sched.wakers = true;
	return 0;
}

#define REASON_NAME(name, text) text,
static const char *const reasons[] = { REASONS(REASON_NAME) };

/* One reason of the list; 0 = there is none of that name. */
static uint32_t reason_bit(const char *name, size_t len)
{
	uint32_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strlen(reasons[i]) == len && !strncmp(reasons[i], name, len))
			return 1u << (i + 1); /* enum wait_reason begins with REASON_NONE */
	return 0;
}

int parse_reason(struct options *o, const char *text)
{
	const char *p = text;
	uint32_t bit;
	size_t n;

	do {
		n = strcspn(p, ",");
		bit = reason_bit(p, n);
		if (!bit)
			return option_bad("--reason", text,
			                  "give lock, disk, network, pipe, poll, sleep, child, "
			                  "'page fault', throttled or other");
		o->engine.collect.sched.reasons |= bit;
		p += n;
	} while (*p++);
	return 0;
}
