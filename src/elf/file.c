// SPDX-License-Identifier: Apache-2.0
#include "elf/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* More program headers or sections than any real file has: the rest of a hostile one is left out. */
#define HEADERS_MAX 65536

static struct elf_file *elf_wrap(Elf *elf, size_t size)
{
	struct elf_file *f = NULL;

	if (elf && elf_kind(elf) == ELF_K_ELF)
		f = calloc(1, sizeof(*f));
	if (!f) {
		elf_end(elf);
		return NULL;
	}
	f->elf = elf;
	f->size = size;
	return f;
}

struct elf_file *elf_open(int fd)
{
	struct stat st;

	if (elf_version(EV_CURRENT) == EV_NONE || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return NULL;
	return elf_wrap(elf_begin(fd, ELF_C_READ, NULL), (size_t)st.st_size);
}

struct elf_file *elf_open_memory(void *image, size_t size)
{
	if (elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	return elf_wrap(elf_memory(image, size), size);
}

void elf_close(struct elf_file *f)
{
	if (f)
		elf_end(f->elf);
	free(f);
}

const void *elf_chunk(struct elf_file *f, uint64_t offset, uint64_t size)
{
	Elf_Data *d;

	if (!size || offset > f->size || size > f->size - offset)
		return NULL;
	d = elf_getdata_rawchunk(f->elf, (int64_t)offset, size, ELF_T_BYTE);
	return d && d->d_size >= size ? d->d_buf : NULL;
}

const void *elf_section(struct elf_file *f, Elf_Scn *scn, size_t *size)
{
	Elf_Data *d = scn ? elf_rawdata(scn, NULL) : NULL;

	*size = d && d->d_buf ? d->d_size : 0;
	return *size ? d->d_buf : NULL;
}

Elf_Scn *elf_section_named(struct elf_file *f, const char *name, GElf_Shdr *sh)
{
	Elf_Scn *scn = NULL;
	const char *have;
	size_t strings;
	int n;

	if (elf_getshdrstrndx(f->elf, &strings))
		return NULL;
	for (n = 0; n < HEADERS_MAX && (scn = elf_nextscn(f->elf, scn)); n++) {
		if (!gelf_getshdr(scn, sh))
			continue;
		have = elf_strptr(f->elf, strings, sh->sh_name);
		if (have && !strcmp(have, name))
			return scn;
	}
	return NULL;
}

/* The n-th PT_LOAD from number *i on; false = no more. */
static bool next_load(struct elf_file *f, size_t *i, GElf_Phdr *ph)
{
	size_t cnt;

	if (elf_getphdrnum(f->elf, &cnt))
		return false;
	if (cnt > HEADERS_MAX)
		cnt = HEADERS_MAX;
	while (*i < cnt)
		if (gelf_getphdr(f->elf, (int)(*i)++, ph) && ph->p_type == PT_LOAD)
			return true;
	return false;
}

int elf_vaddr(struct elf_file *f, uint64_t offset, uint64_t *vaddr)
{
	GElf_Phdr ph;
	size_t i = 0;

	while (next_load(f, &i, &ph))
		if (offset >= ph.p_offset && offset - ph.p_offset < ph.p_filesz) {
			*vaddr = ph.p_vaddr + (offset - ph.p_offset);
			return 0;
		}
	return -ENOENT;
}

int elf_offset(struct elf_file *f, uint64_t vaddr, uint64_t *offset, uint64_t *left)
{
	GElf_Phdr ph;
	size_t i = 0;

	while (next_load(f, &i, &ph))
		if (vaddr >= ph.p_vaddr && vaddr - ph.p_vaddr < ph.p_filesz) {
			*offset = ph.p_offset + (vaddr - ph.p_vaddr);
			*left = ph.p_filesz - (vaddr - ph.p_vaddr);
			return 0;
		}
	return -ENOENT;
}

const char *elf_string(const char *table, size_t size, uint64_t at)
{
	if (!table || at >= size || !memchr(table + at, 0, size - at))
		return NULL;
	return table + at;
}
