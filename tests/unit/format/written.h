/* SPDX-License-Identifier: Apache-2.0 */
/* What a text format makes of a profile. Include it behind cmocka.h. */
#ifndef EBPROF_TESTS_WRITTEN_H
#define EBPROF_TESTS_WRITTEN_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "format/format.h"
#include "../../consumers/profiles.h"

/* The caller frees it. */
static char *written(const struct format *f, const struct profile *p, size_t type, bool annotations)
{
	struct format_options options = { annotations, 6, type };
	struct err e = { "" };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (f->write(p, &options, out, &e))
		fail_msg("%s", e.msg);
	fclose(out);
	assert_int_equal(strlen(text), size);
	return text;
}

/* A type that is not there, a file system that is full, a profile that is damaged. */
static void refuses(const struct format *f)
{
	struct profile *p = test_offcpu_profile();
	struct format_options options = { true, 6, 3 };
	struct err e = { "" };
	FILE *full = fopen("/dev/full", "w");

	assert_int_equal(f->write(p, &options, stdout, &e), -EINVAL);
	assert_string_equal(e.msg, "the profile has only 3 sample types");
	options.sample_type = 0;
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(f->write(p, &options, full, &e), -ENOSPC);
	fclose(full);
	p->stacks[0] = 0;
	assert_int_equal(f->write(p, &options, stdout, &e), -EINVAL);
	profile_free(p);
}

#endif
