// SPDX-License-Identifier: Apache-2.0
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	IMAGES_MAX = 1 << 20,
	FACTS = 1 << 9,     /* of an image: places are few */
	OPEN_MAX = 1 << 10, /* files; a process has some ten, seldom hundreds */
	OPEN_SPARE = 64,    /* descriptors for the rest of the program */
	PAGE = 4096,
	ENTRY = 64,  /* bytes behind an entry point that are its code */
	REG_RA = 16, /* DWARF's number of x86-64 */
};

/* Only the file that is mapped is asked: no debug files, no servers. */
static int find_elf(Dwfl_Module *mod, void **data, const char *name, Dwarf_Addr base, char **file,
                    Elf **elf)
{
	return -1;
}

static int find_debuginfo(Dwfl_Module *mod, void **data, const char *name, Dwarf_Addr base,
                          const char *file, const char *link, GElf_Word crc, char **found)
{
	return -1;
}

static const Dwfl_Callbacks find_callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* Our own is the kernel's, as every process has it. Its size: its headers end with its sections'. */
static int open_vdso(struct images *is)
{
	const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)vdso;
	size_t size;

	if (!vdso)
		return -ENOENT;
	size = ehdr->e_shoff + (size_t)ehdr->e_shnum * ehdr->e_shentsize;
	is->vdso_fd = memfd_create("vdso", MFD_CLOEXEC);
	if (is->vdso_fd < 0)
		return -errno;
	if (write(is->vdso_fd, vdso, size) != (ssize_t)size)
		return -EIO;
	is->vdso = elf_begin(is->vdso_fd, ELF_C_READ_MMAP, NULL);
	return is->vdso ? 0 : -EINVAL;
}

int images_init(struct images *is, const Dwfl_Thread_Callbacks *callbacks, void *arg)
{
	struct rlimit limit;

	*is = (struct images){ .vdso_fd = -1, .callbacks = callbacks, .callbacks_arg = arg };
	is->open_max = OPEN_MAX;
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		if (limit.rlim_cur < OPEN_MAX + OPEN_SPARE)
			is->open_max =
				limit.rlim_cur > OPEN_SPARE ? limit.rlim_cur - OPEN_SPARE : 1;
	}
	elf_version(EV_CURRENT);
	return open_vdso(is);
}

static void image_close(struct images *is, struct image *image)
{
	dwfl_end(image->dwfl);
	image->dwfl = NULL;
	is->open -= image->module_cnt;
	image->module_cnt = 0;
	free(image->facts);
	image->facts = NULL;
}

static void image_free(struct image *image)
{
	size_t i;

	if (!image)
		return;
	for (i = 0; i < image->mapping_cnt; i++)
		free(image->mappings[i].path);
	free(image->mappings);
	free(image);
}

void images_release(struct images *is)
{
	size_t i;

	for (i = 0; i < is->cap; i++) {
		if (is->items[i])
			image_close(is, is->items[i]);
		image_free(is->items[i]);
	}
	free(is->items);
	elf_end(is->vdso);
	if (is->vdso_fd >= 0)
		close(is->vdso_fd);
}

static const char *parse_mappings(struct image *image, const struct check_image *record)
{
	const char *at = (const char *)(record + 1);
	size_t left = record->head.size - sizeof(*record), size;
	const struct check_mapping *m;
	struct mapping *to;

	for (; image->mapping_cnt < record->mapping_cnt; image->mapping_cnt++) {
		if (left < sizeof(*m))
			return "an image is shorter than its mappings";
		m = (const struct check_mapping *)at;
		size = sizeof(*m) + ((size_t)m->path_len + 7) / 8 * 8;
		if (left < size || m->start >= m->end)
			return "an image has a bad mapping";
		to = &image->mappings[image->mapping_cnt];
		*to = (struct mapping){ .start = m->start, .end = m->end, .offset = m->offset };
		to->path = strndup(at + sizeof(*m), m->path_len);
		if (!to->path)
			return "out of memory";
		at += size;
		left -= size;
	}
	return left ? "an image is longer than its mappings" : NULL;
}

/* Room for an image of that number. */
static bool grow(struct images *is, uint32_t number)
{
	size_t cap = is->cap ? is->cap : 64;
	struct image **items;

	while (cap <= number)
		cap *= 2;
	if (cap == is->cap)
		return true;
	items = reallocarray(is->items, cap, sizeof(*items));
	if (!items)
		return false;
	memset(items + is->cap, 0, (cap - is->cap) * sizeof(*items));
	is->items = items;
	is->cap = cap;
	return true;
}

const char *images_add(struct images *is, const struct check_image *record)
{
	struct image *image;
	const char *why;

	if (!record->image || record->image >= IMAGES_MAX)
		return "an image has a bad number";
	if (record->mapping_cnt > record->head.size / sizeof(struct check_mapping))
		return "an image is shorter than its mappings";
	image = grow(is, record->image) ? calloc(1, sizeof(*image)) : NULL;
	if (!image)
		return "out of memory";
	image->pid = record->pid;
	image->mappings = calloc(record->mapping_cnt + 1, sizeof(*image->mappings));
	if (!image->mappings)
		why = "out of memory";
	else if (is->items[record->image])
		why = "an image comes twice";
	else
		why = parse_mappings(image, record);
	if (why)
		image_free(image);
	else
		is->items[record->image] = image;
	return why;
}

/*
 * What is to be added to the file's addresses: from the segment that holds the mapping's first byte,
 * rather an executable one, because two may share a page. False = it is no ELF file of such a kind.
 */
static bool elf_bias(Elf *elf, const struct mapping *m, uint64_t *bias)
{
	bool found = false, code = false;
	GElf_Ehdr ehdr;
	GElf_Phdr p;
	size_t cnt, i;

	if (!gelf_getehdr(elf, &ehdr) || elf_getphdrnum(elf, &cnt))
		return false;
	for (i = 0; i < cnt && !code; i++) {
		if (!gelf_getphdr(elf, (int)i, &p) || p.p_type != PT_LOAD)
			continue;
		if (m->offset < (p.p_offset & -(uint64_t)PAGE) ||
		    m->offset >= p.p_offset + p.p_filesz)
			continue;
		found = true;
		code = p.p_flags & PF_X;
		*bias = m->start - m->offset + p.p_offset - p.p_vaddr;
	}
	return found && (ehdr.e_type == ET_DYN || (ehdr.e_type == ET_EXEC && !*bias));
}

/* Was the file reported at that place? A file often has several executable mappings. */
static bool is_reported(const struct image *image, const struct mapping *m, uint64_t bias)
{
	const struct mapping *before;

	for (before = image->mappings; before < m; before++)
		if (before->module && before->bias == bias && !strcmp(before->path, m->path))
			return true;
	return false;
}

/* Reports one file; takes the descriptor. */
static void report_file(struct image *image, struct mapping *m, int fd)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	uint64_t bias = 0;

	image->compat |= elf && gelf_getclass(elf) == ELFCLASS32;
	if (elf && elf_bias(elf, m, &bias) && !is_reported(image, m, bias) &&
	    dwfl_report_elf(image->dwfl, m->path, m->path, fd, bias, true)) {
		m->module = true;
		m->bias = bias;
		image->module_cnt++;
		fd = -1;
	}
	elf_end(elf);
	if (fd >= 0)
		close(fd);
}

static void report_mapping(struct images *is, struct image *image, struct mapping *m)
{
	int fd = -1;

	m->module = false;
	if (!strcmp(m->path, "[vdso]"))
		fd = fcntl(is->vdso_fd, F_DUPFD_CLOEXEC, 0);
	else if (m->path[0] == '/' && m->path[1] != '/')
		fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	else
		return;
	m->gone = fd < 0;
	if (fd >= 0)
		report_file(image, m, fd);
}

static bool image_open(struct images *is, struct image *image)
{
	size_t i;

	image->facts = calloc(FACTS, sizeof(*image->facts));
	image->dwfl = image->facts ? dwfl_begin(&find_callbacks) : NULL;
	if (!image->dwfl)
		return false;
	dwfl_report_begin(image->dwfl);
	for (i = 0; i < image->mapping_cnt; i++)
		report_mapping(is, image, &image->mappings[i]);
	is->open += image->module_cnt;
	return !dwfl_report_end(image->dwfl, NULL, NULL) &&
	       dwfl_attach_state(image->dwfl, is->vdso, (pid_t)image->pid, is->callbacks,
	                         is->callbacks_arg);
}

/* Closes the image that was used least lately. */
static bool close_oldest(struct images *is)
{
	struct image *oldest = NULL;
	size_t i;

	for (i = 0; i < is->cap; i++)
		if (is->items[i] && is->items[i]->dwfl &&
		    (!oldest || is->items[i]->used < oldest->used))
			oldest = is->items[i];
	if (oldest)
		image_close(is, oldest);
	return oldest;
}

struct image *images_get(struct images *is, uint32_t number)
{
	struct image *image = number < is->cap ? is->items[number] : NULL;

	if (!image)
		return NULL;
	image->used = ++is->uses;
	if (image->dwfl)
		return image;
	/* As many files as there are mappings, if each is another one. */
	while (is->open && is->open + image->mapping_cnt > is->open_max && close_oldest(is))
		;
	if (image_open(is, image))
		return image;
	image_close(is, image);
	return NULL;
}

const struct mapping *image_mapping(const struct image *image, uint64_t address)
{
	size_t i;

	for (i = 0; i < image->mapping_cnt; i++)
		if (address >= image->mappings[i].start && address < image->mappings[i].end)
			return &image->mappings[i];
	return NULL;
}

/* .eh_frame, then .debug_frame. */
Dwarf_Frame *image_frame(struct image *image, uint64_t address)
{
	Dwfl_Module *mod = dwfl_addrmodule(image->dwfl, address);
	Dwarf_Frame *frame = NULL;
	Dwarf_Addr bias;
	Dwarf_CFI *cfi;

	if (!mod)
		return NULL;
	cfi = dwfl_module_eh_cfi(mod, &bias);
	if (cfi && !dwarf_cfi_addrframe(cfi, address - bias, &frame))
		return frame;
	cfi = dwfl_module_dwarf_cfi(mod, &bias);
	if (cfi && !dwarf_cfi_addrframe(cfi, address - bias, &frame))
		return frame;
	return NULL;
}

static bool is_entry(struct image *image, uint64_t address)
{
	Dwfl_Module *mod = dwfl_addrmodule(image->dwfl, address);
	GElf_Addr bias = 0;
	Elf *elf = mod ? dwfl_module_getelf(mod, &bias) : NULL;
	GElf_Ehdr ehdr;

	return elf && gelf_getehdr(elf, &ehdr) && address - bias - ehdr.e_entry < ENTRY;
}

/* Registers 0 and 1 carry what the handler is told (__builtin_eh_return_data_regno). */
static bool leaves(Dwarf_Frame *frame)
{
	Dwarf_Op mem[3], *ops;
	size_t cnt;
	int reg;

	for (reg = 0; reg < 2; reg++)
		if (dwarf_frame_register(frame, reg, mem, &ops, &cnt) || !cnt)
			return false;
	return true;
}

static uint32_t find_facts(struct image *image, uint64_t address)
{
	Dwarf_Frame *frame = image_frame(image, address);
	Dwarf_Op mem[3], *ops;
	uint32_t bits = is_entry(image, address) ? FACT_ENTRY : 0;
	bool signal;
	size_t cnt;

	if (!frame)
		return bits;
	bits |= FACT_CFI;
	if (dwarf_frame_info(frame, NULL, NULL, &signal) >= 0 && signal)
		bits |= FACT_SIGNAL;
	if (!dwarf_frame_register(frame, REG_RA, mem, &ops, &cnt) && !cnt && ops == mem)
		bits |= FACT_ROOT;
	if (leaves(frame))
		bits |= FACT_LEAVES;
	free(frame);
	return bits;
}

static struct fact *get_fact(struct image *image, uint64_t address)
{
	struct fact *f = &image->facts[(address ^ address >> 12) % FACTS];

	if (f->address != address || !address)
		*f = (struct fact){ .address = address, .bits = find_facts(image, address) };
	return f;
}

const struct fact *image_fact(struct image *image, uint64_t address)
{
	return get_fact(image, address);
}

const struct fact *image_named(struct image *image, uint64_t address)
{
	struct fact *f = get_fact(image, address);
	Dwfl_Module *mod;
	GElf_Sym symbol;
	GElf_Off into;

	if (f->named)
		return f;
	f->named = true;
	mod = dwfl_addrmodule(image->dwfl, address);
	f->name = mod ? dwfl_module_addrinfo(mod, address, &into, &symbol, NULL, NULL, NULL) : NULL;
	f->into = f->name ? into : 0;
	return f;
}

bool image_read(struct image *image, uint64_t address, uint64_t *word)
{
	Dwfl_Module *mod = dwfl_addrmodule(image->dwfl, address);
	size_t size = 0, cnt, i;
	GElf_Addr bias = 0;
	Elf *elf = mod ? dwfl_module_getelf(mod, &bias) : NULL;
	const char *bytes = elf ? elf_rawfile(elf, &size) : NULL;
	uint64_t at = address - bias, offset;
	GElf_Phdr p;

	if (!bytes || elf_getphdrnum(elf, &cnt))
		return false;
	for (i = 0; i < cnt; i++) {
		if (!gelf_getphdr(elf, (int)i, &p) || p.p_type != PT_LOAD || p.p_flags & PF_W ||
		    p.p_filesz < sizeof(*word) || at < p.p_vaddr ||
		    at - p.p_vaddr > p.p_filesz - sizeof(*word))
			continue;
		offset = p.p_offset + (at - p.p_vaddr);
		if (size < sizeof(*word) || offset > size - sizeof(*word))
			return false;
		memcpy(word, bytes + offset, sizeof(*word));
		return true;
	}
	return false;
}
