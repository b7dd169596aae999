// SPDX-License-Identifier: Apache-2.0
#include "cmd/report_read.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "cmd/cmd.h"
#include "cmd/option_report.h"
#include "cmd/report_names.h"
#include "report/report.h"

/* Said by a signal handler. */
static char too_slow[128];

static void end_slow(int signal)
{
	(void)!write(STDERR_FILENO, too_slow, strlen(too_slow));
	_exit(EXIT_FAILED);
}

static void limit(int what, uint64_t value, struct rlimit *was)
{
	struct rlimit now;

	if (getrlimit(what, was))
		return;
	now = *was;
	if (now.rlim_cur > value)
		now.rlim_cur = value;
	setrlimit(what, &now);
}

int report_confine(const struct report_line *l, struct rlimit *memory)
{
	struct rlimit cpu;
	int err = sandbox_be_user();

	if (err) {
		log_error("cannot give up what the file of ebprof has of rights: %s",
		          strerror(-err));
		return EXIT_FAILED;
	}
	snprintf(
		too_slow, sizeof(too_slow),
		"ebprof: the report takes more than %llu s of CPU time, --max-cpu SECONDS allows more\n",
		(unsigned long long)l->cpu_seconds);
	signal(SIGXCPU, end_slow);
	limit(RLIMIT_CPU, l->cpu_seconds, &cpu);
	limit(RLIMIT_DATA, l->memory_bytes, memory);
	return 0;
}

int report_read_failed(const struct err *e, uint64_t bytes)
{
	if (strstr(e->msg, "out of memory") || strstr(e->msg, strerror(ENOMEM)))
		log_error("%s: more than %llu MiB are needed, --max-memory MIB allows more", e->msg,
		          (unsigned long long)bytes >> 20);
	else
		log_error("%s", e->msg);
	return EXIT_FAILED;
}

int report_prepare(struct profile *p, enum demangle_style style, struct err *e)
{
	int err;

	if (report_names(p, style))
		return err_set(e, -ENOMEM, "out of memory for names");
	err = report_drop_frames(p, e);
	if (!err || err == -ENOMEM)
		return err;
	log_warn("the profile's own filter is not used: %s", e->msg);
	return 0;
}
