/* SPDX-License-Identifier: Apache-2.0 */
/* What the process room reads of /proc beside the maps: who a process is, and the clock of records. */
#ifndef EBPROF_PROCESS_PROC_H
#define EBPROF_PROCESS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROC_COMM_LEN = 16 }; /* TASK_COMM_LEN, include/linux/sched.h */

/* /proc/PID/stat. */
struct proc_stat {
	char comm[PROC_COMM_LEN]; /* cut: kernel workers show longer names */
	char state;
	uint32_t ppid;
	uint32_t threads;
	uint64_t start; /* start_boottime rounded down to a clock tick, ns */
};

/* CLOCK_BOOTTIME, ns: the clock of start_boottime and of the sideband. */
uint64_t proc_now(void);
/* How far proc_stat.start may lie below the exact start. */
uint64_t proc_tick_ns(void);
/* Reads the text of /proc/PID/stat; false when it is not one. */
bool proc_stat_parse(const char *text, size_t len, struct proc_stat *st);
/* The same from the process's directory; 0 or -errno (-ESRCH: gone). */
int proc_stat_read(int dir, struct proc_stat *st);
/* No thread is left: a zombie that waits for its parent. */
bool proc_stat_dead(const struct proc_stat *st);
/*
 * A descriptor of /proc/PID, or -errno. It stays with this process: once that is gone, every file
 * under it says ESRCH, also when the pid is used again.
 */
int proc_open(uint32_t pid);
/* Reads DIR/name into 'buf' up to 'size' bytes: their number or -errno. */
long proc_read(int dir, const char *name, char *buf, size_t size);
/* The last number of a line "KEY:\tN\tN…" of such a text; false: it has none. */
bool proc_last_number(const char *text, const char *key, uint32_t *value);
/* Calls 'each' for each process of /proc; 0 or -errno. */
int proc_each(void (*each)(void *arg, uint32_t pid), void *arg);

#endif
