// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a perf map that grows: read in two pieces it says what it says read at once, and what
 * the last line for an address says.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolize/perfmap.h"

enum { ROOM = 64 << 20, LOOK_UPS = 64 };

static void must(int true_)
{
	if (!true_)
		abort();
}

static void compare(struct perfmap *once, struct perfmap *twice, uint64_t address)
{
	const char *a = perfmap_find(once, address), *b = perfmap_find(twice, address);

	must(!a == !b && (!a || (*a && !strcmp(a, b))));
}

/* Around every number that the text has. */
static void look_up_all(struct perfmap *once, struct perfmap *twice, const char *text)
{
	int left = LOOK_UPS;
	char *end;

	while (*text && left) {
		uint64_t address = strtoull(text, &end, 16);

		if (end == text) {
			text++;
			continue;
		}
		text = end;
		compare(once, twice, address);
		compare(once, twice, address - 1);
		compare(once, twice, address + 17);
		left--;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct perfmap *once = perfmap_new(), *twice = perfmap_new();
	int fd = memfd_create("perfmap", MFD_CLOEXEC);
	size_t first = size ? data[0] * size / 256 : 0;
	char *text = malloc(size + 1);

	must(once && twice && text && fd >= 0);
	memcpy(text, data, size);
	text[size] = 0;
	must(write(fd, data, first) == (ssize_t)first && !perfmap_read(twice, fd, ROOM));
	compare(twice, twice, 0x1000); /* settles what came first */
	must(write(fd, data + first, size - first) == (ssize_t)(size - first));
	must(!perfmap_read(twice, fd, ROOM) && !perfmap_read(once, fd, ROOM));
	must(perfmap_stats(once)->lines == perfmap_stats(twice)->lines &&
	     perfmap_stats(once)->malformed == perfmap_stats(twice)->malformed &&
	     !perfmap_stats(twice)->restarts);
	look_up_all(once, twice, text);
	perfmap_free(once);
	perfmap_free(twice);
	free(text);
	close(fd);
	return 0;
}
