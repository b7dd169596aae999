/* SPDX-License-Identifier: Apache-2.0 */
/* Waits that span an end of the window: no event of the scheduler tells of them, so they are looked at. */
#ifndef EBPROF_SESSION_WAITS_H
#define EBPROF_SESSION_WAITS_H

struct engine;

/* The window has just begun: threads that are off their CPUs wait from its start on. 0 or -errno. */
int waits_begin(struct engine *en);
/*
 * It is about to end, and still records: adds what every thread that is off its CPU has waited until
 * now, with its stack, to the ledger. 0 or -errno.
 */
int waits_end(struct engine *en);

#endif
