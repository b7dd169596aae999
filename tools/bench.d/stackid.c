// SPDX-License-Identifier: Apache-2.0
/*
 * stackid [-k] [-n] HZ SECONDS PID: loads stackid.bpf.c, samples by cpu-clock on every CPU as ebprof does
 * and prints a line of JSON: samples, the program's run time and number of runs, and the depths of the
 * stacks it saw. PID 0 is every process; -k takes kernel stacks too, -n none at all.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "stackid.skel.h"

#define FRAMES   127
#define CPUS_MAX 1024

static int fds[CPUS_MAX];
static int fd_cnt;

static double clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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

/* Prints how many distinct stacks there are of each depth. */
static void print_depths(int map)
{
	unsigned long seen[FRAMES + 1] = { 0 };
	__u64 frames[FRAMES];
	const char *comma = "";
	__u32 key, *last = NULL;
	int n;

	while (!bpf_map_get_next_key(map, last, &key)) {
		memset(frames, 0, sizeof(frames));
		if (!bpf_map_lookup_elem(map, &key, frames)) {
			for (n = 0; n < FRAMES && frames[n];)
				n++;
			seen[n]++;
		}
		last = &key;
	}
	for (n = 0; n <= FRAMES; n++)
		if (seen[n]) {
			printf("%s\"%d\":%lu", comma, n, seen[n]);
			comma = ",";
		}
}

static void print_all(struct stackid *skel, double from, double to)
{
	struct bpf_prog_info info = { 0 };
	__u64 samples = 0, failed = 0;
	__u32 len = sizeof(info);
	int i;

	for (i = 0; i < CPUS_MAX; i++) {
		samples += skel->bss->counts[i][0];
		failed += skel->bss->counts[i][1];
	}
	bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.stackid), &info, &len);
	printf("{\"samples\":%llu,\"failed\":%llu,\"bpf_ns\":%llu,\"runs\":%llu,\"from\":%.9f,"
	       "\"to\":%.9f,\"depths\":{",
	       (unsigned long long)samples, (unsigned long long)failed,
	       (unsigned long long)info.run_time_ns, (unsigned long long)info.run_cnt, from, to);
	print_depths(bpf_map__fd(skel->maps.stacks));
	printf("}}\n");
}

static int run(struct stackid *skel, unsigned long hz, double seconds)
{
	struct timespec t = { (time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9) };
	double from, to;

	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0 ||
	    attach(bpf_program__fd(skel->progs.stackid), hz))
		return 1;
	from = clock_s(CLOCK_REALTIME);
	enable(true);
	nanosleep(&t, NULL);
	enable(false);
	to = clock_s(CLOCK_REALTIME);
	print_all(skel, from, to);
	return 0;
}

int main(int argc, char **argv)
{
	bool kernel = false, none = false;
	struct stackid *skel;
	int c, status;

	while ((c = getopt(argc, argv, "kn")) != -1) {
		kernel |= c == 'k';
		none |= c == 'n';
		if (c == '?')
			return 2;
	}
	if (argc - optind != 3) {
		fprintf(stderr, "usage: stackid [-k] [-n] HZ SECONDS PID\n");
		return 2;
	}
	skel = stackid__open();
	if (!skel)
		return 1;
	skel->rodata->tgid = (__u32)strtoul(argv[optind + 2], NULL, 10);
	skel->rodata->self = (__u32)getpid();
	skel->rodata->kernel = kernel;
	skel->rodata->walk = !none;
	status = stackid__load(skel) ? 1
	                             : run(skel, strtoul(argv[optind], NULL, 10),
	                                   strtod(argv[optind + 1], NULL));
	if (status)
		perror("stackid");
	stackid__destroy(skel);
	return status;
}
