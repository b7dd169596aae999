/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes on places in files, of one process each: one link for many sites where the kernel has those
 * (6.6, and 6.13 for both ways of a call in one program), a perf event a site elsewhere.
 */
#ifndef EBPROF_COLLECT_UPROBE_H
#define EBPROF_COLLECT_UPROBE_H

#include <stddef.h>
#include <stdint.h>

struct bpf_program;
struct links;

enum uprobe_way {
	UPROBE_NONE,    /* the kernel has no uprobes */
	UPROBE_PERF,    /* perf events; entry and return are two probes */
	UPROBE_MULTI,   /* links of many sites; the same */
	UPROBE_SESSION, /* a program that meets an entry decides whether it meets the return */
};

struct uprobe_site {
	uint64_t offset; /* in the file */
	uint64_t cookie; /* what bpf_get_attach_cookie() returns there */
};

/* The best that this kernel has. */
enum uprobe_way uprobe_best(void);
/* Must be called before the program is loaded. 'session': it meets both ways of a call. */
void uprobe_prepare(struct bpf_program *prog, enum uprobe_way way, _Bool session);
/*
 * Attaches a loaded program to sites of an open file for one process; 'session' as above, 'is_return':
 * to the functions' returns. 0 or -errno.
 */
int attach_uprobes(struct links *l, const struct bpf_program *prog, enum uprobe_way way,
                   _Bool session, _Bool is_return, int file, const struct uprobe_site *sites,
                   size_t cnt, uint32_t pid);

#endif
