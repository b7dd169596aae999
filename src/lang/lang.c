// SPDX-License-Identifier: Apache-2.0
#include "lang/lang.h"

#define LANG_EXTERN(name) extern const struct lang lang_##name;
LANGUAGES(LANG_EXTERN)

#define LANG_ROW(name) &lang_##name,
static const struct lang *const langs[] = { LANGUAGES(LANG_ROW) };

const struct lang *lang_at(size_t i)
{
	return i < sizeof(langs) / sizeof(*langs) ? langs[i] : NULL;
}
