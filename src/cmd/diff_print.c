// SPDX-License-Identifier: Apache-2.0
#include "cmd/diff_print.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "cmd/json.h"
#include "report/diff.h"
#include "report/report.h"
#include "report/rows.h"
#include "report/units.h"

#define VALUE_TEXT_MAX (1 + UNITS_TEXT_MAX)

/* A share, or a value with its unit; with 'plus' one that is not negative has a sign too. */
static void value_text(const struct diff *d, double value, bool plus, char text[VALUE_TEXT_MAX])
{
	bool has_plus = plus && value >= 0;

	if (!d->absolute) {
		snprintf(text, VALUE_TEXT_MAX, "%s%.2f%%", has_plus ? "+" : "", 100 * value);
		return;
	}
	value = fmax(fmin(value, 0x1p62), -0x1p62);
	units_label(llround(value), d->unit, d->options->unit, text + has_plus);
	if (has_plus)
		text[0] = '+';
}

static void put_side_value(const struct diff *d, double value, bool plus, int width, FILE *out)
{
	char text[VALUE_TEXT_MAX];

	value_text(d, value, plus, text);
	put_right(text, width, out);
}

void diff_relative_text(const struct diff_row *row, char text[DIFF_RELATIVE_MAX])
{
	double relative = diff_relative(row);

	if (isinf(relative))
		snprintf(text, DIFF_RELATIVE_MAX, "new");
	else
		snprintf(text, DIFF_RELATIVE_MAX, "%+.2f%%", 100 * relative);
}

static void put_row(const struct diff *d, const struct diff_row *row, FILE *out)
{
	char low[VALUE_TEXT_MAX], high[VALUE_TEXT_MAX], relative[DIFF_RELATIVE_MAX];
	char interval[2 * VALUE_TEXT_MAX + 2];

	put_side_value(d, row->value[DIFF_A], false, 10, out);
	put_side_value(d, row->value[DIFF_B], false, 11, out);
	put_side_value(d, row->change, true, 11, out);
	value_text(d, row->interval.low, true, low);
	value_text(d, row->interval.high, true, high);
	snprintf(interval, sizeof(interval), "%s..%s", low, high);
	put_right(interval, 21, out);
	diff_relative_text(row, relative);
	fprintf(out, " %10s %9.2g %s %s\n", relative, row->p, row->is_significant ? "*" : " ",
	        row->name);
}

static void put_side(const struct diff *d, enum diff_side side, FILE *out)
{
	const struct spread_sum *all = &d->all[side];
	size_t cnt = d->side_files[side];

	fprintf(out, "%c: %zu file%s, worth %.0f samples\n", side == DIFF_A ? 'A' : 'B', cnt,
	        cnt > 1 ? "s" : "", all->value * all->value / all->square);
}

static bool is_shown(const struct diff *d, const struct diff_row *row)
{
	return row->is_significant || row->part >= d->options->node_fraction;
}

static void put_header(const struct diff *d, FILE *out)
{
	size_t i, changed = 0, shown = 0;
	char type[UNITS_TEXT_MAX];

	for (i = 0; i < d->row_cnt; i++) {
		changed += d->rows[i].is_significant;
		shown += is_shown(d, &d->rows[i]);
	}
	snprintf(type, sizeof(type), "%s", d->type);
	log_clean(type);
	fprintf(out, "Type: %s\n", type);
	put_side(d, DIFF_A, out);
	put_side(d, DIFF_B, out);
	fprintf(out,
	        "Showing %zu of %zu functions: %zu changed (p < %.2f for all of them together)\n",
	        shown, d->row_cnt, changed, 1 - STATS_LEVEL);
	if (shown < d->row_cnt)
		fprintf(out, "Dropped %zu that did not and are less than %g%% of both sides\n",
		        d->row_cnt - shown, 100 * d->options->node_fraction);
	fprintf(out, "%10s %10s %10s %20s %10s %9s\n", "A", "B", "B-A", "95% of B-A", "of A", "p");
}

void diff_print(const struct diff *d, FILE *out)
{
	size_t i;

	put_header(d, out);
	for (i = 0; i < d->row_cnt; i++)
		if (is_shown(d, &d->rows[i]))
			put_row(d, &d->rows[i], out);
}

void diff_print_json(const struct diff *d, FILE *out)
{
	const struct diff_row *row;
	size_t i;

	for (i = 0; i < d->row_cnt; i++) {
		row = &d->rows[i];
		fprintf(out, "%s{\"function\":", i ? ",\n" : "[");
		json_text(out, row->name);
		fprintf(out,
		        ",\"a\":%.10g,\"b\":%.10g,\"change\":%.10g,\"low\":%.10g,\"high\":%.10g,"
		        "\"p\":%.6g,\"significant\":%s}",
		        row->value[DIFF_A], row->value[DIFF_B], row->change, row->interval.low,
		        row->interval.high, row->p, row->is_significant ? "true" : "false");
	}
	fputs("]\n", out);
}
