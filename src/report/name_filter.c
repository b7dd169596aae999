// SPDX-License-Identifier: Apache-2.0
#include "report/name_filter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "profile/profile.h"
#include "report/regexp.h"

enum { UNKNOWN, NO, YES };

int name_filter_init(struct name_filter *f, const struct profile *p, const char *pattern,
                     const char *what, struct err *e)
{
	*f = (struct name_filter){ .p = p, .answer_cnt = p->strings.cnt };
	if (!pattern || !*pattern)
		return 0;
	f->regexp = regexp_new(pattern, what, e);
	if (!f->regexp)
		return -EINVAL;
	f->answers = calloc(f->answer_cnt + 1, 1);
	return f->answers ? 0 : err_set(e, -ENOMEM, "out of memory for a filter");
}

void name_filter_release(struct name_filter *f)
{
	regexp_free(f->regexp);
	free(f->answers);
}

bool name_filter_matches(struct name_filter *f, uint32_t string)
{
	if (string >= f->answer_cnt)
		return regexp_match(f->regexp, profile_text(f->p, string));
	if (f->answers[string] == UNKNOWN)
		f->answers[string] = regexp_match(f->regexp, profile_text(f->p, string)) ? YES : NO;
	return f->answers[string] == YES;
}

bool name_filter_matches_line(struct name_filter *f, const struct profile_line *l)
{
	const struct profile_function *fn = profile_function(f->p, l->function);

	return name_filter_matches(f, fn->name) || name_filter_matches(f, fn->filename);
}

bool name_filter_matches_object(struct name_filter *f, const struct profile_location *l)
{
	const struct profile_mapping *m = profile_mapping(f->p, l->mapping);

	return m && name_filter_matches(f, m->file);
}

bool name_filter_matches_location(struct name_filter *f, const struct profile_location *l)
{
	size_t i;

	for (i = 0; i < l->line_cnt; i++)
		if (name_filter_matches_line(f, &f->p->lines[l->line_first + i]))
			return true;
	return name_filter_matches_object(f, l);
}
