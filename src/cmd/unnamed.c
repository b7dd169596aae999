// SPDX-License-Identifier: Apache-2.0
#include "cmd/unnamed.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "profile/profile.h"
#include "symbolize/recorded.h"
#include "symbolize/symbolize.h"

static const char *const state_names[RECORDED_STATES] = {
	[RECORDED_MISSING] = "missing_file",      [RECORDED_MISMATCHED] = "mismatched_file",
	[RECORDED_UNKNOWN] = "unidentified_file", [RECORDED_SPLIT] = "split_mapping",
	[RECORDED_TOO_MANY] = "too_many_files",   [RECORDED_KERNEL] = "other_kernel",
};

/* The first mapping that ended so, for an example. */
static const char *example(const struct unnamed *u, enum recorded_state state)
{
	size_t i;

	for (i = 0; i < u->recorded->source_cnt; i++)
		if (u->recorded->states[i] == state)
			return profile_text(u->profile, u->profile->mappings[i].file);
	return "";
}

struct lost {
	const char *name, *example;
	uint64_t cnt;
};

#define LOST_MAX (RECORDED_STATES + 7)

/* Files whose debug file is another one's count with those that are others themselves. */
static size_t list_lost(const struct unnamed *u, struct lost *l)
{
	const uint64_t *cnt = u->recorded->cnt;
	size_t n = 0, i;

	for (i = 0; i < RECORDED_STATES; i++)
		if (state_names[i])
			l[n++] = (struct lost){ state_names[i], example(u, i),
				                cnt[i] + (i == RECORDED_MISMATCHED
				                                  ? u->counters->mismatched_files
				                                  : 0) };
	l[n++] = (struct lost){ "unreadable_file", "", u->counters->unreadable_files };
	l[n++] = (struct lost){ "failed_worker", "", u->counters->failed_workers };
	l[n++] = (struct lost){ "missing_dwo", "", u->counters->missing_dwo };
	l[n++] = (struct lost){ "large_dwarf", "", u->counters->large_dwarf };
	l[n++] = (struct lost){ "debuginfod_missing", "", u->counters->fetch_missing };
	l[n++] = (struct lost){ "debuginfod_refused", "", u->counters->fetch_refused };
	l[n++] = (struct lost){ "debuginfod_silent", "", u->counters->fetch_silent };
	return n;
}

void unnamed_text(const struct unnamed *u, bool examples, char *text, size_t size)
{
	struct lost l[LOST_MAX];
	size_t cnt = list_lost(u, l), n = 0, i;
	bool shows;

	text[0] = 0;
	for (i = 0; i < cnt && n < size; i++) {
		if (!l[i].cnt)
			continue;
		shows = examples && *l[i].example;
		n += (size_t)snprintf(text + n, size - n, "%s%s %" PRIu64 "%s%.200s%s",
		                      n ? ", " : "; ", l[i].name, l[i].cnt, shows ? " (" : "",
		                      shows ? l[i].example : "", shows ? ")" : "");
	}
}

void unnamed_log(const struct unnamed *u)
{
	const struct recorded *rec = u->recorded;
	size_t i;

	for (i = 0; i < rec->source_cnt; i++)
		if (state_names[rec->states[i]])
			log_debug("%s: '%s', build ID '%s'", state_names[rec->states[i]],
			          profile_text(u->profile, u->profile->mappings[i].file),
			          profile_text(u->profile, u->profile->mappings[i].build_id));
	if (rec->cnt[RECORDED_KERNEL] && rec->ksyms_why[0])
		log_warn("kernel frames have no names: %s", rec->ksyms_why);
	if (rec->cnt[RECORDED_BY_TIME])
		log_info("without a build ID, known by path, size and time alone: %" PRIu64
		         " files (%.200s)",
		         rec->cnt[RECORDED_BY_TIME], example(u, RECORDED_BY_TIME));
}
