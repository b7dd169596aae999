// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cmd/doctor.h"

struct finding *finding_add(struct findings *l, const char *name, enum doctor_state state,
                            const char *text, ...)
{
	struct finding *items = array_reserve(l->items, &l->cap, l->cnt + 1, sizeof(*items)), *f;
	va_list ap;

	if (!items) {
		l->failed = true;
		return NULL;
	}
	l->items = items;
	f = &items[l->cnt++];
	*f = (struct finding){ .name = name, .state = state };
	va_start(ap, text);
	vsnprintf(f->text, sizeof(f->text), text, ap);
	va_end(ap);
	return f;
}

void finding_remedy(struct finding *f, const char *remedy)
{
	if (f && remedy)
		snprintf(f->remedy, sizeof(f->remedy), "%s", remedy);
}

void finding_file(struct findings *l, struct finding *f, const char *path)
{
	if (!f)
		return;
	f->file = strdup(path);
	l->failed |= !f->file;
}

/* Where an error's line begins to say what to try, NULL: it does not. */
static const char *remedy_of(const char *msg)
{
	static const char *const words[] = { "; ", ", try ", ", run " };
	const char *first = NULL, *at;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		at = strstr(msg, words[i]);
		if (at && (!first || at < first))
			first = at;
	}
	return first;
}

void finding_error(struct findings *l, const char *name, enum doctor_state state, const char *msg)
{
	const char *remedy = remedy_of(msg);
	int len = (int)(remedy ? (size_t)(remedy - msg) : strlen(msg));

	finding_remedy(finding_add(l, name, state, "%.*s", len, msg), remedy ? remedy + 2 : NULL);
}

void findings_release(struct findings *l)
{
	while (l->cnt)
		free(l->items[--l->cnt].file);
	free(l->items);
	*l = (struct findings){ 0 };
}
