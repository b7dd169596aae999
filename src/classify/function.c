// SPDX-License-Identifier: Apache-2.0
#include "classify/function.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify/idle.h"
#include "classify/primitive.h"
#include "profile/profile.h"
#include "symbolize/demangle.h"

struct pattern {
	const char *name;
	size_t len; /* of a prefix, without its '*' */
	uint16_t number;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct pattern *)a)->name, ((const struct pattern *)b)->name);
}

static int to_pattern(const void *name, const void *pattern)
{
	return strcmp(name, ((const struct pattern *)pattern)->name);
}

static uint16_t find(const struct pattern *patterns, size_t cnt, const char *name)
{
	const struct pattern *at = bsearch(name, patterns, cnt, sizeof(*patterns), to_pattern);

	return at ? at->number : 0;
}

static void add_waits(struct functions *f)
{
	size_t i, len;

	for (i = 0; i < wait_row_cnt; i++) {
		len = strlen(wait_rows[i].name);
		if (wait_rows[i].name[len - 1] == '*')
			f->prefixes[f->prefix_cnt++] =
				(struct pattern){ wait_rows[i].name, len - 1, (uint16_t)(i + 1) };
		else
			f->waits[f->wait_cnt++] =
				(struct pattern){ wait_rows[i].name, len, (uint16_t)(i + 1) };
	}
	qsort(f->waits, f->wait_cnt, sizeof(*f->waits), by_name);
}

/* Each name of the paths once, and the paths as numbers of names. */
static void add_idles(struct functions *f)
{
	size_t cells = idle_row_cnt * IDLE_PATH, i, n = 0;
	const char *name;

	for (i = 0; i < cells; i++) {
		name = idle_rows[i / IDLE_PATH].path[i % IDLE_PATH];
		if (name)
			f->idles[n++] = (struct pattern){ name, 0, 0 };
	}
	qsort(f->idles, n, sizeof(*f->idles), by_name);
	for (i = 0; i < n; i++)
		if (!i || strcmp(f->idles[i].name, f->idles[f->idle_cnt - 1].name)) {
			f->idles[f->idle_cnt] = f->idles[i];
			f->idles[f->idle_cnt].number = (uint16_t)(f->idle_cnt + 1);
			f->idle_cnt++;
		}
	for (i = 0; i < cells; i++) {
		name = idle_rows[i / IDLE_PATH].path[i % IDLE_PATH];
		f->paths[i] = name ? find(f->idles, f->idle_cnt, name) : 0;
	}
}

int functions_init(struct functions *f)
{
	memset(f, 0, sizeof(*f));
	f->waits = calloc(wait_row_cnt, sizeof(*f->waits));
	f->prefixes = calloc(wait_row_cnt, sizeof(*f->prefixes));
	f->idles = calloc(idle_row_cnt * IDLE_PATH, sizeof(*f->idles));
	f->paths = calloc(idle_row_cnt * IDLE_PATH, sizeof(*f->paths));
	if (!f->waits || !f->prefixes || !f->idles || !f->paths) {
		functions_release(f);
		return -ENOMEM;
	}
	add_waits(f);
	add_idles(f);
	return 0;
}

void functions_release(struct functions *f)
{
	free(f->waits);
	free(f->prefixes);
	free(f->idles);
	free(f->paths);
	memset(f, 0, sizeof(*f));
}

struct function_marks functions_find(const struct functions *f, const char *name)
{
	struct function_marks marks = { 0 };
	size_t i;

	if (!*name)
		return marks;
	marks.idle = find(f->idles, f->idle_cnt, name);
	marks.wait = find(f->waits, f->wait_cnt, name);
	for (i = 0; !marks.wait && i < f->prefix_cnt; i++)
		if (!strncmp(name, f->prefixes[i].name, f->prefixes[i].len))
			marks.wait = f->prefixes[i].number;
	return marks;
}

/* Is the linkage name one that only a demangler reads: is the shown one not in the short style? */
static bool is_to_demangle(const char *name, const char *linkage)
{
	return linkage[0] == '_' && (linkage[1] == 'Z' || linkage[1] == 'R') &&
	       (!strcmp(name, linkage) || strpbrk(name, "(<"));
}

/* Copies without angle brackets; false: too long. */
static bool copy(const char *name, char out[FUNCTION_NAME])
{
	size_t n = 0;

	for (; *name; name++) {
		if (*name == '<' || *name == '>')
			continue;
		if (n + 1 == FUNCTION_NAME)
			return false;
		out[n++] = *name;
	}
	out[n] = 0;
	return true;
}

static void cut_at(char *name, const char *what)
{
	char *at = strstr(name, what);

	if (at && at != name)
		*at = 0;
}

/* [libuv.so.1.0.0] and [libc-2.31.so] without their versions: [libuv.so], [libc.so]. */
static void tidy_nameless(char *name)
{
	char *end = strstr(name, ".so"), *dash = strchr(name, '-');

	if (!end || name[strlen(name) - 1] != ']')
		return;
	if (dash && dash < end && isdigit((unsigned char)dash[1]))
		end = dash;
	memcpy(end, ".so]", sizeof(".so]"));
}

static void tidy(char *name)
{
	/* What GCC and LLVM put behind the names of a function's parts and copies. */
	static const char *const ends[] = {
		"::{{closure}}", "::{closure", ".part.",     ".isra.", ".constprop.",
		".cold",         ".llvm.",     ".lto_priv.", "@",
	};
	const char *begin = name + strspn(name, "_");
	size_t i, len;

	begin += strncmp(begin, "GI_", 3) ? 0 : 3;
	begin += strspn(begin, "_");
	memmove(name, begin, strlen(begin) + 1);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		cut_at(name, ends[i]);
	len = strlen(name);
	if (len > 2 && !strcmp(name + len - 2, "64")) /* glibc: the kernel's 64-bit time */
		name[len - 2] = 0;
}

void function_name(const struct profile *p, const struct profile_function *f,
                   char out[FUNCTION_NAME])
{
	const char *name = profile_text(p, f->name), *linkage = profile_text(p, f->system_name);
	char *demangled = NULL;

	if (is_to_demangle(name, linkage))
		demangled = demangle(linkage, DEMANGLE_SHORT);
	if (!copy(demangled ? demangled : name, out))
		out[0] = 0;
	else if (out[0] == '[')
		tidy_nameless(out);
	else
		tidy(out);
	free(demangled);
}

bool function_is_in(const struct profile *p, uint32_t mapping, const char *module)
{
	const struct profile_mapping *m = profile_mapping(p, mapping);
	const char *path = m ? profile_text(p, m->file) : "", *base = strrchr(path, '/');
	size_t len = strlen(module);

	base = base ? base + 1 : path;
	return !strncmp(base, module, len) && (!base[len] || strchr(".-", base[len]));
}
