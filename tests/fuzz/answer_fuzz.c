// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as the answer of a worker that was taken over: what is kept of it can be read, costs
 * no more than there are bytes and addresses, and written again it says the same.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolize/answer.h"

enum { ADDRESSES = 1000 };

static void must(bool true_)
{
	if (!true_)
		abort();
}

static void read_from(struct answer *a, const void *data, size_t size)
{
	char *bytes = malloc(size + 1);

	must(bytes);
	memcpy(bytes, data, size);
	must(!answer_read(a, bytes, size, ADDRESSES));
}

static void same_text(const char *a, const char *b)
{
	must(!strcmp(a ? a : "", b ? b : ""));
}

static void compare(const struct answer *a, const struct answer *b)
{
	size_t i, k, cnt, other, told = 0;

	for (i = 0; i <= ADDRESSES; i++) {
		const struct names_frame *left = answer_frames(a, i, &cnt),
					 *right = answer_frames(b, i, &other);

		must(cnt == other && cnt <= NAMES_MAX && !left == !cnt);
		told += cnt != 0;
		for (k = 0; k < cnt; k++) {
			same_text(left[k].linkage, right[k].linkage);
			same_text(left[k].path, right[k].path);
			must(left[k].line == right[k].line &&
			     left[k].start_line == right[k].start_line);
		}
	}
	must(told <= a->told && a->told <= ADDRESSES && b->told == told);
	must(a->end.bad == b->end.bad && a->end.mismatch == b->end.mismatch &&
	     a->end.lacks == b->end.lacks && a->end.large == b->end.large &&
	     a->end.missing_dwo == b->end.missing_dwo && b->whole);
}

/* Every address has a function whose name is not empty: what answer_put() asks for. */
static bool can_be_written(const struct answer *a)
{
	size_t i, k, cnt;

	for (i = 0; i < ADDRESSES; i++) {
		const struct names_frame *frames = answer_frames(a, i, &cnt);

		for (k = 0; k < cnt; k++)
			if (!frames[k].linkage[0])
				return false;
	}
	return true;
}

static void write_again(const struct answer *a)
{
	static struct answer_writer w;
	int fd = memfd_create("answer", MFD_CLOEXEC);
	const struct names_frame *frames;
	static char text[1 << 20];
	struct answer again;
	size_t i, cnt;
	ssize_t n;

	must(fd >= 0 && !answer_open(&w, fd));
	for (i = 0; i < ADDRESSES; i++) {
		frames = answer_frames(a, i, &cnt);
		if (cnt)
			answer_put(&w, (uint32_t)i, frames, cnt);
	}
	must(!answer_close(&w, &a->end));
	strings_release(&w.texts);
	n = pread(fd, text, sizeof(text), 0);
	close(fd);
	must(n > 0 && n < (ssize_t)sizeof(text));
	read_from(&again, text, (size_t)n);
	compare(a, &again);
	answer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer a;

	read_from(&a, data, size);
	if (size < 8192 && can_be_written(&a))
		write_again(&a);
	answer_release(&a);
	return 0;
}
