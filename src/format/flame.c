// SPDX-License-Identifier: Apache-2.0
#include "format/flame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/order.h"
#include "profile/profile.h"

/* Less is a tenth of a pixel. What is left out, the picture says. */
#define MIN_SHARE 1e-4

bool flame_is_drawn(const struct flame *f, const struct flame_box *b)
{
	return b->cum > 0 && (double)b->cum >= (double)f->boxes[0].cum * MIN_SHARE &&
	       b->row < FLAME_ROWS_MAX;
}

/* What each node has with all below it. A stack of less than nothing has no width. */
static void weigh(struct flame *f)
{
	struct flame_box *b, *parent;
	int64_t self;
	size_t n;

	for (n = f->calls.nodes.cnt - 1; n > 0; n--) {
		b = &f->boxes[n];
		parent = &f->boxes[calls_node(&f->calls, n)->parent];
		self = calls_self(&f->calls, n, f->calls.type);
		if (self < 0) {
			f->negative_cnt++;
			f->negative = profile_sum(f->negative, self);
		} else {
			b->cum = profile_sum(b->cum, self);
		}
		parent->cum = profile_sum(parent->cum, b->cum);
	}
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct calls *c = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct stack_name m = stack_name(c->p, &calls_frame(c, x)->id);
	const struct stack_name n = stack_name(c->p, &calls_frame(c, y)->id);
	int order = strcmp(m.text, n.text);

	return order ? order : x < y ? -1 : x > y;
}

/* By frame: how many come before it. The caller frees it; NULL: out of memory. */
static uint32_t *rank_frames(const struct calls *c)
{
	size_t cnt = c->frames.cnt, i;
	uint32_t *frames = calloc(cnt + 1, sizeof(*frames));
	uint32_t *ranks = calloc(cnt + 1, sizeof(*ranks));

	if (!frames || !ranks) {
		free(frames);
		free(ranks);
		return NULL;
	}
	for (i = 0; i < cnt; i++)
		frames[i] = (uint32_t)i;
	qsort_r(frames, cnt, sizeof(*frames), by_name, (void *)c);
	for (i = 0; i < cnt; i++)
		ranks[frames[i]] = (uint32_t)i;
	free(frames);
	return ranks;
}

/* The nodes behind node 0: those of one caller together, in the order of their names. */
static int sort_nodes(struct flame *f)
{
	uint32_t *ranks = rank_frames(&f->calls);
	const struct calls_node *node;
	int err = -ENOMEM;
	size_t n;

	f->order = calloc(f->calls.nodes.cnt, sizeof(*f->order));
	if (!ranks || !f->order)
		goto out;
	for (n = 1; n < f->calls.nodes.cnt; n++) {
		node = calls_node(&f->calls, n);
		f->order[n - 1] = (struct order_item){
			.key = (uint64_t)node->parent << 32 | ranks[node->frame],
			.id = (uint32_t)n,
		};
	}
	err = order_sort(f->order, f->calls.nodes.cnt - 1);
out:
	free(ranks);
	return err;
}

/* Callers have their places first, for their numbers are lower. */
static void place(struct flame *f)
{
	const struct flame_box *parent, *before = NULL;
	struct flame_box *b;
	int64_t left = 0;
	size_t i;

	f->rows = 1;
	for (i = 0; i + 1 < f->calls.nodes.cnt; i++) {
		b = &f->boxes[f->order[i].id];
		parent = &f->boxes[f->order[i].key >> 32];
		if (parent != before)
			left = parent->left;
		before = parent;
		b->left = left;
		b->row = parent->row + 1;
		left = profile_sum(left, b->cum);
		if (flame_is_drawn(f, b)) {
			f->rows = b->row >= f->rows ? b->row + 1 : f->rows;
		} else if (b->cum) {
			f->narrow_cnt++;
			if (flame_is_drawn(f, parent))
				f->narrow = profile_sum(f->narrow, b->cum);
		}
	}
}

int flame_init(struct flame *f, const struct profile *p, const struct format_options *o,
               struct err *e)
{
	int err;

	*f = (struct flame){ 0 };
	err = calls_init(&f->calls, p, o, CALLS_BY_KIND, e);
	if (err)
		return err;
	f->boxes = calloc(f->calls.nodes.cnt, sizeof(*f->boxes));
	if (!f->boxes || sort_nodes(f))
		return err_set(e, -ENOMEM, "out of memory for a flame graph");
	weigh(f);
	place(f);
	return 0;
}

void flame_release(struct flame *f)
{
	free(f->boxes);
	free(f->order);
	calls_release(&f->calls);
}
