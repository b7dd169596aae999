/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files on file systems that may not answer: on the network, or made by another process (FUSE). Who opens
 * one waits in the kernel, perhaps without end and not to be killed; so another process goes ahead. Of
 * FUSE it brings a copy: even the closing of such a file waits for its file system (linux:
 * fs/fuse/file.c fuse_flush()).
 */
#ifndef EBPROF_PROCESS_REMOTE_H
#define EBPROF_PROCESS_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/busy.h"
#include "base/table.h"

struct file_id;

struct remotes {
	struct table devices;
	size_t copied;    /* bytes of files that are kept in memory */
	struct busy busy; /* is called while one is waited for */
};

/* What is to be opened, and what came of it; lies in memory that both processes share. */
struct remote_result {
	int err; /* 0 or -errno */
	bool mismatch;
	uint64_t size, generation;
	int64_t ctime_ns;
};

enum remote_answer {
	REMOTE_LOCAL = 0,  /* open it as any other; on the network: its file system answers */
	REMOTE_COPIED = 1, /* 'fd' is a copy */
	REMOTE_FAILED = 2, /* 'result' says why, or -ETIMEDOUT: it does not answer */
};

/* How a file is opened: fills in the result but for its error, and returns a descriptor or -errno. */
struct remote_attempt {
	int (*open)(void *arg, struct remote_result *result);
	void *arg;
	bool grows; /* it is still being written: no copy is any use */
};

/* Is a file system of this type, as in /proc/filesystems, one of these? */
bool remote_is_type(const char *type);
/* Does the path, as it is written, lie on one? The file system is not asked. */
bool remote_is_path(const char *path);
void remotes_init(struct remotes *r);
void remotes_release(struct remotes *r);
/*
 * Opens a file that process 'pid' sees: in another process when its device, of which 'id' tells no more, is
 * not a local one. Where there is no room for a copy the file is as one on the network.
 */
enum remote_answer remotes_open(struct remotes *r, uint32_t pid, const struct file_id *id,
                                const struct remote_attempt *attempt, struct remote_result *result,
                                int *fd);

#endif
