/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values with their units, as pprof shows them: bytes in powers of 1024, times from nanoseconds to
 * hours, GCUs; any other unit is printed as it is. "minimum" and "auto" as a wanted unit mean: the
 * largest in which the value is at least 1.
 */
#ifndef EBPROF_REPORT_UNITS_H
#define EBPROF_REPORT_UNITS_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of a formatted value with its NUL; units come from files, a longer one is cut. */
#define UNITS_TEXT_MAX 128
/* The same of a percentage. */
#define UNITS_PERCENT_MAX 32

/*
 * The value in the unit 'to'; *unit is how that is written, "" when it goes without saying, and lives
 * as long as 'to'. When 'from' and 'to' are of different kinds it is the kind of 'from' that counts.
 */
double units_scale(int64_t value, const char *from, const char *to, const char **unit);
/* "1.50MB": two digits behind the point, none when they are 0. */
void units_label(int64_t value, const char *from, const char *to, char text[UNITS_TEXT_MAX]);
/* " 1.23%", six characters wide or more; of a total of 0 it is 0. */
void units_percent(int64_t value, int64_t total, char text[UNITS_PERCENT_MAX]);
/* Are they of one kind, so that values of the one can be said in the other? */
bool units_compatible(const char *a, const char *b);

#endif
