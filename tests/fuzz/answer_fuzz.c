// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as what a worker that was taken over writes: whatever the reader makes of them can be read,
 * and costs no more than there are bytes and addresses.
 */
#include <stdlib.h>
#include <string.h>

#include "symbolize/answer.h"

enum { ADDRESSES = 1000 };

static void must(int true_)
{
	if (!true_)
		abort();
}

static void read_all(const struct answer *a)
{
	const struct names_frame *frames;
	size_t i, k, cnt, told = 0;

	for (i = 0; i <= ADDRESSES; i++) {
		frames = answer_frames(a, i, &cnt);
		must(cnt <= NAMES_MAX && (i < ADDRESSES || !cnt));
		told += cnt != 0;
		for (k = 0; k < cnt; k++) {
			must(frames[k].linkage && strlen(frames[k].linkage) < SIZE_MAX);
			must(!frames[k].path || strlen(frames[k].path) < SIZE_MAX);
		}
	}
	must(told <= a->told && a->told <= ADDRESSES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1);
	struct answer a;

	must(bytes != NULL);
	memcpy(bytes, data, size);
	must(!answer_read(&a, bytes, size, ADDRESSES));
	read_all(&a);
	answer_release(&a);
	return 0;
}
