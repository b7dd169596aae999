// SPDX-License-Identifier: Apache-2.0
/*
 * A map that was found is kept open: it can be read when its process is gone, and also what was
 * written to it meanwhile. Nothing is read while samples are being collected but where too many
 * are open.
 */
#include "session/jits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/process.h"
#include "session/engine.h"
#include "symbolize/jit.h"

enum {
	JITS_FD_MAX = 128, /* a part of the descriptors that the table of files leaves to others */
	RETRY_MIN_NS = 500000000,
	RETRY_MAX_NS = 8000000000,
	JITS_BYTES_MAX = 256 << 20, /* of all names together: some ten million functions */
};

struct jit_key {
	uint64_t start;
	uint32_t pid, exec_id;
};

struct jit_program {
	struct jit_key key;
	struct jit *jit; /* NULL: nothing was found yet */
	uint64_t retry_at, wait;
	int fd; /* -1 = not open */
	bool gone, refused;
};

static struct jit_key key_of(const struct image *im)
{
	return (struct jit_key){ .start = im->start, .pid = im->pid, .exec_id = im->exec_id };
}

void jits_init(struct jits *js)
{
	memset(js, 0, sizeof(*js));
	table_init(&js->programs, sizeof(struct jit_key), sizeof(struct jit_program));
}

static void close_map(struct jits *js, struct jit_program *p)
{
	if (p->fd < 0)
		return;
	close(p->fd);
	p->fd = -1;
	js->fd_cnt--;
}

void jits_release(struct jits *js)
{
	size_t i;

	for (i = 0; i < js->programs.cnt; i++) {
		struct jit_program *p = table_at(&js->programs, i);

		close_map(js, p);
		jit_free(p->jit);
	}
	table_release(&js->programs);
}

/* What the others leave to this program, and what it has. */
static size_t room_of(const struct jits *js, const struct jit_program *own)
{
	size_t used = 0, i;

	for (i = 0; i < js->programs.cnt; i++) {
		const struct jit_program *p = table_at(&js->programs, i);

		used += p->jit && p != own ? jit_bytes(p->jit) : 0;
	}
	return used < JITS_BYTES_MAX ? JITS_BYTES_MAX - used : 0;
}

static void read_map(struct jits *js, struct jit_program *p)
{
	if (p->fd >= 0 && jit_read_map(p->jit, p->fd, room_of(js, p)))
		p->refused = true;
}

/* Keeps the descriptor, or, when there are too many, what is in the file now. */
static void keep_map(struct jits *js, struct jit_program *p, int fd)
{
	if (!p->jit)
		p->jit = jit_new();
	if (!p->jit) {
		close(fd);
		return;
	}
	p->fd = fd;
	p->refused = false;
	if (++js->fd_cnt <= JITS_FD_MAX)
		return;
	read_map(js, p);
	close_map(js, p);
	p->gone = true; /* nothing more is to be had of it */
}

static void look(struct jits *js, struct jit_program *p, struct processes *ps,
                 const struct image *im)
{
	int fd = processes_open_perfmap(ps, im);

	p->wait = p->wait ? p->wait * 2 : RETRY_MIN_NS;
	if (p->wait > RETRY_MAX_NS)
		p->wait = RETRY_MAX_NS;
	p->retry_at = boot_ns() + p->wait;
	p->gone = fd == -ESRCH;
	if (fd >= 0)
		keep_map(js, p, fd);
	else if (fd != -ESRCH)
		p->refused = fd != -ENOENT;
}

static bool is_due(const struct jit_program *p, uint64_t now)
{
	return !p->gone && p->fd < 0 && p->retry_at <= now;
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
		p->fd = -1;
	if (is_due(p, is_new ? 0 : boot_ns()))
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

void jits_read(struct jits *js)
{
	size_t i;

	for (i = 0; i < js->programs.cnt; i++)
		read_map(js, table_at(&js->programs, i));
}

struct jit *jits_find(const struct jits *js, const struct image *im)
{
	struct jit_key key = key_of(im);
	const struct jit_program *p = table_get(&js->programs, &key);

	return p ? p->jit : NULL;
}

uint64_t jits_unusable(const struct jits *js)
{
	uint64_t cnt = 0;
	size_t i;

	for (i = 0; i < js->programs.cnt; i++) {
		const struct jit_program *p = table_at(&js->programs, i);

		cnt += p->refused || (p->jit && jit_cut(p->jit));
	}
	return cnt;
}
