// SPDX-License-Identifier: Apache-2.0
#include "elf/cfi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "elf/arch_x86_64.h"
#include "elf/file.h"
#include "elf/rows_build.h"

#define TABLE_MAX     (256u << 20) /* bytes of a table; 100 MB is the most known */
#define CIES_MAX      65536
#define LETTERS_MAX   16         /* of an augmentation */
#define BYTES_PER_FDE 40         /* 40 to 53 in large files */
#define OWNER_MAX     0x3fffffff /* a CIE has 13 bytes at least: there are never so many */

/* One record of the chain. */
struct record {
	uint64_t at;
	struct cursor body; /* behind the id */
	uint64_t id;        /* as it is stored */
	uint64_t id_at;     /* where, for .eh_frame's relative ones */
	bool cie;
};

static bool find_section(struct elf_file *f, const char *name, struct cfi_table *t, bool *there)
{
	const Elf64_Shdr *sh = elf_section_named(f, name);

	*there = sh;
	if (!sh)
		return false;
	t->data = elf_section_bytes(f, sh, &t->size);
	t->address = sh->sh_addr;
	return t->data && t->size <= TABLE_MAX;
}

/* .eh_frame_hdr says where the table starts; it may reach to the end of its segment. */
static bool find_by_header(struct elf_file *f, const Elf64_Phdr *ph, struct cfi_table *t)
{
	uint8_t head[16];
	uint64_t size = ph->p_filesz < sizeof(head) ? ph->p_filesz : sizeof(head);
	uint64_t offset, left, address;
	struct cursor c = { head + 4, head + size, false };

	if (size < 5 || !elf_read(f, ph->p_offset, head, size) || head[0] != 1)
		return false;
	if (!cursor_pointer(&c, head[1], ph->p_vaddr + 4, ph->p_vaddr, &address) ||
	    elf_offset(f, address, &offset, &left))
		return false;
	t->size = left < TABLE_MAX ? left : TABLE_MAX;
	t->data = elf_chunk(f, offset, t->size);
	t->address = address;
	t->open = true;
	return t->data;
}

bool cfi_find_eh(struct elf_file *f, struct cfi_table *t)
{
	bool there;
	size_t i;

	memset(t, 0, sizeof(*t));
	t->eh = true;
	if (find_section(f, ".eh_frame", t, &there))
		return true;
	/* A section without bytes: a file of debug information, whose segments are not here either. */
	for (i = 0; !there && i < f->phdr_cnt; i++)
		if (f->phdrs[i].p_type == PT_GNU_EH_FRAME)
			return find_by_header(f, &f->phdrs[i], t);
	return false;
}

bool cfi_find_debug(struct elf_file *f, struct cfi_table *t)
{
	bool there;

	memset(t, 0, sizeof(*t));
	if (!find_section(f, ".debug_frame", t, &there))
		return false;
	t->address = 0; /* nothing in it is relative */
	return true;
}

/* Reads the head of the record at *at and moves behind it. 1, 0: the end, -EINVAL: broken. */
static int next_record(const struct cfi_table *t, uint64_t *at, struct record *r)
{
	struct cursor c = { t->data + *at, t->data + t->size, false };
	unsigned int id_size = 4;
	uint64_t size;

	do {
		if (c.end - c.p < 4)
			return 0;
		r->at = (uint64_t)(c.p - t->data);
		size = cursor_u32(&c);
		if (!size && t->open)
			return 0;
	} while (!size); /* linkers leave ends of inner tables */
	if (size == 0xffffffff) {
		size = cursor_uint(&c, 8);
		id_size = t->eh ? 4 : 8;
	} else if (size >= 0xfffffff0) {
		return -EINVAL;
	}
	if (c.bad || size > (size_t)(c.end - c.p) || size < id_size)
		return -EINVAL;
	c.end = c.p + size;
	r->id_at = (uint64_t)(c.p - t->data);
	r->id = id_size == 4 ? cursor_u32(&c) : cursor_uint(&c, 8);
	r->cie = r->id == (t->eh ? 0 : id_size == 4 ? 0xffffffff : UINT64_MAX);
	r->body = c;
	*at = (uint64_t)(c.end - t->data);
	return 1;
}

static bool read_letters(const struct cfi_table *t, struct cfi_cie *cie, const char *letters,
                         struct cursor *c)
{
	uint64_t unused;
	uint8_t encoding;

	for (; *letters; letters++) {
		switch (*letters) {
		case 'R':
			cie->encoding = cursor_u8(c);
			break;
		case 'P': /* of the personality: only its size matters */
			encoding = cursor_u8(c) & DW_EH_PE_format;
			cursor_pointer(c, encoding, 0, 0, &unused);
			break;
		case 'L':
			cursor_u8(c);
			break;
		case 'S':
			cie->signal = true;
			break;
		case 'B': /* arm64's return addresses are signed, or its memory tagged */
		case 'G':
			break;
		default:
			return false;
		}
	}
	return !c->bad;
}

/* The augmentation data; its size tells where the program starts. */
static bool read_augmentation(const struct cfi_table *t, struct cfi_cie *cie, const char *letters,
                              struct cursor *c)
{
	struct cursor data;
	uint64_t size;

	if (letters[0] != 'z')
		return read_letters(t, cie, letters, c);
	cie->augmented = true;
	size = cursor_uleb(c);
	data.p = cursor_skip(c, size);
	data.end = c->p;
	data.bad = c->bad;
	return data.p && read_letters(t, cie, letters + 1, &data);
}

static const char *read_string(struct cursor *c)
{
	size_t left = (size_t)(c->end - c->p);
	const char *s = (const char *)c->p;

	if (!memchr(s, 0, left < LETTERS_MAX ? left : LETTERS_MAX)) {
		c->bad = true;
		return "";
	}
	c->p += strlen(s) + 1;
	return s;
}

static bool read_cie(const struct cfi_table *t, const struct record *r, struct cfi_cie *cie)
{
	struct cursor c = r->body;
	uint8_t version = cursor_u8(&c);
	const char *letters = read_string(&c);
	uint64_t code_align, ra;
	int64_t data_align;

	memset(cie, 0, sizeof(*cie));
	cie->offset = r->at;
	if (version != 1 && version != 3 && version != 4)
		return false;
	if (version == 4 && (cursor_u8(&c) != 8 || cursor_u8(&c) != 0))
		return false; /* sizes of addresses and of segment selectors */
	if (!strcmp(letters, "eh")) {
		cursor_skip(&c, 8); /* of gcc 2: a pointer */
		letters = "";
	}
	code_align = cursor_uleb(&c);
	data_align = cursor_sleb(&c);
	ra = version == 1 ? cursor_u8(&c) : cursor_uleb(&c);
	if (c.bad || code_align > 255 || data_align < -255 || data_align > 255 || ra > 255)
		return false;
	cie->code_align = (uint32_t)code_align;
	cie->data_align = (int32_t)data_align;
	cie->ra = (uint8_t)ra;
	return read_augmentation(t, cie, letters, &c) && cfi_run_cie(cie, c);
}

static int add_cie(struct cfi_table *t, const struct record *r)
{
	struct cfi_cie cie, *grown;

	if (t->cie_cnt == CIES_MAX || !read_cie(t, r, &cie)) {
		t->broken = true;
		return 0;
	}
	grown = array_reserve(t->cies, &t->cie_cap, t->cie_cnt + 1, sizeof(cie));
	if (!grown)
		return -ENOMEM;
	t->cies = grown;
	t->cies[t->cie_cnt++] = cie;
	return 0;
}

/* The CIE at an offset: nearly always the latest. It is always in front of its FDEs. */
static const struct cfi_cie *find_cie(const struct cfi_table *t, uint64_t offset)
{
	size_t low = 0, high = t->cie_cnt;

	if (high && t->cies[high - 1].offset == offset)
		return &t->cies[high - 1];
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->cies[middle].offset == offset)
			return &t->cies[middle];
		if (t->cies[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int add_fde(struct cfi_table *t, const struct record *r, struct row_builder *b)
{
	const struct cfi_cie *cie = find_cie(t, t->eh ? r->id_at - r->id : r->id);
	struct row_source source = { .kind = t->eh ? FROM_EH_FRAME : FROM_DEBUG_FRAME };
	struct cursor c = r->body;
	uint64_t place = t->address + (uint64_t)(c.p - t->data), start, size;

	t->broken |= !cie;
	if (!cie || !cursor_pointer(&c, cie->encoding, place, 0, &start) ||
	    !cursor_pointer(&c, cie->encoding & DW_EH_PE_format, 0, 0, &size))
		return 0;
	if (cie->augmented)
		cursor_skip(&c, cursor_uleb(&c));
	t->broken |= c.bad;
	if (c.bad)
		return 0;
	source.at = (uint32_t)(c.p - t->data);
	source.left = (uint32_t)(c.end - c.p);
	source.owner = (uint32_t)(cie - t->cies) & OWNER_MAX;
	return row_ranges_add(&b->ranges, start, size, source);
}

int cfi_scan(struct cfi_table *t, struct row_builder *b)
{
	struct record r;
	uint64_t at = 0;
	int more = 0, err = row_ranges_expect(&b->ranges, t->size / BYTES_PER_FDE);

	while (!err && (more = next_record(t, &at, &r)) > 0) {
		err = r.cie ? add_cie(t, &r) : add_fde(t, &r, b);
		if (t->broken && t->open)
			break; /* whatever comes behind the table */
	}
	t->broken |= more < 0;
	return err;
}

void cfi_release(struct cfi_table *t)
{
	free(t->cies);
	t->cies = NULL;
	t->cie_cnt = t->cie_cap = 0;
}
