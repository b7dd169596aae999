/* SPDX-License-Identifier: Apache-2.0 */
/* What machine code says; one arch_MACHINE.c each. */
#ifndef EBPROF_ELF_ARCH_H
#define EBPROF_ELF_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in the PLT: 'size' bytes of code at a virtual address. */
struct arch_stub {
	const unsigned char *code;
	size_t size;
	uint64_t address;
	uint64_t got; /* address of .got.plt: what i386 adds its displacements to */
};

/* Does a stub begin here? Then the address of the slot that holds where it jumps to. */
bool arch_x86_64_stub(const struct arch_stub *s, uint64_t *slot);
bool arch_i386_stub(const struct arch_stub *s, uint64_t *slot);
bool arch_arm64_stub(const struct arch_stub *s, uint64_t *slot);

#endif
