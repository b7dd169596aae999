// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(local_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
