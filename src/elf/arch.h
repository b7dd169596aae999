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
/* What is known of such a place. */
struct arch_site {
	uint32_t taken; /* bytes of stack that were taken before it */
	uint64_t
		jump; /* it is a jump so far from the beginning of the code (modulo 2^64), 0 = it is not */
};

/*
 * Offset of the first instruction that the kernel need not step over (site.h) while the first 'args'
 * argument registers hold what they came with; -1 = none, or not understood. 'to' is all 0 before.
 */
long arch_x86_64_site(const unsigned char *code, size_t size, unsigned int args,
                      struct arch_site *to);

/*
 * Where code at a virtual address goes by direct calls and jumps: target(arg, address, is it a call that puts
 * its return address on the stack?), until that says true, which is the answer. x86-64's, of 32 bits, is read
 * at every byte, so that it need not be decoded: some targets are of no instruction.
 */
typedef bool arch_target(void *arg, uint64_t address, bool is_call);
bool arch_x86_64_targets(const unsigned char *code, size_t size, uint64_t vaddr,
                         arch_target *target, void *arg);
bool arch_arm64_targets(const unsigned char *code, size_t size, uint64_t vaddr, arch_target *target,
                        void *arg);

#endif
