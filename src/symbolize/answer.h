/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker writes down its pipe and its parent reads: for each address the functions there. The
 * reader believes nothing: a worker that was taken over may write what it likes.
 */
#ifndef EBPROF_SYMBOLIZE_ANSWER_H
#define EBPROF_SYMBOLIZE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strings.h"
#include "symbolize/names.h"

/* As it is written: texts by their numbers in the order they came in, from 1; 0 = none. */
struct answer_frame {
	uint32_t linkage, path;
	uint32_t line, start_line;
};

struct answer_writer {
	int fd;
	bool failed;
	struct strings texts; /* each is written once */
	size_t text_cnt;      /* that were written */
	struct answer_run {
		uint32_t index, cnt; /* addresses with the same functions, not written yet */
		uint32_t frame_cnt;
		struct answer_frame frames[NAMES_MAX];
	} run;
	size_t used;
	unsigned char buffer[32768];
};

/* 0 or -ENOMEM. */
int answer_open(struct answer_writer *w, int fd);
/* The functions of address number 'index'; those of the one before it again cost nothing. */
void answer_put(struct answer_writer *w, uint32_t index, const struct names_frame *frames,
                size_t cnt);
/* What is said of the file when everything was asked. */
struct answer_end {
	bool bad;      /* it could not be parsed */
	bool mismatch; /* its file of debug information is that of another file */
	bool lacks;    /* there is none, though it would be of use */
	bool large;    /* its DWARF was left out: it takes too much room */
	uint32_t missing_dwo;
};

/* 0 or -EIO. Frees nothing: the process ends. */
int answer_close(struct answer_writer *w, const struct answer_end *end);

struct answer_place {
	uint32_t first, cnt; /* of the frames */
};

struct answer {
	struct names_frame *frames; /* their texts lie in 'bytes' */
	size_t frame_cnt, frame_cap;
	struct answer_place *places; /* by index */
	size_t place_cnt, told;      /* told: how many were set */
	const char **texts;
	size_t text_cnt, text_cap;
	char *bytes; /* what was read */
	struct answer_end end;
	bool whole; /* the end was reached: nothing is missing */
};

/*
 * Reads an answer about 'cnt' addresses out of 'size' bytes, which it takes over. What stands before
 * the first mistake is kept. 0 or -ENOMEM. Release it in any case.
 */
int answer_read(struct answer *a, char *bytes, size_t size, size_t cnt);
void answer_release(struct answer *a);
/* The frames of address number 'index', *cnt of them. */
const struct names_frame *answer_frames(const struct answer *a, size_t index, size_t *cnt);

#endif
