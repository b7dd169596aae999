/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an unwinder sees of a machine: one made-up stack, of which only the bytes of the array are
 * readable, and one scratch. Stands in for bpf/kernel.h, which only a kernel can satisfy.
 */
#ifndef TESTS_BPF_SHIM_H
#define TESTS_BPF_SHIM_H

#define EBPROF_BPF_KERNEL_H
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "arch.h"
#include "bpf/bpf_helpers.h"

#define STACK_WORDS 8192

/* Filled by a test; the address of word i is stack_at(i). */
static __u64 shim_stack[STACK_WORDS];
static __u32 shim_words = STACK_WORDS; /* readable ones */
static unsigned int shim_reads;

static inline __u64 stack_at(unsigned int word)
{
	return (__u64)(uintptr_t)&shim_stack[word];
}

long bpf_probe_read_user(void *to, __u32 size, const void *from)
{
	__u64 at = (__u64)(uintptr_t)from, start = stack_at(0);

	shim_reads++;
	if (at < start || at + size < at || at + size > start + shim_words * 8ull)
		return -EFAULT;
	memcpy(to, from, size);
	return 0;
}

#endif
