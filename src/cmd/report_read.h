/* SPDX-License-Identifier: Apache-2.0 */
/* What all that read profiles for a report do: profiles are anyone's. */
#ifndef EBPROF_CMD_REPORT_READ_H
#define EBPROF_CMD_REPORT_READ_H

#include <stdint.h>
#include <sys/resource.h>

#include "symbolize/demangle.h"

struct err;
struct profile;

/* Bounds what reading may take, whatever is in it; '*before' is the limit as it was. */
void report_limit_memory(uint64_t bytes, struct rlimit *before);
/* Says what failed, and when memory was out, that the limit of so many bytes may be why. EXIT_FAILED. */
int report_read_failed(const struct err *e, uint64_t bytes);
/* The names that pprof shows, without the frames that the profile itself is not interested in. 0 or EXIT_FAILED. */
int report_prepare(struct profile *p, enum demangle_style style);

#endif
