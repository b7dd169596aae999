/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that map some of the test's own files, and what an engine shows of them. */
#ifndef EBPROF_TEST_PROGRAMS_H
#define EBPROF_TEST_PROGRAMS_H

#include <dlfcn.h>

#include "unwind/self.h"
#include "unwind/state.h"

static struct self *self;
static struct unwind *u;

static inline int setup(void **state)
{
	self = self_new();
	u = self_engine(0);
	assert_non_null(u);
	return 0;
}

static inline int teardown(void **state)
{
	unwind_free(u);
	self_free(self);
	return 0;
}

static inline const struct unwind_stats *stats(void)
{
	return unwind_stats(u);
}

static inline void process(const struct image *im)
{
	assert_int_equal(unwind_process(u, NULL, im), 0);
}

/* A program that maps some of our own files, one after the other from 'first' on. */
struct made {
	struct mapping mappings[8];
	struct image image;
};

static inline struct made *made(struct made *m, uint32_t pid, const struct mapping *const *from,
                                size_t cnt)
{
	size_t i;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < cnt; i++) {
		m->mappings[i] = *from[i];
		m->mappings[i].start = (i + 1) << 32;
		m->mappings[i].end = m->mappings[i].start + (from[i]->end - from[i]->start);
	}
	m->image = (struct image){
		.pid = pid, .exec_id = 1, .start = pid, .mappings = m->mappings, .mapping_cnt = cnt
	};
	return m;
}

/* Two files of our own with tables of some size: the test and the C library. */
static inline const struct mapping *own(void)
{
	return self_mapping(self, (void *)setup);
}

static inline const struct mapping *libc(void)
{
	static void *handle;

	if (!handle)
		handle = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	return self_mapping(self, dlsym(handle, "qsort"));
}

static inline const struct unwind_segment *segments_of(uint32_t pid, uint32_t *cnt)
{
	const struct shown *s = u->shown[pid % HASH_BUCKETS];

	while (s && s->pid != pid)
		s = s->next;
	*cnt = s ? s->run->cnt : 0;
	return s ? u->shared.segments + s->run->first : NULL;
}

/* The blocks that a file has for the walkers of that process. */
static inline uint32_t blocks_of(uint32_t pid, size_t i)
{
	uint32_t cnt;
	const struct unwind_segment *segs = segments_of(pid, &cnt);

	assert_true(i < cnt);
	return segs[i].block_cnt;
}

#endif
