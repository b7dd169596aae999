// SPDX-License-Identifier: Apache-2.0
/* The values of the options that belong to the source alloc. */
#include "cmd/cmd.h"
#include "cmd/numbers.h"
#include "cmd/option_rows.h"
#include "cmd/options.h"

/* Chances are made of 32-bit rates. */
#define RATE_MAX 4294967295ull

int parse_rate(struct options *o, const char *text)
{
	if (number_parse(text, 1, RATE_MAX, &o->engine.collect.alloc_rate))
		return option_bad("--rate", text, "give bytes, 1 (every allocation) to 4294967295");
	o->engine.collect.growth_rate = o->engine.collect.alloc_rate;
	return 0;
}

static int parse_type(struct options *o, const char *type)
{
	o->engine.collect.alloc_type = type;
	return 0;
}

int parse_inuse_space(struct options *o, const char *text)
{
	return parse_type(o, "inuse_space");
}

int parse_inuse_objects(struct options *o, const char *text)
{
	return parse_type(o, "inuse_objects");
}

int parse_alloc_space(struct options *o, const char *text)
{
	return parse_type(o, "alloc_space");
}

int parse_alloc_objects(struct options *o, const char *text)
{
	return parse_type(o, "alloc_objects");
}

int parse_no_preload(struct options *o, const char *text)
{
	o->no_preload = true;
	return 0;
}

int parse_growth(struct options *o, const char *text)
{
	o->growth = true;
	return 0;
}
