// SPDX-License-Identifier: Apache-2.0
/* The build ID: NT_GNU_BUILD_ID of any note segment or section, else Go's note. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "elf/file.h"

#define NOTE_GO_BUILD_ID 4         /* cmd/link/internal/ld/elf.go ELF_NOTE_GOBUILDID_TAG */
#define NOTES_MAX        (1 << 20) /* bytes of notes that are looked at */
#define SEGMENTS_MAX     16        /* with notes */

struct wanted {
	const char *owner; /* four bytes */
	uint32_t type;
	const char *section;
	int (*print)(const unsigned char *id, size_t n, char *text, size_t size);
};

static int print_hex(const unsigned char *id, size_t n, char *text, size_t size)
{
	size_t i;

	if (!n)
		return -ENOENT;
	if (n >= size || n * 2 + 1 > size)
		return -ENOSPC;
	for (i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	return 0;
}

/* A Go build ID is text; one with other characters is none. */
static int print_text(const unsigned char *id, size_t n, char *text, size_t size)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (id[i] <= ' ' || id[i] > '~')
			return -ENOENT;
	if (!n)
		return -ENOENT;
	if (n >= size)
		return -ENOSPC;
	memcpy(text, id, n);
	text[n] = 0;
	return 0;
}

/* Looks through 'size' bytes of notes. */
static int find_note(const unsigned char *p, uint64_t size, const struct wanted *w, char *text,
                     size_t text_size)
{
	Elf64_Nhdr n; /* the same for both classes */
	uint64_t name, desc;

	while (size >= sizeof(n)) {
		memcpy(&n, p, sizeof(n));
		name = ((uint64_t)n.n_namesz + 3) & ~3ull;
		desc = ((uint64_t)n.n_descsz + 3) & ~3ull;
		if (name > size - sizeof(n) || n.n_descsz > size - sizeof(n) - name)
			return -ENOENT;
		if (n.n_type == w->type && n.n_namesz == 4 && !memcmp(p + sizeof(n), w->owner, 4))
			return w->print(p + sizeof(n) + name, n.n_descsz, text, text_size);
		if (desc > size - sizeof(n) - name)
			return -ENOENT;
		p += sizeof(n) + name + desc;
		size -= sizeof(n) + name + desc;
	}
	return -ENOENT;
}

static int find_at(struct elf_file *f, uint64_t offset, uint64_t size, const struct wanted *w,
                   char *text, size_t text_size)
{
	const void *notes = size <= NOTES_MAX ? elf_chunk(f, offset, size) : NULL;

	return notes ? find_note(notes, size, w, text, text_size) : -ENOENT;
}

static int find_wanted(struct elf_file *f, const struct wanted *w, char *text, size_t size)
{
	const Elf64_Shdr *sh;
	size_t i, n = 0;
	int err = -ENOENT;

	for (i = 0; err == -ENOENT && i < f->phdr_cnt && n < SEGMENTS_MAX; i++) {
		if (f->phdrs[i].p_type != PT_NOTE)
			continue;
		n++;
		err = find_at(f, f->phdrs[i].p_offset, f->phdrs[i].p_filesz, w, text, size);
	}
	if (err != -ENOENT)
		return err;
	sh = elf_section_named(f, w->section);
	return sh && sh->sh_type == SHT_NOTE ? find_at(f, sh->sh_offset, sh->sh_size, w, text, size)
	                                     : -ENOENT;
}

int elf_build_id(struct elf_file *f, char *text, size_t size)
{
	static const struct wanted gnu = { "GNU", NT_GNU_BUILD_ID, ".note.gnu.build-id",
		                           print_hex };
	static const struct wanted go = { "Go\0", NOTE_GO_BUILD_ID, ".note.go.buildid",
		                          print_text };
	int err = find_wanted(f, &gnu, text, size);

	return err == -ENOENT ? find_wanted(f, &go, text, size) : err;
}
