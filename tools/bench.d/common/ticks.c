// SPDX-License-Identifier: Apache-2.0
#include "ticks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CPUS_MAX 1024

static int fds[CPUS_MAX];
static int fd_cnt;
static double from_s, to_s; /* CLOCK_REALTIME */

static double clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void wait_s(double seconds)
{
	struct timespec t = { (time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9) };

	nanosleep(&t, NULL);
}

/* As src/collect/tick.c opens it; a CPU that is offline is left out. */
static int attach(int prog, unsigned long hz)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.freq = 1,
		.sample_freq = hz,
		.exclude_idle = 1,
		.disabled = 1,
	};
	int cpu, fd;

	for (cpu = 0; cpu < libbpf_num_possible_cpus() && cpu < CPUS_MAX; cpu++) {
		fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
		if (fd < 0)
			continue;
		fds[fd_cnt++] = fd;
		if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog))
			return -1;
	}
	return fd_cnt ? 0 : -1;
}

static void enable(bool on)
{
	int i;

	for (i = 0; i < fd_cnt; i++)
		ioctl(fds[i], on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
}

int ticks_run(int prog, unsigned long hz, double seconds, void (*each)(void *arg), void *arg)
{
	double end = clock_s(CLOCK_MONOTONIC) + seconds, left;

	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0 || attach(prog, hz))
		return -1;
	from_s = clock_s(CLOCK_REALTIME);
	enable(true);
	while ((left = end - clock_s(CLOCK_MONOTONIC)) > 0) {
		wait_s(each && left > 0.1 ? 0.1 : left);
		if (each)
			each(arg);
	}
	enable(false);
	to_s = clock_s(CLOCK_REALTIME);
	return 0;
}

void ticks_print(int prog, const unsigned long long counts[2], const unsigned long *depths,
                 size_t depth_cnt)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	const char *comma = "";
	size_t n;

	bpf_obj_get_info_by_fd(prog, &info, &len);
	printf("{\"samples\":%llu,\"failed\":%llu,\"bpf_ns\":%llu,\"runs\":%llu,\"from\":%.9f,"
	       "\"to\":%.9f,\"depths\":{",
	       counts[0], counts[1], (unsigned long long)info.run_time_ns,
	       (unsigned long long)info.run_cnt, from_s, to_s);
	for (n = 0; n < depth_cnt; n++)
		if (depths[n]) {
			printf("%s\"%zu\":%lu", comma, n, depths[n]);
			comma = ",";
		}
	printf("}}\n");
}
