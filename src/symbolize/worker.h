/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of one file, or of the code that one program made, found in a process of its own that has no rights left (sandbox.h): the file is
 * hostile, and what reads it may crash, hang or be taken over. That costs the file its names, never the
 * profile.
 */
#ifndef EBPROF_SYMBOLIZE_WORKER_H
#define EBPROF_SYMBOLIZE_WORKER_H

#include <stddef.h>
#include <stdint.h>

#include "symbolize/answer.h"
#include "symbolize/names.h"

struct fetched;
struct file;
struct jit;

struct worker_job {
	const struct file *file;                   /* open; NULL: 'jit' is set */
	const struct jit *jit;                     /* code that a program made is asked for */
	const struct names_source *const *sources; /* the first that knows an address is believed */
	size_t source_cnt;
	const uint64_t *offsets; /* of the file, or addresses in the program */
	size_t cnt;
	const char *const *debug_dirs; /* where debug files are; ends in NULL */
	const struct fetched *fetched; /* the debug file; NULL = it is looked for there */
	unsigned int seconds;          /* that it may take: of CPU time, and without an answer */
};

/*
 * Does the job; what was answered before a worker failed is kept. 0; -EIO: it died or gave up, -ETIME:
 * it was too slow and killed, -ETIMEDOUT: it waited for a file system that does not answer, -ENOMEM,
 * -EFBIG or -EAGAIN: there was none, or it said too much. Release the answer in any case.
 */
int worker_run(const struct worker_job *job, struct answer *a);

#endif
