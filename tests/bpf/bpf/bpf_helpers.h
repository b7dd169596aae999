/* SPDX-License-Identifier: Apache-2.0 */
/* The shim: bpf/ compiled as plain C, its helpers supplied by shim.h of the test. */
#ifndef SHIM_BPF_HELPERS_H
#define SHIM_BPF_HELPERS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SEC(name)
#define __hidden
#define __noinline __attribute__((noinline))
#undef __always_inline
#define __always_inline    inline __attribute__((always_inline))
#define __uint(name, val)  int(*name)[val]
#define __type(name, val)  typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define barrier_var(var)   __asm__ volatile("" : "+r"(var))

long bpf_probe_read_user(void *to, __u32 size, const void *from);
long bpf_probe_read_kernel(void *to, __u32 size, const void *from);
void *bpf_map_lookup_elem(void *map, const void *key);

#endif
