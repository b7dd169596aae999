/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tables say of a function, found by its name once for each function of a profile.
 */
#ifndef EBPROF_CLASSIFY_FUNCTION_H
#define EBPROF_CLASSIFY_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;
struct profile_function;

#define FUNCTION_NAME 256 /* bytes of a name with its NUL; a longer one is in no table */

struct function_marks {
	uint16_t wait; /* row of wait_rows, + 1; 0 = it does not wait for others */
	uint16_t idle; /* number of its name among those in idle_rows' paths; 0 = not there */
	bool is_separator;
};

/* The tables by name. */
struct functions {
	struct pattern *waits, *prefixes, *idles;
	size_t wait_cnt, prefix_cnt, idle_cnt;
	uint16_t *paths; /* idle_row_cnt * IDLE_PATH numbers of names, 0 = the path is over */
};

/* 0 or -ENOMEM; releases what it has by itself then. */
int functions_init(struct functions *f);
void functions_release(struct functions *f);
struct function_marks functions_find(const struct functions *f, const char *name);

/*
 * The name as tables have it, whatever the style it is shown in: without parameters, template
 * arguments, angle brackets, closures, suffixes of clones and versions, "64" at its end and, of C,
 * what glibc puts before its own ("__GI___"); [FILE], which has no name, without the file's version.
 * Empty when it is too long.
 */
void function_name(const struct profile *p, const struct profile_function *f,
                   char out[FUNCTION_NAME]);

/* Is that mapping's file MODULE, MODULE.…, or MODULE-…? */
bool function_is_in(const struct profile *p, uint32_t mapping, const char *module);

#endif
