/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the files that a profile names are shown. Anyone may have written the profile, and what is printed
 * goes further than a terminal: into a ticket, into the log of a build. So a file is shown when the user said
 * that what lies below a directory is source (-source_path), or when it is no secret: everyone on this machine
 * may read it and reach it (below the current directory: read it). Of /proc and its like nothing is shown.
 */
#ifndef EBPROF_REPORT_SHOWABLE_H
#define EBPROF_REPORT_SHOWABLE_H

/* A source with more of them is not shown. */
#define SHOWABLE_MAX_BYTES (32ll << 20)

struct showable {
	const char *dirs; /* of -source_path, with colons between them; NULL = none */
	const char *here; /* the current directory, as the kernel has it; NULL = unknown */
};

/*
 * Opens a file for reading. The descriptor, or -errno: -EPERM: it is not to be shown, -ENODEV: it is not a
 * regular file, -EFBIG: it is too large.
 */
int showable_open(const struct showable *s, const char *path);

#endif
