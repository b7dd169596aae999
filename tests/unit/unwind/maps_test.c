// SPDX-License-Identifier: Apache-2.0
/* With real maps, where they may be made: what the kernel has is what was written. */
#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "unwind/self.h"
#include "unwind/state.h"

static struct unwind_maps maps = { -1, -1, -1, -1, -1 };
static struct self *self;
static struct unwind *u;

static int array(const char *name, uint32_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, size, 1, &o);
}

static int array_of(const char *name, int inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .inner_map_fd = (uint32_t)inner);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, name, 4, 4, SHARDS_MAX, &o);
}

/* False: this user may not, or the kernel cannot. */
static bool maps_create(void)
{
	int inner = array("inner", SHARD_WORDS * 4);

	if (inner < 0)
		return false;
	maps.shards = array_of("shards", inner);
	close(inner);
	maps.segments = array("segments", SEGMENTS_MAX * sizeof(struct unwind_segment));
	maps.blocks = array("blocks", BLOCKS_MAX * 4);
	maps.rules = array("rules", RULES_MAX * sizeof(struct unwind_rule));
	maps.processes = bpf_map_create(BPF_MAP_TYPE_HASH, "processes", 4,
	                                sizeof(struct unwind_process), 2, NULL);
	return maps.shards >= 0 && maps.segments >= 0 && maps.blocks >= 0 && maps.rules >= 0 &&
	       maps.processes >= 0;
}

static int setup(void **state)
{
	if (!maps_create())
		return 0;
	self = self_new();
	u = unwind_new(&maps, 0, NULL);
	assert_non_null(u);
	return 0;
}

static int teardown(void **state)
{
	if (!u)
		return 0;
	unwind_free(u);
	self_free(self);
	close(maps.shards);
	close(maps.segments);
	close(maps.blocks);
	close(maps.rules);
	close(maps.processes);
	return 0;
}

static void *value(int fd, uint32_t size)
{
	uint32_t zero = 0;
	void *v = malloc(size);

	assert_int_equal(bpf_map_lookup_elem(fd, &zero, v), 0);
	return v;
}

/* The words of a shard as the kernel has them. */
static void *shard(uint32_t number)
{
	uint32_t id;
	int fd;
	void *v;

	assert_int_equal(bpf_map_lookup_elem(maps.shards, &number, &id), 0);
	fd = bpf_map_get_fd_by_id(id);
	assert_true(fd >= 0);
	v = value(fd, SHARD_WORDS * 4);
	close(fd);
	return v;
}

static void test_shown(void **state)
{
	struct unwind_process p;
	struct unwind_segment *segs;
	uint32_t *blocks, *words, at;

	if (!u)
		skip();
	assert_int_equal(unwind_process(u, NULL, &self->image), 0);
	assert_int_equal(bpf_map_lookup_elem(maps.processes, &self->image.pid, &p), 0);
	assert_int_equal(p.exec_id, self->image.exec_id);
	assert_int_equal(p.start, self->image.start);
	segs = value(maps.segments, SEGMENTS_MAX * sizeof(*segs));
	blocks = value(maps.blocks, BLOCKS_MAX * 4);
	assert_int_equal(segs[p.first].start, self->mappings[0].start);
	at = blocks[segs[p.first].block + segs[p.first].block_cnt - 1];
	assert_true(at);
	words = shard(at / SHARD_WORDS);
	assert_memory_equal(words + at % SHARD_WORDS, shared_word(&u->shared, at), 1024);
	assert_int_equal(unwind_stats(u)->map_errors, 0);
	free(segs);
	free(blocks);
	free(words);
	unwind_forget(u, self->image.pid);
	assert_true(bpf_map_lookup_elem(maps.processes, &self->image.pid, &p) < 0);
	unwind_forget(u, self->image.pid);
	assert_int_equal(unwind_stats(u)->map_errors, 0);
}

static void test_full(void **state)
{
	struct image im;
	int i;

	if (!u)
		skip();
	im = self->image;
	for (i = 0; i < 2; i++, im.pid++)
		assert_int_equal(unwind_process(u, NULL, &im), 0);
	assert_int_equal(unwind_process(u, NULL, &im), -E2BIG);
	assert_int_equal(unwind_stats(u)->map_errors, 1);
	assert_int_equal(unwind_stats(u)->processes, 2);
	unwind_forget(u, self->image.pid);
	assert_int_equal(unwind_process(u, NULL, &im), 0);
}

static void test_wrong_maps(void **state)
{
	struct unwind_maps wrong;

	if (!u)
		skip();
	wrong = maps;
	wrong.blocks = maps.processes;
	assert_null(unwind_new(&wrong, 0, NULL));
	assert_true(errno);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_wrong_maps),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
