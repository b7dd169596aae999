/* SPDX-License-Identifier: Apache-2.0 */
/* A command that ebprof starts: it waits until everything is attached, then runs. */
#ifndef EBPROF_CMD_LAUNCH_H
#define EBPROF_CMD_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct err;
struct options;

struct launch {
	pid_t pid;   /* 0 = none */
	int go_fd;   /* closing it lets the command run */
	int fail_fd; /* the errno of a failed exec comes here; end of file = it runs */
	bool ended;
	int status; /* of waitpid(), when ended */
};

/* What the command is to inherit of signals: what ebprof itself did. */
struct launch_signals {
	sigset_t mask;
	void (*sigpipe)(int);
	void (*sigxfsz)(int);
};

/* Forks; the child waits. 0 or -errno. */
int launch_start(struct launch *l, const struct options *o, const struct launch_signals *inherit,
                 struct err *e);
/* Lets it run; 0, or -errno of the failed exec (then it has ended). */
int launch_go(struct launch *l);
/* Has it ended? Reaps it without waiting. */
bool launch_ended(struct launch *l);
/* Ends a command that never ran. */
void launch_abort(struct launch *l);
/* The exit status that stands for its end: its own, or 128 + the signal. */
int launch_status(const struct launch *l);

#endif
