// SPDX-License-Identifier: Apache-2.0
/*
 * speedscope's own format: the frames once, and for each sample type a profile of stacks with weights. Its
 * schema is file-format-schema.json of the npm package speedscope, its reader src/lib/file-format.ts there: which
 * refuses weights below 0, and takes frames for equal by their place in the list.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/order.h"
#include "format/calls.h"
#include "format/format.h"
#include "format/text.h"
#include "profile/profile.h"
#include "version.h"

enum { TEXT_CHARS = 2000 }; /* what is longer is cut */

/* A stack, by the node where it ends. */
struct entry {
	uint32_t node;
	uint32_t pad;
	int64_t weight;
};

struct speedscope {
	struct calls calls;
	struct order_item *times; /* the samples in the order of their time; NULL: they have none */
	struct entry *entries;    /* of one sample type */
	size_t entry_cnt;
	int64_t total;    /* of the entries */
	int64_t negative; /* of those that are below 0, and left out */
	size_t negative_cnt;
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

static void put_frame(const struct profile *p, const struct calls_frame *f, FILE *out)
{
	const struct stack_name name = stack_name(p, &f->id);

	fputs("{\"name\":\"", out);
	put_chars(name.open, out);
	put_chars(name.text, out);
	put_chars(name.close, out);
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

static void add_entry(struct speedscope *s, uint32_t node, int64_t weight)
{
	if (weight < 0) {
		s->negative_cnt++;
		s->negative = profile_sum(s->negative, weight);
	} else if (weight) {
		s->entries[s->entry_cnt++] = (struct entry){ .node = node, .weight = weight };
		s->total = profile_sum(s->total, weight);
	}
}

/* The stacks of one sample type: each once, or each sample in its turn. */
static void list_entries(struct speedscope *s, size_t type)
{
	const struct profile *p = s->calls.p;
	size_t i, sample;

	s->entry_cnt = s->negative_cnt = 0;
	s->total = s->negative = 0;
	if (!s->times)
		for (i = 1; i < s->calls.nodes.cnt; i++)
			add_entry(s, (uint32_t)i, calls_self(&s->calls, i, type));
	for (i = 0; s->times && i < p->sample_cnt; i++) {
		sample = s->times[i].id;
		add_entry(s, s->calls.leaves[sample],
		          p->values[p->samples[sample].value_first + type]);
	}
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

/* The type, its unit when the format has no such, and what is missing. */
static void put_profile_name(const struct speedscope *s, size_t type, FILE *out)
{
	const struct profile *p = s->calls.p;
	const char *unit = profile_text(p, p->types[type].unit);

	fputc('"', out);
	put_chars(profile_text(p, p->types[type].type), out);
	if (*unit && strcmp(unit, "count") != 0 && !strcmp(unit_of(unit), "none")) {
		fputs(" in ", out);
		put_chars(unit, out);
	}
	if (s->negative_cnt)
		fprintf(out, ", without %zu stacks of %" PRId64 " in all", s->negative_cnt,
		        s->negative);
	fputc('"', out);
}

static int put_profile(struct speedscope *s, size_t type, FILE *out)
{
	const struct profile *p = s->calls.p;
	int err = 0;
	size_t i;

	list_entries(s, type);
	fputs("{\"type\":\"sampled\",\"name\":", out);
	put_profile_name(s, type, out);
	fprintf(out, ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":%" PRId64 ",\"samples\":[",
	        unit_of(profile_text(p, p->types[type].unit)), s->total);
	for (i = 0; !err && i < s->entry_cnt; i++) {
		fputs(i ? ",\n" : "\n", out);
		err = put_path(s, s->entries[i].node, out);
	}
	fputs("],\"weights\":[", out);
	for (i = 0; !err && i < s->entry_cnt; i++)
		fprintf(out, "%s%" PRId64, i ? "," : "", s->entries[i].weight);
	fputs("]}", out);
	return err;
}

static const struct profile_label *time_of(const struct profile *p, const struct profile_sample *s)
{
	const struct profile_label *l = p->labels + s->label_first;
	size_t i;

	for (i = 0; i < s->label_cnt; i++)
		if (!l[i].str && !strcmp(profile_text(p, l[i].key), "time"))
			return &l[i];
	return NULL;
}

/* --samples: each event has its time, and its place in the time order. 0 or -ENOMEM. */
static int sort_samples(struct speedscope *s)
{
	const struct profile *p = s->calls.p;
	const struct profile_label *time;
	bool has_times = false;
	size_t i;

	s->times = calloc(p->sample_cnt + 1, sizeof(*s->times));
	for (i = 0; s->times && i < p->sample_cnt; i++) {
		time = time_of(p, &p->samples[i]);
		has_times |= time != NULL;
		s->times[i].key = (uint64_t)(time ? time->num : 0) ^ 1ull << 63;
		s->times[i].id = (uint32_t)i;
	}
	if (!s->times || order_sort(s->times, p->sample_cnt))
		return -ENOMEM;
	if (!has_times) {
		free(s->times);
		s->times = NULL;
	}
	return 0;
}

static int write_file(struct speedscope *s, FILE *out)
{
	const struct profile *p = s->calls.p;
	size_t most = s->calls.nodes.cnt > p->sample_cnt ? s->calls.nodes.cnt : p->sample_cnt, i;
	int err = sort_samples(s);

	s->entries = calloc(most, sizeof(*s->entries));
	if (err || !s->entries)
		return -ENOMEM;
	fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
	      "\"exporter\":\"ebprof@" EBPROF_VERSION "\",\"name\":\"",
	      out);
	put_chars(p->mapping_cnt ? text_basename(profile_text(p, p->mappings[0].file)) : "", out);
	fprintf(out, "\",\"activeProfileIndex\":%zu,\n", s->calls.type);
	put_frames(s, out);
	fputs(",\n\"profiles\":[", out);
	for (i = 0; !err && i < p->type_cnt; i++) {
		fputs(i ? ",\n" : "\n", out);
		err = put_profile(s, i, out);
	}
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
	free(s.times);
	free(s.entries);
	free(s.path);
	calls_release(&s.calls);
	return err;
}

const struct format format_speedscope = {
	.name = "speedscope",
	.suffixes = { ".speedscope.json" },
	.help = "for speedscope, every sample type",
	.write = speedscope_write,
};
