// SPDX-License-Identifier: Apache-2.0
#include "process/open.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process/procmaps.h"

enum {
	MEMORY_MAX_BYTES = 64 << 20,
	VDSO_MAX_BYTES = 64 << 10,
	COPY_BYTES = 64 << 10,
};

struct copy {
	const struct file *file;
	int mem_fd, to_fd;
	uint64_t copied;
};

/* Copies until a page cannot be read (behind the end of a file that was cut short). */
static uint64_t copy_range(int from_fd, uint64_t from, int to_fd, uint64_t to, uint64_t size)
{
	char buf[COPY_BYTES];
	uint64_t done = 0;
	ssize_t n;

	while (done < size) {
		size_t want = size - done < sizeof(buf) ? (size_t)(size - done) : sizeof(buf);

		n = pread(from_fd, buf, want, (off_t)(from + done));
		if (n <= 0 || pwrite(to_fd, buf, (size_t)n, (off_t)(to + done)) != n)
			break;
		done += (uint64_t)n;
	}
	return done;
}

static bool copy_line(void *arg, const struct procmaps_line *l)
{
	struct copy *c = arg;
	const struct file_id *id = &c->file->id;
	uint64_t size = l->end - l->start;

	if (l->inode != id->inode || l->major != id->major || l->minor != id->minor || !l->read ||
	    l->write)
		return true;
	if (l->offset > MEMORY_MAX_BYTES || size > MEMORY_MAX_BYTES - l->offset ||
	    size > MEMORY_MAX_BYTES - c->copied)
		return true;
	c->copied += copy_range(c->mem_fd, l->start, c->to_fd, l->offset, size);
	return true;
}

/* No one changes it any more; closes it and says -ENOEXEC when it does not begin like ELF. */
static int seal(int fd)
{
	char magic[SELFMAG];

	if (pread(fd, magic, SELFMAG, 0) != SELFMAG || memcmp(magic, ELFMAG, SELFMAG)) {
		close(fd);
		return -ENOEXEC;
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	return fd;
}

static int new_memfd(void)
{
	int fd = memfd_create("ebprof-image", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd < 0 ? -errno : fd;
}

int memory_file(int dir, const struct file *f)
{
	int maps = openat(dir, "maps", O_RDONLY | O_CLOEXEC);
	struct copy c = { .file = f };
	char buf[PROCMAPS_BUF];
	int err = 0;

	if (maps < 0)
		return -errno;
	if (!f->id.inode) {
		close(maps);
		return -ENOENT;
	}
	c.mem_fd = openat(dir, "mem", O_RDONLY | O_CLOEXEC);
	c.to_fd = c.mem_fd < 0 ? -errno : new_memfd();
	if (c.to_fd < 0)
		err = c.to_fd;
	else
		procmaps_each(maps, buf, copy_line, &c);
	if (c.mem_fd >= 0)
		close(c.mem_fd);
	close(maps);
	return err ? err : seal(c.to_fd);
}

int memory_vdso(uint64_t size)
{
	uint64_t base = getauxval(AT_SYSINFO_EHDR);
	int mem, fd;

	if (!base)
		return -ENODATA;
	mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (mem < 0)
		return -errno;
	fd = new_memfd();
	if (fd >= 0)
		copy_range(mem, base, fd, 0, size < VDSO_MAX_BYTES ? size : VDSO_MAX_BYTES);
	close(mem);
	return fd < 0 ? fd : seal(fd);
}
