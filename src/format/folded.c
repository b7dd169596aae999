// SPDX-License-Identifier: Apache-2.0
/*
 * Folded stacks, what flamegraph.pl and its kin read: a line is "root;frame;…;leaf VALUE". The root
 * is the process's name. Readers differ in what they choke on, so a line has nothing but what all
 * of them take: whole numbers, no comments, no blank before digits at the end of the last frame
 * (they would be a second value). A value that is not positive cannot be written and is left out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "format/format.h"
#include "format/text.h"
#include "profile/profile.h"

struct folded {
	const struct profile *p;
	const struct format_options *options;
	struct strings lines; /* without the value; number 0 is not one */
	int64_t *values;      /* by number in lines */
	size_t value_cap;
	char *buf;
	size_t len, cap;
	bool failed;
};

static void put(struct folded *f, const char *text, size_t len)
{
	char *grown = f->failed ? NULL : array_reserve(f->buf, &f->cap, f->len + len + 1, 1);

	if (!grown) {
		f->failed = true;
		return;
	}
	f->buf = grown;
	memcpy(f->buf + f->len, text, len);
	f->len += len;
	f->buf[f->len] = 0;
}

static void put_name(struct folded *f, const char *name)
{
	size_t len;

	if (!*name)
		name = "[unknown]";
	for (; *name; name += len ? len : 1) {
		len = utf8_len(name);
		if (!len)
			put(f, "\xef\xbf\xbd", 3);
		else if (*name == ';')
			put(f, ":", 1);
		else if (utf8_is_hostile(name, len))
			put(f, " ", 1);
		else
			put(f, name, len);
	}
}

static void put_frame(struct folded *f, const char *name, const char *mark)
{
	put(f, ";", 1);
	put_name(f, name);
	if (f->options->annotations)
		put(f, mark, strlen(mark));
}

/* A location that nobody named: [FILE]. */
static void put_nameless(struct folded *f, const struct profile_location *l, const char *mark)
{
	const struct profile_mapping *m = profile_mapping(f->p, l->mapping);
	const char *file = m ? text_basename(profile_text(f->p, m->file)) : "";
	char *name = NULL;

	if (!*file || *file == '[') {
		put_frame(f, file, mark);
		return;
	}
	if (asprintf(&name, "[%s]", file) < 0) {
		f->failed = true;
		return;
	}
	put_frame(f, name, mark);
	free(name);
}

/* 'mark' goes before all others; NULL: there is none. */
static void put_location(struct folded *f, const struct profile_location *l, const char *mark)
{
	const char *kernel = mark ? mark : profile_location_is_kernel(l) ? "_[k]" : "";
	const struct profile_function *fn;
	size_t i;

	if (!l->line_cnt)
		put_nameless(f, l, kernel);
	for (i = l->line_cnt; i-- > 0;) {
		fn = profile_function(f->p, f->p->lines[l->line_first + i].function);
		put_frame(f, profile_text(f->p, fn->name),
		          *kernel               ? kernel
		          : i + 1 < l->line_cnt ? "_[i]"
		                                : "");
	}
}

static const char *root_name(const struct profile *p, const struct profile_sample *s)
{
	const struct profile_label *l = p->labels + s->label_first;
	size_t i;

	for (i = 0; i < s->label_cnt; i++)
		if (l[i].str && !strcmp(profile_text(p, l[i].key), "comm"))
			return profile_text(p, l[i].str);
	return p->mapping_cnt ? text_basename(profile_text(p, p->mappings[0].file)) : "";
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * flamegraph.pl takes a value off the line's end twice, by ^(.*)\s+?(\d+(?:\.\d*)?)$, for lines
 * with two: a blank before what looks like a value becomes '_'.
 */
static void join_number(char *line, size_t len)
{
	size_t i = len;

	while (i && is_digit(line[i - 1]))
		i--;
	if (i && line[i - 1] == '.') {
		i--;
		len = i;
		while (i && is_digit(line[i - 1]))
			i--;
	}
	if (i && i < len && line[i - 1] == ' ')
		line[i - 1] = '_';
}

static void add_sample(struct folded *f, const struct profile_sample *s, int64_t value)
{
	size_t own = profile_own_stack(f->p, s), i;
	int64_t *values;
	uint32_t line;

	f->len = 0;
	put_name(f, root_name(f->p, s));
	for (i = s->stack_cnt; i-- > 0;)
		put_location(f, profile_location(f->p, f->p->stacks[s->stack_first + i]),
		             i + 1 < own ? "_[w]" : NULL);
	if (f->failed)
		return;
	join_number(f->buf, f->len);
	line = strings_add(&f->lines, f->buf, f->len);
	values = line ? array_reserve(f->values, &f->value_cap, line + 1, sizeof(*values)) : NULL;
	if (!values) {
		f->failed = true;
		return;
	}
	f->values = values;
	values[line] = profile_sum(values[line], value);
}

static int by_text(const void *a, const void *b, void *lines)
{
	return strcmp(strings_get(lines, *(const uint32_t *)a),
	              strings_get(lines, *(const uint32_t *)b));
}

static int write_lines(struct folded *f, FILE *out)
{
	size_t cnt = f->lines.cnt, i;
	uint32_t *order = calloc(cnt, sizeof(*order));

	if (!order)
		return -ENOMEM;
	for (i = 0; i < cnt; i++)
		order[i] = (uint32_t)i;
	qsort_r(order + 1, cnt - 1, sizeof(*order), by_text, &f->lines);
	for (i = 1; i < cnt; i++)
		if (f->values[order[i]] > 0 &&
		    fprintf(out, "%s %" PRId64 "\n", strings_get(&f->lines, order[i]),
		            f->values[order[i]]) < 0)
			break;
	free(order);
	if (i == cnt)
		return 0;
	return errno ? -errno : -EIO;
}

static int folded_write(const struct profile *p, const struct format_options *options, FILE *out,
                        struct err *e)
{
	struct folded f = { .p = p, .options = options };
	size_t type = format_sample_type(p, options), i;
	const char *wrong = profile_check_references(p);
	int64_t value;
	int err;

	if (wrong)
		return err_set(e, -EINVAL, "the profile cannot be written: %s", wrong);
	if (p->sample_cnt && type >= p->type_cnt)
		return err_set(e, -EINVAL, "the profile has only %zu sample types", p->type_cnt);
	f.failed = strings_init(&f.lines) < 0;
	for (i = 0; !f.failed && i < p->sample_cnt; i++) {
		value = p->values[p->samples[i].value_first + type];
		if (value)
			add_sample(&f, &p->samples[i], value);
	}
	err = f.failed ? -ENOMEM : write_lines(&f, out);
	if (err == -ENOMEM)
		err_set(e, err, "out of memory for folded stacks");
	strings_release(&f.lines);
	free(f.values);
	free(f.buf);
	return err;
}

const struct format format_folded = {
	.name = "folded",
	.suffixes = { ".folded", ".collapsed" },
	.help = "one line a stack, for flame graph scripts",
	.write = folded_write,
};
