/* SPDX-License-Identifier: Apache-2.0 */
/* Source tick: a perf event that overflows on every CPU. */
#ifndef EBPROF_COLLECT_TICK_H
#define EBPROF_COLLECT_TICK_H

#include <stdbool.h>
#include <stdint.h>

struct source;

/* One event that may tick; its name is also the stem of its sample types. */
struct tick_event {
	char name[48];
	uint32_t type; /* perf_event_attr.type */
	uint64_t config;
	bool is_time; /* its period is nanoseconds of CPU time */
};

extern const struct source source_tick;

/* The event of that name ("cycles", "r01c2"); 0 or -ENOENT. */
int tick_event_find(const char *name, struct tick_event *event);
/* The names that tick_event_find() knows, NULL-terminated. */
const char *tick_event_name(unsigned int i);

#endif
