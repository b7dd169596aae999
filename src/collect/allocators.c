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

/* Allocators by a symbol that only they have. */
static const struct row {
	const char *name, *marker;
} rows[] = {
	{ "jemalloc", "mallctl" },    { "jemalloc", "_rjem_mallctl" },
	{ "tcmalloc", "tc_malloc" },  { "mimalloc", "mi_malloc" },
	{ "glibc", "__libc_calloc" }, { "musl", "__libc_start_main" },
	{ "malloc", NULL },
};

#define ROW_CNT (sizeof(rows) / sizeof(*rows))

struct found {
	uint64_t address, size;
	const struct function *function;
	const struct found *caller; /* one that calls it for its own work */
	bool passes_on;             /* it is not probed: another one is for it */
	bool only_old;              /* without a block it passes on */
};

/* Of the PLT: it leads to a function of such a name, perhaps of this file. */
struct stub {
	char name[40];
	const struct function *function;
	uint64_t address, target; /* 0 = it is not of this file */
};

struct survey {
	struct found found[2 * ALLOCATOR_SITES];
	size_t cnt;
	struct stub stubs[ALLOCATOR_SITES];
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

static struct found *found_at(struct survey *s, uint64_t address)
{
	size_t i;

	for (i = 0; i < s->cnt; i++)
		if (s->found[i].address == address)
			return &s->found[i];
	return NULL;
}

static const struct stub *stub_at(const struct survey *s, uint64_t address)
{
	size_t i;

	for (i = 0; i < s->stub_cnt; i++)
		if (s->stubs[i].address == address)
			return &s->stubs[i];
	return NULL;
}

static void stub_add(struct survey *s, const struct elf_symbol *sym)
{
	const struct function *f = function_of(sym->name);
	struct stub *to = &s->stubs[s->stub_cnt];

	if (!f || s->stub_cnt == ALLOCATOR_SITES || strlen(sym->name) >= sizeof(to->name))
		return;
	*to = (struct stub){ .function = f, .address = sym->address };
	memcpy(to->name, sym->name, strlen(sym->name));
	s->stub_cnt++;
}

static int on_symbol(void *arg, const struct elf_symbol *sym)
{
	struct survey *s = arg;
	const struct function *f;
	size_t i;

	if (sym->plt) {
		stub_add(s, sym);
		return 0;
	}
	for (i = 0; i < ROW_CNT; i++)
		if (rows[i].marker && !strcmp(sym->name, rows[i].marker))
			s->marked[i] = true;
	f = function_of(sym->name);
	/* Two names of one function are one. */
	if (!f || found_at(s, sym->address) || s->cnt == 2 * ALLOCATOR_SITES)
		return 0;
	s->found[s->cnt++] =
		(struct found){ .address = sym->address, .size = sym->size, .function = f };
	if (!f->is_new) {
		s->allocates |= f->call == ALLOC_MALLOC;
		s->frees |= f->call < 0;
	}
	return 0;
}

static const char *name_of(const struct survey *s)
{
	size_t i;

	for (i = 0; rows[i].marker; i++)
		if (s->marked[i])
			break;
	return rows[i].name;
}

/* A second look at the symbols: which of them are the stubs' targets? */
static int on_target(void *arg, const struct elf_symbol *sym)
{
	struct survey *s = arg;
	size_t i;

	for (i = 0; !sym->plt && i < s->stub_cnt; i++)
		if (!strcmp(sym->name, s->stubs[i].name))
			s->stubs[i].target = sym->address;
	return 0;
}

/* What a function goes to for its work. */
struct callee {
	struct survey *s;
	const struct found *from;
	struct found *to; /* NULL: not of this file */
	bool is_call;
};

static bool is_callee(void *arg, uint64_t address, bool is_call)
{
	struct callee *c = arg;
	const struct stub *stub = stub_at(c->s, address);
	struct found *to = found_at(c->s, stub ? stub->target : address);

	if (to == c->from || !(to ? to->function->call >= 0 : stub && stub->function->call >= 0))
		return false;
	c->to = to;
	c->is_call = is_call;
	return true;
}

/* Can the probe of 'to' tell by its return address that it works for 'from'? */
static bool can_tell(const struct found *to, const struct found *from)
{
	int64_t distance = (int64_t)(from->address - to->address);

	return !to->caller && !from->function->is_new && from->size <= UINT16_MAX &&
	       distance > -ALLOC_CALLER_FAR / 2 && distance < ALLOC_CALLER_FAR / 2;
}

/*
 * One that has another one do its work would count twice. Where that one knows it by its return address, the
 * stack is taken here: it may have no unwind information of its own (musl's calloc).
 */
static void look_inside(struct elf_file *f, struct survey *s, struct found *from)
{
	struct callee c = { .s = s, .from = from };

	if (from->function->call < 0 ||
	    !elf_site_goes_to(f, from->address, from->size, is_callee, &c))
		return;
	if (from->function->call == ALLOC_REALLOC)
		from->only_old = true;
	else if (c.is_call && c.to && can_tell(c.to, from))
		c.to->caller = from;
	else
		from->passes_on = true;
}

_Static_assert(ELF_SITE_TAKEN_MAX <= ALLOC_TAKEN_MAX, "the bytes of stack in a cookie");

static uint64_t cookie_of(const struct found *found, const struct elf_site *site)
{
	const struct found *by = found->caller;
	int call = found->only_old ? ALLOC_REALLOC_OLD : found->function->call;

	if (call < 0)
		return 0;
	return ALLOC_COOKIE((uint64_t)call, site->taken) |
	       (by ? ALLOC_CALLER(by->address - site->vaddr, by->size) : 0);
}

static void site_add(struct elf_file *f, struct survey *s, const struct found *found,
                     struct allocator *a)
{
	const struct function *fn = found->function;
	struct uprobe_site *to = fn->call < 0 ? a->frees : a->calls;
	size_t *cnt = fn->call < 0 ? &a->free_cnt : &a->call_cnt;
	struct elf_site site;

	if (found->passes_on || *cnt == ALLOCATOR_SITES ||
	    elf_site(f, found->address, found->size, fn->args, &site))
		return;
	/* One that frees and only passes its call on. */
	if (fn->call < 0 && site.jumps_to &&
	    (stub_at(s, site.jumps_to) || found_at(s, site.jumps_to)))
		return;
	a->dear += !site.cheap;
	to[(*cnt)++] = (struct uprobe_site){ site.offset, cookie_of(found, &site) };
}

int allocator_find(int file, struct allocator *a)
{
	struct elf_file *f = elf_open(file);
	struct survey s = { .cnt = 0 };
	size_t i;

	memset(a, 0, sizeof(*a));
	if (!f)
		return -ENOEXEC;
	elf_symbols(f, on_symbol, &s);
	if (s.allocates && s.frees) {
		elf_symbols(f, on_target, &s);
		a->name = name_of(&s);
		for (i = 0; i < s.cnt; i++)
			look_inside(f, &s, &s.found[i]);
		for (i = 0; i < s.cnt; i++)
			site_add(f, &s, &s.found[i], a);
	}
	elf_close(f);
	return 0;
}
