// SPDX-License-Identifier: Apache-2.0
/* What the library does when it is loaded, and in a child that was forked. */
#include "environ.h"
#include "sampler.h"

typedef void handler(void);

extern int __register_atfork(handler *prepare, handler *parent, handler *child, void *library)
	__attribute__((weak)); /* glibc */
extern int pthread_atfork(handler *prepare, handler *parent, handler *child)
	__attribute__((weak)); /* musl */

/* Before anything is forked: a child may find the loader's lock held. */
static __attribute__((constructor)) void start(void)
{
	next_resolve();
	environ_restore();
	if (__register_atfork)
		__register_atfork(NULL, NULL, sampler_restart, NULL);
	else if (pthread_atfork)
		pthread_atfork(NULL, NULL, sampler_restart);
}
