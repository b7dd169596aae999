/* SPDX-License-Identifier: Apache-2.0 */
/* The counters of threads that live through an end of the window; those that end in it tell of themselves. */
#ifndef EBPROF_SESSION_WALLS_H
#define EBPROF_SESSION_WALLS_H

struct engine;

/* The window has just begun: counters for all threads that live. 0 or -errno. */
int walls_begin(struct engine *en);
/* It is about to end, and still records: adds what all living threads have counted to the ledger. 0 or -errno. */
int walls_end(struct engine *en);

#endif
