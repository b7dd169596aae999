// SPDX-License-Identifier: Apache-2.0
#include "symbolize/ksyms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"

enum {
	LINE_MAX_BYTES = 2048, /* KSYM_NAME_LEN is 512 (include/linux/kallsyms.h); more is cut */
	SYMBOLS_MAX = 4 << 20,
	MODULES_MAX = 16 << 10, /* their numbers are 16 bits */
	TAIL_MAX = 64 << 10,    /* bytes that the last symbol of a module may name */
	GAP_MAX = 1 << 20,      /* bytes that any symbol may name: BPF programs lie far apart */
};

struct item {
	uint64_t address;
	uint32_t name; /* in the pool; grows with the line it was on */
	uint16_t module;
};

struct module {
	uint32_t name;
	bool scattered; /* other modules' symbols lie between its own */
	uint64_t start, end;
};

struct ksyms {
	struct item *items;
	size_t cnt, cap;
	struct module *modules; /* [0] is the kernel itself */
	size_t module_cnt, module_cap;
	size_t last_module; /* symbols of one module come in a run */
	char *pool;
	size_t pool_sz, pool_cap;
	uint64_t text, etext;
	uint64_t hidden; /* code symbols without an address */
};

static int pool_add(struct ksyms *k, const char *s, uint32_t *at)
{
	size_t len = strlen(s) + 1;
	char *pool = NULL;

	if (k->pool_sz + len <= UINT32_MAX)
		pool = array_reserve(k->pool, &k->pool_cap, k->pool_sz + len, 1);
	if (!pool)
		return -ENOMEM;
	k->pool = pool;
	memcpy(pool + k->pool_sz, s, len);
	*at = (uint32_t)k->pool_sz;
	k->pool_sz += len;
	return 0;
}

static const char *module_name(const struct ksyms *k, size_t module)
{
	return k->pool + k->modules[module].name;
}

/* The number of the module of that name, module_cnt when there is none. */
static size_t find_module(const struct ksyms *k, const char *name)
{
	size_t i;

	if (k->last_module < k->module_cnt && !strcmp(module_name(k, k->last_module), name))
		return k->last_module;
	for (i = 0; i < k->module_cnt && strcmp(module_name(k, i), name); i++)
		;
	return i;
}

static int module_add(struct ksyms *k, const char *name, uint16_t *number)
{
	size_t i = find_module(k, name);
	struct module *modules;

	if (i == k->module_cnt) {
		if (i == MODULES_MAX)
			return -ENOMEM;
		modules = array_reserve(k->modules, &k->module_cap, i + 1, sizeof(*modules));
		if (!modules)
			return -ENOMEM;
		k->modules = modules;
		if (pool_add(k, name, &modules[i].name))
			return -ENOMEM;
		k->module_cnt++;
	}
	k->last_module = i;
	*number = (uint16_t)i;
	return 0;
}

static int symbol_add(struct ksyms *k, uint64_t address, const char *name, const char *module)
{
	struct item *items;

	if (k->cnt == SYMBOLS_MAX)
		return -ENOMEM;
	items = array_reserve(k->items, &k->cap, k->cnt + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	k->items = items;
	items[k->cnt].address = address;
	if (module_add(k, module, &items[k->cnt].module) || pool_add(k, name, &items[k->cnt].name))
		return -ENOMEM;
	k->cnt++;
	return 0;
}

struct line {
	uint64_t address;
	char type;
	const char *name, *module;
};

/* "ffffffff81000000 T _text" or "ffffffffc0001000 t f\t[module]"; false: a line of another shape. */
static bool parse_line(char *s, struct line *l)
{
	char *end, *module;

	l->address = strtoull(s, &end, 16);
	if (end == s || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	l->type = end[1];
	l->name = end + 3;
	module = end + 3 + strcspn(end + 3, " \t\n");
	if (*module)
		*module++ = 0;
	module += strspn(module, " \t");
	if (*module == '[') {
		l->module = module + 1;
		module[strcspn(module, "]\n")] = 0;
	} else {
		l->module = "";
	}
	return *l->name;
}

/* Takes the line's symbol when it is code. _etext ends the text and names nothing. */
static int add_line(struct ksyms *k, char *s)
{
	struct line l;

	if (!parse_line(s, &l) || !strchr("tTwW", l.type))
		return 0;
	if (!l.address) {
		k->hidden++;
		return 0;
	}
	if (*l.module)
		return symbol_add(k, l.address, l.name, l.module);
	if (!strcmp(l.name, "_etext")) {
		k->etext = l.address;
		return 0;
	}
	if (!strcmp(l.name, "_text") || (!k->text && !strcmp(l.name, "_stext")))
		k->text = l.address;
	return symbol_add(k, l.address, l.name, "");
}

/* What does not fit into the buffer is left out with the rest of its line. */
static int read_lines(struct ksyms *k, FILE *f)
{
	char line[LINE_MAX_BYTES];
	bool inside = false, begins;
	int err = 0;

	while (!err && fgets(line, sizeof(line), f)) {
		begins = !inside;
		inside = !strchr(line, '\n');
		if (begins)
			err = add_line(k, line);
	}
	return !err && ferror(f) ? -EIO : err;
}

static int by_address(const void *pa, const void *pb)
{
	const struct item *a = pa, *b = pb;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

/* Where what a symbol names ends. */
static uint64_t end_of(const struct ksyms *k, size_t i)
{
	const struct item *it = &k->items[i];
	uint64_t next = UINT64_MAX, max = GAP_MAX, end;
	size_t j;

	for (j = i + 1; j < k->cnt && k->items[j].address == it->address; j++)
		;
	if (j < k->cnt)
		next = k->items[j].address;
	if (j == k->cnt || k->items[j].module != it->module)
		max = TAIL_MAX;
	end = it->address > UINT64_MAX - max ? UINT64_MAX : it->address + max;
	if (end > next)
		end = next;
	if (!it->module && it->address < k->etext && end > k->etext)
		end = k->etext;
	return end;
}

/* Modules begin a page, unless something else is there before. */
static uint64_t page_start(const struct ksyms *k, size_t i)
{
	uint64_t page = k->items[i].address & ~0xfffull;
	uint64_t before = i ? end_of(k, i - 1) : 0;

	return page > before ? page : before;
}

static void set_ranges(struct ksyms *k)
{
	size_t i;

	for (i = 0; i < k->cnt; i++) {
		struct module *m = &k->modules[k->items[i].module];

		if (!m->end)
			m->start = page_start(k, i);
		else if (k->items[i - 1].module != k->items[i].module)
			m->scattered = true;
		m->end = end_of(k, i);
	}
}

static void shrink(struct ksyms *k)
{
	struct item *items = realloc(k->items, k->cnt * sizeof(*items));
	char *pool = realloc(k->pool, k->pool_sz);

	if (items)
		k->items = items;
	if (pool)
		k->pool = pool;
}

static int read_all(struct ksyms *k, const char *path)
{
	FILE *f = fopen(path, "re");
	uint16_t kernel;
	int err;

	if (!f)
		return -errno;
	err = module_add(k, "", &kernel);
	if (!err)
		err = read_lines(k, f);
	fclose(f);
	if (err || !k->cnt)
		return err ? err : k->hidden ? -EPERM : -ENODATA;
	qsort(k->items, k->cnt, sizeof(*k->items), by_address);
	shrink(k);
	set_ranges(k);
	return 0;
}

/* Who may see addresses: kernel/ksyms_common.c, kallsyms_show_value(). */
static int hidden(const char *path, struct err *e)
{
	FILE *f = fopen("/proc/sys/kernel/kptr_restrict", "re");
	int level = f ? fgetc(f) : EOF;

	if (f)
		fclose(f);
	if (level == '2')
		return err_set(e, -EPERM,
		               "kernel.kptr_restrict=2 hides the addresses of '%s' from everyone, "
		               "try 'sysctl kernel.kptr_restrict=1'",
		               path);
	return err_set(e, -EPERM,
	               "'%s' hides its addresses from who lacks CAP_SYSLOG, run as root with it or "
	               "try 'sysctl kernel.kptr_restrict=0 kernel.perf_event_paranoid=1'",
	               path);
}

struct ksyms *ksyms_load(const char *path, struct err *e)
{
	struct ksyms *k = calloc(1, sizeof(*k));
	int err;

	if (!path)
		path = "/proc/kallsyms";
	err = k ? read_all(k, path) : -ENOMEM;
	if (!err)
		return k;
	ksyms_free(k);
	if (err == -EPERM)
		hidden(path, e);
	else if (err == -ENODATA)
		err_set(e, err, "'%s' has no functions", path);
	else
		err_set(e, err, "cannot read '%s': %s", path, strerror(-err));
	errno = -err;
	return NULL;
}

void ksyms_free(struct ksyms *k)
{
	if (!k)
		return;
	free(k->items);
	free(k->modules);
	free(k->pool);
	free(k);
}

/* How many symbols are at or below the address. */
static size_t count_below(const struct ksyms *k, uint64_t address)
{
	size_t lo = 0, hi = k->cnt, mid;

	/* items[lo - 1].address <= address < items[hi].address */
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (k->items[mid].address <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int ksyms_find(const struct ksyms *k, uint64_t address, struct ksym *sym)
{
	size_t i = count_below(k, address);
	const struct item *it;

	if (!i)
		return -ENOENT;
	/* Of several names of one address the first, as the kernel's own look-up has it. */
	for (i--; i && k->items[i - 1].address == k->items[i].address; i--)
		;
	if (address >= end_of(k, i))
		return -ENOENT;
	it = &k->items[i];
	sym->address = it->address;
	sym->name = k->pool + it->name;
	sym->module = module_name(k, it->module);
	return 0;
}

void ksyms_text(const struct ksyms *k, uint64_t *start, uint64_t *end)
{
	*start = k->text;
	*end = k->etext;
}

int ksyms_module_range(const struct ksyms *k, const char *module, uint64_t *start, uint64_t *end)
{
	size_t i;

	for (i = 1; i < k->module_cnt; i++)
		if (module_name(k, i) == module || !strcmp(module_name(k, i), module))
			break;
	if (i >= k->module_cnt || k->modules[i].scattered)
		return -ENOENT;
	*start = k->modules[i].start;
	*end = k->modules[i].end;
	return 0;
}
