/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file that a profile names, as it is found now: under its path, which may also begin at a
 * directory like that of debug files or a root that was unpacked, or, for its debug file alone, by
 * its build ID. Profiles are hostile: nothing but regular files is opened, and a file counts only when
 * it has the build ID that is wanted; without one, the size and the time.
 */
#ifndef EBPROF_SYMBOLIZE_RECORDED_FILE_H
#define EBPROF_SYMBOLIZE_RECORDED_FILE_H

#include <stdbool.h>

#include "process/file.h"

struct fetch;
struct file_note;
struct symbolize_counters;

struct recorded_file {
	struct file file; /* fd is -1 when it was not found; the path is the profile's own */
	bool is_other;    /* what is there is not it */
	bool is_hollow;   /* a file of debug information alone */
};

struct recorded_wanted {
	const char *path;
	const char *build_id;                /* "": none */
	const struct file_note *note;        /* without a build ID; NULL: nothing is known of it */
	const char *const *debug_dirs;       /* ends in NULL */
	struct fetch *fetch;                 /* asked last, for the debug file; NULL: nobody is */
	struct symbolize_counters *counters; /* of that */
};

void recorded_file_open(struct recorded_file *f, const struct recorded_wanted *w);
/* The same for the vdso: ebprof's own, 'size' bytes of it. */
void recorded_file_open_vdso(struct recorded_file *f, const struct recorded_wanted *w,
                             uint64_t size);
void recorded_file_close(struct recorded_file *f);

#endif
