// SPDX-License-Identifier: Apache-2.0
#include "symbolize/jit_paths.h"

#include <stdbool.h>
#include <string.h>

enum {
	PATH_MAX_BYTES = 4096,
	PATH_COST = 64, /* of keeping one, beside its bytes */
};

int jit_paths_init(struct jit_paths *p)
{
	p->bytes = 0;
	return strings_init(&p->names);
}

void jit_paths_release(struct jit_paths *p)
{
	strings_release(&p->names);
}

const char *jit_paths_text(const struct jit_paths *p, uint32_t number)
{
	return strings_get(&p->names, number);
}

/* How many bytes follow the first one of a character; -1: it is none. */
static int bytes_behind(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first < 0xe0)
		return 1;
	if ((first & 0xf0) == 0xe0)
		return 2;
	return first >= 0xf0 && first < 0xf5 ? 3 : -1;
}

static bool is_utf8(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + len;
	int more;

	while (s < end) {
		more = bytes_behind(*s++);
		if (more < 0 || more > end - s)
			return false;
		for (; more; more--)
			if ((*s++ & 0xc0) != 0x80)
				return false;
	}
	return true;
}

/* Is that a name that a file may have: a path or the like, and no garbage? */
static bool is_path(const char *text, size_t len)
{
	bool marked = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
		marked |= text[i] == '/' || text[i] == '.' || text[i] == ':';
	}
	return marked && len < PATH_MAX_BYTES && is_utf8(text, len);
}

uint32_t jit_paths_add(struct jit_paths *p, const char *text, size_t len)
{
	size_t cnt = p->names.cnt;
	uint32_t number = is_path(text, len) ? strings_add(&p->names, text, len) : 0;

	p->bytes += p->names.cnt > cnt ? len + PATH_COST : 0;
	return number;
}

uint32_t jit_paths_in_name(struct jit_paths *p, const char *name)
{
	static const char *const begins[] = { " /", " file:", " node:" };
	const char *path = NULL, *end;
	size_t i;

	for (i = 0; !path && i < sizeof(begins) / sizeof(begins[0]); i++)
		path = strstr(name, begins[i]);
	if (!path)
		return 0;
	path++;
	end = path + strlen(path);
	for (i = 0; i < 2; i++) {
		const char *digits = end;

		while (digits > path && digits[-1] >= '0' && digits[-1] <= '9')
			digits--;
		if (digits == end || digits == path || digits[-1] != ':')
			return 0;
		end = digits - 1;
	}
	return jit_paths_add(p, path, (size_t)(end - path));
}
