/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one thing that a worker without rights may ask for: a file of split debug information (.dwo) by the
 * name that the compiler wrote into the program. The name is hostile, as is who asks: only a regular ELF
 * file of a bounded size is handed over, as the profiled process sees it.
 */
#ifndef EBPROF_SYMBOLIZE_OPENER_H
#define EBPROF_SYMBOLIZE_OPENER_H

struct file;

/* Where a program's files are. */
struct opener {
	int root; /* the root directory in which the program has its path, -1 = there is none */
	int dir;  /* the one that the program is in, likewise */
};

/* Looks for the roots in which 'f' is what its path says; close what it opens with opener_release(). */
void opener_init(struct opener *o, const struct file *f);
void opener_release(struct opener *o);
/* Opens a regular ELF file in a directory, by a path that does not leave 'root'; or -errno. */
int opener_open(int root, const char *path);
/* Answers the requests of a worker at the other end of a socket until that closes it. */
void opener_serve(const struct opener *o, int socket);
/* In the worker: the file of that name, or -errno. 'socket' points to an int. */
int opener_ask(void *socket, const char *path);

#endif
