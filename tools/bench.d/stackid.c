// SPDX-License-Identifier: Apache-2.0
/*
 * stackid [-k] [-n] HZ SECONDS PID: loads stackid.bpf.c, samples by cpu-clock on every CPU as ebprof does
 * and prints a line of JSON: samples, the program's run time and number of runs, and the depths of the
 * stacks it saw. PID 0 is every process; -k takes kernel stacks too, -n none at all.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ticks.h"
#include "stackid.skel.h"

#define FRAMES   127
#define CPUS_MAX 1024

/* How many distinct stacks there are of each depth. */
static void count_depths(int map, unsigned long *depths)
{
	__u64 frames[FRAMES];
	__u32 key, *last = NULL;
	int n;

	while (!bpf_map_get_next_key(map, last, &key)) {
		memset(frames, 0, sizeof(frames));
		if (!bpf_map_lookup_elem(map, &key, frames)) {
			for (n = 0; n < FRAMES && frames[n];)
				n++;
			depths[n]++;
		}
		last = &key;
	}
}

static int run(struct stackid *skel, unsigned long hz, double seconds)
{
	unsigned long depths[FRAMES + 1] = { 0 };
	unsigned long long counts[2] = { 0 };
	int prog = bpf_program__fd(skel->progs.stackid), i;

	if (ticks_run(prog, hz, seconds, NULL, NULL))
		return 1;
	for (i = 0; i < CPUS_MAX; i++) {
		counts[0] += skel->bss->counts[i][0];
		counts[1] += skel->bss->counts[i][1];
	}
	count_depths(bpf_map__fd(skel->maps.stacks), depths);
	ticks_print(prog, counts, depths, FRAMES + 1);
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
