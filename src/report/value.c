// SPDX-License-Identifier: Apache-2.0
/* What a value is: of which unit, and of the profile or of its base. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/state.h"

struct label_unit {
	uint32_t key, unit; /* strings */
};

void report_value(const struct report *r, int64_t value, char text[UNITS_TEXT_MAX])
{
	double ratio = 1 / r->options->divide_by;

	if (ratio > 0 && ratio != 1)
		value = report_scaled(value, ratio);
	units_label(value, r->type_unit, r->unit, text);
}

int64_t report_scaled(int64_t value, double ratio)
{
	double v = (double)value * ratio;

	if (v >= 0x1p63)
		return INT64_MAX;
	return v > -0x1p63 ? (int64_t)v : INT64_MIN;
}

/* A key's unit is the first that a label of it has. */
int report_find_label_units(struct report *r)
{
	const struct profile *p = r->p;
	const struct profile_label *l;
	struct label_unit *u;
	size_t i, j;

	for (i = 0; i < p->sample_cnt; i++)
		for (j = 0; j < p->samples[i].label_cnt; j++) {
			l = &p->labels[p->samples[i].label_first + j];
			if (l->str)
				continue;
			u = table_put(&r->label_units, &l->key, NULL);
			if (!u)
				return -ENOMEM;
			if (!u->unit)
				u->unit = l->unit;
		}
	return 0;
}

/* Without one it is what the key says. */
const char *report_label_unit(const struct report *r, uint32_t key)
{
	const struct label_unit *u = table_get(&r->label_units, &key);
	const char *name = profile_text(r->p, key);

	if (u && u->unit)
		return profile_text(r->p, u->unit);
	if (!strcmp(name, "alignment") || !strcmp(name, "request"))
		return "bytes";
	return name;
}

bool report_is_base(const struct profile *p, const struct profile_sample *s)
{
	const struct profile_label *l = p->labels + s->label_first;
	size_t i;

	for (i = 0; i < s->label_cnt; i++)
		if (l[i].str && !strcmp(profile_text(p, l[i].key), REPORT_BASE_KEY) &&
		    !strcmp(profile_text(p, l[i].str), "true"))
			return true;
	return false;
}
