// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a jitdump: what it says does not depend on what is behind its last whole record. */
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
	static const char behind[8] = "";
	uint64_t address;
	size_t i;
	int err;

	must(once && twice && fd >= 0);
	must(write(fd, data, size) == (ssize_t)size);
	err = jitdump_read(once, fd, ROOM);
	must(write(fd, behind, sizeof(behind)) == sizeof(behind));
	if (err || jitdump_read(twice, fd, ROOM) ||
	    jitdump_stats(once)->malformed != jitdump_stats(twice)->malformed ||
	    jitdump_stats(once)->loads != jitdump_stats(twice)->loads ||
	    jitdump_stats(once)->moves != jitdump_stats(twice)->moves)
		size = 0; /* that was a part of a record */
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
