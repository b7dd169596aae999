// SPDX-License-Identifier: Apache-2.0
/*
 * A file that was found is kept open: it can be read when its process is gone, and also what was
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

/* The files in which a program names its code. */
static const struct {
	int (*open)(struct processes *ps, const struct image *im);
	int (*read)(struct jit *j, int fd, size_t bytes_max);
} files[] = {
	{ processes_open_perfmap, jit_read_map },
	{ processes_open_jitdump, jit_read_dump },
};
#define FILE_CNT (sizeof(files) / sizeof(files[0]))

/* One of them; nothing is known of it: fd_plus 0. */
struct jit_file {
	int fd_plus; /* the descriptor + 1, 0 = not open */
	bool taken;  /* was read once, and is not kept open */
	bool refused;
};

struct jit_program {
	struct jit_key key;
	struct jit *jit; /* NULL: nothing was found yet */
	uint64_t retry_at, wait;
	bool gone;
	struct jit_file files[FILE_CNT];
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

static void close_file(struct jits *js, struct jit_file *f)
{
	if (!f->fd_plus)
		return;
	close(f->fd_plus - 1);
	f->fd_plus = 0;
	js->fd_cnt--;
}

void jits_release(struct jits *js)
{
	size_t i, k;

	for (i = 0; i < js->programs.cnt; i++) {
		struct jit_program *p = table_at(&js->programs, i);

		for (k = 0; k < FILE_CNT; k++)
			close_file(js, &p->files[k]);
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

static void read_file(struct jits *js, struct jit_program *p, size_t k)
{
	struct jit_file *f = &p->files[k];

	if (f->fd_plus && files[k].read(p->jit, f->fd_plus - 1, room_of(js, p)))
		f->refused = true;
}

/* Keeps the descriptor, or, when there are too many, what is in the file now. */
static void keep_file(struct jits *js, struct jit_program *p, size_t k, int fd)
{
	if (!p->jit)
		p->jit = jit_new();
	if (!p->jit) {
		close(fd);
		return;
	}
	p->files[k] = (struct jit_file){ .fd_plus = fd + 1 };
	if (++js->fd_cnt <= JITS_FD_MAX)
		return;
	read_file(js, p, k);
	close_file(js, &p->files[k]);
	p->files[k].taken = true;
}

static void look_for(struct jits *js, struct jit_program *p, size_t k, struct processes *ps,
                     const struct image *im)
{
	struct jit_file *f = &p->files[k];
	int fd;

	if (f->fd_plus || f->taken || p->gone)
		return;
	fd = files[k].open(ps, im);
	if (fd >= 0)
		keep_file(js, p, k, fd);
	else if (fd == -ESRCH)
		p->gone = true;
	else
		f->refused = fd != -ENOENT;
}

static void look(struct jits *js, struct jit_program *p, struct processes *ps,
                 const struct image *im)
{
	size_t k;

	for (k = 0; k < FILE_CNT; k++)
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

void jits_read(struct jits *js)
{
	size_t i, k;

	for (i = 0; i < js->programs.cnt; i++)
		for (k = 0; k < FILE_CNT; k++)
			read_file(js, table_at(&js->programs, i), k);
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
	size_t i, k;

	for (i = 0; i < js->programs.cnt; i++) {
		const struct jit_program *p = table_at(&js->programs, i);

		for (k = 0; k < FILE_CNT; k++)
			cnt += p->files[k].refused;
		cnt += p->jit && jit_cut(p->jit);
	}
	return cnt;
}
