/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes on places in files, of one process each or of all. Where the kernel has sessions (6.13), one link holds
 * many sites, and a program that meets an entry decides whether it meets the return; elsewhere it is a perf
 * event a site and way. Links of many sites came with 6.6, but until 6.12 those of one process met only
 * its first thread (46ba0e49b642), so they are not used without sessions.
 */
#ifndef EBPROF_COLLECT_UPROBE_H
#define EBPROF_COLLECT_UPROBE_H

#include <stddef.h>
#include <stdint.h>

struct bpf_program;
struct links;

enum uprobe_way {
	UPROBE_NONE, /* the kernel has no uprobes, or they carry no cookies */
	UPROBE_PERF,
	UPROBE_SESSION,
};

/* What of a call a program meets. */
enum uprobe_side {
	UPROBE_ENTRY,
	UPROBE_RETURN, /* not with UPROBE_SESSION */
	UPROBE_BOTH,   /* with UPROBE_SESSION alone */
};

struct uprobe_site {
	uint64_t offset; /* in the file */
	uint64_t cookie; /* what bpf_get_attach_cookie() returns there */
};

/* The best that this kernel has. */
enum uprobe_way uprobe_best(void);
/* Before a program is loaded that will be attached with UPROBE_SESSION; 'both': as UPROBE_BOTH. */
void uprobe_prepare(struct bpf_program *prog, _Bool both);
/* Attaches a loaded program to sites of an open file for one process, or all (pid 0). 0 or -errno. */
int attach_uprobes(struct links *l, const struct bpf_program *prog, enum uprobe_way way,
                   enum uprobe_side side, int file, const struct uprobe_site *sites, size_t cnt,
                   uint32_t pid);

#endif
