/* SPDX-License-Identifier: Apache-2.0 */
/* What all that read profiles for a report do: profiles are anyone's. */
#ifndef EBPROF_CMD_REPORT_READ_H
#define EBPROF_CMD_REPORT_READ_H

#include <stdint.h>
#include <sys/resource.h>

#include "symbolize/demangle.h"

struct err;
struct profile;
struct report_line;

/*
 * Gives up the rights that the program's file has, and bounds what reading may take, whatever is in it: memory
 * ('*memory' is that limit as it was) and CPU time. 0, or EXIT_FAILED after saying why.
 */
int report_confine(const struct report_line *l, struct rlimit *memory);
/* Says what failed, and when memory was out, that the limit of so many bytes may be why. EXIT_FAILED. */
int report_read_failed(const struct err *e, uint64_t bytes);
/* The names that pprof shows, without the frames that the profile itself is not interested in. 0, or -errno + 'e'. */
int report_prepare(struct profile *p, enum demangle_style style, struct err *e);

#endif
