// SPDX-License-Identifier: Apache-2.0
/*
 * speedscope's own format: the frames once, and for each sample type a profile of stacks with weights; behind
 * these, where there are several processes, one for each of them and each type. Its schema is
 * file-format-schema.json of the npm package speedscope, its reader src/lib/file-format.ts there: which refuses
 * weights below 0, and takes frames for equal by their place in the list.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "format/calls.h"
#include "format/entries.h"
#include "format/format.h"
#include "format/text.h"
#include "profile/profile.h"
#include "version.h"

enum { TEXT_CHARS = 2000 }; /* what is longer is cut */

struct speedscope {
	struct calls calls;
	struct entries entries;
	uint32_t *path;
	size_t path_cap;
};

static void put_char(const char *c, size_t len, FILE *out)
{
	if (*c == '"' || *c == '\\')
		fputc('\\', out);
	if (*c == '<')
		fputs("\\u003c", out); /* may be put into a page */
	else
		fwrite(c, 1, len, out);
}

static void put_chars(const char *text, FILE *out)
{
	size_t cnt, len;
	const char *c;

	for (cnt = 0; (c = text_next(&text, &len)); cnt++) {
		if (cnt == TEXT_CHARS) {
			fputs("..", out);
			break;
		}
		put_char(c, len, out);
	}
}

static void put_name(const struct profile *p, const struct calls_frame *f, FILE *out)
{
	const struct stack_name name = stack_name(p, &f->id);

	put_chars(name.open, out);
	put_chars(name.text, out);
	put_chars(name.close, out);
}

static void put_frame(const struct profile *p, const struct calls_frame *f, FILE *out)
{
	fputs("{\"name\":\"", out);
	put_name(p, f, out);
	fputc('"', out);
	if (f->file) {
		fputs(",\"file\":\"", out);
		put_chars(profile_text(p, f->file), out);
		fputc('"', out);
	}
	if (f->line)
		fprintf(out, ",\"line\":%" PRId64, f->line);
	fputc('}', out);
}

static void put_frames(const struct speedscope *s, FILE *out)
{
	size_t i;

	fputs("\"shared\":{\"frames\":[\n", out);
	for (i = 0; i < s->calls.frames.cnt; i++) {
		fputs(i ? ",\n" : "", out);
		put_frame(s->calls.p, calls_frame(&s->calls, i), out);
	}
	fputs("]}", out);
}

/* From the process to the leaf; 0 or -errno. */
static int put_path(struct speedscope *s, uint32_t node, FILE *out)
{
	const struct calls_node *at;
	uint32_t *grown;
	size_t cnt = 0;

	for (; node; node = at->parent) {
		at = calls_node(&s->calls, node);
		grown = array_room(s->path, &s->path_cap, cnt + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->path = grown;
		s->path[cnt++] = at->frame;
	}
	fputc('[', out);
	while (cnt-- > 0)
		fprintf(out, "%" PRIu32 "%s", s->path[cnt], cnt ? "," : "");
	fputc(']', out);
	if (ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

static const char *unit_of(const char *unit)
{
	static const char *const known[] = { "nanoseconds", "microseconds", "milliseconds",
		                             "seconds", "bytes" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(unit, known[i]))
			return known[i];
	return "none";
}

/* The process, 0 = all of them, the type, its unit when the format has no such, and what is missing of all. */
static void put_profile_name(const struct speedscope *s, size_t type, uint32_t process, FILE *out)
{
	const struct profile *p = s->calls.p;
	const char *unit = profile_text(p, p->types[type].unit);

	fputc('"', out);
	if (process) {
		put_name(p, calls_frame(&s->calls, calls_node(&s->calls, process)->frame), out);
		fputc(' ', out);
	}
	put_chars(profile_text(p, p->types[type].type), out);
	if (*unit && strcmp(unit, "count") != 0 && !strcmp(unit_of(unit), "none")) {
		fputs(" in ", out);
		put_chars(unit, out);
	}
	if (s->entries.negative_cnt && !process)
		fprintf(out, ", without %zu stacks of %" PRId64 " in all", s->entries.negative_cnt,
		        s->entries.negative);
	fputc('"', out);
}

/* A profile of some of the entries, which are of one process, 0 = of all. 0 or -errno. */
static int put_profile(struct speedscope *s, size_t type, uint32_t process,
                       const struct entry *entries, size_t cnt, FILE *out)
{
	const struct profile *p = s->calls.p;
	int64_t total = 0;
	int err = 0;
	size_t i;

	for (i = 0; i < cnt; i++)
		total = profile_sum(total, entries[i].weight);
	fputs("{\"type\":\"sampled\",\"name\":", out);
	put_profile_name(s, type, process, out);
	fprintf(out, ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":%" PRId64 ",\"samples\":[",
	        unit_of(profile_text(p, p->types[type].unit)), total);
	for (i = 0; !err && i < cnt; i++) {
		fputs(i ? ",\n" : "\n", out);
		err = put_path(s, entries[i].node, out);
	}
	fputs("],\"weights\":[", out);
	for (i = 0; !err && i < cnt; i++)
		fprintf(out, "%s%" PRId64, i ? "," : "", entries[i].weight);
	fputs("]}", out);
	return err;
}

static int put_processes(struct speedscope *s, size_t type, FILE *out)
{
	struct entries *e = &s->entries;
	size_t first, end;
	int err;

	entries_list(e, type);
	err = entries_sort(e);
	for (first = 0; !err && first < e->cnt; first = end) {
		const uint32_t process = e->items[first].process;

		for (end = first; end < e->cnt && e->items[end].process == process;)
			end++;
		fputs(",\n", out);
		err = put_profile(s, type, process, e->items + first, end - first, out);
	}
	return err;
}

static int write_file(struct speedscope *s, FILE *out)
{
	const struct profile *p = s->calls.p;
	struct entries *e = &s->entries;
	int err = entries_init(e, &s->calls);
	size_t i;

	if (err)
		return err;
	fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
	      "\"exporter\":\"ebprof@" EBPROF_VERSION "\",\"name\":\"",
	      out);
	put_chars(p->mapping_cnt ? text_basename(profile_text(p, p->mappings[0].file)) : "", out);
	fprintf(out, "\",\"activeProfileIndex\":%zu,\n", s->calls.type);
	put_frames(s, out);
	fputs(",\n\"profiles\":[", out);
	for (i = 0; !err && i < p->type_cnt; i++) {
		fputs(i ? ",\n" : "\n", out);
		entries_list(e, i);
		err = put_profile(s, i, 0, e->items, e->cnt, out);
	}
	for (i = 0; !err && e->process_cnt > 1 && i < p->type_cnt; i++)
		err = put_processes(s, i, out);
	fputs("]}\n", out);
	return err;
}

static int speedscope_write(const struct profile *p, const struct format_options *options,
                            FILE *out, struct err *e)
{
	struct speedscope s = { 0 };
	int err = calls_init(&s.calls, p, options, CALLS_BY_SOURCE, e);

	if (!err) {
		err = write_file(&s, out);
		if (err == -ENOMEM)
			err_set(e, err, "out of memory for a speedscope file");
	}
	entries_release(&s.entries);
	free(s.path);
	calls_release(&s.calls);
	return err;
}

const struct format format_speedscope = {
	.name = "speedscope",
	.suffixes = { ".speedscope.json" },
	.help = "for speedscope, every sample type, of all and of each process",
	.write = speedscope_write,
};
