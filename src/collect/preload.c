// SPDX-License-Identifier: Apache-2.0
#include "collect/preload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/err.h"
#include "elf/file.h"
#include "preloaded.h"
#include "process/process.h"

#define FILE_NAME "ebprof-heap"
#define VARIABLE  "LD_PRELOAD"
#define SEALS     (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL \
	8u /* linux 6.3: vm.memfd_noexec=2 allows no other; a library needs no more */
#endif

__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        ".hidden preload_library, preload_library_end\n"
        "preload_library:\n"
        ".incbin \"preload.so\"\n"
        "preload_library_end:\n"
        ".popsection\n");
extern const unsigned char preload_library[] __attribute__((visibility("hidden")));
extern const unsigned char preload_library_end[] __attribute__((visibility("hidden")));

/* Where it has its settings and its function. 0 or -ENOEXEC. */
static int find_sections(const unsigned char *image, size_t size, uint64_t *settings,
                         uint64_t *event)
{
	struct elf_file *f = elf_open_memory(image, size);
	const Elf64_Shdr *s = f ? elf_section_named(f, PRELOAD_SETTINGS) : NULL;
	const Elf64_Shdr *e = f ? elf_section_named(f, PRELOAD_EVENT) : NULL;
	int err = -ENOEXEC;

	if (s && e && s->sh_size >= sizeof(struct preload_settings) && s->sh_offset < size &&
	    size - s->sh_offset >= sizeof(struct preload_settings)) {
		*settings = s->sh_offset;
		*event = e->sh_offset;
		err = 0;
	}
	elf_close(f);
	return err;
}

static int write_all(int fd, const unsigned char *from, size_t size)
{
	ssize_t n;

	for (; size; from += n, size -= (size_t)n) {
		n = write(fd, from, size);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -errno;
	}
	return 0;
}

static void fill(struct preload_settings *s, const struct preload *p, uint64_t rate)
{
	memset(s, 0, sizeof(*s));
	s->rate = rate;
	s->device = p->device;
	s->inode = p->inode;
	if (getrandom(&s->seed, sizeof(s->seed), 0) != sizeof(s->seed))
		s->seed = p->inode;
	memcpy(s->path, p->path, sizeof(s->path));
}

static int open_memory(struct preload *p)
{
	struct stat st;

	p->fd = memfd_create(FILE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (p->fd < 0 && errno == EINVAL)
		p->fd = memfd_create(FILE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (p->fd < 0 || fstat(p->fd, &st))
		return -errno;
	p->device = st.st_dev;
	p->inode = st.st_ino;
	snprintf(p->path, sizeof(p->path), "/proc/%d/fd/%d", getpid(), p->fd);
	return 0;
}

static int make(struct preload *p, uint64_t rate, unsigned char *image, size_t size)
{
	struct preload_settings settings;
	uint64_t at;
	int err = find_sections(image, size, &at, &p->event);

	if (!err)
		err = open_memory(p);
	if (err)
		return err;
	fill(&settings, p, rate);
	memcpy(image + at, &settings, sizeof(settings));
	err = write_all(p->fd, image, size);
	return err ?: fcntl(p->fd, F_ADD_SEALS, SEALS) ? -errno : 0;
}

int preload_open(struct preload *p, uint64_t rate, struct err *e)
{
	size_t size = (size_t)(preload_library_end - preload_library);
	unsigned char *image = malloc(size);
	int err = -ENOMEM;

	*p = (struct preload){ .fd = -1 };
	if (image) {
		memcpy(image, preload_library, size);
		err = make(p, rate, image, size);
	}
	free(image);
	if (!err)
		return 0;
	preload_close(p);
	return err_set(e, err, "cannot make the sampler's file in memory: %s", strerror(-err));
}

void preload_close(struct preload *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

int preload_hand_over(const struct preload *p)
{
	const char *others = getenv(VARIABLE), *path = p->path;
	char own[PRELOAD_PATH_MAX], *value;
	int err = 0;

	if (access(path, R_OK)) {
		snprintf(own, sizeof(own), "/proc/self/fd/%d", p->fd);
		path = own;
		if (fcntl(p->fd, F_SETFD, 0))
			return -errno;
	}
	if (asprintf(&value, "%s%s%s", path, others ? ":" : "", others ? others : "") < 0)
		return -ENOMEM;
	if (setenv(VARIABLE, value, 1))
		err = -errno;
	free(value);
	return err;
}

int preload_attach(const struct preload *p, struct links *l, const struct bpf_program *prog,
                   enum uprobe_way way)
{
	const struct uprobe_site site = { .offset = p->event };

	return attach_uprobes(l, prog, way, UPROBE_ENTRY, p->fd, &site, 1, 0);
}

bool preload_is_in(const struct preload *p, const struct image *im)
{
	const struct file_id *id;
	size_t i;

	for (i = 0; i < im->mapping_cnt; i++) {
		id = &im->mappings[i].file->id;
		if (id->inode == p->inode && makedev(id->major, id->minor) == p->device)
			return true;
	}
	return false;
}
