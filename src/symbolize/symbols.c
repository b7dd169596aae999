// SPDX-License-Identifier: Apache-2.0
#include "symbolize/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "elf/elf.h"

#define STB_LOCAL_BINDING  0  /* <elf.h> STB_LOCAL */
#define STB_GLOBAL_BINDING 1  /* <elf.h> STB_GLOBAL */
#define NEST_MAX           16 /* how far back an enclosing function is looked for */

struct symbol {
	uint64_t address;
	uint32_t name; /* in the pool */
	uint32_t size; /* 0 = up to the next one */
	uint32_t rank; /* among aliases: the lowest is shown */
	uint32_t pad;
};

struct symbols {
	struct symbol *items;
	size_t cnt, cap;
	char *pool;
	size_t pool_sz, pool_cap;
};

/*
 * Among the names of one address: those with a size first, then functions before PLT stubs, then
 * fewer leading underscores (malloc, not __libc_malloc), global before weak before local.
 */
static uint32_t rank_of(const struct elf_symbol *sym)
{
	size_t underscores = strspn(sym->name, "_");
	uint32_t binding = sym->binding == STB_GLOBAL_BINDING  ? 0
	                   : sym->binding == STB_LOCAL_BINDING ? 2
	                                                       : 1;

	/* _Z and _R begin every mangled name: not the author's underscores. */
	if (underscores && (sym->name[underscores] == 'Z' || sym->name[underscores] == 'R'))
		underscores--;
	if (underscores > 15)
		underscores = 15;
	return (uint32_t)!sym->size << 16 | (uint32_t)sym->plt << 15 | (uint32_t)underscores << 4 |
	       binding;
}

static int pool_add(struct symbols *s, const char *name, bool plt, uint32_t *at)
{
	size_t len = strlen(name);
	char *pool;

	if (s->pool_sz + len + 5 > UINT32_MAX)
		return -ENOMEM;
	pool = array_reserve(s->pool, &s->pool_cap, s->pool_sz + len + 5, 1);
	if (!pool)
		return -ENOMEM;
	s->pool = pool;
	*at = (uint32_t)s->pool_sz;
	s->pool_sz +=
		(size_t)snprintf(pool + s->pool_sz, len + 5, "%s%s", name, plt ? "@plt" : "") + 1;
	return 0;
}

static int symbols_add(void *arg, const struct elf_symbol *sym)
{
	struct symbols *s = arg;
	struct symbol *items = array_reserve(s->items, &s->cap, s->cnt + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	s->items = items;
	items[s->cnt].address = sym->address;
	items[s->cnt].size = sym->size < UINT32_MAX ? (uint32_t)sym->size : UINT32_MAX;
	items[s->cnt].rank = rank_of(sym);
	if (pool_add(s, sym->name, sym->plt, &items[s->cnt].name))
		return -ENOMEM;
	s->cnt++;
	return 0;
}

static int by_address(const void *pa, const void *pb, void *arg)
{
	const struct symbol *a = pa, *b = pb;
	const char *pool = arg;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return strcmp(pool + a->name, pool + b->name);
}

/* One symbol an address: the best name. */
static void symbols_dedup(struct symbols *s)
{
	size_t i, n = 0;

	qsort_r(s->items, s->cnt, sizeof(*s->items), by_address, s->pool);
	for (i = 0; i < s->cnt; i++)
		if (!n || s->items[n - 1].address != s->items[i].address)
			s->items[n++] = s->items[i];
	s->cnt = n;
}

struct symbols *symbols_load(struct elf_file *f)
{
	struct symbols *s = calloc(1, sizeof(*s));

	if (s && elf_symbols(f, symbols_add, s)) {
		symbols_free(s);
		return NULL;
	}
	if (s && s->cnt)
		symbols_dedup(s);
	return s;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	free(s->items);
	free(s->pool);
	free(s);
}

size_t symbols_count(const struct symbols *s)
{
	return s->cnt;
}

/* The number of symbols at or below the address. */
static size_t count_below(const struct symbols *s, uint64_t address)
{
	size_t lo = 0, hi = s->cnt, mid;

	/* invariant: items[lo - 1].address <= address < items[hi].address */
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->items[mid].address <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const char *symbols_find(const struct symbols *s, uint64_t address, uint64_t *start)
{
	size_t n = count_below(s, address), i;

	/* A label inside a function may come first: its function is before it. */
	for (i = n; i > 0 && n - i < NEST_MAX; i--) {
		const struct symbol *sym = &s->items[i - 1];

		if (sym->size ? address - sym->address >= sym->size : i < n)
			continue;
		*start = sym->address;
		return s->pool + sym->name;
	}
	return NULL;
}
