// SPDX-License-Identifier: Apache-2.0
/*
 * Compiled twice: into ebprof, and into the library that a launched command gets (mk/preload.mk), where there
 * may be any C library.
 */
#include "base/program.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SCRIPTS_MAX  4 /* linux: fs/exec.c exec_binprm() goes no deeper */
#define SEGMENTS_MAX 64
#define DYNAMIC_MAX  512 /* entries */
#define LINE_BYTES   256 /* linux: include/uapi/linux/binfmts.h BINPRM_BUF_SIZE */

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#endif

extern long syscall(long number, ...) __attribute__((weak));

static bool read_at(int fd, uint64_t offset, void *to, size_t size)
{
	return syscall(SYS_pread64, fd, to, size, offset) == (long)size;
}

static bool starts(const char *text, const char *with)
{
	while (*with && *text == *with) {
		text++;
		with++;
	}
	return !*with;
}

struct headers {
	Elf64_Ehdr file;
	Elf64_Phdr segments[SEGMENTS_MAX];
};

static const Elf64_Phdr *segment(const struct headers *h, uint32_t type)
{
	int i;

	for (i = 0; i < h->file.e_phnum; i++)
		if (h->segments[i].p_type == type)
			return &h->segments[i];
	return NULL;
}

/* The file offset of a virtual address, 0 = it has none. */
static uint64_t offset_of(const struct headers *h, uint64_t vaddr)
{
	const Elf64_Phdr *p;
	int i;

	for (i = 0; i < h->file.e_phnum; i++) {
		p = &h->segments[i];
		if (p->p_type == PT_LOAD && vaddr - p->p_vaddr < p->p_filesz)
			return vaddr - p->p_vaddr + p->p_offset;
	}
	return 0;
}

/* gcc's and clang's runtimes that say no when another library is loaded before them. */
static bool is_sanitizer(const char *name)
{
	return starts(name, "libasan.so") || starts(name, "libtsan.so") ||
	       starts(name, "liblsan.so") || starts(name, "libhwasan.so") ||
	       starts(name, "libclang_rt.");
}

static bool is_sanitized(int fd, const struct headers *h)
{
	const Elf64_Phdr *dynamic = segment(h, PT_DYNAMIC);
	uint64_t names = 0, i;
	char name[16];
	Elf64_Dyn d;
	int pass;

	/* Where the names are is said behind the libraries. */
	for (pass = 0; dynamic && pass < 2; pass++)
		for (i = 0; i < DYNAMIC_MAX && i < dynamic->p_filesz / sizeof(d); i++) {
			if (!read_at(fd, dynamic->p_offset + i * sizeof(d), &d, sizeof(d)) ||
			    d.d_tag == DT_NULL)
				break;
			if (!pass && d.d_tag == DT_STRTAB)
				names = offset_of(h, d.d_un.d_ptr);
			if (pass && names && d.d_tag == DT_NEEDED &&
			    read_at(fd, names + d.d_un.d_val, name, sizeof(name)) &&
			    is_sanitizer(name))
				return true;
		}
	return false;
}

static enum program elf_program(int fd)
{
	struct headers h;
	size_t size;

	if (!read_at(fd, 0, &h.file, sizeof(h.file)) || !starts((char *)h.file.e_ident, ELFMAG) ||
	    h.file.e_ident[EI_CLASS] != ELFCLASS64 || h.file.e_machine != OWN_MACHINE ||
	    h.file.e_phentsize != sizeof(*h.segments) || h.file.e_phnum > SEGMENTS_MAX)
		return PROGRAM_FOREIGN;
	size = h.file.e_phnum * sizeof(*h.segments);
	if (!read_at(fd, h.file.e_phoff, h.segments, size))
		return PROGRAM_FOREIGN;
	if (!segment(&h, PT_INTERP))
		return PROGRAM_STATIC;
	return is_sanitized(fd, &h) ? PROGRAM_SANITIZED : PROGRAM_DYNAMIC;
}

/* The path behind "#!"; NULL: it is no script. */
static const char *interpreter(int fd, char *line)
{
	long n = syscall(SYS_pread64, fd, line, LINE_BYTES - 1, 0ull);
	char *from, *to;

	if (n < 2 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[n] = 0;
	for (from = line + 2; *from == ' ' || *from == '\t'; from++)
		;
	for (to = from; *to && *to != ' ' && *to != '\t' && *to != '\n'; to++)
		;
	*to = 0;
	return *from ? from : NULL;
}

/* With capabilities in the file the loader trusts as little as with another user's. */
static bool is_privileged(int fd)
{
	struct stat st;
	char none;

	return syscall(SYS_fstat, fd, &st) || st.st_mode & (S_ISUID | S_ISGID) ||
	       syscall(SYS_fgetxattr, fd, "security.capability", &none, (size_t)0) > 0;
}

enum program program_at(const char *path)
{
	enum program is = PROGRAM_UNREADABLE;
	char lines[2][LINE_BYTES];
	int depth, fd;

	if (!syscall)
		return is;
	for (depth = 0; path && depth <= SCRIPTS_MAX; depth++) {
		fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		                  0); /* a FIFO: no waiting */
		if (fd < 0)
			return PROGRAM_UNREADABLE;
		path = interpreter(fd, lines[depth & 1]);
		if (!path)
			is = is_privileged(fd) ? PROGRAM_SETUID : elf_program(fd);
		syscall(SYS_close, fd);
	}
	return is;
}

/* directory/file into 'to'; false: no room. An empty directory is the present one. */
static bool join(const char *directory, size_t len, const char *file, char *to, size_t size)
{
	size_t i, n = 0;

	if (len + 2 > size)
		return false;
	for (i = 0; i < len; i++)
		to[n++] = directory[i];
	if (len)
		to[n++] = '/';
	for (i = 0; file[i] && n < size; i++)
		to[n++] = file[i];
	if (n == size)
		return false;
	to[n] = 0;
	return true;
}

const char *program_find(const char *file, const char *path, char *to, size_t size)
{
	const char *c;
	size_t len;

	for (c = file; *c; c++)
		if (*c == '/')
			return file;
	for (path = path ? path : "/bin:/usr/bin"; syscall && *file; path += len + 1) {
		for (len = 0; path[len] && path[len] != ':'; len++)
			;
		if (join(path, len, file, to, size) && !syscall(SYS_faccessat, AT_FDCWD, to, X_OK))
			return to;
		if (!path[len])
			break;
	}
	return NULL;
}
