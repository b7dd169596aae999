// SPDX-License-Identifier: Apache-2.0
/* Any bytes as kallsyms: what is found holds the address, and lies in its module's range. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "symbolize/ksyms.h"

static void must(int true_)
{
	if (!true_)
		abort();
}

static void look_up(const struct ksyms *k, uint64_t address)
{
	uint64_t start, end;
	struct ksym sym;

	if (ksyms_find(k, address, &sym))
		return;
	must(sym.address && sym.address <= address && *sym.name);
	if (!*sym.module || ksyms_module_range(k, sym.module, &start, &end))
		return;
	must(start < end && start <= address && address < end);
}

/* Around every number that the text has. */
static void look_up_all(const struct ksyms *k, const char *text)
{
	char *end;

	while (*text) {
		uint64_t address = strtoull(text, &end, 16);

		if (end == text) {
			text++;
			continue;
		}
		text = end;
		look_up(k, address);
		look_up(k, address - 1);
		look_up(k, address + 17);
		look_up(k, address + 0x10000);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("kallsyms", MFD_CLOEXEC);
	char path[64], *text = malloc(size + 1);
	struct err e = { "" };
	uint64_t start, end;
	struct ksyms *k;

	must(fd >= 0 && text && write(fd, data, size) == (ssize_t)size);
	memcpy(text, data, size);
	text[size] = 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	k = ksyms_load(path, &e);
	must(k || e.msg[0]);
	if (k) {
		ksyms_text(k, &start, &end);
		look_up_all(k, text);
	}
	ksyms_free(k);
	free(text);
	close(fd);
	return 0;
}
