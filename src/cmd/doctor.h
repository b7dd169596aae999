/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ebprof doctor: what can be captured here, by which hooks, and what is in the way. Its answer is made of
 * lists of findings: of the host (kernel, rights, container), of the kinds, each of which is tried, of the
 * hazards that this kernel is known for, and of processes.
 */
#ifndef EBPROF_CMD_DOCTOR_H
#define EBPROF_CMD_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/host.h"

struct err;

enum doctor_state {
	DOCTOR_OK = 0,
	DOCTOR_LIMITED = 1, /* captures lack something, or there is a risk */
	DOCTOR_REFUSED = 2, /* there is no capture, or none of that kind */
};

struct finding {
	const char *name; /* static */
	enum doctor_state state;
	char *file;       /* that it is about, owned; NULL = none */
	char text[512];   /* what was found; of a kind that works, its hooks */
	char remedy[512]; /* what to try, "" = nothing */
};

struct findings {
	struct finding *items;
	size_t cnt, cap;
	bool failed; /* memory was out for one */
};

struct patient {
	uint32_t pid;
	char comm[64];
	struct findings allocators, runtimes;
};

struct doctor {
	struct host host;
	struct findings here, kinds, hazards;
	struct patient *patients; /* owned */
	size_t patient_cnt;
};

/* doctor_findings.c: adds one; NULL when memory is out, which the list remembers. */
struct finding *finding_add(struct findings *l, const char *name, enum doctor_state state,
                            const char *text, ...) __attribute__((format(printf, 4, 5)));
/* What to try; 'f' may be NULL, and the text too. */
void finding_remedy(struct finding *f, const char *remedy);
/* The file that it is about, as its process names it. */
void finding_file(struct findings *l, struct finding *f, const char *path);
/* An error's line as a finding, its second part (what to try) as the remedy. */
void finding_error(struct findings *l, const char *name, enum doctor_state state, const char *msg);
void findings_release(struct findings *l);

/* doctor_here.c: what of the host captures need. */
void doctor_here(const struct host *h, struct findings *to);
/* doctor_hazards.c: what this kernel is known for. */
void doctor_hazards(const struct host *h, struct findings *to);
/* doctor_kinds.c: loads and attaches each kind for a process that does nothing. 0, or -errno with 'e'. */
int doctor_kinds(struct findings *to, struct err *e);
/* doctor_process.c: the allocators and runtimes of a process, or why they are not known. */
void doctor_process(uint32_t pid, struct patient *to);

/* doctor_print.c */
bool doctor_can_capture(const struct doctor *d);
void doctor_text(FILE *f, const struct doctor *d, bool colours);
void doctor_json(FILE *f, const struct doctor *d);

#endif
