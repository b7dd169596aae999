// SPDX-License-Identifier: Apache-2.0
#include "unwind/shared.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "unwind/unwind.h"

enum {
	SEGMENTS_BYTES = SEGMENTS_MAX * sizeof(struct unwind_segment),
	BLOCKS_BYTES = BLOCKS_MAX * sizeof(uint32_t),
	RULES_BYTES = RULES_MAX * sizeof(struct unwind_rule),
	SHARD_BYTES = SHARD_WORDS * sizeof(uint32_t),
};

static void *map_value(int fd, size_t size)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void unmap_value(void *at, size_t size)
{
	if (at)
		munmap(at, size);
}

int shared_init(struct shared *s, const struct unwind_maps *m, struct err *e)
{
	memset(s, 0, sizeof(*s));
	s->processes_fd = m->processes;
	s->shards_fd = m->shards;
	s->segments = map_value(m->segments, SEGMENTS_BYTES);
	if (s->segments)
		s->blocks = map_value(m->blocks, BLOCKS_BYTES);
	if (s->blocks)
		s->rules = map_value(m->rules, RULES_BYTES);
	if (!s->rules)
		return err_set(e, -errno, "cannot map the unwind tables: %s", strerror(errno));
	return 0;
}

void shared_release(struct shared *s)
{
	uint32_t i;

	unmap_value(s->segments, SEGMENTS_BYTES);
	unmap_value(s->blocks, BLOCKS_BYTES);
	unmap_value(s->rules, RULES_BYTES);
	for (i = 0; i < s->shard_cnt; i++)
		unmap_value(s->shards[i], SHARD_BYTES);
	memset(s, 0, sizeof(*s));
}

/* The inner map: the outer one and the mapping keep it. */
static int shard_create(int outer_fd, uint32_t number, uint32_t **at)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "shard", 4, SHARD_BYTES, 1, &opts);
	int err = 0;

	if (fd < 0)
		return -errno;
	*at = map_value(fd, SHARD_BYTES);
	if (!*at || bpf_map_update_elem(outer_fd, &number, &fd, BPF_ANY)) {
		err = -errno;
		unmap_value(*at, SHARD_BYTES);
	}
	close(fd);
	return err;
}

int shared_add_shard(struct shared *s)
{
	uint32_t *at = NULL;
	int err = 0;

	if (s->shard_cnt == SHARDS_MAX)
		return -ENOSPC;
	if (s->shards_fd >= 0)
		err = shard_create(s->shards_fd, s->shard_cnt, &at);
	else if (!(at = map_value(-1, SHARD_BYTES)))
		err = -errno;
	if (!err)
		s->shards[s->shard_cnt++] = at;
	return err;
}

int shared_show(struct shared *s, uint32_t pid, const struct unwind_process *p)
{
	int err;

	if (s->processes_fd < 0)
		return 0;
	err = p ? bpf_map_update_elem(s->processes_fd, &pid, p, BPF_ANY)
	        : bpf_map_delete_elem(s->processes_fd, &pid);
	return err ? -errno : 0;
}
