/* SPDX-License-Identifier: Apache-2.0 */
/* A BPF program at the ticks of every CPU, as src/collect/tick.c attaches ebprof's, and what it took. */
#ifndef EBPROF_BENCH_TICKS_H
#define EBPROF_BENCH_TICKS_H

#include <stddef.h>

/*
 * Runs the program HZ times a second and CPU for so many seconds; 'each' is called every 100 ms, as
 * often as ebprof drains, unless it is NULL. The kernel counts its run time meanwhile. 0, or -1 and errno.
 */
int ticks_run(int prog, unsigned long hz, double seconds, void (*each)(void *arg), void *arg);
/*
 * Prints one line of JSON: the samples, those of them whose stack could not be had, run time and runs
 * of the program, when it was and how many stacks (of 'depths', by their frames) were how deep.
 */
void ticks_print(int prog, const unsigned long long counts[2], const unsigned long *depths,
                 size_t depth_cnt);

#endif
