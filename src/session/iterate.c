// SPDX-License-Identifier: Apache-2.0
#include "session/iterate.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES (64 << 10)

static int read_all(int fd, char *buf, size_t (*take)(void *arg, const char *bytes, size_t cnt),
                    void *arg)
{
	size_t have = 0, used;
	ssize_t n;

	while ((n = read(fd, buf + have, READ_BYTES - have)) > 0) {
		have += (size_t)n;
		used = take(arg, buf, have);
		memmove(buf, buf + used, have - used);
		have -= used;
	}
	return n < 0 ? -errno : 0;
}

int iterate(const struct bpf_program *prog, uint32_t tid,
            size_t (*take)(void *arg, const char *bytes, size_t cnt), void *arg)
{
	union bpf_iter_link_info info = { .task.tid = tid };
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = &info, .iter_info_len = sizeof(info));
	int link, fd, err;
	char *buf;

	link = bpf_link_create(bpf_program__fd(prog), 0, BPF_TRACE_ITER, tid ? &opts : NULL);
	if (link < 0)
		return -errno;
	fd = bpf_iter_create(link);
	err = fd < 0 ? -errno : 0;
	buf = malloc(READ_BYTES);
	if (!err)
		err = buf ? read_all(fd, buf, take, arg) : -ENOMEM;
	free(buf);
	if (fd >= 0)
		close(fd);
	close(link);
	return err;
}
