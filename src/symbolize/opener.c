// SPDX-License-Identifier: Apache-2.0
#include "symbolize/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/below.h"
#include "process/file.h"

enum {
	PATH_BYTES = 4096, /* PATH_MAX of the kernel */
	REQUESTS_MAX =
		8192, /* units of one program that are looked at; Chromium has 30,000 in all */
};

/* Of one .dwo or package; Chromium's package has 5 GB. */
#define SIZE_MAX_BYTES (16ll << 30)

static bool is_elf(int fd)
{
	char magic[4];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && !memcmp(magic, "\177ELF", 4);
}

static bool is_small(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_size <= SIZE_MAX_BYTES;
}

int opener_open(int root, const char *path)
{
	int at = below_open(root, path, 0), fd;

	if (at < 0)
		return at;
	fd = below_read(at);
	close(at);
	if (fd < 0 || (is_small(fd) && is_elf(fd)))
		return fd;
	close(fd);
	return -ENOEXEC;
}

/* The directory of f's path in that root, if the very file is there; -1. */
static int own_dir(int root, const struct file *f)
{
	const char *slash = strrchr(f->path, '/');
	struct stat here, mapped;
	char path[PATH_BYTES];
	int dir;

	if (!slash || snprintf(path, sizeof(path), "%.*s/", (int)(slash - f->path), f->path) >=
	                      (int)sizeof(path))
		return -1;
	dir = below_open(root, path, O_DIRECTORY);
	if (dir < 0)
		return -1;
	if (!fstatat(dir, slash + 1, &here, AT_SYMLINK_NOFOLLOW) && !fstat(f->fd, &mapped) &&
	    here.st_dev == mapped.st_dev && here.st_ino == mapped.st_ino)
		return dir;
	close(dir);
	return -1;
}

static bool init_in(struct opener *o, const struct file *f, const char *root)
{
	o->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	o->dir = o->root < 0 ? -1 : own_dir(o->root, f);
	if (o->dir >= 0)
		return true;
	opener_release(o);
	return false;
}

/* The process may be gone, or its number another's by now: what is found there says which root it is. */
void opener_init(struct opener *o, const struct file *f)
{
	char root[40];

	*o = (struct opener){ -1, -1 };
	if (f->kind != FILE_REGULAR || !f->path)
		return;
	snprintf(root, sizeof(root), "/proc/%u/root", f->attempt_pid);
	if (!f->attempt_pid || !init_in(o, f, root))
		init_in(o, f, "/");
}

void opener_release(struct opener *o)
{
	if (o->root >= 0)
		close(o->root);
	if (o->dir >= 0)
		close(o->dir);
	*o = (struct opener){ -1, -1 };
}

/* Where the compiler wrote it, else beside the program. */
static int find(const struct opener *o, const char *path)
{
	const char *slash = strrchr(path, '/');
	int fd = *path == '/' ? opener_open(o->root, path) : -ENOENT;

	return fd < 0 ? opener_open(o->dir, slash ? slash + 1 : path) : fd;
}

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* One byte, and the descriptor if there is one. */
static bool reply(int socket, int fd)
{
	union control control = { .bytes = { 0 } };
	struct iovec byte = { .iov_base = (char[]){ 0 }, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &byte, .msg_iovlen = 1 };

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	return sendmsg(socket, &m, MSG_NOSIGNAL) == 1;
}

void opener_serve(const struct opener *o, int socket)
{
	char path[PATH_BYTES];
	bool good = true;
	ssize_t n;
	int i, fd;

	for (i = 0; good && i < REQUESTS_MAX; i++) {
		n = recv(socket, path, sizeof(path) - 1, 0);
		if (n <= 0)
			return;
		path[n] = 0;
		fd = find(o, path);
		good = reply(socket, fd);
		if (fd >= 0)
			close(fd);
	}
}

int opener_ask(void *socket, const char *path)
{
	union control control = { .bytes = { 0 } };
	char byte;
	struct iovec room = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &room,
		            .msg_iovlen = 1,
		            .msg_control = &control,
		            .msg_controllen = sizeof(control) };
	int fd;

	if (write(*(int *)socket, path, strlen(path)) < 0 || recvmsg(*(int *)socket, &m, 0) != 1)
		return -EPIPE;
	if (m.msg_controllen < CMSG_LEN(sizeof(fd)) || control.head.cmsg_type != SCM_RIGHTS)
		return -ENOENT;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}
