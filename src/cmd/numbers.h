/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as users write them. */
#ifndef EBPROF_CMD_NUMBERS_H
#define EBPROF_CMD_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#define CPUS_MAX 8192 /* NR_CPUS of the largest kernels */

/* A whole number within [min, max]: 0, else -EINVAL. */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *n);
/* Adds a comma-separated list of numbers from 1 to 2^22 (PID_MAX_LIMIT); 0 or -EINVAL. */
int numbers_parse(const char *text, uint32_t **list, size_t *cnt);
/* Seconds with a fraction, more than 0 and at most ten years, in ns: 0, else -EINVAL. */
int seconds_parse(const char *text, uint64_t *ns);
/* A time with its unit (ns, us, ms, s), at most ten years, or 0, in ns: 0, else -EINVAL. */
int time_parse(const char *text, uint64_t *ns);

#endif
