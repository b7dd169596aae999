// SPDX-License-Identifier: Apache-2.0
/* The build ID: NT_GNU_BUILD_ID of any note segment or section, else Go's note. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "elf/file.h"

#define NOTE_GO_BUILD_ID 4         /* cmd/link/internal/ld/elf.go ELF_NOTE_GOBUILDID_TAG */
#define NOTES_MAX        (1 << 20) /* bytes of notes that are looked at */

struct note {
	uint32_t namesz, descsz, type;
};

static int print_hex(const unsigned char *id, size_t n, char *text, size_t size)
{
	size_t i;

	if (!n || n * 2 + 1 > size)
		return -ENOSPC;
	for (i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	return 0;
}

/* A Go build ID is text; one with other characters is none. */
static int print_text(const char *id, size_t n, char *text, size_t size)
{
	size_t i;

	if (!n || n + 1 > size)
		return -ENOSPC;
	for (i = 0; i < n; i++)
		if (id[i] <= ' ' || id[i] > '~')
			return -ENOENT;
	memcpy(text, id, n);
	text[n] = 0;
	return 0;
}

/* Looks through 'size' bytes of notes in the file's byte order (elf_chunk() does not swap). */
static int find_note(const unsigned char *p, uint64_t size, const char *owner, uint32_t type,
                     char *text, size_t text_size)
{
	struct note n;
	uint64_t name, desc;

	while (size >= sizeof(n)) {
		memcpy(&n, p, sizeof(n));
		name = ((uint64_t)n.namesz + 3) & ~3ull;
		desc = ((uint64_t)n.descsz + 3) & ~3ull;
		if (name > size - sizeof(n) || n.descsz > size - sizeof(n) - name)
			return -ENOENT;
		if (n.type == type && n.namesz == 4 && !memcmp(p + sizeof(n), owner, 4)) {
			p += sizeof(n) + name;
			return type == NOTE_GO_BUILD_ID
			               ? print_text((const char *)p, n.descsz, text, text_size)
			               : print_hex(p, n.descsz, text, text_size);
		}
		if (desc > size - sizeof(n) - name)
			return -ENOENT;
		p += sizeof(n) + name + desc;
		size -= sizeof(n) + name + desc;
	}
	return -ENOENT;
}

static int find_in_segments(struct elf_file *f, const char *owner, uint32_t type, char *text,
                            size_t size)
{
	const void *notes;
	GElf_Phdr ph;
	size_t cnt, i;

	if (elf_getphdrnum(f->elf, &cnt))
		return -ENOENT;
	for (i = 0; i < cnt && i < 256; i++) {
		if (!gelf_getphdr(f->elf, (int)i, &ph) || ph.p_type != PT_NOTE ||
		    ph.p_filesz > NOTES_MAX)
			continue;
		notes = elf_chunk(f, ph.p_offset, ph.p_filesz);
		if (notes && !find_note(notes, ph.p_filesz, owner, type, text, size))
			return 0;
	}
	return -ENOENT;
}

static int find_in_section(struct elf_file *f, const char *section, const char *owner,
                           uint32_t type, char *text, size_t size)
{
	GElf_Shdr sh;
	Elf_Scn *scn = elf_section_named(f, section, &sh);
	const void *notes;

	if (!scn || sh.sh_type != SHT_NOTE || sh.sh_size > NOTES_MAX)
		return -ENOENT;
	notes = elf_chunk(f, sh.sh_offset, sh.sh_size);
	return notes ? find_note(notes, sh.sh_size, owner, type, text, size) : -ENOENT;
}

int elf_build_id(struct elf_file *f, char *text, size_t size)
{
	if (!find_in_segments(f, "GNU", NT_GNU_BUILD_ID, text, size) ||
	    !find_in_section(f, ".note.gnu.build-id", "GNU", NT_GNU_BUILD_ID, text, size) ||
	    !find_in_segments(f, "Go\0", NOTE_GO_BUILD_ID, text, size) ||
	    !find_in_section(f, ".note.go.buildid", "Go\0", NOTE_GO_BUILD_ID, text, size))
		return 0;
	return -ENOENT;
}
