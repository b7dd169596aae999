// SPDX-License-Identifier: Apache-2.0
#include "collect/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"

void links_release(struct links *l)
{
	while (l->cnt)
		close(l->fds[--l->cnt]);
	free(l->fds);
	*l = (struct links){ 0 };
}

int links_add(struct links *l, int fd)
{
	int *fds = array_reserve(l->fds, &l->cap, l->cnt + 1, sizeof(*fds));

	if (!fds) {
		close(fd);
		return -ENOMEM;
	}
	l->fds = fds;
	fds[l->cnt++] = fd;
	return 0;
}

int attach_perf_event(struct links *l, const struct bpf_program *prog, struct perf_event_attr *attr,
                      int cpu)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(prog)) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return links_add(l, fd);
}

int event_type(const char *path, unsigned int *type)
{
	FILE *f = fopen(path, "re");
	int n;

	if (!f)
		return -errno;
	n = fscanf(f, "%u", type);
	fclose(f);
	return n == 1 ? 0 : -EINVAL;
}

int attach_kprobe(struct links *l, const struct bpf_program *prog, const char *symbol)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.kprobe_func = (uintptr_t)symbol,
	};
	int err = event_type(KPROBE_TYPE, &attr.type);

	/* One event of one CPU serves all: the probe is the kernel's. */
	return err ? err : attach_perf_event(l, prog, &attr, 0);
}

int attach_raw_tracepoint(struct links *l, const struct bpf_program *prog)
{
	int fd = bpf_raw_tracepoint_open(NULL, bpf_program__fd(prog));

	return fd < 0 ? -errno : links_add(l, fd);
}

bool attach_can_fentry(const char *function)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	int id = libbpf_find_vmlinux_btf_id(function, BPF_TRACE_FENTRY), prog, link;

	if (id <= 0)
		return false;
	opts.attach_btf_id = (__u32)id;
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "can_fentry", "Dual BSD/GPL", insns,
	                     sizeof(insns) / sizeof(*insns), &opts);
	if (prog < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, prog);
	close(prog);
	if (link >= 0)
		close(link);
	return link >= 0;
}

int cpus_parse(const char *list, bool *cpus, size_t cnt)
{
	unsigned long from, to, i;
	char *end;

	do {
		if (*list < '0' || *list > '9')
			return -EINVAL;
		errno = 0;
		from = to = strtoul(list, &end, 10);
		if (*end == '-' && end[1] >= '0' && end[1] <= '9')
			to = strtoul(end + 1, &end, 10);
		if (errno || to < from || to >= cnt)
			return -EINVAL;
		for (i = from; i <= to; i++)
			cpus[i] = true;
		list = end + 1;
	} while (*end == ',');
	return *end && *end != '\n' ? -EINVAL : 0;
}

int cpus_online(bool *cpus, size_t cnt)
{
	char list[4096];
	int fd = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, list, sizeof(list) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return -EIO;
	list[n] = 0;
	return cpus_parse(list, cpus, cnt);
}
