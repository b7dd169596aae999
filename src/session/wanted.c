// SPDX-License-Identifier: Apache-2.0
#include "session/wanted.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "ebprof.skel.h"
#include "process/proc.h"
#include "process/process.h"
#include "session/engine.h"

static int target_set(struct engine *en, uint32_t nr, uint32_t bits)
{
	struct abi_target t = { .bits = bits };

	return bpf_map_update_elem(bpf_map__fd(en->skel->maps.targets), &nr, &t, BPF_ANY) ? -errno
	                                                                                  : 0;
}

/* Makes one more process a target. 0 or -errno. */
static int want(struct engine *en, uint32_t pid)
{
	int err = target_set(en, pid, TARGET_PROCESS | TARGET_FOLLOW);

	if (!err)
		processes_want(en->processes, pid);
	return err;
}

void engine_unwant(struct engine *en, uint32_t pid)
{
	bpf_map_delete_elem(bpf_map__fd(en->skel->maps.targets), &pid);
}

size_t engine_target_cnt(const struct engine *en)
{
	int fd = bpf_map__fd(en->skel->maps.targets);
	uint32_t key, *last = NULL;
	size_t n = 0;

	for (; !bpf_map_get_next_key(fd, last, &key); last = &key)
		n++;
	return n;
}

static uint32_t parent_of(uint32_t pid)
{
	int dir = proc_open(pid), err;
	struct proc_stat st;

	if (dir < 0)
		return 0;
	err = proc_stat_read(dir, &st);
	close(dir);
	return err ? 0 : st.ppid;
}

static bool descends(const struct engine *en, uint32_t pid)
{
	const struct targets *t = &en->options.targets;
	int depth;
	size_t i;

	/* A chain is never longer than this; parents that die meanwhile could close a loop. */
	for (depth = 0; pid > 1 && depth < 4096; depth++, pid = parent_of(pid))
		for (i = 0; i < t->pid_cnt; i++)
			if (t->pids[i] == pid)
				return true;
	return false;
}

/* --tree: whoever has one of the pids among its ancestors. */
static int want_tree(struct engine *en)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	char *end;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (d = readdir(dir))) {
		unsigned long pid = strtoul(d->d_name, &end, 10);

		if (!*end && end != d->d_name && descends(en, (uint32_t)pid))
			err = want(en, (uint32_t)pid);
	}
	closedir(dir);
	return err;
}

static int load_targets(struct engine *en)
{
	const struct targets *t = &en->options.targets;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < t->pid_cnt; i++)
		err = want(en, t->pids[i]);
	if (!err && t->tree)
		err = want_tree(en);
	for (i = 0; !err && i < t->tid_cnt; i++)
		err = target_set(en, t->tids[i], TARGET_THREAD);
	return err;
}

/* The map for the current task, the ids (a cgroup's is its folder's inode number) for others. */
static int load_cgroups(struct engine *en, __u64 *ids, struct err *e)
{
	const struct targets *t = &en->options.targets;
	struct stat st;
	uint32_t i;

	for (i = 0; i < t->cgroup_cnt; i++) {
		int fd = open(t->cgroups[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int err = fd < 0 ? -errno : 0;

		if (!err && bpf_map_update_elem(bpf_map__fd(en->skel->maps.cgroups), &i, &fd, 0))
			err = -errno;
		if (!err && fstat(fd, &st))
			err = -errno;
		if (fd >= 0)
			close(fd);
		if (!err)
			ids[i] = st.st_ino;
		if (err)
			return err_set(e, err,
			               "cannot use cgroup '%s': %s; give a folder of the "
			               "cgroup v2 tree",
			               t->cgroups[i],
			               err == -EBADF ? "not a cgroup v2" : strerror(-err));
	}
	return 0;
}

static int load_glob(struct abi_glob *g, const char *patterns, struct err *e)
{
	int err = glob_compile(g, patterns);

	if (!err)
		return 0;
	return err_set(e, err,
	               err == -E2BIG ? "the patterns '%s' are too long: 63 characters in all"
	                             : "bad pattern '%s': a '[' is not closed",
	               patterns);
}

static uint32_t wanted_bits(const struct targets *t)
{
	return (t->pid_cnt ? WANT_PROCESS : 0) | (t->tid_cnt ? WANT_THREAD : 0) |
	       (t->has_uid ? WANT_UID : 0) | (t->comm ? WANT_COMM : 0) |
	       (t->exclude ? WANT_NOT_COMM : 0) | (t->cgroup_cnt ? WANT_CGROUP : 0);
}

int wanted_load(struct engine *en, struct err *e)
{
	const struct targets *t = &en->options.targets;
	struct abi_wanted w = { .bits = wanted_bits(t),
		                .uid = t->uid,
		                .cgroup_cnt = (uint32_t)t->cgroup_cnt };
	uint32_t zero = 0;
	int err = 0;

	if (t->comm)
		err = load_glob(&w.include, t->comm, e);
	if (!err && t->exclude)
		err = load_glob(&w.exclude, t->exclude, e);
	if (!err)
		err = load_cgroups(en, w.cgroup_ids, e);
	if (err)
		return err;
	err = load_targets(en);
	if (!err && bpf_map_update_elem(bpf_map__fd(en->skel->maps.wanted), &zero, &w, BPF_ANY))
		err = -errno;
	return err ? err_set(e, err, "cannot set the targets: %s", strerror(-err)) : 0;
}

int engine_record(struct engine *en, uint64_t start_ns)
{
	int fd = bpf_map__fd(en->skel->maps.wanted);
	struct abi_wanted w;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(fd, &zero, &w))
		return -errno;
	w.start_ns = start_ns;
	w.mono_ns = start_ns ? mono_ns() : 0;
	w.until_ns = 0;
	return bpf_map_update_elem(fd, &zero, &w, BPF_ANY) ? -errno : 0;
}

int engine_end(struct engine *en)
{
	int fd = bpf_map__fd(en->skel->maps.wanted);
	struct abi_wanted w;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(fd, &zero, &w))
		return -errno;
	w.until_ns = mono_ns();
	return bpf_map_update_elem(fd, &zero, &w, BPF_ANY) ? -errno : 0;
}
