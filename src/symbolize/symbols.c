// SPDX-License-Identifier: Apache-2.0
#include "symbolize/symbols.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/order.h"
#include "base/strings.h"
#include "elf/elf.h"

#define COMPARED  256  /* bytes of two names: hostile ones are equal for megabytes */
#define STUB_NAME 4096 /* bytes of a stub's name: it is copied */
#define NEST_MAX  64   /* functions around an address that are asked whether they hold it */
#define NONE      UINT32_MAX

/* Of a rank: the name with the lowest is shown. */
#define RANK_UNSIZED 0x10000u
#define RANK_PLT     0x8000u

struct symbol {
	uint64_t address; /* first: order_array() */
	const char *name; /* the file's or of 'stubs' */
	uint32_t size;
	uint32_t link; /* at first its rank among aliases, then the one around it or NONE */
};

struct symbols {
	struct symbol *items;
	size_t cnt, cap;
	struct strings stubs;
};

/*
 * Among the names of one address: those with a size first, then functions before PLT stubs, then
 * fewer leading underscores (malloc, not __libc_malloc), global before weak before local.
 */
static uint32_t rank_of(const struct elf_symbol *sym)
{
	uint32_t binding = sym->binding == STB_GLOBAL ? 0 : sym->binding == STB_LOCAL ? 2 : 1;
	uint32_t underscores = 0;

	while (underscores < 15 && sym->name[underscores] == '_')
		underscores++;
	/* _Z and _R begin every mangled name: not the author's underscores. */
	if (underscores && (sym->name[underscores] == 'Z' || sym->name[underscores] == 'R'))
		underscores--;
	return (sym->sized ? 0 : RANK_UNSIZED) | (sym->plt ? RANK_PLT : 0) | underscores << 4 |
	       binding;
}

/* "NAME@plt", which lives as long as the table; NULL = out of memory. */
static const char *stub_name(struct symbols *s, const char *name)
{
	char text[STUB_NAME];
	int len = snprintf(text, sizeof(text), "%.4000s@plt", name);
	uint32_t number = strings_add(&s->stubs, text, (size_t)len);

	return number ? strings_get(&s->stubs, number) : NULL;
}

static int symbols_add(void *arg, const struct elf_symbol *sym)
{
	const char *name = sym->name;
	struct symbols *s = arg;
	struct symbol *items;

	if (s->cnt >= NONE - 1)
		return -ENOMEM;
	items = array_reserve(s->items, &s->cap, s->cnt + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	s->items = items;
	if (sym->plt)
		name = stub_name(s, name);
	if (!name)
		return -ENOMEM;
	items[s->cnt++] =
		(struct symbol){ .address = sym->address,
		                 .name = name,
		                 .size = sym->size < UINT32_MAX ? (uint32_t)sym->size : UINT32_MAX,
		                 .link = rank_of(sym) };
	return 0;
}

static int by_address(const void *pa, const void *pb)
{
	const struct symbol *a = pa, *b = pb;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->link != b->link)
		return a->link < b->link ? -1 : 1;
	return a->name == b->name ? 0 : strncmp(a->name, b->name, COMPARED);
}

/* The innermost symbol that holds the address, from number 'i' outwards. */
static uint32_t around(const struct symbols *s, uint32_t i, uint64_t address)
{
	int n;

	for (n = 0; i != NONE && n < NEST_MAX; n++, i = s->items[i].link)
		if (address - s->items[i].address < s->items[i].size)
			return i;
	return NONE;
}

/*
 * Leaves one symbol an address, the best name, and no label inside a function. What has no size ends
 * where the next one begins, so only functions with a size are around another one.
 */
static void symbols_settle(struct symbols *s)
{
	uint32_t n = 0, outer;
	bool open = false; /* the last one has no size */
	size_t i;

	for (i = 0; i < s->cnt; i++) {
		struct symbol sym = s->items[i], *last = n ? &s->items[n - 1] : NULL;

		if (last && last->address == sym.address)
			continue;
		if (open && last->size > sym.address - last->address)
			last->size = (uint32_t)(sym.address - last->address);
		outer = around(s, n ? n - 1 : NONE, sym.address);
		if (sym.link & RANK_UNSIZED && outer != NONE)
			continue;
		open = sym.link & RANK_UNSIZED;
		sym.link = outer;
		s->items[n++] = sym;
	}
	s->cnt = n;
}

static int symbols_read(struct symbols *s, struct elf_file *const *files, size_t cnt)
{
	int err = strings_init(&s->stubs);
	size_t i;

	for (i = 0; !err && i < cnt; i++)
		err = files[i] ? elf_symbols(files[i], symbols_add, s) : 0;
	return err;
}

struct symbols *symbols_load(struct elf_file *const *files, size_t cnt)
{
	struct symbols *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (symbols_read(s, files, cnt)) {
		symbols_free(s);
		return NULL;
	}
	order_array(s->items, s->cnt, sizeof(*s->items), by_address);
	symbols_settle(s);
	return s;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	strings_release(&s->stubs);
	free(s->items);
	free(s);
}

size_t symbols_count(const struct symbols *s)
{
	return s->cnt;
}

/* The number of symbols at or below the address. */
static uint32_t count_below(const struct symbols *s, uint64_t address)
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
	return (uint32_t)lo;
}

const char *symbols_find(const struct symbols *s, uint64_t address, uint64_t *start)
{
	uint32_t n = count_below(s, address), i = around(s, n ? n - 1 : NONE, address);

	if (i == NONE)
		return NULL;
	*start = s->items[i].address;
	return s->items[i].name;
}
