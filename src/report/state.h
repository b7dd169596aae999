/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a report share. */
#ifndef EBPROF_REPORT_STATE_H
#define EBPROF_REPORT_STATE_H

#include "profile/profile.h"
#include "report/report.h"
#include "report/units.h"

/* Sums wrap around at the ends of their range, as those of pprof do. */
static inline int64_t wrapping_sum(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t size_of(int64_t v)
{
	return v < 0 ? (int64_t)(0 - (uint64_t)v) : v;
}

static inline int64_t sample_value(const struct report *r, const struct profile_sample *s)
{
	return r->p->values[s->value_first + r->type];
}

/* What the value is divided by, 0 = by nothing. */
static inline int64_t sample_divisor(const struct report *r, const struct profile_sample *s)
{
	return r->options->mean ? r->p->values[s->value_first] : 0;
}

/* a / b, and a itself where that cannot be said. */
static inline int64_t quotient(int64_t a, int64_t b)
{
	return !b || (b == -1 && a == INT64_MIN) ? a : a / b;
}

/* value.c */
void report_value(const struct report *r, int64_t value, char text[UNITS_TEXT_MAX]);
/* value * ratio, cut to a whole number. */
int64_t report_scaled(int64_t value, double ratio);
/* The unit of a numeric label's key. */
const char *report_label_unit(const struct report *r, uint32_t key);
/* Fills in label_units; 0 or -ENOMEM. */
int report_find_label_units(struct report *r);
/* The label that samples of the base have, with the value "true". */
#define REPORT_BASE_KEY "pprof::base"
/* Does the sample belong to what is compared with? */
bool report_is_base(const struct profile *p, const struct profile_sample *s);

/* filter.c: by names of frames, then by labels; 0 or -errno + 'e'. */
int report_filter(struct report *r, struct err *e);
/* Remembers a filter that matched nothing. */
void report_warn(struct report *r, const char *what);
/* tag_filter.c: the part of it that looks at labels. */
int report_filter_tags(struct report *r, struct err *e);
/* frames.c: -tagroot and -tagleaf; 0 or -ENOMEM. */
int report_add_label_frames(struct report *r);
/* Leaves out the samples for which 'keep' is false. */
void report_keep_samples(struct profile *p,
                         bool (*keep)(struct profile *p, struct profile_sample *s, void *arg),
                         void *arg);
/* prune.c: takes what lies below a function that matches out of stacks; 0 or -errno + 'e'. */
int report_prune_from(struct profile *p, const char *pattern, struct err *e);

/* header.c: lines about the profile, and about what is left out. */
void report_print_profile(const struct report *r, FILE *out);
struct report_counts {
	int64_t shown_total;
	size_t shown, original, dropped;
};
void report_print_header(const struct report *r, const struct report_counts *c, FILE *out);

/* The views: 0, or -errno + 'e'. */
int report_print_top(struct report *r, FILE *out, struct err *e);
int report_print_tree(struct report *r, FILE *out, struct err *e);
int report_print_traces(struct report *r, FILE *out, struct err *e);
int report_print_tags(struct report *r, FILE *out, struct err *e);
int report_print_list(struct report *r, FILE *out, struct err *e);
int report_print_disasm(struct report *r, FILE *out, struct err *e);

#endif
