/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has the locks that are waited for: the kernel side reads a number beside the lock, which is looked
 * up while the process lives, and no owner's unless it is a thread of that very process.
 */
#ifndef EBPROF_SESSION_OWNERS_H
#define EBPROF_SESSION_OWNERS_H

#include <stddef.h>

#include "base/table.h"

struct processes;
struct sample_key;

struct owners {
	struct table table;
};

void owners_init(struct owners *os);
void owners_release(struct owners *os);
/* Looks the owner of that key up, unless it was. */
void owners_touch(struct owners *os, struct processes *ps, const struct sample_key *key);
/* Writes "NAME/TID" (TID: of ebprof's PID namespace); empty when nobody is known to have the lock. */
void owners_text(const struct owners *os, struct processes *ps, const struct sample_key *key,
                 char *to, size_t size);

#endif
