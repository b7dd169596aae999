/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process had mapped, as libdwfl sees it. An image is a record of the check file; a Dwfl is made
 * of it when a sample needs one, and the one that was used least lately goes when many files are open.
 */
#ifndef EBPROF_TESTS_IMAGE_H
#define EBPROF_TESTS_IMAGE_H

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/check.h"

struct mapping {
	uint64_t start, end, offset;
	char *path;
	uint64_t bias; /* of a module: what was added to the addresses in its file */
	bool module;
	bool gone; /* a file that cannot be opened any more */
};

/* What the CFI says of an instruction: kept, because a walk asks for each of its frames. */
enum fact_bits {
	FACT_CFI = 1 << 0,    /* there is some: else libdwfl goes by the frame pointer */
	FACT_SIGNAL = 1 << 1, /* a signal frame */
	FACT_ROOT = 1 << 2,   /* the return address is undefined */
	FACT_ENTRY = 1 << 3,  /* behind the entry point of its file */
	FACT_LEAVES = 1 << 4, /* saves what only who leaves for an exception's handler does */
};

struct fact {
	uint64_t address;
	uint32_t bits;
	bool named;       /* the name was looked for */
	const char *name; /* of the function; lives as long as the Dwfl */
	uint64_t into;    /* bytes from its start */
};

struct image {
	uint32_t pid;
	struct mapping *mappings;
	size_t mapping_cnt;
	bool compat; /* a file of it is a 32-bit one */
	Dwfl *dwfl;  /* NULL = not now */
	size_t module_cnt;
	struct fact *facts; /* by address; as long as the Dwfl */
	uint64_t used;      /* when, in uses of any */
};

struct images {
	struct image **items; /* by number */
	size_t cap;
	size_t open, open_max; /* files */
	uint64_t uses;
	Elf *vdso;
	int vdso_fd;
	const Dwfl_Thread_Callbacks *callbacks;
	void *callbacks_arg;
};

/* Samples are read by these callbacks, which get 'arg'. 0 or -errno. */
int images_init(struct images *is, const Dwfl_Thread_Callbacks *callbacks, void *arg);
void images_release(struct images *is);

/* Keeps an image record. NULL, or what is wrong with it. */
const char *images_add(struct images *is, const struct check_image *record);

/* An image with its Dwfl, which lives until the next call. NULL = no such image, or no Dwfl. */
struct image *images_get(struct images *is, uint32_t number);

const struct mapping *image_mapping(const struct image *image, uint64_t address);

/* The CFI of an instruction as libdwfl finds it, to be freed by the caller; NULL = there is none. */
Dwarf_Frame *image_frame(struct image *image, uint64_t address);

/* What is known of an instruction; lives until another is asked for. */
const struct fact *image_fact(struct image *image, uint64_t address);
const struct fact *image_named(struct image *image, uint64_t address);

/* A word of read-only memory, from the file that is mapped there. */
bool image_read(struct image *image, uint64_t address, uint64_t *word);

#endif
