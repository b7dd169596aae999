// SPDX-License-Identifier: Apache-2.0
#include "collect/tick.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "collect/attach.h"
#include "collect/collect.h"
#include "ebprof.skel.h"

#define SW(n) PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##n
#define HW(n) PERF_TYPE_HARDWARE, PERF_COUNT_HW_##n

/* The names are perf's (perf list). */
static const struct tick_event events[] = {
	{ "cpu-clock", SW(CPU_CLOCK), true },
	{ "cycles", HW(CPU_CYCLES), false },
	{ "cpu-cycles", HW(CPU_CYCLES), false },
	{ "instructions", HW(INSTRUCTIONS), false },
	{ "cache-references", HW(CACHE_REFERENCES), false },
	{ "cache-misses", HW(CACHE_MISSES), false },
	{ "branches", HW(BRANCH_INSTRUCTIONS), false },
	{ "branch-misses", HW(BRANCH_MISSES), false },
	{ "bus-cycles", HW(BUS_CYCLES), false },
	{ "ref-cycles", HW(REF_CPU_CYCLES), false },
	{ "stalled-cycles-frontend", HW(STALLED_CYCLES_FRONTEND), false },
	{ "stalled-cycles-backend", HW(STALLED_CYCLES_BACKEND), false },
	{ "page-faults", SW(PAGE_FAULTS), false },
	{ "minor-faults", SW(PAGE_FAULTS_MIN), false },
	{ "major-faults", SW(PAGE_FAULTS_MAJ), false },
	{ "context-switches", SW(CONTEXT_SWITCHES), false },
	{ "cpu-migrations", SW(CPU_MIGRATIONS), false },
};

const char *tick_event_name(unsigned int i)
{
	return i < sizeof(events) / sizeof(*events) ? events[i].name : NULL;
}

int tick_event_find(const char *name, struct tick_event *event)
{
	char *end;
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (!strcmp(events[i].name, name)) {
			*event = events[i];
			return 0;
		}
	if (name[0] != 'r' || !strchr("0123456789abcdefABCDEF", name[1]) || !name[1])
		return -ENOENT;
	errno = 0;
	event->config = strtoull(name + 1, &end, 16);
	if (errno || *end || strlen(name) >= sizeof(event->name))
		return -ENOENT;
	event->type = PERF_TYPE_RAW;
	event->is_time = false;
	snprintf(event->name, sizeof(event->name), "%s", name);
	return 0;
}

static void hook(const struct collect_options *o, char *text, size_t size)
{
	snprintf(text, size, "perf event %s of each CPU", o->event->name);
}

static void enable(struct ebprof_bpf *skel, const struct collect_options *o)
{
	bpf_program__set_autoload(skel->progs.tick, true);
}

static int refused(const struct collect_options *o, int cpu, int err, struct err *e)
{
	const char *name = o->event->name;

	switch (-err) {
	case EACCES:
	case EPERM:
		return err_set(e, err,
		               "cannot open event '%s': %s; run as root or with CAP_PERFMON, or "
		               "lower sysctl kernel.perf_event_paranoid",
		               name, strerror(-err));
	case ENOENT:
	case EOPNOTSUPP:
	case ENODEV:
		return err_set(e, err,
		               "event '%s' is not available on this machine (no PMU, or the "
		               "hypervisor hides it); try -e cpu-clock",
		               name);
	case EINVAL:
		return err_set(e, err,
		               "the kernel refused event '%s' at this rate; try another -F or -c "
		               "(sysctl kernel.perf_event_max_sample_rate)",
		               name);
	case EMFILE:
		return err_set(e, err,
		               "cannot open event '%s' on CPU %d: too many open files; raise "
		               "ulimit -n",
		               name, cpu);
	}
	return err_set(e, err, "cannot open event '%s' on CPU %d: %s", name, cpu, strerror(-err));
}

static int attach(struct ebprof_bpf *skel, const struct collect_options *o, struct links *links,
                  struct err *e)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = o->event->type,
		.config = o->event->config,
		.freq = !o->period,
		.sample_period = o->period ? o->period : o->freq_hz,
		.exclude_idle = 1,
		.disabled = 1,
	};
	size_t cpu;
	int err;

	for (cpu = 0; cpu < o->cpu_cnt; cpu++) {
		if (!o->cpus[cpu])
			continue;
		err = attach_perf_event(links, skel->progs.tick, &attr, (int)cpu);
		if (err)
			return refused(o, (int)cpu, err, e);
	}
	return 0;
}

const struct source source_tick = {
	.name = "tick",
	.ctx = CTX_PERF,
	.hook = hook,
	.enable = enable,
	.attach = attach,
};
