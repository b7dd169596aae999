// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a perf map: with a line for another address before it, and nothing else, it says the same.
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

	if (address == 0xffffffffffffff00)
		return;
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
	static const char before[] = "ffffffffffffff00 1 before\n";
	struct perfmap *once = perfmap_new(), *twice = perfmap_new();
	int fd = memfd_create("perfmap", MFD_CLOEXEC);
	char *text = malloc(size + 1);

	must(once && twice && text && fd >= 0);
	memcpy(text, data, size);
	text[size] = 0;
	must(write(fd, data, size) == (ssize_t)size);
	must(!perfmap_read(once, fd, ROOM));
	must(pwrite(fd, before, sizeof(before) - 1, 0) == sizeof(before) - 1);
	must(pwrite(fd, data, size, sizeof(before) - 1) == (ssize_t)size);
	must(!perfmap_read(twice, fd, ROOM));
	must(perfmap_stats(once)->lines + 1 == perfmap_stats(twice)->lines &&
	     perfmap_stats(once)->malformed == perfmap_stats(twice)->malformed);
	look_up_all(once, twice, text);
	perfmap_free(once);
	perfmap_free(twice);
	free(text);
	close(fd);
	return 0;
}
