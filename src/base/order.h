/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting by a number: in linear time, whatever the numbers. */
#ifndef EBPROF_BASE_ORDER_H
#define EBPROF_BASE_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* A number, and whose it is. */
struct order_item {
	uint64_t key;
	uint32_t id;
	uint32_t pad;
};

/* Sorts by key; equal ones keep their order. 0 or -ENOMEM, then nothing was moved. */
int order_sort(struct order_item *items, size_t cnt);
/*
 * Sorts items of 'size' bytes that begin with a uint64_t: by that, equal ones by 'compare', which is asked
 * about the whole items. As qsort() when memory is out.
 */
void order_array(void *items, size_t cnt, size_t size, int (*compare)(const void *, const void *));

#endif
