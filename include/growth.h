/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of the ABI (abi.h) what the source growth needs. */
#ifndef EBPROF_GROWTH_H
#define EBPROF_GROWTH_H

#include <linux/types.h>

enum {
	ABI_GROWTH_TYPES = 4,    /* enum growth_type */
	ABI_GROWTH_REASONS = 16, /* with enum growth_size */
};

/*
 * Types of resident pages, as the kernel numbers them (include/linux/mm_types_task.h). sample_key.tag of
 * KIND_growth is how many pages one sampled change brought in, or 0: then it is no sample, but all that the
 * process (start, tgid, exec_id) grew by such changes. The reason says which: type and size.
 */
enum growth_type {
	GROWTH_FILE = 0,
	GROWTH_ANON = 1,
	GROWTH_SWAP = 2, /* not resident */
	GROWTH_SHMEM = 3,
};

/* How large a change is: those of one size are nearly as likely to be sampled. */
enum growth_size {
	GROWTH_PAGE = 0,  /* one page */
	GROWTH_FEW = 1,   /* below 16: what is mapped around a fault, small folios */
	GROWTH_MANY = 2,  /* below 128 */
	GROWTH_LARGE = 3, /* a huge page has 512 */
};

#define GROWTH_REASON(type, size) ((size) << 2 | (type))
#define GROWTH_TYPE(reason)       ((reason)&3)

enum growth_value {
	GROWTH_FAULTS = 0, /* changes by which it grew */
	GROWTH_PAGES = 1,  /* only of a process's total */
};

/* Settings of the source growth: rodata. */
struct abi_growth {
	__u64 rate;   /* mean pages between two samples */
	__u64 chance; /* that one page is sampled, in units of 2^-32 */
	__u32 mask;   /* slots of a CPU, or of all where threads hold back pages, less one */
	__u32 stride; /* slots from a CPU's to the next one's, 0 where threads hold back pages */
};

/*
 * What is known of the resident pages of a process on a CPU (or of a thread, which then is what holds back a
 * part of the process's counters), and by how much they grew: a value of the map growth_slots.
 */
struct abi_growth_slot {
	__u64 mm;     /* address of its mm_struct; 0 = nobody's slot */
	__u64 window; /* abi_wanted.start_ns */
	__u64 offset; /* of this CPU's variables */
	__u64 start;  /* as in a key */
	__u32 tgid, exec_id;
	__u32 who;                    /* tgid (or tid) of the initial PID namespace */
	__u32 known;                  /* bits 1 << enum growth_type: 'held' is */
	__s32 held[ABI_GROWTH_TYPES]; /* pages that the process's counter lacked at last */
	__u64 pages[ABI_GROWTH_REASONS], faults[ABI_GROWTH_REASONS]; /* not told yet */
};

_Static_assert(sizeof(struct abi_growth) == 24, "abi_growth");
_Static_assert(sizeof(struct abi_growth_slot) == 320, "abi_growth_slot");

#endif
