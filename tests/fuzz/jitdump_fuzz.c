// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a jitdump that grows: read in two pieces it says what it says read at once. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolize/jitdump.h"
#include "symbolize/names.h"

enum { ROOM = 64 << 20, LOOK_UPS = 256 };

static void must(int true_)
{
	if (!true_)
		abort();
}

static void same(const char *a, const char *b)
{
	must(!a == !b && (!a || (*a && !strcmp(a, b))));
}

static void compare(struct jitdump *once, struct jitdump *twice, uint64_t address)
{
	struct names_frame a = { 0 }, b = { 0 };
	size_t cnt = jitdump_find(once, address, &a);

	must(cnt == jitdump_find(twice, address, &b));
	same(a.linkage, b.linkage);
	same(a.path, b.path);
	must(cnt <= 1 && a.line == b.line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jitdump *once = jitdump_new(), *twice = jitdump_new();
	int fd = memfd_create("jitdump", MFD_CLOEXEC);
	size_t first = size ? data[size - 1] * size / 256 : 0, i;
	uint64_t address;

	must(once && twice && fd >= 0);
	must(write(fd, data, first) == (ssize_t)first);
	jitdump_read(twice, fd, ROOM);
	compare(twice, twice, 0x1000); /* settles what came first */
	must(write(fd, data + first, size - first) == (ssize_t)(size - first));
	must(jitdump_read(twice, fd, ROOM) == jitdump_read(once, fd, ROOM));
	/* Around every word. */
	for (i = 0; i + 8 <= size && i < 8 * LOOK_UPS; i += 8) {
		memcpy(&address, data + i, 8);
		compare(once, twice, address);
		compare(once, twice, address - 1);
		compare(once, twice, address + 17);
	}
	jitdump_free(once);
	jitdump_free(twice);
	close(fd);
	return 0;
}
