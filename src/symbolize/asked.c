// SPDX-License-Identifier: Apache-2.0
#include "symbolize/asked.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/order.h"
#include "profile/profile.h"
#include "symbolize/lines.h"

/* What is known at an offset that was asked about. */
struct known {
	const struct names_frame *frames;
	uint32_t cnt;
	uint32_t line; /* where the lines that were made of them begin */
};

int asked_init(struct asked *a, struct order_item *items, size_t cnt)
{
	size_t i;

	*a = (struct asked){ .offsets = malloc(cnt * sizeof(*a->offsets)),
		             .ranks = malloc(cnt * sizeof(*a->ranks)),
		             .known = malloc(cnt * sizeof(*a->known)),
		             .cnt = cnt };
	if (!a->offsets || !a->ranks || !a->known || order_sort(items, cnt))
		return -ENOMEM;
	for (i = 0; i < cnt; i++) {
		a->offsets[i] = items[i].key;
		a->ranks[items[i].id] = (uint32_t)i;
	}
	return 0;
}

void asked_release(struct asked *a)
{
	free(a->offsets);
	free(a->ranks);
	free(a->known);
	free(a->lines);
}

/* Lines of what is known at an offset; neighbours that have the same frames share them. */
static void know(struct asked *a, struct asker *asker, struct lines *l, size_t i)
{
	struct known *k = &a->known[i];
	struct profile_line *lines;
	size_t cnt;

	k->frames = asker_frames(asker, i, &cnt);
	k->cnt = (uint32_t)cnt;
	k->line = (uint32_t)a->line_cnt;
	if (i && cnt == k[-1].cnt && k->frames == k[-1].frames)
		k->line = k[-1].line;
	if (!cnt || k->line != a->line_cnt)
		return;
	lines = array_reserve(a->lines, &a->line_cap, a->line_cnt + cnt, sizeof(*lines));
	if (!lines) {
		l->profile->failed = true;
		k->cnt = 0;
		return;
	}
	a->lines = lines;
	lines_make(l, k->frames, cnt, lines + a->line_cnt);
	a->line_cnt += cnt;
}

void asked_put(struct asked *a, struct asker *k, struct asker_question *q, struct lines *lines)
{
	size_t i;

	q->offsets = a->offsets;
	q->cnt = a->cnt;
	asker_ask(k, q);
	lines->verbatim = q->jit != NULL;
	for (i = 0; i < a->cnt; i++)
		know(a, k, lines, i);
	lines->verbatim = false;
}

size_t asked_lines(const struct asked *a, size_t id, const struct names_frame **frames,
                   const struct profile_line **lines)
{
	const struct known *k = &a->known[a->ranks[id]];

	*frames = k->frames;
	*lines = a->lines + k->line;
	return k->cnt;
}
