// SPDX-License-Identifier: Apache-2.0
#include "cmd/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *n)
{
	unsigned long long v;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *end || v < min || v > max)
		return -EINVAL;
	*n = v;
	return 0;
}

int numbers_parse(const char *text, uint32_t **list, size_t *cnt)
{
	char one[16];
	size_t n;
	uint64_t v;

	for (;; text += n + 1) {
		uint32_t *grown;

		n = strcspn(text, ",");
		if (n >= sizeof(one))
			return -EINVAL;
		memcpy(one, text, n);
		one[n] = 0;
		grown = realloc(*list, (*cnt + 1) * sizeof(**list));
		if (!grown)
			return -EINVAL;
		*list = grown;
		if (number_parse(one, 1, 1 << 22, &v))
			return -EINVAL;
		(*list)[(*cnt)++] = (uint32_t)v;
		if (!text[n])
			return 0;
	}
}

int time_parse(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	char *end;
	size_t i;
	double v;

	if ((*text < '0' || *text > '9') && *text != '.')
		return -EINVAL;
	v = strtod(text, &end);
	if (!*end && v == 0) {
		*ns = 0;
		return 0;
	}
	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(end, units[i].name) && v * units[i].ns <= 3.2e17) {
			*ns = (uint64_t)(v * units[i].ns);
			return 0;
		}
	return -EINVAL;
}

int seconds_parse(const char *text, uint64_t *ns)
{
	char *end;
	double v;

	if ((*text < '0' || *text > '9') && *text != '.')
		return -EINVAL;
	v = strtod(text, &end);
	if (*end == 's')
		end++;
	if (*end || !(v >= 0.001 && v <= 315360000))
		return -EINVAL;
	*ns = (uint64_t)(v * 1e9);
	return 0;
}
