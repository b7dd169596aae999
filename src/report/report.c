// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "report/state.h"

enum { TREE_NODES = 80 };

void report_options_init(struct report_options *o)
{
	*o = (struct report_options){ .node_count = REPORT_NODES_BY_VIEW,
		                      .node_fraction = 0.005,
		                      .edge_fraction = 0.001,
		                      .divide_by = 1,
		                      .unit = "minimum" };
}

/* What the view makes of the options: where one function is looked at, nothing is left out. */
static void apply_view(struct report *r, const struct report_options *o)
{
	bool trims = !o->no_trim && (o->view == REPORT_TOP || o->view == REPORT_TREE ||
	                             o->view == REPORT_TRACES || o->view == REPORT_TAGS);

	r->granularity = o->granularity == REPORT_BY_VIEW ? REPORT_FUNCTIONS : o->granularity;
	r->no_inlines = o->no_inlines;
	if (o->view == REPORT_LIST)
		r->granularity = REPORT_LINES;
	if (!trims)
		return;
	r->node_count = o->node_count;
	if (o->node_count == REPORT_NODES_BY_VIEW)
		r->node_count = o->view == REPORT_TOP ? 0 : TREE_NODES;
	r->node_fraction = o->node_fraction;
	r->edge_fraction = o->edge_fraction;
}

/* "3", or a name; "inuse_space" is found as "space" too, which old heap profiles have. */
static int find_type(const struct report *r, const char *name, size_t *type)
{
	const struct profile *p = r->p;
	const char *short_name = !strncmp(name, "inuse_", 6) ? name + 6 : name, *have;
	char *end;
	long n;
	size_t i;

	errno = 0;
	n = strtol(name, &end, 10);
	if (!errno && *name && !*end) {
		*type = (size_t)n;
		return n >= 0 && (size_t)n < p->type_cnt ? 0 : -EINVAL;
	}
	for (i = 0; i < p->type_cnt; i++) {
		have = profile_text(p, p->types[i].type);
		if (!strcmp(have, name) || !strcmp(have, short_name)) {
			*type = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int bad_type(const struct report *r, struct err *e)
{
	char names[256] = "";
	size_t n = 0, i;

	for (i = 0; i < r->p->type_cnt && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%.60s", i ? ", " : "",
		                      profile_text(r->p, r->p->types[i].type));
	return err_set(e, -EINVAL, "there is no sample type '%.100s': give one of %s, or 0 to %zu",
	               r->options->sample_index, names, r->p->type_cnt - 1);
}

static int choose_type(struct report *r, struct err *e)
{
	const struct profile *p = r->p;
	const char *name = r->options->sample_index;
	size_t i;

	if (!p->type_cnt)
		return err_set(e, -EINVAL, "the profile has no sample types");
	r->type = p->type_cnt - 1;
	for (i = 0; p->default_type && i < p->type_cnt; i++)
		if (p->types[i].type == p->default_type) {
			r->type = i;
			break;
		}
	if (name && *name && find_type(r, name, &r->type))
		return bad_type(r, e);
	r->type_name = profile_text(p, p->types[r->type].type);
	r->type_unit = profile_text(p, p->types[r->type].unit);
	return 0;
}

struct sums {
	int64_t value, divisor;
};

static void add(struct sums *to, int64_t value, int64_t divisor)
{
	to->value = wrapping_sum(to->value, size_of(value));
	to->divisor = wrapping_sum(to->divisor, divisor);
}

/* Of the sizes of all values; of those of the base alone when there is one that weighs anything. */
static int64_t total(const struct report *r)
{
	struct sums all = { 0 }, base = { 0 };
	const struct profile_sample *s;
	size_t i;

	for (i = 0; i < r->p->sample_cnt; i++) {
		s = &r->p->samples[i];
		add(&all, sample_value(r, s), sample_divisor(r, s));
		if (report_is_base(r->p, s))
			add(&base, sample_value(r, s), sample_divisor(r, s));
	}
	if (base.value > 0)
		all = base;
	return quotient(all.value, all.divisor);
}

/* The total, and how it is spread: of the samples that there are now. */
static int weigh(struct report *r, struct err *e)
{
	r->total = total(r);
	if (!r->options->intervals || spread_init(&r->spread, r->p, r->type))
		return 0;
	return err_set(e, -EINVAL,
	               "there are negative values of '%.100s', as in a difference: "
	               "they are no samples that chance could have made more or less",
	               r->type_name);
}

int report_open(struct report *r, struct profile *p, const struct report_options *o, struct err *e)
{
	int err;

	*r = (struct report){ .p = p, .options = o, .unit = o->unit };
	table_init(&r->label_units, sizeof(uint32_t), 2 * sizeof(uint32_t));
	apply_view(r, o);
	if (report_find_label_units(r) || report_add_label_frames(r))
		return err_set(e, -ENOMEM, "out of memory for a report");
	err = choose_type(r, e);
	if (!err && o->relative)
		err = report_filter(r, e);
	if (!err)
		err = weigh(r, e);
	if (!err && !o->relative)
		err = report_filter(r, e);
	return err;
}

int report_print(struct report *r, FILE *out, struct err *e)
{
	switch (r->options->view) {
	case REPORT_TREE:
	case REPORT_PEEK:
		return report_print_tree(r, out, e);
	case REPORT_TRACES:
		return report_print_traces(r, out, e);
	case REPORT_TAGS:
		return report_print_tags(r, out, e);
	case REPORT_LIST:
		return report_print_list(r, out, e);
	case REPORT_DISASM:
		return report_print_disasm(r, out, e);
	case REPORT_TOP:
		break;
	}
	return report_print_top(r, out, e);
}

void report_close(struct report *r)
{
	table_release(&r->label_units);
}
