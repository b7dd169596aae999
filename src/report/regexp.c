// SPDX-License-Identifier: Apache-2.0
#include "report/regexp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/err.h"
#include "base/utf8.h"

/*
 * Steps of one match: PCRE2's default is 10,000,000, a second or so. The worst that names of functions
 * need is some thousands; (a+)+b on 40 letters would need 2^40.
 */
enum { MATCH_LIMIT = 1000000, HEAP_LIMIT_KIB = 8 << 10 };

struct regexp {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	char *what, *pattern;
	bool gave_up;
};

/* Go: . has no \n whatever the system's newline is, $ is the very end, names may be any bytes. */
static pcre2_code *compile(const char *pattern, int *code, size_t *at)
{
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	pcre2_code *compiled = NULL;

	*code = PCRE2_ERROR_HEAP_FAILED;
	if (c && !pcre2_set_newline(c, PCRE2_NEWLINE_LF))
		compiled = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
		                         PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
		                                 PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C,
		                         code, at, c);
	pcre2_compile_context_free(c);
	return compiled;
}

struct regexp *regexp_new(const char *pattern, const char *what, struct err *e)
{
	struct regexp *r = calloc(1, sizeof(*r));
	unsigned char why[128] = "";
	int code = PCRE2_ERROR_HEAP_FAILED;
	size_t at = 0;

	if (r)
		r->code = compile(pattern, &code, &at);
	if (!r || !r->code) {
		pcre2_get_error_message(code, why, sizeof(why));
		err_set(e, -EINVAL, "bad regular expression '%.200s' for %s: %s, at character %zu",
		        pattern, what, (char *)why, at);
		free(r);
		return NULL;
	}
	pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	r->data = pcre2_match_data_create(1, NULL);
	r->limits = pcre2_match_context_create(NULL);
	r->what = strdup(what);
	r->pattern = strdup(pattern);
	if (!r->data || !r->limits || !r->what || !r->pattern) {
		err_set(e, -ENOMEM, "out of memory for a regular expression");
		regexp_free(r);
		return NULL;
	}
	pcre2_set_match_limit(r->limits, MATCH_LIMIT);
	pcre2_set_heap_limit(r->limits, HEAP_LIMIT_KIB);
	return r;
}

void regexp_free(struct regexp *r)
{
	if (!r)
		return;
	pcre2_match_context_free(r->limits);
	pcre2_match_data_free(r->data);
	pcre2_code_free(r->code);
	free(r->what);
	free(r->pattern);
	free(r);
}

/* Go: a byte that is no UTF-8 is U+FFFD. */
bool regexp_match(struct regexp *r, const char *text)
{
	const char *valid;
	char *copy;
	int got;

	if (r->gave_up)
		return false;
	valid = utf8_only(text, &copy);
	valid = valid ? valid : text;
	got = pcre2_match(r->code, (PCRE2_SPTR)valid, strlen(valid), 0, 0, r->data, r->limits);
	free(copy);
	if (got < 0 && got != PCRE2_ERROR_NOMATCH)
		r->gave_up = true;
	return got >= 0;
}

int regexp_check(const struct regexp *r, struct err *e)
{
	if (!r || !r->gave_up)
		return 0;
	return err_set(
		e, -E2BIG,
		"the regular expression '%.200s' for %s takes too long on a name, make it simpler",
		r->pattern, r->what);
}
