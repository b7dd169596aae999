// SPDX-License-Identifier: Apache-2.0
/* The heaviest functions as text: what `ebprof report -top` prints. For reading, nothing reads it again. */
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "format/format.h"
#include "profile/profile.h"
#include "report/report.h"

/* A report changes its profile: it gets a copy. */
static int txt_write(const struct profile *p, const struct format_options *options, FILE *out,
                     struct err *e)
{
	struct profile *const all[] = { (struct profile *)p };
	const char *wrong = profile_check_references(p);
	struct report_options o;
	struct profile *copy;
	struct report r;
	char type[24];
	int err;

	if (wrong)
		return err_set(e, -EINVAL, "the profile cannot be written: %s", wrong);
	copy = profile_merge(all, 1);
	if (!copy)
		return err_set(e, -ENOMEM, "out of memory for a table");
	report_options_init(&o);
	snprintf(type, sizeof(type), "%zu", format_sample_type(p, options));
	o.sample_index = type;
	err = report_open(&r, copy, &o, e);
	if (!err)
		err = report_print(&r, out, e);
	report_close(&r);
	profile_free(copy);
	return !err && ferror(out) ? -EIO : err;
}

const struct format format_txt = {
	.name = "txt",
	.suffixes = { ".txt" },
	.help = "the heaviest functions, for reading",
	.write = txt_write,
};
