/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody who wants to be called now and then while a long piece of work goes on. */
#ifndef EBPROF_BASE_BUSY_H
#define EBPROF_BASE_BUSY_H

#include <stddef.h>

struct busy {
	void (*call)(void *arg); /* NULL: nobody */
	void *arg;
};

static inline void busy_call(const struct busy *b)
{
	if (b && b->call)
		b->call(b->arg);
}

#endif
