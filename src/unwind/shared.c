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
	SHARDS_AT_ONCE = 16,
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

/* One inner map and its memory; the outer one and the mapping keep it. -errno. */
static int shard_create(uint32_t **at)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "shard", 4, SHARD_BYTES, 1, &opts), err;

	if (fd < 0)
		return -errno;
	*at = map_value(fd, SHARD_BYTES);
	if (*at)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/*
 * An update waits for the programs that may still read what was there: 15 ms. All in one go it waits
 * once (linux: 37ba5b59d6ad, 6.8; for each as ever from 5.13 on, before that there is no such call).
 */
static int shards_put(int outer_fd, uint32_t first, const int *fds, uint32_t cnt)
{
	uint32_t numbers[SHARDS_AT_ONCE], done = cnt, i;

	for (i = 0; i < cnt; i++)
		numbers[i] = first + i;
	if (!bpf_map_update_batch(outer_fd, numbers, fds, &done, NULL))
		return 0;
	for (i = 0; i < cnt; i++)
		if (bpf_map_update_elem(outer_fd, &numbers[i], &fds[i], BPF_ANY))
			return -errno;
	return 0;
}

static int shards_create(struct shared *s, uint32_t **at, uint32_t cnt)
{
	int fds[SHARDS_AT_ONCE], err = 0;
	uint32_t made = 0;

	while (made < cnt && !err) {
		fds[made] = shard_create(&at[made]);
		err = fds[made] < 0 ? fds[made] : 0;
		made += !err;
	}
	if (!err)
		err = shards_put(s->shards_fd, s->shard_cnt, fds, cnt);
	while (made--) {
		close(fds[made]);
		if (err)
			unmap_value(at[made], SHARD_BYTES);
	}
	return err;
}

int shared_add_shards(struct shared *s, uint32_t cnt)
{
	uint32_t **at = s->shards + s->shard_cnt, i;
	int err = 0;

	if (cnt > SHARDS_AT_ONCE)
		cnt = SHARDS_AT_ONCE;
	if (cnt > SHARDS_MAX - s->shard_cnt)
		cnt = SHARDS_MAX - s->shard_cnt;
	if (!cnt)
		return -ENOSPC;
	if (s->shards_fd >= 0)
		err = shards_create(s, at, cnt);
	else
		for (i = 0; i < cnt && !err; i++)
			if (!(at[i] = map_value(-1, SHARD_BYTES)))
				err = -errno;
	if (!err)
		s->shard_cnt += cnt;
	return err ? err : (int)cnt;
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
