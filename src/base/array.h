/* SPDX-License-Identifier: Apache-2.0 */
/* Growing arrays: the caller holds {items, count, capacity}. */
#ifndef EBPROF_BASE_ARRAY_H
#define EBPROF_BASE_ARRAY_H

#include <stddef.h>

/*
 * Makes room for 'need' items of 'size' bytes: returns the (moved) array and updates *cap, or NULL
 * with the old array untouched when memory is out or the size overflows. New items are zeroed.
 */
void *array_reserve(void *items, size_t *cap, size_t need, size_t size);
/* The same without zeros: memory that is not used yet costs nothing. */
void *array_room(void *items, size_t *cap, size_t need, size_t size);
/* Gives back the room behind the last of 'cnt' items: returns the (moved) array and updates *cap. */
void *array_trim(void *items, size_t *cap, size_t cnt, size_t size);

#endif
