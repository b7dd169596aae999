/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs, their debug files and profiles of addresses in them, and naming such profiles. Whoever
 * includes this has the functions for himself.
 */
#ifndef EBPROF_TESTS_RECORDED_H
#define EBPROF_TESTS_RECORDED_H

#include "elf/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "base/err.h"
#include "elf/elf.h"
#include "format/format.h"
#include "process/file.h"
#include "process/open.h"
#include "profile/file_note.h"
#include "profile/profile.h"
#include "symbolize/ksyms.h"
#include "symbolize/recorded.h"
#include "symbolize/symbolize.h"

#define START 0x7f1200000000

static const struct symbolize_options no_dirs = {
	.debug_dirs = (const char *const[]){ NULL },
};

/* prog, prog.debug, bare; the same without build ID: anon; other: another program. */
static inline int begin(void **state)
{
	return tools_begin(state) ||
	       !tools_run(
		       "set -e; F='-O1 -w -g'\n"
		       "gcc $F -Wl,--build-id -o prog p.c\n"
		       "gcc $F -no-pie -fno-pie -Wl,--build-id -o fixed p.c\n"
		       "gcc $F -Wl,--build-id=none -o anon p.c\n"
		       "gcc $F -DOTHER -O2 -Wl,--build-id -o other p.c\n"
		       "for f in prog fixed; do objcopy --only-keep-debug $f $f.debug\n"
		       "strip -o $f.bare $f; done; mkdir empty\n"
		       "llvm-objcopy --only-keep-debug prog prog.llvm\n"
		       "id() { readelf -n $1 | sed -n 's/.*Build ID: //p'; }\n"
		       "as_id() { mkdir -p $2/.build-id/$(id $1 | cut -c1-2)\n"
		       "  cp $1 $2/.build-id/$(id $1 | sed 's|^..|&/|').debug; }\n"
		       "as_id prog.debug ids; as_id fixed.debug ids; as_id prog.llvm llvm\n"
		       "mkdir -p root$PWD named$PWD wrong$PWD\n"
		       "cp prog root$PWD; cp prog.debug named$PWD/prog.debug; cp other wrong$PWD/prog\n");
}

static const char *path_of(const char *name)
{
	static char path[8][256];
	static int next;
	char *to = path[next++ % 8];

	snprintf(to, sizeof(path[0]), "%s/%s", tools_dir, name);
	return to;
}

static const char *id_of(const char *name)
{
	static char id[64];
	int fd = tools_open(name);
	struct elf_file *f = elf_open(fd);

	if (elf_build_id(f, id, sizeof(id)))
		id[0] = 0;
	elf_close(f);
	close(fd);
	return id;
}

/* Where the code of a program is: the mapping of its executable segment. */
static inline struct profile_mapping code_of(struct profile *p, const char *name)
{
	struct profile_mapping m = { .start = START };
	char command[256], line[256];
	unsigned long offset, size;
	FILE *f;

	snprintf(command, sizeof(command),
	         "readelf -lW %s | awk '$1 == \"LOAD\" && $7 $8 ~ /RE/ { print $2, $5 }'", name);
	f = tools_lines(command);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(sscanf(line, "%lx %lx", &offset, &size), 2);
	fclose(f);
	m.offset = offset & ~0xffful;
	m.limit = START + ((offset + size + 0xfff) & ~0xffful) - m.offset;
	m.file = profile_string(p, path_of(name));
	m.build_id = profile_string(p, id_of(name));
	return m;
}

/* A location for every fourth byte of a mapping, each in a sample. */
static inline void fill(struct profile *p, uint32_t mapping)
{
	const struct profile_mapping m = *profile_mapping(p, mapping);
	const int64_t one = 1;
	uint64_t at;
	uint32_t l;

	for (at = m.start; at < m.limit; at += 4) {
		l = profile_add_location(p, mapping, at);
		profile_add_sample(p, &l, 1, NULL, 0, &one);
	}
}

static inline struct profile *profile_of(const char *name)
{
	struct profile *p = profile_new();
	struct profile_mapping m;

	assert_non_null(p);
	profile_add_type(p, "samples", "count");
	m = code_of(p, name);
	fill(p, profile_add_mapping(p, &m));
	return p;
}

/* Names it by the file itself, as a capture does. */
static inline void name_directly(struct profile *p, const char *name)
{
	struct file file = { .fd = tools_open(name), .path = (char *)path_of(name) };
	struct symbolize_source source = { .what = SOURCE_FILE, .file = &file };
	struct symbolize_counters c = { 0 };

	assert_int_equal(symbolize_profile(p, &source, 1, NULL, &no_dirs, &c), 0);
	assert_true(c.named > 20);
	close(file.fd);
}

struct outcome {
	struct symbolize_counters c;
	uint64_t cnt[RECORDED_STATES];
};

/* Names it as a profile that was read; 'dir' NULL: without a directory of debug files. */
static inline struct outcome name_recorded(struct profile *p, const char *dir)
{
	const char *const dirs[] = { dir ? path_of(dir) : NULL, NULL };
	const struct symbolize_options o = { .debug_dirs = dirs };
	struct outcome out = { 0 };
	struct recorded r;

	assert_int_equal(recorded_open(&r, p, &o, &out.c), 0);
	assert_int_equal(symbolize_profile(p, r.sources, r.source_cnt, r.ksyms, &o, &out.c), 0);
	memcpy(out.cnt, r.cnt, sizeof(out.cnt));
	recorded_release(&r);
	assert_null(profile_check_references(p));
	return out;
}

static char *bytes_of(const struct profile *p, size_t *size)
{
	struct format_options o;
	char *data = NULL;
	FILE *f = open_memstream(&data, size);

	assert_non_null(f);
	format_options_init(&o);
	assert_int_equal(format_pprof.write(p, &o, f, NULL), 0);
	fclose(f);
	return data;
}

static inline struct profile *read_again(const struct profile *p)
{
	struct profile *again;
	struct err e = { "" };
	size_t size;
	char *data = bytes_of(p, &size);

	again = format_pprof.read((unsigned char *)data, size, &e);
	assert_non_null(again);
	free(data);
	return again;
}

static inline void assert_same(const struct profile *p, const struct profile *q)
{
	size_t p_size, q_size;
	char *a = bytes_of(p, &p_size), *b = bytes_of(q, &q_size);

	assert_int_equal(p_size, q_size);
	assert_memory_equal(a, b, p_size);
	free(a);
	free(b);
}

/* Nothing of it was touched. */
static inline void assert_bare(const struct profile *p)
{
	const struct profile_mapping *m = profile_mapping(p, 1);
	size_t i;

	for (i = 1; i <= p->locations.cnt; i++)
		assert_int_equal(profile_location(p, (uint32_t)i)->line_cnt, 0);
	assert_false(m->has_functions || m->has_filenames || m->has_line_numbers ||
	             m->has_inline_frames);
}

#endif
