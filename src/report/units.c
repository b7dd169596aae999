// SPDX-License-Identifier: Apache-2.0
#include "report/units.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"

struct unit {
	const char *name;
	const char *aliases[4]; /* lower case, without a plural's s */
	double factor;
};

struct kind_of_units {
	struct unit
		fallback; /* of values that are below all others, and of units that nobody knows */
	struct unit units[10];
};

static const struct kind_of_units kinds[] = {
	{ .fallback = { "B", { NULL }, 1 },
	  .units = { { "B", { "b", "byte" }, 1 },
	             { "kB", { "kb", "kbyte", "kilobyte" }, 0x1p10 },
	             { "MB", { "mb", "mbyte", "megabyte" }, 0x1p20 },
	             { "GB", { "gb", "gbyte", "gigabyte" }, 0x1p30 },
	             { "TB", { "tb", "tbyte", "terabyte" }, 0x1p40 },
	             { "PB", { "pb", "pbyte", "petabyte" }, 0x1p50 } } },
	{ .fallback = { "s", { NULL }, 1e9 },
	  .units = { { "ns", { "ns", "nanosecond" }, 1 },
	             { "us", { "us", "microsecond" }, 1e3 },
	             { "ms", { "ms", "millisecond" }, 1e6 },
	             { "s", { "s", "sec", "second" }, 1e9 },
	             { "hrs", { "hour", "hr" }, 3600e9 } } },
	{ .fallback = { "GCU", { NULL }, 1 },
	  .units = { { "n*GCU", { "nanogcu" }, 1e-9 },
	             { "u*GCU", { "microgcu" }, 1e-6 },
	             { "m*GCU", { "milligcu" }, 1e-3 },
	             { "GCU", { "gcu" }, 1 },
	             { "k*GCU", { "kilogcu" }, 1e3 },
	             { "M*GCU", { "megagcu" }, 1e6 },
	             { "G*GCU", { "gigagcu" }, 1e9 },
	             { "T*GCU", { "teragcu" }, 1e12 },
	             { "P*GCU", { "petagcu" }, 1e15 } } },
};

#define KIND_CNT (sizeof(kinds) / sizeof(*kinds))
#define UNIT_CNT (sizeof(kinds[0].units) / sizeof(*kinds[0].units))

/* Is 'text' the alias, in any case and with or without a plural's s? */
static bool is_alias(const char *text, const char *alias)
{
	size_t len = strlen(text), want = strlen(alias);

	if (len > 2 && (text[len - 1] == 's' || text[len - 1] == 'S'))
		len--;
	return len == want && !strncasecmp(text, alias, len);
}

static const struct unit *find_unit(const struct kind_of_units *k, const char *text)
{
	size_t i, j;

	for (i = 0; i < UNIT_CNT && k->units[i].name; i++)
		for (j = 0; j < 4 && k->units[i].aliases[j]; j++)
			if (is_alias(text, k->units[i].aliases[j]))
				return &k->units[i];
	return NULL;
}

/* The largest unit in which the value is at least 1, or NULL. */
static const struct unit *fitting_unit(const struct kind_of_units *k, double value)
{
	const struct unit *found = NULL;
	size_t i;

	for (i = 0; i < UNIT_CNT && k->units[i].name; i++)
		if (value / k->units[i].factor >= 1)
			found = &k->units[i];
	return found;
}

static bool is_any(const char *unit)
{
	return !strcmp(unit, "minimum") || !strcmp(unit, "auto");
}

static double scale(int64_t value, const char *from, const char *to, const char **unit)
{
	const struct unit *is, *wanted;
	size_t i;

	for (i = 0; i < KIND_CNT; i++) {
		is = find_unit(&kinds[i], from);
		if (!is)
			continue;
		wanted = is_any(to) ? fitting_unit(&kinds[i], (double)value * is->factor)
		                    : find_unit(&kinds[i], to);
		if (!wanted)
			wanted = &kinds[i].fallback;
		*unit = wanted->name;
		return (double)value * is->factor / wanted->factor;
	}
	*unit = is_any(to) || !strcmp(to, "count") || !strcmp(to, "sample") || !strcmp(to, "unit")
	                ? ""
	                : to;
	return (double)value;
}

double units_scale(int64_t value, const char *from, const char *to, const char **unit)
{
	if (value < 0 && value != INT64_MIN)
		return -scale(-value, from, to, unit);
	return scale(value, from, to, unit);
}

void units_label(int64_t value, const char *from, const char *to, char text[UNITS_TEXT_MAX])
{
	const char *unit;
	double v = units_scale(value, from, to, &unit);
	int n = snprintf(text, UNITS_TEXT_MAX, "%.2f", v);

	if (n > 3 && n < UNITS_TEXT_MAX && !strcmp(text + n - 3, ".00"))
		text[n -= 3] = 0;
	if (!strcmp(text, "0") || !strcmp(text, "-0")) {
		memcpy(text, "0", 2);
		return;
	}
	if (n < UNITS_TEXT_MAX)
		snprintf(text + n, (size_t)(UNITS_TEXT_MAX - n), "%s", unit);
	log_clean(text);
}

void units_percent(int64_t value, int64_t total, char text[UNITS_PERCENT_MAX])
{
	double ratio = total ? fabs((double)value / (double)total) * 100 : 0;

	if (ratio >= 99.95 && ratio <= 100.05)
		snprintf(text, UNITS_PERCENT_MAX, "  100%%");

	else
		snprintf(text, UNITS_PERCENT_MAX, ratio >= 1 ? "%5.2f%%" : "%5.2g%%", ratio);
}

bool units_compatible(const char *a, const char *b)
{
	size_t i;

	if (!strcmp(a, b))
		return true;
	for (i = 0; i < KIND_CNT; i++)
		if (find_unit(&kinds[i], a) && find_unit(&kinds[i], b))
			return true;
	return false;
}
