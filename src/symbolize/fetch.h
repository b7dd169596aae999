/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of debug information from debuginfod servers, by build ID. What a server sends is hostile and
 * comes when it likes, so a process of its own asks (fetcher.h), and patience is bounded: whoever waits
 * here waits some seconds for a server that says nothing, once, and then never again.
 */
#ifndef EBPROF_SYMBOLIZE_FETCH_H
#define EBPROF_SYMBOLIZE_FETCH_H

struct err;
struct fetch;
struct symbolize_counters;

/* Descriptors, which the caller closes; -1 = none. */
struct fetched {
	int debug_fd;
	int alt_fd; /* of what the debug file shares with others (.gnu_debugaltlink) */
};

/*
 * Starts the process that asks these servers (URLs with spaces between them). Call it early: the new
 * process has a copy of what this one has in memory. NULL and 'e' when it cannot ask.
 */
struct fetch *fetch_open(const char *urls, struct err *e);
/* Ends it, and what it keeps on disk; one that takes long is not waited for. NULL is fine. */
void fetch_close(struct fetch *f);
/*
 * The debug file with that build ID, in lower-case hex. 0; -ENOENT: no server has it; -ESTALE: what came
 * has another build ID; -EFBIG: it is too large; -ENOTCONN: nobody answers (any more); -EINVAL: it is
 * none that a server could know.
 */
int fetch_debug(struct fetch *f, const char *build_id, struct fetched *got);
/* The same, and counts what was not had. */
int fetch_counted(struct fetch *f, const char *build_id, struct fetched *got,
                  struct symbolize_counters *c);

#endif
