/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's names: /proc/kallsyms with modules and BPF programs. Only code is kept. It has no
 * sizes: a symbol reaches to the next one, but the last of the kernel or of a module not far, and
 * nothing reaches from the kernel's text over its end.
 */
#ifndef EBPROF_SYMBOLIZE_KSYMS_H
#define EBPROF_SYMBOLIZE_KSYMS_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct ksyms;

struct ksym {
	uint64_t address;
	const char *name; /* lives as long as the table */
	/* "" = the kernel itself, "bpf" = a BPF program, else a module's name */
	const char *module;
};

/* Reads kallsyms (path NULL = /proc/kallsyms); NULL and 'e' when it cannot be read or hides addresses. */
struct ksyms *ksyms_load(const char *path, struct err *e);
void ksyms_free(struct ksyms *k);
/* The symbol that holds the address; 0 or -ENOENT. */
int ksyms_find(const struct ksyms *k, uint64_t address, struct ksym *sym);
/* The addresses of _text (or _stext) and _etext; 0 when not known. */
void ksyms_text(const struct ksyms *k, uint64_t *start, uint64_t *end);
/* Is it one of the functions by which a task waits (.sched.text: schedule() and its like)? */
bool ksyms_in_scheduler(const struct ksyms *k, uint64_t address);
/*
 * [start, end) of the addresses that belong to a module: all that ksyms_find() names by it, and none
 * of another's. 0, or -ENOENT when there is no such module or it lies between others ("bpf" mostly).
 */
int ksyms_module_range(const struct ksyms *k, const char *module, uint64_t *start, uint64_t *end);
/* The kernel's build ID in hex from /sys/kernel/notes; 0 or -errno. */
int ksyms_build_id(char *hex, unsigned int size);

#endif
