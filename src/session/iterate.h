/* SPDX-License-Identifier: Apache-2.0 */
/* What a BPF iterator's program writes, read here in whole records. */
#ifndef EBPROF_SESSION_ITERATE_H
#define EBPROF_SESSION_ITERATE_H

#include <stddef.h>
#include <stdint.h>

struct bpf_program;

/*
 * Runs the program over all that it iterates over, or over one thread (kernels before 6.1 cannot, and go over
 * all): tid, 0 = all. 'take' gets what has come, at least one record of at
 * most 32 KiB when there is one, and returns how many bytes of it were whole records. 0 or -errno.
 */
int iterate(const struct bpf_program *prog, uint32_t tid,
            size_t (*take)(void *arg, const char *bytes, size_t cnt), void *arg);

#endif
