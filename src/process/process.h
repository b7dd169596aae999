/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes as they were: which program a process ran and what it had mapped, from perf's sideband
 * records (MMAP2, COMM, FORK, EXIT) and a scan of /proc at the start; both outlive the process. A
 * process is known by (pid, start_boottime) and its programs are numbered by exec_id, the same three
 * words as in the sample key, so a reused pid or an exec cannot mix two programs. Times are
 * CLOCK_BOOTTIME, ns; pids are those of the PID namespace that ebprof runs in.
 */
#ifndef EBPROF_PROCESS_PROCESS_H
#define EBPROF_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/busy.h"
#include "process/file.h"

struct err;
struct processes;

/* One executable mapping of a program, [start, end). */
struct mapping {
	uint64_t start, end, offset; /* offset: in the file, of 'start' */
	struct file *file;
	bool remapped; /* something else was mapped here during the capture: addresses are ambiguous */
};

/* One program of a process: from an exec (or fork) to the next exec (or exit). */
struct image {
	uint32_t pid;
	uint32_t exec_id;
	uint64_t start;                 /* start_boottime of the process */
	const char *comm;               /* the process's last known name in this program */
	const struct mapping *mappings; /* sorted, disjoint */
	size_t mapping_cnt;
	const struct file *program; /* its own file, NULL = not known */
};

/* What one task looks like to the BPF task iterator. */
struct task_identity {
	uint32_t tgid, tid, ppid; /* ppid: tgid of the real parent */
	uint32_t exec_id;
	uint64_t start; /* start_boottime of the thread group leader */
	char comm[16];
};

struct process_counters {
	uint64_t sideband_lost; /* records that perf lost: /proc was read again */
	uint64_t resyncs;
	uint64_t unknown; /* look-ups of a process that nobody knows */
	uint64_t files_mismatched, files_unreadable;
	uint64_t mappings_dropped; /* too many in one program, or no memory */
};

struct processes_options {
	/*
	 * Calls 'each' once for every task of the host (exact identities, from the BPF iterator);
	 * 0 or -errno. May be NULL: then identities come from /proc/PID/stat, less exactly.
	 */
	int (*identify)(void *arg, int (*each)(void *arg, const struct task_identity *t),
	                void *each_arg);
	void *identify_arg;
	/* true: remember every process; false: only those of processes_want() and their children. */
	bool all;
};

/* NULL and 'e' on failure. Nothing is attached yet. */
struct processes *processes_new(const struct processes_options *o, struct err *e);
/*
 * While a file is waited for that may not answer, 'busy' is called every 10 ms: it may empty the rings, but
 * is not to call anything of this room.
 */
void processes_on_busy(struct processes *ps, struct busy busy);
/* Closes everything; images and files are gone too. NULL is fine. */
void processes_free(struct processes *ps);
/*
 * This process is to be remembered (with its children from now on), when not all are, and reported by
 * processes_exited(). It is looked up at processes_start() or the next poll, with one call of
 * options.identify for all that were named until then.
 */
void processes_want(struct processes *ps, uint32_t pid);
/* Looks up what processes_want() named, once, and hears no news of it: needs no rights but to read /proc. */
void processes_look(struct processes *ps);
/* Opens the sideband events, then reads /proc once. 0 or -errno. */
int processes_start(struct processes *ps, struct err *e);
/* Reads what the sideband has; reads /proc again after a loss. 0 or -errno. Call every ≤ 100 ms. */
int processes_poll(struct processes *ps);
/* Closes the sideband events; what is known stays. */
void processes_stop(struct processes *ps);

/*
 * The program with that identity, or NULL (counted as unknown): what was known at the last poll, or,
 * when that does not do, now. So poll after taking samples and before looking them up, for a program
 * that is known may have mapped more since. The image lives until processes_trim() or
 * processes_free(), its mappings until the next poll or find.
 */
const struct image *processes_find(struct processes *ps, uint32_t pid, uint64_t start,
                                   uint32_t exec_id);
/*
 * The name of a thread as last seen, else that of its process; NULL = not known. Reads /proc while
 * the process lives, once a thread. Good until the next poll.
 */
const char *processes_thread_comm(struct processes *ps, uint32_t pid, uint32_t tid, uint64_t start);
/*
 * The thread of that process which has that number in the process's own PID namespace; 0 = there is none, or
 * it is gone. Reads /proc.
 */
uint32_t processes_thread(struct processes *ps, uint32_t pid, uint64_t start, uint32_t number);
/*
 * Calls 'each' with the present program of each process that was named by processes_want() or made by
 * one of these, and that lives: what was known at the last poll.
 */
void processes_each_wanted(struct processes *ps, void (*each)(void *arg, const struct image *im),
                           void *arg);
/* The mapping that holds 'address', or NULL. */
const struct mapping *image_mapping(const struct image *im, uint64_t address);
/* A mapping of that offset of the file, or NULL. */
const struct mapping *image_mapping_of_file(const struct image *im, const struct file *file,
                                            uint64_t offset);
/*
 * Opens the file behind a mapping: by map_files while the process lives, by its path under
 * /proc/PID/root, that of its parents or our own, else an image from the process's memory (a memfd).
 * Keeps the descriptor in file->fd, checks that it is the mapped file, and reads its build ID. A
 * vdso becomes a memfd, too. Cheap when it is open or has been tried: up to 8 processes are asked.
 * 0 or -errno: -ESTALE = only other files are there, -ENODATA = memory without a file.
 */
int processes_open_file(struct processes *ps, const struct image *im, const struct mapping *m);
/* May it hold code that the program made: memory that has no file of that code? */
bool mapping_may_be_jit(const struct mapping *m);
/*
 * Opens the file where the program itself names the code that it makes: /tmp/perf-PID.map under its
 * root directory (PID: in its own PID namespace), or the jit-PID.dump that it has mapped. While it
 * lives only. The caller closes the descriptor. -errno: -ENOENT = there is none, -ESRCH = the program
 * is gone, -ELOOP and -EINVAL = not a regular file, -EPERM = another user's, -ESTALE = older than
 * the process.
 */
int processes_open_perfmap(struct processes *ps, const struct image *im);
int processes_open_jitdump(struct processes *ps, const struct image *im);
/*
 * Calls 'gone' once for each process that has exited (its last thread) since the last call: those
 * wanted, with their children, and those that a look-up has returned, perhaps after their exit.
 */
void processes_exited(struct processes *ps, void (*gone)(void *arg, uint32_t pid), void *arg);
/*
 * Forgets programs that ended before that time: those that no look-up has returned, or all. Pointers
 * to their images are bad then; files stay.
 */
void processes_trim(struct processes *ps, uint64_t before, bool even_found);
/* The first executable mapping of the program's own file, NULL when not known. */
const struct mapping *image_main(const struct image *im);
const struct process_counters *processes_counters(const struct processes *ps);

#endif
