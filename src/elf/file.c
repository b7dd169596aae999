// SPDX-License-Identifier: Apache-2.0
/* Not libelf: it believes a header of 64 bytes that claims 2^24 sections, and takes 3 GiB for them. */
#include "elf/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PHDRS_MAX  1170           /* what the kernel accepts: 64 KiB of them (fs/binfmt_elf.c) */
#define SHDRS_MAX  SHN_LORESERVE  /* more have only object files, which nobody maps */
#define CHUNKS_MAX (512ull << 20) /* bytes kept of one file: a sparse one claims any size */

struct elf_chunk {
	struct elf_chunk *next;
	uint64_t offset, size;
	unsigned char bytes[];
};

bool elf_read(const struct elf_file *f, uint64_t offset, void *to, size_t size)
{
	size_t done = 0;
	ssize_t n;

	if (offset > f->size || size > f->size - offset)
		return false;
	if (f->image) {
		memcpy(to, f->image + offset, size);
		return true;
	}
	while (done < size) {
		n = pread(f->fd, (char *)to + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

bool elf_has_room(const struct elf_file *f, uint64_t bytes)
{
	return bytes <= CHUNKS_MAX - f->chunk_bytes;
}

static struct elf_chunk *chunk_new(struct elf_file *f, uint64_t size)
{
	struct elf_chunk *c;

	if (!size || !elf_has_room(f, size))
		return NULL;
	c = malloc(sizeof(*c) + size);
	if (!c)
		return NULL;
	c->next = f->chunks;
	c->offset = UINT64_MAX; /* not of the file */
	c->size = size;
	f->chunks = c;
	f->chunk_bytes += size;
	return c;
}

void *elf_chunk_new(struct elf_file *f, uint64_t size)
{
	struct elf_chunk *c = chunk_new(f, size);

	return c ? c->bytes : NULL;
}

const void *elf_chunk(struct elf_file *f, uint64_t offset, uint64_t size)
{
	struct elf_chunk *c;

	if (!size || offset > f->size || size > f->size - offset)
		return NULL;
	if (f->image)
		return f->image + offset;
	for (c = f->chunks; c; c = c->next)
		if (c->offset == offset && c->size == size)
			return c->bytes;
	c = chunk_new(f, size);
	if (!c || !elf_read(f, offset, c->bytes, size))
		return NULL;
	c->offset = offset;
	return c->bytes;
}

static Elf64_Phdr phdr_of(const Elf32_Phdr *p)
{
	return (Elf64_Phdr){ .p_type = p->p_type,
		             .p_flags = p->p_flags,
		             .p_offset = p->p_offset,
		             .p_vaddr = p->p_vaddr,
		             .p_filesz = p->p_filesz,
		             .p_memsz = p->p_memsz };
}

static Elf64_Shdr shdr_of(const Elf32_Shdr *s)
{
	return (Elf64_Shdr){ .sh_name = s->sh_name,
		             .sh_type = s->sh_type,
		             .sh_flags = s->sh_flags,
		             .sh_addr = s->sh_addr,
		             .sh_offset = s->sh_offset,
		             .sh_size = s->sh_size,
		             .sh_link = s->sh_link,
		             .sh_info = s->sh_info,
		             .sh_entsize = s->sh_entsize };
}

static Elf64_Ehdr ehdr_of(const Elf32_Ehdr *e)
{
	return (Elf64_Ehdr){ .e_type = e->e_type,
		             .e_machine = e->e_machine,
		             .e_phoff = e->e_phoff,
		             .e_shoff = e->e_shoff,
		             .e_phentsize = e->e_phentsize,
		             .e_phnum = e->e_phnum,
		             .e_shentsize = e->e_shentsize,
		             .e_shnum = e->e_shnum,
		             .e_shstrndx = e->e_shstrndx };
}

/* Reads 'cnt' headers of 'size' bytes into a new array with room for as many 64-bit ones. */
static void *headers_read(const struct elf_file *f, uint64_t offset, size_t cnt, size_t size,
                          size_t size64, void **raw)
{
	void *wide = calloc(cnt, size64);

	*raw = wide ? malloc(cnt * size) : NULL;
	if (*raw && elf_read(f, offset, *raw, cnt * size))
		return wide;
	free(*raw);
	free(wide);
	return NULL;
}

static void phdrs_load(struct elf_file *f, const Elf64_Ehdr *e)
{
	size_t size = f->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), i;
	size_t cnt = e->e_phnum < PHDRS_MAX ? e->e_phnum : PHDRS_MAX;
	void *raw;

	if (!cnt || !e->e_phoff || e->e_phentsize != size)
		return;
	f->phdrs = headers_read(f, e->e_phoff, cnt, size, sizeof(*f->phdrs), &raw);
	if (!f->phdrs)
		return;
	for (i = 0; i < cnt; i++)
		f->phdrs[i] = f->is64 ? ((Elf64_Phdr *)raw)[i] : phdr_of((Elf32_Phdr *)raw + i);
	f->phdr_cnt = cnt;
	free(raw);
}

static void shdrs_load(struct elf_file *f, const Elf64_Ehdr *e)
{
	size_t size = f->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), i;
	size_t cnt = e->e_shnum;
	void *raw;

	if (!cnt || cnt > SHDRS_MAX || !e->e_shoff || e->e_shentsize != size)
		return;
	f->shdrs = headers_read(f, e->e_shoff, cnt, size, sizeof(*f->shdrs), &raw);
	if (!f->shdrs)
		return;
	for (i = 0; i < cnt; i++)
		f->shdrs[i] = f->is64 ? ((Elf64_Shdr *)raw)[i] : shdr_of((Elf32_Shdr *)raw + i);
	f->shdr_cnt = cnt;
	f->names_at = e->e_shstrndx;
	free(raw);
}

/* The file header; false: no ELF, or one of the other byte order. */
static bool ehdr_read(struct elf_file *f, Elf64_Ehdr *e)
{
	static const unsigned char native =
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	unsigned char ident[EI_NIDENT];
	Elf32_Ehdr e32;

	if (!elf_read(f, 0, ident, sizeof(ident)) || memcmp(ident, ELFMAG, SELFMAG) ||
	    ident[EI_DATA] != native || ident[EI_VERSION] != EV_CURRENT)
		return false;
	f->is64 = ident[EI_CLASS] == ELFCLASS64;
	if (f->is64)
		return elf_read(f, 0, e, sizeof(*e));
	if (ident[EI_CLASS] != ELFCLASS32 || !elf_read(f, 0, &e32, sizeof(e32)))
		return false;
	*e = ehdr_of(&e32);
	return true;
}

static struct elf_file *file_new(int fd, const void *image, uint64_t size)
{
	struct elf_file *f = calloc(1, sizeof(*f));
	Elf64_Ehdr e;

	if (!f)
		return NULL;
	f->fd = fd;
	f->image = image;
	f->size = size;
	if (!ehdr_read(f, &e)) {
		free(f);
		return NULL;
	}
	f->machine = e.e_machine;
	phdrs_load(f, &e);
	shdrs_load(f, &e);
	f->hollow = elf_is_hollow(f);
	return f;
}

struct elf_file *elf_open(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return NULL;
	return file_new(fd, NULL, (uint64_t)st.st_size);
}

struct elf_file *elf_open_memory(const void *image, size_t size)
{
	return file_new(-1, image, size);
}

void elf_close(struct elf_file *f)
{
	struct elf_chunk *c, *next;

	if (!f)
		return;
	for (c = f->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	free(f->phdrs);
	free(f->shdrs);
	free(f);
}

const Elf64_Shdr *elf_section_at(const struct elf_file *f, uint64_t number)
{
	return number < f->shdr_cnt ? &f->shdrs[number] : NULL;
}

/* The names of all sections; false: there are none. */
static bool section_names(struct elf_file *f, struct elf_strings *s)
{
	const Elf64_Shdr *names = elf_section_at(f, f->names_at);

	return names && elf_strings_read(f, names->sh_offset, names->sh_size, s);
}

const char *elf_section_name(struct elf_file *f, const Elf64_Shdr *sh)
{
	struct elf_strings s;

	return section_names(f, &s) ? elf_string(&s, sh->sh_name) : NULL;
}

const Elf64_Shdr *elf_section_named(struct elf_file *f, const char *name)
{
	const Elf64_Shdr *old = NULL;
	struct elf_strings s;
	const char *have;
	size_t i;

	if (!section_names(f, &s))
		return NULL;
	for (i = 1; i < f->shdr_cnt; i++) {
		have = elf_string(&s, f->shdrs[i].sh_name);
		if (have && !strcmp(have, name))
			return &f->shdrs[i];
		/* .zdebug_info is .debug_info compressed in the older way */
		if (have && !old && have[0] == '.' && have[1] == 'z' && name[0] == '.' &&
		    !strcmp(have + 2, name + 1))
			old = &f->shdrs[i];
	}
	return old;
}

/* Code first: a file may map the same bytes twice. */
static const Elf64_Phdr *load_of_offset(const struct elf_file *f, uint64_t offset, bool code)
{
	size_t i;

	for (i = 0; i < f->phdr_cnt; i++) {
		const Elf64_Phdr *ph = &f->phdrs[i];

		if (ph->p_type == PT_LOAD && !(ph->p_flags & PF_X) == !code &&
		    offset >= ph->p_offset && offset - ph->p_offset < ph->p_filesz)
			return ph;
	}
	return NULL;
}

int elf_vaddr(const struct elf_file *f, uint64_t offset, uint64_t *vaddr)
{
	const Elf64_Phdr *ph = load_of_offset(f, offset, true);

	if (f->hollow) {
		*vaddr = offset;
		return 0;
	}
	if (!ph)
		ph = load_of_offset(f, offset, false);
	if (!ph)
		return -ENOENT;
	*vaddr = ph->p_vaddr + (offset - ph->p_offset);
	return 0;
}

int elf_offset(const struct elf_file *f, uint64_t vaddr, uint64_t *offset, uint64_t *left)
{
	size_t i;

	for (i = 0; i < f->phdr_cnt; i++) {
		const Elf64_Phdr *ph = &f->phdrs[i];

		if (ph->p_type != PT_LOAD || vaddr < ph->p_vaddr ||
		    vaddr - ph->p_vaddr >= ph->p_filesz)
			continue;
		*offset = ph->p_offset + (vaddr - ph->p_vaddr);
		*left = ph->p_filesz - (vaddr - ph->p_vaddr);
		return 0;
	}
	return -ENOENT;
}

bool elf_strings_read(struct elf_file *f, uint64_t offset, uint64_t size, struct elf_strings *s)
{
	const char *end;

	s->text = elf_chunk(f, offset, size);
	end = s->text ? memrchr(s->text, 0, size) : NULL;
	s->size = end ? (size_t)(end + 1 - s->text) : 0;
	return s->size;
}

const char *elf_string(const struct elf_strings *s, uint64_t at)
{
	return at < s->size ? s->text + at : NULL;
}
