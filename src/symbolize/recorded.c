// SPDX-License-Identifier: Apache-2.0
#include "symbolize/recorded.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fds.h"
#include "elf/elf.h"
#include "profile/file_note.h"
#include "profile/profile.h"
#include "symbolize/ksyms.h"
#include "symbolize/nameless.h"
#include "symbolize/recorded_file.h"
#include "symbolize/symbolize.h"

#define KERNEL_TEXT "[kernel.kallsyms]_text"

enum { FILES_MAX = 4096 }; /* open at once: more distinct mapped files than a host runs at a time */

struct recorded_key {
	uint32_t path, build_id; /* strings */
};

struct recorded_entry {
	struct recorded_key key;
	struct recorded_file *file;
	enum recorded_state state;
};

struct opening {
	struct recorded *r;
	struct profile *p;
	const struct symbolize_options *options;
	struct symbolize_counters *counters;
	struct table notes; /* struct file_note */
	size_t fd_left;
};

static enum recorded_state state_of(const struct recorded_file *f, const struct recorded_wanted *w)
{
	if (f->file.fd >= 0)
		return *w->build_id ? RECORDED_FOUND : RECORDED_BY_TIME;
	if (!*w->build_id && !w->note)
		return RECORDED_UNKNOWN;
	return f->is_other ? RECORDED_MISMATCHED : RECORDED_MISSING;
}

static struct recorded_file *file_open(struct opening *o, const struct profile_mapping *m,
                                       enum recorded_state *state)
{
	const struct recorded_wanted w = { .path = profile_text(o->p, m->file),
		                           .build_id = profile_text(o->p, m->build_id),
		                           .note = table_get(&o->notes, &m->file),
		                           .debug_dirs = o->options->debug_dirs,
		                           .fetch = o->options->fetch,
		                           .counters = o->counters };
	struct recorded_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	if (!o->fd_left) {
		f->file.fd = -1;
		*state = RECORDED_TOO_MANY;
	} else {
		if (strcmp(w.path, "[vdso]"))
			recorded_file_open(f, &w);
		else
			recorded_file_open_vdso(f, &w, m->limit - m->start);
		*state = state_of(f, &w);
		o->fd_left -= f->file.fd >= 0;
	}
	o->r->cnt[*state]++;
	return f;
}

/* The file of a mapping, looked for once; NULL: out of memory. */
static const struct recorded_entry *entry_of(struct opening *o, const struct profile_mapping *m)
{
	const struct recorded_key key = { m->file, m->build_id };
	struct recorded_entry *entry;
	bool is_new;

	entry = table_put(&o->r->files, &key, &is_new);
	if (entry && !entry->file)
		entry->file = file_open(o, m, &entry->state);
	return entry && entry->file ? entry : NULL;
}

/* Which addresses of a debug file alone a mapping has; false: it does not tell. */
static bool find_shift(const struct recorded_file *f, const struct profile_mapping *m,
                       uint64_t *shift)
{
	struct elf_file *elf = elf_open(f->file.fd);
	uint64_t vaddr;
	bool found = elf && !elf_code_vaddr(elf, m->limit - m->start, &vaddr);

	if (found)
		*shift = vaddr - m->offset;
	elf_close(elf);
	return found;
}

static int open_file(struct opening *o, const struct profile_mapping *m,
                     struct symbolize_source *source, enum recorded_state *state)
{
	const struct recorded_entry *entry = entry_of(o, m);

	if (!entry)
		return -ENOMEM;
	*state = entry->state;
	if (entry->file->file.fd < 0)
		return 0;
	if (entry->file->is_hollow && !find_shift(entry->file, m, &source->shift)) {
		*state = RECORDED_SPLIT;
		o->r->cnt[RECORDED_SPLIT]++;
		return 0;
	}
	source->what = SOURCE_FILE;
	source->file = &entry->file->file;
	return 0;
}

/* Is it the text of the running kernel? It lies elsewhere after each boot. */
static bool open_kernel(struct opening *o, const struct profile_mapping *m,
                        struct symbolize_source *source)
{
	uint64_t start, end;
	struct err why = { "" };
	char id[64];

	if (strcmp(profile_text(o->p, m->file), KERNEL_TEXT) || ksyms_build_id(id, sizeof(id)) ||
	    strcmp(profile_text(o->p, m->build_id), id))
		return false;
	if (!o->r->ksyms && !o->r->ksyms_why[0]) {
		o->r->ksyms = ksyms_load(NULL, &why);
		snprintf(o->r->ksyms_why, sizeof(o->r->ksyms_why), "%.250s", why.msg);
	}
	if (!o->r->ksyms)
		return false;
	ksyms_text(o->r->ksyms, &start, &end);
	if (!start || m->limit - m->start > end - start)
		return false;
	source->what = SOURCE_KERNEL;
	source->shift = start - m->start;
	return true;
}

static int open_mapping(struct opening *o, size_t i)
{
	const struct profile_mapping *m = &o->p->mappings[i];
	struct symbolize_source *source = &o->r->sources[i];
	enum recorded_state *state = &o->r->states[i];
	const char *path = profile_text(o->p, m->file);

	if (m->start >> 63) {
		*state = open_kernel(o, m, source) ? RECORDED_FOUND : RECORDED_KERNEL;
		o->r->cnt[*state]++;
		return 0;
	}
	if (strcmp(path, "[vdso]") && (*path == '[' || !*path || !strncmp(path, "//", 2))) {
		source->what = SOURCE_NONE;
		return 0;
	}
	return open_file(o, m, source, state);
}

/* Which mappings have nameless locations? NULL: out of memory. */
static bool *find_needed(const struct profile *p)
{
	bool *needed = calloc(p->mapping_cnt + 1, sizeof(*needed));
	const struct profile_location *l;
	size_t i;

	for (i = 1; needed && i <= p->locations.cnt; i++) {
		l = profile_location(p, (uint32_t)i);
		if (l->mapping <= p->mapping_cnt && nameless_is(p, l))
			needed[l->mapping] = true;
	}
	return needed;
}

static int open_all(struct opening *o)
{
	struct recorded *r = o->r;
	bool *needed = find_needed(o->p);
	int err = needed ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < r->source_cnt; i++) {
		r->sources[i].what = SOURCE_LATER;
		if (needed[i + 1])
			err = open_mapping(o, i);
	}
	free(needed);
	return err;
}

int recorded_open(struct recorded *r, struct profile *p, const struct symbolize_options *options,
                  struct symbolize_counters *counters)
{
	struct opening o = { .r = r, .p = p, .options = options, .counters = counters };
	int err;

	memset(r, 0, sizeof(*r));
	table_init(&r->files, sizeof(struct recorded_key), sizeof(struct recorded_entry));
	r->source_cnt = p->mapping_cnt;
	r->sources = calloc(p->mapping_cnt + 1, sizeof(*r->sources));
	r->states = calloc(p->mapping_cnt + 1, sizeof(*r->states));
	err = file_notes_read(p, &o.notes);
	if (!r->sources || !r->states)
		err = -ENOMEM;
	o.fd_left = fds_for_files(FILES_MAX);
	if (!err)
		err = open_all(&o);
	table_release(&o.notes);
	return err;
}

void recorded_release(struct recorded *r)
{
	struct recorded_entry *entry;
	size_t i;

	for (i = 0; i < r->files.cnt; i++) {
		entry = table_at(&r->files, i);
		if (entry->file)
			recorded_file_close(entry->file);
		free(entry->file);
	}
	table_release(&r->files);
	ksyms_free(r->ksyms);
	free(r->sources);
	free(r->states);
	memset(r, 0, sizeof(*r));
}
