// SPDX-License-Identifier: Apache-2.0
#include "cmd/report_read.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/report_names.h"
#include "report/report.h"

void report_limit_memory(uint64_t bytes, struct rlimit *before)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_DATA, before))
		return;
	limit = *before;
	if (limit.rlim_cur > bytes)
		limit.rlim_cur = bytes;
	setrlimit(RLIMIT_DATA, &limit);
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

int report_prepare(struct profile *p, enum demangle_style style)
{
	struct err e;

	if (report_names(p, style)) {
		log_error("out of memory for names");
		return EXIT_FAILED;
	}
	if (report_drop_frames(p, &e))
		log_warn("the profile's own filter is not used: %s", e.msg);
	return 0;
}
