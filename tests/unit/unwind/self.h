/* SPDX-License-Identifier: Apache-2.0 */
/* The test's own program as an image, its stack as an input, and an engine without maps. */
#ifndef EBPROF_TEST_SELF_H
#define EBPROF_TEST_SELF_H

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "abi.h"
#include "process/process.h"
#include "process/procmaps.h"
#include "tables.h"
#include "unwind/unwind.h"

enum { SELF_FILES = 64, SELF_MAPPINGS = 256 };

struct self {
	struct file files[SELF_FILES];
	size_t file_cnt;
	struct mapping mappings[SELF_MAPPINGS];
	struct image image;
};

static inline struct unwind *self_engine(size_t max_table_bytes)
{
	struct unwind_maps none = { -1, -1, -1, -1, -1 };

	return unwind_new(&none, max_table_bytes, NULL);
}

/* The bytes from 'at' as a file; what is read is our own memory. */
static inline int self_memory(uint64_t at, size_t size)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);

	if (write(fd, (const void *)at, size) != (ssize_t)size)
		abort();
	return fd;
}

static inline struct file *self_file(struct self *s, const struct procmaps_line *l)
{
	struct file_id id = { l->major, l->minor, l->inode, 0 };
	struct file *f;
	size_t i;

	for (i = 0; l->inode && i < s->file_cnt; i++)
		if (!memcmp(&s->files[i].id, &id, sizeof(id)))
			return &s->files[i];
	f = &s->files[s->file_cnt++];
	f->id = id;
	f->path = strndup(l->path, l->path_len);
	f->kind = l->inode ? FILE_REGULAR : FILE_ANON;
	f->fd = l->inode ? open(f->path, O_RDONLY | O_CLOEXEC) : -1;
	if (!strcmp(f->path, "[vdso]")) {
		f->kind = FILE_VDSO;
		f->fd = self_memory(l->start, l->end - l->start);
	}
	return f;
}

static inline bool self_line(void *arg, const struct procmaps_line *l)
{
	struct self *s = arg;

	if (!l->exec || l->start >> 47 || s->file_cnt == SELF_FILES ||
	    s->image.mapping_cnt == SELF_MAPPINGS)
		return true;
	s->mappings[s->image.mapping_cnt++] = (struct mapping){
		.start = l->start, .end = l->end, .offset = l->offset, .file = self_file(s, l)
	};
	return true;
}

static inline struct self *self_new(void)
{
	static char buf[PROCMAPS_BUF];
	struct self *s = calloc(1, sizeof(*s));
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	s->image.pid = (uint32_t)getpid();
	s->image.exec_id = 1;
	s->image.start = 1000;
	s->image.mappings = s->mappings;
	if (fd < 0 || procmaps_each(fd, buf, self_line, s) <= 0)
		abort();
	close(fd);
	return s;
}

static inline void self_free(struct self *s)
{
	size_t i;

	for (i = 0; i < s->file_cnt; i++) {
		if (s->files[i].fd >= 0)
			close(s->files[i].fd);
		free(s->files[i].path);
	}
	free(s);
}

/* The mapping of the code at 'at', NULL = none. */
static inline const struct mapping *self_mapping(const struct self *s, const void *at)
{
	return image_mapping(&s->image, (uint64_t)at);
}

/* The address that a frame is about. */
static inline uint64_t self_address(const struct self *s, const struct unwind *u, uint64_t frame)
{
	const struct file *f = unwind_file(u, FRAME_FILE_NUMBER(frame));
	uint64_t off = FRAME_FILE_OFFSET(frame);
	size_t i;

	if ((frame & FRAME_FILE_MASK) != FRAME_FILE_TAG)
		return frame;
	for (i = 0; i < s->image.mapping_cnt; i++) {
		const struct mapping *m = &s->mappings[i];

		if (m->file == f && off >= m->offset && off - m->offset <= m->end - m->start)
			return m->start + (off - m->offset);
	}
	return 0;
}

enum { COPY_MAX = 4 << 20 };

/* A thread stopped: its registers, a copy of its stack. */
struct stopped {
	struct unwind_input in;
	unsigned char *copy;
};

/* Where the stack ends on which we are. */
static inline uint64_t stack_end(void)
{
	pthread_attr_t attr;
	void *at;
	size_t size;

	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &at, &size);
	pthread_attr_destroy(&attr);
	return (uint64_t)at + size;
}

/* What glibc keeps in this order, by DWARF number. */
static inline void stopped_registers(struct unwind_input *in, const ucontext_t *uc)
{
	static const int of[16] = { REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
		                    REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
		                    REG_R12, REG_R13, REG_R14, REG_R15 };
	int i;

	for (i = 0; i < 16; i++)
		in->regs[i] = (uint64_t)uc->uc_mcontext.gregs[of[i]];
	in->pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	in->sp = in->regs[7];
	in->fp = in->regs[6];
}

/* The stack from sp up to 'end', byte by byte: a sanitizer's red zones are part of it. */
static inline __attribute__((no_sanitize("address"))) void stopped_copy(struct stopped *s,
                                                                        uint64_t end)
{
	const volatile unsigned char *from = (const void *)s->in.sp;
	size_t i;

	s->in.stack_sz = end - s->in.sp < COPY_MAX ? end - s->in.sp : COPY_MAX;
	s->copy = malloc(s->in.stack_sz);
	for (i = 0; i < s->in.stack_sz; i++)
		s->copy[i] = from[i];
	s->in.stack = s->copy;
}

/* The same stop at another place, with 'cnt' words pushed before; the first one lies lowest. */
static inline struct stopped stopped_push(const struct stopped *s, const void *pc,
                                          const uint64_t *words, size_t cnt)
{
	struct stopped new = *s;

	new.in.stack_sz += cnt * 8;
	new.in.sp -= cnt * 8;
	new.copy = malloc(new.in.stack_sz);
	if (cnt)
		memcpy(new.copy, words, cnt * 8);
	memcpy(new.copy + cnt * 8, s->in.stack, s->in.stack_sz);
	new.in.stack = new.copy;
	new.in.pc = (uint64_t)pc;
	return new;
}

#endif
