// SPDX-License-Identifier: Apache-2.0
/* Several profiles as one: what they measure must be the same, in units that can be compared. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "report/state.h"

/* A sample type by its name: its place, or type_cnt. */
static size_t find_type(const struct profile *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->type_cnt; i++)
		if (!strcmp(profile_text(p, p->types[i].type), name))
			break;
	return i;
}

static bool all_have(struct profile *const *profiles, size_t cnt, const char *name)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (find_type(profiles[i], name) == profiles[i]->type_cnt)
			return false;
	return true;
}

/* Leaves 'p' the sample types of these names, in this order. */
static int keep_types(struct profile *p, char *const *names, size_t cnt)
{
	struct profile_value_type *types = malloc(cnt * sizeof(*types));
	int64_t *values = malloc(p->sample_cnt * cnt * sizeof(*values) + 1);
	size_t i, j, at;

	if (!types || !values) {
		free(types);
		free(values);
		return -ENOMEM;
	}
	for (i = 0; i < cnt; i++) {
		at = find_type(p, names[i]);
		types[i] = p->types[at];
		for (j = 0; j < p->sample_cnt; j++)
			values[j * cnt + i] = p->values[p->samples[j].value_first + at];
	}
	for (j = 0; j < p->sample_cnt; j++)
		p->samples[j].value_first = j * cnt;
	free(p->types);
	free(p->values);
	p->types = types;
	p->values = values;
	p->type_cnt = p->type_cap = cnt;
	p->value_cnt = p->value_cap = p->sample_cnt * cnt;
	for (i = 0; i < cnt && types[i].type != p->default_type; i++)
		;
	if (i == cnt)
		p->default_type = types[0].type;
	return 0;
}

/* Already these, in this order? */
static bool has_types(const struct profile *p, char *const *names, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt && i < p->type_cnt; i++)
		if (strcmp(profile_text(p, p->types[i].type), names[i]) != 0)
			return false;
	return p->type_cnt == cnt;
}

static void list_types(const struct profile *p, char *text, size_t size)
{
	size_t n = 0, i;

	text[0] = 0;
	for (i = 0; i < p->type_cnt && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%.40s", i ? ", " : "",
		                      profile_text(p, p->types[i].type));
}

static int nothing_common(struct profile *const *profiles, size_t cnt, struct err *e)
{
	char first[160], other[160];
	size_t i;

	for (i = 1; i + 1 < cnt; i++)
		if (!all_have(profiles, i + 1,
		              profile_text(profiles[0], profiles[0]->types[0].type)))
			break;
	list_types(profiles[0], first, sizeof(first));
	list_types(profiles[i < cnt ? i : cnt - 1], other, sizeof(other));
	return err_set(e, -EINVAL, "the profiles measure different things: (%s) and (%s)", first,
	               other);
}

static int make_types_common(struct profile *const *profiles, size_t cnt, struct err *e)
{
	const struct profile *p = profiles[0];
	char **names = calloc(p->type_cnt + 1, sizeof(*names));
	size_t n = 0, i;
	int err = names ? 0 : -ENOMEM;

	for (i = 0; !err && i < p->type_cnt; i++)
		if (all_have(profiles, cnt, profile_text(p, p->types[i].type))) {
			names[n] = strdup(profile_text(p, p->types[i].type));
			err = names[n++] ? 0 : -ENOMEM;
		}
	if (!err && !n)
		err = nothing_common(profiles, cnt, e);
	else if (err)
		err_set(e, err, "out of memory for profiles");
	for (i = 0; !err && i < cnt; i++)
		if (!has_types(profiles[i], names, n))
			err = keep_types(profiles[i], names, n);
	for (i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
	return err;
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n -= n && a[n - 1] == 's';
	m -= m && b[m - 1] == 's';
	return n == m && !strncmp(a, b, n);
}

/* The period's type, or that of a value. */
static struct profile_value_type *type_at(struct profile *p, size_t type)
{
	return type < p->type_cnt ? &p->types[type] : &p->period_type;
}

/* The finest of all units of one type; NULL + 'e': they cannot be compared. */
static const char *finest_unit(struct profile *const *profiles, size_t cnt, size_t type,
                               struct err *e)
{
	const struct profile_value_type *t = type_at(profiles[0], type);
	const char *name = profile_text(profiles[0], t->type);
	const char *finest = profile_text(profiles[0], t->unit), *unit, *other;
	size_t i;

	for (i = 1; i < cnt; i++) {
		t = type_at(profiles[i], type);
		other = profile_text(profiles[i], t->type);
		unit = profile_text(profiles[i], t->unit);
		if (!same_name(name, other) || !units_compatible(finest, unit)) {
			err_set(e, -EINVAL,
			        "the profiles measure different things: %s%.60s in '%.60s' and "
			        "%.60s in '%.60s'",
			        type < profiles[0]->type_cnt ? "" : "a period of ", name, finest,
			        other, unit);
			return NULL;
		}
		if (units_scale(1, unit, finest, &other) < 1)
			finest = unit;
	}
	return finest;
}

static int64_t rounded(int64_t value, double ratio)
{
	return report_scaled(1, round((double)value * ratio));
}

struct ratios {
	const double *of;
};

static bool scale_sample(struct profile *p, struct profile_sample *s, void *arg)
{
	const struct ratios *r = arg;
	bool stays = false;
	int64_t *value;
	size_t i;

	for (i = 0; i < p->type_cnt; i++) {
		if (r->of[i] == 1)
			continue;
		value = &p->values[s->value_first + i];
		*value = rounded(*value, r->of[i]);
		stays |= *value != 0;
	}
	return stays;
}

/* Samples of which nothing is left go. */
static void scale(struct profile *p, const double *ratios)
{
	size_t i;

	for (i = 0; i < p->type_cnt; i++)
		if (ratios[i] != 1)
			break;
	if (i < p->type_cnt)
		report_keep_samples(p, scale_sample, &(struct ratios){ ratios });
}

/* Says all values of 'p' in these units, one a type and the period's behind them. */
static int to_units(struct profile *p, const char *const *units)
{
	double *ratios = calloc(p->type_cnt + 1, sizeof(*ratios));
	struct profile_value_type *t;
	const char *unit;
	size_t i;

	if (!ratios)
		return -ENOMEM;
	for (i = 0; i <= p->type_cnt; i++) {
		t = type_at(p, i);
		ratios[i] = units_scale(1, profile_text(p, t->unit), units[i], &unit);
		if (i == p->type_cnt)
			p->period = report_scaled(p->period, ratios[i]);
		t->unit = profile_string(p, units[i]);
	}
	scale(p, ratios);
	free(ratios);
	return p->failed ? -ENOMEM : 0;
}

static int make_units_common(struct profile *const *profiles, size_t cnt, struct err *e)
{
	size_t types = profiles[0]->type_cnt, i;
	char **units = calloc(types + 1, sizeof(*units));
	const char *finest;
	int err = units ? 0 : -ENOMEM;

	for (i = 0; !err && i <= types; i++) {
		finest = finest_unit(profiles, cnt, i, e);
		units[i] = finest ? strdup(finest) : NULL;
		err = units[i] ? 0 : finest ? -ENOMEM : -EINVAL;
	}
	for (i = 0; !err && i < cnt; i++)
		err = to_units(profiles[i], (const char *const *)units);
	for (i = 0; units && i <= types; i++)
		free(units[i]);
	free(units);
	return err == -ENOMEM ? err_set(e, err, "out of memory for profiles") : err;
}

struct profile *report_merge(struct profile *const *profiles, size_t cnt, struct err *e)
{
	struct profile *p;

	if (make_types_common(profiles, cnt, e) || make_units_common(profiles, cnt, e))
		return NULL;
	p = profile_merge(profiles, cnt);
	if (!p)
		err_set(e, -ENOMEM, "out of memory for profiles");
	return p;
}

/* Each sample gets the label of the base. */
static void mark_base(struct profile *p)
{
	struct profile_label mark = { .key = profile_string(p, REPORT_BASE_KEY),
		                      .str = profile_string(p, "true") };
	size_t cnt = p->label_cnt + p->sample_cnt, n = 0, i;
	struct profile_label *labels = malloc((cnt + 1) * sizeof(*labels));
	struct profile_sample *s;

	if (!labels) {
		p->failed = true;
		return;
	}
	for (i = 0; i < p->sample_cnt; i++) {
		s = &p->samples[i];
		if (s->label_cnt)
			memcpy(labels + n, p->labels + s->label_first,
			       s->label_cnt * sizeof(*labels));
		s->label_first = n;
		n += s->label_cnt++;
		labels[n++] = mark;
	}
	free(p->labels);
	p->labels = labels;
	p->label_cnt = n;
	p->label_cap = cnt + 1;
}

/* Makes the totals of 'p' those of the base. */
static int normalize(struct profile *p, const struct profile *base, struct err *e)
{
	double *ratios = calloc(p->type_cnt + 1, sizeof(*ratios));
	int64_t total;
	size_t i;

	if (!ratios)
		return err_set(e, -ENOMEM, "out of memory for profiles");
	for (i = 0; i < p->type_cnt; i++) {
		total = profile_total(p, i);
		ratios[i] = total ? (double)profile_total(base, i) / (double)total : 0;
	}
	scale(p, ratios);
	free(ratios);
	return 0;
}

static int check_normalize(const struct profile *p, const struct profile *base, struct err *e)
{
	size_t i;

	for (i = 0; i < p->type_cnt && i < base->type_cnt; i++)
		if (strcmp(profile_text(p, p->types[i].type),
		           profile_text(base, base->types[i].type)) != 0 ||
		    strcmp(profile_text(p, p->types[i].unit),
		           profile_text(base, base->types[i].unit)) != 0)
			break;
	if (i == p->type_cnt && i == base->type_cnt)
		return 0;
	return err_set(e, -EINVAL, "-normalize needs a base with the same sample types and units");
}

struct profile *report_subtract(struct profile *p, struct profile *base,
                                const struct report_base *how, struct err *e)
{
	struct profile *const both[] = { p, base };
	double *minus;
	size_t i;

	if (how->is_diff)
		mark_base(base);
	if (how->normalize && (check_normalize(p, base, e) || normalize(p, base, e)))
		return NULL;
	minus = calloc(base->type_cnt + 1, sizeof(*minus));
	if (!minus || base->failed) {
		free(minus);
		err_set(e, -ENOMEM, "out of memory for profiles");
		return NULL;
	}
	for (i = 0; i < base->type_cnt; i++)
		minus[i] = -1;
	scale(base, minus);
	free(minus);
	return report_merge(both, 2, e);
}
