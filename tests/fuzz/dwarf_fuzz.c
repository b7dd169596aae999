// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a file with DWARF: as an image and as a file it says the same, its texts end, and there
 * are no more frames than were asked for. An input may be two files, one behind the other: then the
 * second one, which begins at a multiple of 16, is the other's .dwp, .dwo and alternate file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolize/dwarf.h"
#include "symbolize/names.h"

static void must(bool true_)
{
	if (!true_)
		abort();
}

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("dwarf", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	return fd;
}

static int open_second(void *arg, const char *path)
{
	must(strlen(path) < 4096);
	return dup(*(int *)arg);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = hash * 31 + (unsigned char)*text;
	return hash * 31 + !text;
}

/* Where the programs that are seeds have their code, and low addresses. */
static uint64_t ask(struct dwarf_names *d)
{
	static const uint64_t bases[] = { 0, 0x400000, 0x401000 };
	struct names_frame frames[8];
	uint64_t hash = 0, at;
	size_t b, i, cnt;

	for (b = 0; d && b < 3; b++)
		for (at = bases[b]; at < bases[b] + 0x200; at += 7) {
			cnt = dwarf_find(d, at, frames, 8);
			must(cnt <= 8);
			for (i = 0; i < cnt; i++) {
				hash = hash_text(hash, frames[i].linkage);
				hash = hash_text(hash, frames[i].path);
				hash = hash * 31 + frames[i].line + frames[i].start_line * 7;
			}
		}
	dwarf_close(d);
	return hash;
}

/* The second file's begin, 'size' = there is none. */
static size_t second(const uint8_t *data, size_t size)
{
	size_t at;

	for (at = 16; at + 8 <= size; at += 16)
		if (!memcmp(data + at, "\177ELF", 4))
			return at;
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dwarf_options o = { .alt_fd = -1, .dwp_fd = -1, .open = open_second };
	size_t first = second(data, size);
	int fd, other = -1;
	uint64_t hash;

	o.arg = &other;
	if (first < size) {
		other = file_of(data + first, size - first);
		o.alt_fd = other;
		o.dwp_fd = data[first + 7] ? other : -1; /* EI_OSABI */
	}
	fd = file_of(data, first);
	hash = ask(dwarf_open(fd, &o));
	must(ask(dwarf_open_memory(data, first, &o)) == hash);
	close(fd);
	if (other >= 0)
		close(other);
	return 0;
}
