// SPDX-License-Identifier: Apache-2.0
#include "collect/allocators.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "abi.h"
#include "elf/elf.h"
#include "elf/site.h"

/* Names of one function; those of prefixes (je_malloc) count too. */
struct function {
	const char *name;
	unsigned int args; /* that the probe reads */
	int call;          /* enum alloc_call, -1: it frees */
	bool is_new;       /* of C++ */
};

static const struct function functions[] = {
	{ "malloc", 1, ALLOC_MALLOC, false },
	{ "valloc", 1, ALLOC_MALLOC, false },
	{ "pvalloc", 1, ALLOC_MALLOC, false },
	{ "mallocx", 1, ALLOC_MALLOC, false },
	{ "calloc", 2, ALLOC_CALLOC, false },
	{ "realloc", 2, ALLOC_REALLOC, false },
	{ "rallocx", 2, ALLOC_REALLOC, false },
	{ "reallocarray", 3, ALLOC_REALLOCARRAY, false },
	{ "memalign", 2, ALLOC_ALIGNED, false },
	{ "aligned_alloc", 2, ALLOC_ALIGNED, false },
	{ "posix_memalign", 3, ALLOC_POSIX_MEMALIGN, false },
	{ "free", 1, -1, false },
	{ "cfree", 1, -1, false },
	{ "free_sized", 1, -1, false },
	{ "free_aligned_sized", 1, -1, false },
	{ "dallocx", 1, -1, false },
	{ "sdallocx", 1, -1, false },
	/* Itanium C++ ABI: operator new and delete, of arrays too, with alignment, size and nothrow */
	{ "_Znwm", 1, ALLOC_MALLOC, true },
	{ "_Znam", 1, ALLOC_MALLOC, true },
	{ "_ZnwmRKSt9nothrow_t", 1, ALLOC_MALLOC, true },
	{ "_ZnamRKSt9nothrow_t", 1, ALLOC_MALLOC, true },
	{ "_ZnwmSt11align_val_t", 1, ALLOC_MALLOC, true },
	{ "_ZnamSt11align_val_t", 1, ALLOC_MALLOC, true },
	{ "_ZnwmSt11align_val_tRKSt9nothrow_t", 1, ALLOC_MALLOC, true },
	{ "_ZnamSt11align_val_tRKSt9nothrow_t", 1, ALLOC_MALLOC, true },
	{ "_ZdlPv", 1, -1, true },
	{ "_ZdaPv", 1, -1, true },
	{ "_ZdlPvm", 1, -1, true },
	{ "_ZdaPvm", 1, -1, true },
	{ "_ZdlPvRKSt9nothrow_t", 1, -1, true },
	{ "_ZdaPvRKSt9nothrow_t", 1, -1, true },
	{ "_ZdlPvSt11align_val_t", 1, -1, true },
	{ "_ZdaPvSt11align_val_t", 1, -1, true },
	{ "_ZdlPvmSt11align_val_t", 1, -1, true },
	{ "_ZdaPvmSt11align_val_t", 1, -1, true },
};

#define FUNCTION_CNT (sizeof(functions) / sizeof(*functions))

/* jemalloc's, Rust's jemalloc crate's, gperftools' and mimalloc's own names. */
static const char *const prefixes[] = { "", "je_", "_rjem_", "tc_", "mi_" };

/*
 * Allocators by a symbol that only they have, and what of them calls another of their functions that is
 * probed: that call would count twice.
 */
static const struct row {
	const char *name, *marker;
	bool new_calls_malloc;     /* operator new is libstdc++'s */
	bool realloc_calls_malloc; /* without a block */
	const char *inner; /* names, with blanks around: not probed, since they call one that is */
} rows[] = {
	{ "jemalloc", "mallctl", false, false, "" },
	{ "jemalloc", "_rjem_mallctl", true, false, "" },
	{ "tcmalloc", "tc_malloc", false, false, "" },
	{ "mimalloc", "mi_malloc", false, false, "" },
	/* glibc: malloc/malloc.c __libc_realloc(), malloc/reallocarray.c */
	{ "glibc", "__libc_calloc", true, true, " reallocarray " },
	{ "musl", "__libc_start_main", true, false, "" },
	{ "malloc", NULL, true, false, "" },
};

#define ROW_CNT (sizeof(rows) / sizeof(*rows))

struct found {
	uint64_t address, size;
	const struct function *function;
};

struct survey {
	struct found found[2 * ALLOCATOR_SITES];
	size_t cnt;
	uint64_t stubs[ALLOCATOR_SITES]; /* of the PLT, which lead to one of these functions */
	size_t stub_cnt;
	bool marked[ROW_CNT];
	bool allocates, frees;
};

static const struct function *function_of(const char *name)
{
	const char *base;
	size_t i, k, len;

	for (k = 0; k < sizeof(prefixes) / sizeof(*prefixes); k++) {
		len = strlen(prefixes[k]);
		if (strncmp(name, prefixes[k], len) != 0)
			continue;
		base = name + len;
		for (i = 0; i < FUNCTION_CNT; i++)
			if (!strcmp(base, functions[i].name) && !(len && functions[i].is_new))
				return &functions[i];
	}
	return NULL;
}

/* Two names of one function are one. */
static bool is_known(const struct survey *s, uint64_t address)
{
	size_t i;

	for (i = 0; i < s->cnt; i++)
		if (s->found[i].address == address)
			return true;
	return false;
}

static int on_symbol(void *arg, const struct elf_symbol *sym)
{
	struct survey *s = arg;
	const struct function *f;
	size_t i;

	if (sym->plt) {
		if (function_of(sym->name) && s->stub_cnt < ALLOCATOR_SITES)
			s->stubs[s->stub_cnt++] = sym->address;
		return 0;
	}
	for (i = 0; i < ROW_CNT; i++)
		if (rows[i].marker && !strcmp(sym->name, rows[i].marker))
			s->marked[i] = true;
	f = function_of(sym->name);
	if (!f || is_known(s, sym->address) || s->cnt == 2 * ALLOCATOR_SITES)
		return 0;
	s->found[s->cnt++] = (struct found){ sym->address, sym->size, f };
	if (!f->is_new) {
		s->allocates |= f->call == ALLOC_MALLOC;
		s->frees |= f->call < 0;
	}
	return 0;
}

static const struct row *row_of(const struct survey *s)
{
	size_t i;

	for (i = 0; rows[i].marker; i++)
		if (s->marked[i])
			break;
	return &rows[i];
}

/* Is this name in the row's list? */
static bool is_inner(const struct row *row, const char *name)
{
	const char *at = strstr(row->inner, name);
	size_t len = strlen(name);

	for (; at; at = strstr(at + 1, name))
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
	return false;
}

/* Does it only pass its calls on to one that is probed? */
static bool is_passed_on(const struct survey *s, const struct elf_site *site)
{
	size_t i;

	for (i = 0; i < s->stub_cnt; i++)
		if (s->stubs[i] == site->jumps_to)
			return true;
	return site->jumps_to && is_known(s, site->jumps_to);
}

static void site_add(struct elf_file *f, const struct row *row, const struct survey *s,
                     const struct found *found, struct allocator *a)
{
	const struct function *fn = found->function;
	struct uprobe_site *to = fn->call < 0 ? a->frees : a->calls;
	size_t *cnt = fn->call < 0 ? &a->free_cnt : &a->call_cnt;
	struct elf_site site;
	int call = fn->call;

	if ((fn->is_new && row->new_calls_malloc) || is_inner(row, fn->name) ||
	    *cnt == ALLOCATOR_SITES || elf_site(f, found->address, found->size, fn->args, &site) ||
	    is_passed_on(s, &site))
		return;
	if (call == ALLOC_REALLOC && row->realloc_calls_malloc)
		call = ALLOC_REALLOC_OLD;
	a->dear += !site.cheap;
	to[(*cnt)++] =
		(struct uprobe_site){ site.offset,
		                      call < 0 ? 0 : ALLOC_COOKIE((uint64_t)call, site.taken) };
}

int allocator_find(int file, struct allocator *a)
{
	struct elf_file *f = elf_open(file);
	struct survey s = { .cnt = 0 };
	const struct row *row;
	size_t i;

	memset(a, 0, sizeof(*a));
	if (!f)
		return -ENOEXEC;
	elf_symbols(f, on_symbol, &s);
	row = row_of(&s);
	if (s.allocates && s.frees) {
		a->name = row->name;
		for (i = 0; i < s.cnt; i++)
			site_add(f, row, &s, &s.found[i], a);
	}
	elf_close(f);
	return 0;
}
