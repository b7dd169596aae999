// SPDX-License-Identifier: Apache-2.0
/*
 * probe CAPABILITY: exit status 0 when this machine has it. Only what no command can tell: which perf
 * events open. Prints why not.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct probe {
	const char *name;
	unsigned type, config;
	int pid, cpu;
};

static const struct probe probes[] = {
	{ "perf-software", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 0, -1 },
	{ "perf-all-cpus", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, -1, 0 },
	{ "pmu", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0, -1 },
};

static int probe_run(const struct probe *p)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = p->type,
		.config = p->config,
		.sample_period = 1000000,
		.sample_type = PERF_SAMPLE_IP,
		.disabled = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, p->pid, p->cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", p->name, strerror(errno));
		return 1;
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	for (unsigned i = 0; argc == 2 && i < sizeof(probes) / sizeof(*probes); i++)
		if (!strcmp(probes[i].name, argv[1]))
			return probe_run(&probes[i]);
	fprintf(stderr, "usage: probe perf-software|perf-all-cpus|pmu\n");
	return 2;
}
