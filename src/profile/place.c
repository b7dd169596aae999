// SPDX-License-Identifier: Apache-2.0
/*
 * Where a mapping lies in the profile's address space. Mappings of different processes overlap in
 * theirs; in a profile they must not, or a viewer gives one file's samples to another. The range
 * that the first one had is kept, a later one moves to where no program is: to the end of the user
 * half, or, for the kernel, to addresses that no processor has.
 */
#include "profile/profile.h"

enum { PLACE_ALIGN = 2 << 20 };

static const uint64_t kernel_half = 1ull << 63;
static const uint64_t user_base = 0x600000000000ull;
static const uint64_t kernel_base = (1ull << 63) + 0x600000000000ull; /* not canonical */

/* A mapping that overlaps [start, limit), or NULL. */
static const struct profile_mapping *overlap(const struct profile *p, uint64_t start,
                                             uint64_t limit)
{
	size_t i;

	for (i = 0; i < p->mapping_cnt; i++)
		if (p->mappings[i].start < limit && start < p->mappings[i].limit)
			return &p->mappings[i];
	return NULL;
}

/* The first multiple of the alignment that is not below 'address', 0 when there is none. */
static uint64_t align_up(uint64_t address)
{
	return (address + PLACE_ALIGN - 1) & ~(uint64_t)(PLACE_ALIGN - 1);
}

/* Moves 'm' to a free range of its half; false: there is none. */
static bool move(struct profile *p, struct profile_mapping *m)
{
	bool is_kernel = m->start >= kernel_half;
	uint64_t *next = is_kernel ? &p->next_kernel : &p->next_user;
	uint64_t end = is_kernel ? UINT64_MAX : kernel_half;
	uint64_t size = m->limit - m->start;
	uint64_t start = align_up(*next ? *next : is_kernel ? kernel_base : user_base);
	const struct profile_mapping *other;

	for (;;) {
		if (!start || start >= end || end - start < size)
			return false;
		other = overlap(p, start, start + size);
		if (!other)
			break;
		start = align_up(other->limit);
	}
	m->start = start;
	m->limit = *next = start + size;
	return true;
}

uint32_t profile_place_mapping(struct profile *p, const struct profile_mapping *m)
{
	struct profile_mapping placed = *m;

	if (placed.limit < placed.start)
		placed.limit = placed.start;
	if (overlap(p, placed.start, placed.limit) && !move(p, &placed)) {
		p->failed = true;
		return 0;
	}
	return profile_add_mapping(p, &placed);
}
