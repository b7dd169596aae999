// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <unistd.h>

#include "process/file.h"
#include "process/proc.h"
#include "process/remote.h"

static void types(void **state)
{
	assert_true(remote_is_type("nfs4"));
	assert_true(remote_is_type("fuse.sshfs"));
	assert_true(remote_is_type("fuseblk"));
	assert_true(remote_is_type("9p"));
	assert_false(remote_is_type("ext4"));
	assert_false(remote_is_type("overlay"));
	assert_false(remote_is_type("tmpfs"));
	assert_false(remote_is_type(""));
}

/* That one which is remote is found so is shown by tests/live/hang.sh. */
static void local_paths(void **state)
{
	assert_false(remote_is_path("/proc/self/maps"));
	assert_false(remote_is_path("/sys/kernel"));
	assert_false(remote_is_path("/nothing/is/there"));
}

static int open_never(void *arg, struct remote_result *result)
{
	return pause();
}

static void on_busy(void *arg)
{
	++*(int *)arg;
}

/* Others get their turn while one is waited for; what did not answer is not asked again. */
static void waits(void **state)
{
	const struct remote_attempt attempt = { .open = open_never };
	const struct file_id id = { .minor = UINT32_MAX }; /* nobody's, nor a block device */
	struct remote_result result;
	uint64_t from = proc_now();
	struct remotes r;
	int calls = 0, fd = -1;

	remotes_init(&r);
	r.busy = (struct busy){ on_busy, &calls };
	assert_int_equal(remotes_open(&r, (uint32_t)getpid(), &id, &attempt, &result, &fd),
	                 REMOTE_FAILED);
	assert_int_equal(result.err, -ETIMEDOUT);
	assert_in_range(proc_now() - from, 1900000000, 10000000000);
	assert_in_range(calls, 20, 210);
	calls = 0;
	assert_int_equal(remotes_open(&r, (uint32_t)getpid(), &id, &attempt, &result, &fd),
	                 REMOTE_FAILED);
	assert_int_equal(calls, 0);
	remotes_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(local_paths),
		cmocka_unit_test(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
