// SPDX-License-Identifier: Apache-2.0
#include "symbolize/ksyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"

#define SYMBOLS_MAX (16u << 20)
#define TAIL_MAX    (64u << 10) /* bytes that the last symbol of a module or a gap may name */

struct ksyms_item {
	uint64_t address;
	uint32_t name; /* in the pool */
	uint32_t module;
};

struct ksyms {
	struct ksyms_item *items;
	size_t cnt, cap;
	char *pool; /* names and modules; offset 0 is "" */
	size_t pool_sz, pool_cap;
	uint32_t last_module; /* modules come in runs: the one of the line before */
	uint64_t text, etext;
};

static int pool_add(struct ksyms *k, const char *s, uint32_t *at)
{
	size_t len = strlen(s) + 1;
	char *pool;

	if (k->pool_sz + len > UINT32_MAX)
		return -ENOMEM;
	pool = array_reserve(k->pool, &k->pool_cap, k->pool_sz + len, 1);
	if (!pool)
		return -ENOMEM;
	k->pool = pool;
	memcpy(pool + k->pool_sz, s, len);
	*at = (uint32_t)k->pool_sz;
	k->pool_sz += len;
	return 0;
}

static int module_add(struct ksyms *k, const char *module, uint32_t *at)
{
	if (!*module) {
		*at = 0;
		return 0;
	}
	if (!strcmp(k->pool + k->last_module, module)) {
		*at = k->last_module;
		return 0;
	}
	if (pool_add(k, module, at))
		return -ENOMEM;
	k->last_module = *at;
	return 0;
}

static void note_text(struct ksyms *k, uint64_t address, const char *name)
{
	if (!strcmp(name, "_text") || (!k->text && !strcmp(name, "_stext")))
		k->text = address;
	else if (!strcmp(name, "_etext"))
		k->etext = address;
}

static int ksyms_add(struct ksyms *k, uint64_t address, const char *name, const char *module)
{
	struct ksyms_item *items = array_reserve(k->items, &k->cap, k->cnt + 1, sizeof(*items));

	if (!items || k->cnt >= SYMBOLS_MAX)
		return -ENOMEM;
	k->items = items;
	items[k->cnt].address = address;
	if (pool_add(k, name, &items[k->cnt].name) || module_add(k, module, &items[k->cnt].module))
		return -ENOMEM;
	k->cnt++;
	return 0;
}

/* "ffffffff81000000 T _text\t[module]"; a line of another shape is left out. 0 or -ENOMEM. */
static int parse_line(struct ksyms *k, char *line)
{
	char *end, *name, *module;
	uint64_t address = strtoull(line, &end, 16);
	char type;

	if (end == line || *end != ' ' || !end[1] || end[2] != ' ')
		return 0;
	type = end[1];
	name = end + 3;
	module = strpbrk(name, "\t\n ");
	if (module && *module != '\n') {
		*module++ = 0;
		module += strspn(module, "\t [");
		module[strcspn(module, "]\n")] = 0;
	} else {
		if (module)
			*module = 0;
		module = (char *)"";
	}
	if (!address || !*name)
		return 0;
	if (!*module)
		note_text(k, address, name);
	/* Code only; _etext ends the text and names nothing. */
	return strchr("tTwW", type) && strcmp(name, "_etext") ? ksyms_add(k, address, name, module)
	                                                      : 0;
}

static int by_address(const void *pa, const void *pb)
{
	const struct ksyms_item *a = pa, *b = pb;

	return a->address < b->address ? -1 : a->address > b->address;
}

/* Modules follow the kernel in no order. */
static void sort(struct ksyms *k)
{
	size_t i;

	for (i = 1; i < k->cnt; i++)
		if (k->items[i - 1].address > k->items[i].address)
			break;
	if (i < k->cnt)
		qsort(k->items, k->cnt, sizeof(*k->items), by_address);
}

static int ksyms_read(struct ksyms *k, FILE *f)
{
	char *line = NULL;
	size_t size = 0;
	uint32_t empty;
	int err = pool_add(k, "", &empty);

	while (!err && getline(&line, &size, f) > 0)
		err = parse_line(k, line);
	free(line);
	sort(k);
	return err;
}

struct ksyms *ksyms_load(const char *path, struct err *e)
{
	const char *from = path ? path : "/proc/kallsyms";
	struct ksyms *k = calloc(1, sizeof(*k));
	FILE *f = k ? fopen(from, "re") : NULL;
	int err = k ? (f ? ksyms_read(k, f) : -errno) : -ENOMEM;

	if (f)
		fclose(f);
	if (!err && k->cnt)
		return k;
	ksyms_free(k);
	if (err)
		err_set(e, err, "cannot read '%s': %s", from, strerror(-err));
	else
		err_set(e, -EPERM,
		        "'%s' hides its addresses; try 'sysctl kernel.kptr_restrict=0' or run "
		        "as root with CAP_SYSLOG",
		        from);
	errno = err ? -err : EPERM;
	return NULL;
}

void ksyms_free(struct ksyms *k)
{
	if (!k)
		return;
	free(k->items);
	free(k->pool);
	free(k);
}

/* How many symbols are at or below the address. */
static size_t count_below(const struct ksyms *k, uint64_t address)
{
	size_t lo = 0, hi = k->cnt, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (k->items[mid].address <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool same_module(const struct ksyms *k, size_t a, size_t b)
{
	return !strcmp(k->pool + k->items[a].module, k->pool + k->items[b].module);
}

int ksyms_find(const struct ksyms *k, uint64_t address, struct ksym *sym)
{
	size_t n = count_below(k, address), first;

	if (!n)
		return -ENOENT;
	/* The first of several names of one address, as the kernel's own look-up has it. */
	for (first = n - 1; first && k->items[first - 1].address == k->items[n - 1].address;
	     first--)
		;
	if (!k->items[first].module && k->etext && k->items[first].address < k->etext &&
	    address >= k->etext)
		return -ENOENT;
	if ((n == k->cnt || !same_module(k, n - 1, n)) &&
	    address - k->items[first].address > TAIL_MAX)
		return -ENOENT;
	sym->address = k->items[first].address;
	sym->name = k->pool + k->items[first].name;
	sym->module = k->pool + k->items[first].module;
	return 0;
}

void ksyms_text(const struct ksyms *k, uint64_t *start, uint64_t *end)
{
	*start = k->text;
	*end = k->etext;
}

int ksyms_module_range(const struct ksyms *k, const char *module, uint64_t *start, uint64_t *end)
{
	uint64_t lo = UINT64_MAX, hi = 0;
	size_t i;

	for (i = 0; i < k->cnt; i++) {
		if (strcmp(k->pool + k->items[i].module, module))
			continue;
		if (k->items[i].address < lo)
			lo = k->items[i].address;
		if (k->items[i].address > hi)
			hi = k->items[i].address;
	}
	if (lo > hi)
		return -ENOENT;
	*start = lo & ~0xfffull;
	*end = (hi | 0xfff) + 1; /* the last function's size is not known: to the end of its page */
	return 0;
}

int ksyms_build_id(char *hex, unsigned int size)
{
	unsigned char notes[4096];
	int fd = open("/sys/kernel/notes", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, notes, sizeof(notes)), at = 0, i;
	uint32_t head[3];

	if (fd >= 0)
		close(fd);
	while (at + 12 <= n) {
		memcpy(head, notes + at, sizeof(head));
		at += 12;
		if (head[0] > 4096 || head[1] > 4096)
			break;
		if (head[2] == 3 && head[0] == 4 && at + 4 + (ssize_t)head[1] <= n &&
		    !memcmp(notes + at, "GNU", 4) && head[1] * 2 + 1 <= size) {
			for (i = 0; i < (ssize_t)head[1]; i++)
				snprintf(hex + 2 * i, 3, "%02x", notes[at + 4 + i]);
			return 0;
		}
		at += (ssize_t)(((head[0] + 3) & ~3u) + ((head[1] + 3) & ~3u));
	}
	return -ENOENT;
}
