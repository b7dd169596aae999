/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What asks debuginfod servers: libdebuginfod, which is loaded only here, in a process without rights
 * (nobody's when ebprof is root's, no capabilities). It keeps the files in a directory of its own below
 * $TMPDIR or /var/tmp, which a second such process removes when it has ended, also by a signal.
 */
#ifndef EBPROF_SYMBOLIZE_FETCHER_H
#define EBPROF_SYMBOLIZE_FETCHER_H

#include <stdint.h>
#include <sys/types.h>

#define FETCH_ID_BYTES 96 /* of a build ID in hex, and its NUL */

/* Messages of a SOCK_SEQPACKET. */
struct fetch_request {
	char build_id[FETCH_ID_BYTES];
};

struct fetch_reply {
	int32_t status; /* 0: done, FETCH_MORE or -errno as fetch_debug() */
	uint32_t pad;
	uint64_t bytes; /* that have come since the process started */
	char why[256];  /* of the first reply, which tells whether it can ask at all */
};

#define FETCH_MORE 1 /* it is still coming */

/* Is this process from its start on; 'parent' is at the other end of 'fd'. */
void fetcher_main(int fd, pid_t parent, const char *urls) __attribute__((noreturn));

/* fetcher_ask.c: asks for what comes from 'fd' until its end, and keeps it in 'dir'. */
void fetcher_ask(int fd, const char *dir, const char *urls);
/* Tells the other end, with files where these are no -1. 0 or -errno. */
int fetcher_reply(int fd, const struct fetch_reply *r, const int files[2]);

#endif
