// SPDX-License-Identifier: Apache-2.0
/*
 * A file that was found is kept open: it can be read when its process is gone, and also what was
 * written to it meanwhile. Nothing is read here: the file is hostile.
 */
#include "session/jits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "process/process.h"
#include "session/engine.h"
#include "symbolize/jit.h"

enum {
	/* Of the descriptors that the table of files leaves to others. */
	JITS_FD_PART = 8,
	JITS_FD_MAX = 1024,
	RETRY_MIN_NS = 500000000,
	RETRY_MAX_NS = 8000000000,
};

struct jit_key {
	uint64_t start;
	uint32_t pid, exec_id;
};

static int (*const open_file[JIT_FILES])(struct processes *ps, const struct image *im) = {
	[JIT_MAP] = processes_open_perfmap,
	[JIT_DUMP] = processes_open_jitdump,
};

struct jit_program {
	struct jit_key key;
	struct jit jit; /* its descriptors are owned */
	bool refused[JIT_FILES];
	uint64_t retry_at, wait;
	bool gone;
};

static struct jit_key key_of(const struct image *im)
{
	return (struct jit_key){ .start = im->start, .pid = im->pid, .exec_id = im->exec_id };
}

void jits_init(struct jits *js)
{
	struct rlimit limit = { .rlim_max = 0 };

	memset(js, 0, sizeof(*js));
	table_init(&js->programs, sizeof(struct jit_key), sizeof(struct jit_program));
	getrlimit(RLIMIT_NOFILE, &limit);
	js->fd_max = limit.rlim_max / JITS_FD_PART < JITS_FD_MAX ? limit.rlim_max / JITS_FD_PART
	                                                         : JITS_FD_MAX;
}

void jits_release(struct jits *js)
{
	size_t i, k;

	for (i = 0; i < js->programs.cnt; i++) {
		struct jit_program *p = table_at(&js->programs, i);

		for (k = 0; k < JIT_FILES; k++)
			if (p->jit.fds[k] >= 0)
				close(p->jit.fds[k]);
	}
	table_release(&js->programs);
}

static void look_for(struct jits *js, struct jit_program *p, size_t k, struct processes *ps,
                     const struct image *im)
{
	int fd;

	if (p->jit.fds[k] >= 0 || p->gone)
		return;
	fd = open_file[k](ps, im);
	if (fd >= 0 && js->fd_cnt >= js->fd_max) {
		close(fd);
		fd = -EMFILE;
	}
	if (fd == -ESRCH) {
		p->gone = true;
		return;
	}
	p->refused[k] = fd < 0 && fd != -ENOENT;
	p->jit.fds[k] = fd < 0 ? -1 : fd;
	js->fd_cnt += fd >= 0;
}

static void look(struct jits *js, struct jit_program *p, struct processes *ps,
                 const struct image *im)
{
	size_t k;

	for (k = 0; k < JIT_FILES; k++)
		look_for(js, p, k, ps, im);
	p->wait = p->wait ? p->wait * 2 : RETRY_MIN_NS;
	if (p->wait > RETRY_MAX_NS)
		p->wait = RETRY_MAX_NS;
	p->retry_at = boot_ns() + p->wait;
}

static bool is_due(const struct jit_program *p, uint64_t now)
{
	return !p->gone && p->retry_at <= now;
}

void jits_touch(struct jits *js, struct processes *ps, const struct image *im)
{
	struct jit_key key = key_of(im);
	struct jit_program *p;
	bool is_new;

	p = table_put(&js->programs, &key, &is_new);
	if (!p)
		return;
	if (is_new)
		p->jit = (struct jit){ { -1, -1 } };
	if (is_new || is_due(p, boot_ns()))
		look(js, p, ps, im);
}

void jits_poll(struct jits *js, struct processes *ps, bool last)
{
	uint64_t now = last ? UINT64_MAX : boot_ns();
	const struct image *im;
	size_t i;

	for (i = 0; i < js->programs.cnt; i++) {
		struct jit_program *p = table_at(&js->programs, i);

		if (!is_due(p, now))
			continue;
		im = processes_find(ps, p->key.pid, p->key.start, p->key.exec_id);
		if (im)
			look(js, p, ps, im);
		else
			p->gone = true;
	}
}

const struct jit *jits_find(const struct jits *js, const struct image *im)
{
	struct jit_key key = key_of(im);
	const struct jit_program *p = table_get(&js->programs, &key);
	size_t k;

	for (k = 0; p && k < JIT_FILES; k++)
		if (p->jit.fds[k] >= 0)
			return &p->jit;
	return NULL;
}

uint64_t jits_unusable(const struct jits *js)
{
	uint64_t cnt = 0;
	size_t i, k;

	for (i = 0; i < js->programs.cnt; i++)
		for (k = 0; k < JIT_FILES; k++)
			cnt += ((const struct jit_program *)table_at(&js->programs, i))->refused[k];
	return cnt;
}
