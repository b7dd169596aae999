// SPDX-License-Identifier: Apache-2.0
#include "process/sideband.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "process/record.h"

enum {
	RING_MAX_BYTES = 512 * 1024, /* some 4,000 records: 10 polls' worth of a parallel build */
	RING_MIN_BYTES = 16 * 1024,
	RECORD_MAX_BYTES = 4096 + 256, /* a path of PATH_MAX and what is around it */
	CPU_MAX = 8192,                /* CONFIG_NR_CPUS is not larger on any architecture */
};

struct cpu_ring {
	int fd;
	int build_id_fd;         /* -1 = none */
	uint64_t build_id_event; /* its id in the records */
	struct perf_event_mmap_page *page;
	size_t data_sz;
};

struct sideband {
	struct cpu_ring *cpus;
	size_t cnt;
	size_t ring_sz; /* what the last mmap agreed to */
	bool no_build_ids;
};

static int event_open(struct perf_event_attr *attr, int cpu)
{
	attr->size = sizeof(*attr);
	attr->type = PERF_TYPE_SOFTWARE;
	attr->config = PERF_COUNT_SW_DUMMY;
	attr->sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_CPU;
	attr->sample_id_all = 1;
	attr->disabled = 1;
	attr->use_clockid = 1;
	attr->clockid = CLOCK_BOOTTIME;
	attr->watermark = 1;
	attr->wakeup_watermark = RING_MAX_BYTES / 2; /* nobody sleeps on it */
	attr->mmap = 1;
	attr->mmap2 = 1;
	return (int)syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static int main_event(int cpu)
{
	struct perf_event_attr attr = { .comm = 1, .comm_exec = 1, .task = 1 };

	return event_open(&attr, cpu);
}

/*
 * MMAP2 has a build ID instead of device and inode when it is asked for, so a second event asks.
 * attr.build_id is in Linux 5.12 (commit 88a16a130933); older kernels say EINVAL.
 */
static int build_id_event(int cpu)
{
	struct perf_event_attr attr = { .build_id = 1 };

	return event_open(&attr, cpu);
}

/* A ring of 2^n pages and the control page; smaller where the memory limit refuses. */
static int ring_map(struct sideband *sb, struct cpu_ring *c)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at;

	for (; sb->ring_sz >= RING_MIN_BYTES && sb->ring_sz >= page; sb->ring_sz /= 2) {
		at = mmap(NULL, page + sb->ring_sz, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
		if (at != MAP_FAILED) {
			c->page = at;
			c->data_sz = sb->ring_sz;
			return 0;
		}
		if (errno != EPERM && errno != ENOMEM)
			break;
	}
	return -errno;
}

static void ring_close(struct cpu_ring *c)
{
	if (c->build_id_fd >= 0)
		close(c->build_id_fd);
	if (c->page)
		munmap(c->page, (size_t)sysconf(_SC_PAGESIZE) + c->data_sz);
	if (c->fd >= 0)
		close(c->fd);
}

/*
 * The build ID of a mapping comes right behind the mapping: events see a record in the reverse order
 * of their opening (linux: kernel/events/core.c attach_sb_event() adds at the head), so that of the
 * build IDs is opened first.
 */
static int ring_open(struct sideband *sb, int cpu, struct cpu_ring *c)
{
	int err;

	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->build_id_fd = sb->no_build_ids ? -1 : build_id_event(cpu);
	c->fd = main_event(cpu);
	err = c->fd < 0 ? -errno : ring_map(sb, c);
	if (err) {
		ring_close(c);
		return err;
	}
	if (c->build_id_fd >= 0 && (ioctl(c->build_id_fd, PERF_EVENT_IOC_SET_OUTPUT, c->fd) ||
	                            ioctl(c->build_id_fd, PERF_EVENT_IOC_ID, &c->build_id_event))) {
		close(c->build_id_fd);
		c->build_id_fd = -1;
	}
	sb->no_build_ids |= c->build_id_fd < 0;
	return 0;
}

/* Reads "0-3,5" and the like; 'each' for every CPU until it says no. */
static int each_online_cpu(int (*each)(struct sideband *sb, int cpu), struct sideband *sb)
{
	FILE *f = fopen("/sys/devices/system/cpu/online", "re");
	int from, to, n, err = 0;
	char next = ',';

	if (!f)
		return each(sb, 0);
	while (!err && next == ',' && fscanf(f, "%d", &from) == 1) {
		to = from;
		n = fscanf(f, "-%d%c", &to, &next);
		if (!n)
			n = fscanf(f, "%c", &next);
		if (n < 1)
			next = 0;
		for (; !err && from <= to && from < CPU_MAX; from++)
			err = each(sb, from);
	}
	fclose(f);
	return err;
}

static int add_cpu(struct sideband *sb, int cpu)
{
	struct cpu_ring *cpus = realloc(sb->cpus, (sb->cnt + 1) * sizeof(*cpus));
	int err;

	if (!cpus)
		return -ENOMEM;
	sb->cpus = cpus;
	err = ring_open(sb, cpu, &cpus[sb->cnt]);
	if (err == -ENODEV) /* went offline meanwhile */
		return 0;
	if (!err)
		sb->cnt++;
	return err;
}

static int enable(struct sideband *sb)
{
	size_t i;

	for (i = 0; i < sb->cnt; i++) {
		if (ioctl(sb->cpus[i].fd, PERF_EVENT_IOC_ENABLE, 0))
			return -errno;
		if (sb->cpus[i].build_id_fd >= 0)
			ioctl(sb->cpus[i].build_id_fd, PERF_EVENT_IOC_ENABLE, 0);
	}
	return sb->cnt ? 0 : -ENODEV;
}

struct sideband *sideband_open(int *code, struct err *e)
{
	struct sideband *sb = calloc(1, sizeof(*sb));
	int err = -ENOMEM;

	if (sb) {
		sb->ring_sz = RING_MAX_BYTES;
		err = each_online_cpu(add_cpu, sb);
	}
	if (!err)
		err = enable(sb);
	if (!err)
		return sb;
	sideband_close(sb);
	*code = err_set(e, err,
	                "cannot watch processes start and map files: %s; run as root or with "
	                "CAP_PERFMON",
	                strerror(-err));
	return NULL;
}

void sideband_close(struct sideband *sb)
{
	size_t i;

	if (!sb)
		return;
	for (i = 0; i < sb->cnt; i++)
		ring_close(&sb->cpus[i]);
	free(sb->cpus);
	free(sb);
}

/* The loads and stores pair with the kernel's around data_head and data_tail (perf_event.h). */
void sideband_read(struct sideband *sb, struct queue *q)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), i;

	for (i = 0; i < sb->cnt; i++) {
		struct cpu_ring *c = &sb->cpus[i];
		struct ring_view r = { .data = (char *)c->page + page,
			               .mask = c->data_sz - 1,
			               .tail = c->page->data_tail,
			               .head = __atomic_load_n(&c->page->data_head,
			                                       __ATOMIC_ACQUIRE),
			               .twin = c->build_id_event };

		queue_take(q, &r);
		/*
		 * The kernel tells a loss with the next record that has room, which may never come
		 * (linux: kernel/events/ring_buffer.c __perf_output_begin()).
		 */
		if (r.head - r.tail + RECORD_MAX_BYTES > c->data_sz)
			q->lost++;
		__atomic_store_n(&c->page->data_tail, r.head, __ATOMIC_RELEASE);
	}
}

bool sideband_has_build_ids(const struct sideband *sb)
{
	return sb->cnt && !sb->no_build_ids;
}
