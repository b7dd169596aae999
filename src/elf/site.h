/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a function a probe costs least. The kernel steps over most instructions that it has put a
 * breakpoint on with a second trap, but does some itself (linux: arch/x86/kernel/uprobes.c
 * branch_xol_ops, push_xol_ops): those cost a ninth. The site is the first of them that every call
 * runs while the arguments are still in their registers.
 */
#ifndef EBPROF_ELF_SITE_H
#define EBPROF_ELF_SITE_H

#include <stdbool.h>
#include <stdint.h>

struct elf_file;

#define ELF_SITE_TAKEN_MAX 4095

struct elf_site {
	uint64_t offset; /* in the file */
	uint64_t vaddr;
	uint32_t
		taken; /* bytes of stack that the function has taken by then, ≤ ELF_SITE_TAKEN_MAX */
	bool cheap;    /* false: there is none, and this is the function's first instruction */
	uint64_t
		jumps_to; /* virtual address; the function only passes its call on. 0 = it does not */
};

/*
 * The site of a function at a virtual address that takes so many arguments in registers (1 to 3).
 * 0, or -ENOENT: the file has no such code.
 */
int elf_site(const struct elf_file *f, uint64_t vaddr, uint64_t size, unsigned int args,
             struct elf_site *site);

/*
 * Where the function goes by direct calls and jumps in its first 4 KiB: is_it(arg, virtual address, is it a
 * call that puts its return address on the stack?) is asked until it says true, which is the answer.
 */
bool elf_site_goes_to(const struct elf_file *f, uint64_t vaddr, uint64_t size,
                      bool (*is_it)(void *arg, uint64_t vaddr, bool is_call), void *arg);

#endif
