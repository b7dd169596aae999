// SPDX-License-Identifier: Apache-2.0
#include "collect/uprobe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collect/attach.h"

/* include/uapi/linux/bpf.h of 6.13; libbpf 1.1 knows neither. */
#define TRACE_UPROBE_MULTI   48
#define TRACE_UPROBE_SESSION 57

/* union bpf_attr's link_create with its member uprobe_multi. */
struct link_create {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t cnt, multi_flags, pid, pad;
};

#define UPROBE_TYPE "/sys/bus/event_source/devices/uprobe/type"

/* Does the kernel know that value of enum bpf_attach_type? */
static bool has_attach_type(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, "bpf_attach_type", BTF_KIND_ENUM), i;
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), name))
			return true;
	return false;
}

enum uprobe_way uprobe_best(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	enum uprobe_way way = UPROBE_NONE;

	/* Cookies came to perf events with 5.15 (7adfc6c9b315). */
	if (!access(UPROBE_TYPE, R_OK) &&
	    libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) == 1)
		way = UPROBE_PERF;
	if (libbpf_get_error(btf))
		return way;
	if (way == UPROBE_PERF && has_attach_type(btf, "BPF_TRACE_UPROBE_SESSION"))
		way = UPROBE_SESSION;
	btf__free(btf);
	return way;
}

void uprobe_prepare(struct bpf_program *prog, bool both)
{
	bpf_program__set_expected_attach_type(
		prog, (enum bpf_attach_type)(both ? TRACE_UPROBE_SESSION : TRACE_UPROBE_MULTI));
}

static int attach_multi(struct links *l, const struct bpf_program *prog, enum uprobe_side side,
                        int file, const struct uprobe_site *sites, size_t cnt, uint32_t pid)
{
	uint64_t *words = calloc(cnt, 2 * sizeof(*words));
	struct link_create create = {
		.prog_fd = (uint32_t)bpf_program__fd(prog),
		.attach_type = side == UPROBE_BOTH ? TRACE_UPROBE_SESSION : TRACE_UPROBE_MULTI,
		.cnt = (uint32_t)cnt,
		.pid = pid,
	};
	char path[40];
	size_t i;
	int fd;

	if (!words)
		return -ENOMEM;
	for (i = 0; i < cnt; i++) {
		words[i] = sites[i].offset;
		words[cnt + i] = sites[i].cookie;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	create.path = (uintptr_t)path;
	create.offsets = (uintptr_t)words;
	create.cookies = (uintptr_t)(words + cnt);
	fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create));
	fd = fd < 0 ? -errno : fd;
	free(words);
	return fd < 0 ? fd : links_add(l, fd);
}

static int attach_event(struct links *l, const struct bpf_program *prog, bool is_return, int file,
                        const struct uprobe_site *site, uint32_t pid)
{
	LIBBPF_OPTS(bpf_link_create_opts, o, .perf_event.bpf_cookie = site->cookie);
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.config = is_return, /* /sys/bus/event_source/devices/uprobe/format/retprobe */
		.probe_offset = site->offset,
	};
	char path[40];
	int err = event_type(UPROBE_TYPE, &attr.type), fd, link;

	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	attr.uprobe_path = (uintptr_t)path;
	/* Of all: the event of one CPU runs its program on each (kernel/trace/trace_uprobe.c). */
	fd = (int)syscall(SYS_perf_event_open, &attr, pid ? (int)pid : -1, pid ? -1 : 0, -1,
	                  PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = links_add(l, fd);
	link = err ? err : bpf_link_create(bpf_program__fd(prog), fd, BPF_PERF_EVENT, &o);
	return link < 0 ? link : links_add(l, link);
}

int attach_uprobes(struct links *l, const struct bpf_program *prog, enum uprobe_way way,
                   enum uprobe_side side, int file, const struct uprobe_site *sites, size_t cnt,
                   uint32_t pid)
{
	size_t i;
	int err = 0;

	if (!cnt)
		return 0;
	if (way == UPROBE_SESSION)
		return attach_multi(l, prog, side, file, sites, cnt, pid);
	for (i = 0; !err && i < cnt; i++)
		err = attach_event(l, prog, side == UPROBE_RETURN, file, &sites[i], pid);
	return err;
}
