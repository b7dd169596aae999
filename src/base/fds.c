// SPDX-License-Identifier: Apache-2.0
#include "base/fds.h"

#include <sys/resource.h>

enum { RESERVE_MIN = 64 };

size_t fds_for_files(size_t max)
{
	struct rlimit limit = { .rlim_cur = 1024 };
	size_t cnt, reserve;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	cnt = limit.rlim_cur < 2 * max ? limit.rlim_cur : 2 * max;
	reserve = cnt / 4 > RESERVE_MIN ? cnt / 4 : RESERVE_MIN;
	cnt = cnt > reserve + 1 ? cnt - reserve : 1;
	return cnt < max ? cnt : max;
}
