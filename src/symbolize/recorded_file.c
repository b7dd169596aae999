// SPDX-License-Identifier: Apache-2.0
#include "symbolize/recorded_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/below.h"
#include "elf/elf.h"
#include "process/open.h"
#include "profile/file_note.h"
#include "symbolize/fetch.h"

#define PATH_CAP 4096 /* PATH_MAX of the kernel */
#define ID_CAP   256  /* a Go build ID has some 80 characters */

/* Archives and copies between hosts often keep whole seconds alone. */
static bool is_same_time(const struct stat *st, const struct file_note *n)
{
	return st->st_mtim.tv_sec == n->sec &&
	       (st->st_mtim.tv_nsec == (long)n->nsec || !st->st_mtim.tv_nsec);
}

static bool is_noted(int fd, const struct file_note *n)
{
	struct stat st;

	return n && !fstat(fd, &st) && (uint64_t)st.st_size == n->size && is_same_time(&st, n);
}

static bool is_wanted(int fd, const struct recorded_wanted *w)
{
	struct elf_file *elf = elf_open(fd);
	char id[ID_CAP];
	bool is = elf != NULL;

	if (is && *w->build_id)
		is = !elf_build_id(elf, id, sizeof(id)) && !strcmp(id, w->build_id);
	else if (is)
		is = is_noted(fd, w->note);
	elf_close(elf);
	return is;
}

/* Keeps the descriptor when it is that file; -errno is fine. */
static bool take(struct recorded_file *f, int fd, const struct recorded_wanted *w)
{
	struct elf_file *elf;

	if (fd < 0)
		return false;
	if (!is_wanted(fd, w)) {
		f->is_other = true;
		close(fd);
		return false;
	}
	elf = elf_open(fd);
	f->is_hollow = elf && elf_is_hollow(elf);
	elf_close(elf);
	f->file.fd = fd;
	return true;
}

static bool try_path(struct recorded_file *f, const struct recorded_wanted *w, const char *dir,
                     const char *suffix)
{
	char path[PATH_CAP];

	if (snprintf(path, sizeof(path), "%s%s%s", dir, w->path, suffix) >= (int)sizeof(path))
		return false;
	return take(f, below_read_at(AT_FDCWD, path, 0), w);
}

static bool try_id(struct recorded_file *f, const struct recorded_wanted *w, const char *dir)
{
	char path[PATH_CAP];

	if (snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", dir, w->build_id,
	             w->build_id + 2) >= (int)sizeof(path))
		return false;
	return take(f, below_read_at(AT_FDCWD, path, 0), w);
}

/* One that a file name is made of. */
static bool is_hex_id(const char *id)
{
	return strlen(id) > 2 && strspn(id, "0123456789abcdef") == strlen(id);
}

static bool find(struct recorded_file *f, const struct recorded_wanted *w)
{
	bool found = false;
	size_t i;

	if (!*w->build_id && !w->note)
		return false;
	if (below_is_plain(w->path)) {
		found = try_path(f, w, "", "");
		for (i = 0; !found && w->debug_dirs[i]; i++)
			found = try_path(f, w, w->debug_dirs[i], "");
	}
	if (!is_hex_id(w->build_id))
		return found;
	for (i = 0; !found && w->debug_dirs[i]; i++)
		found = try_id(f, w, w->debug_dirs[i]) ||
		        (below_is_plain(w->path) && try_path(f, w, w->debug_dirs[i], ".debug"));
	return found;
}

static void file_init(struct recorded_file *f, enum file_kind kind, const struct recorded_wanted *w)
{
	memset(f, 0, sizeof(*f));
	f->file.kind = kind;
	f->file.path = (char *)w->path;
	f->file.fd = -1;
	if (is_hex_id(w->build_id) && strlen(w->build_id) < sizeof(f->file.build_id))
		snprintf(f->file.build_id, sizeof(f->file.build_id), "%s", w->build_id);
}

/* Its debug file from a server. What that shares with others is looked for in the directories. */
static bool fetch(struct recorded_file *f, const struct recorded_wanted *w)
{
	struct fetched got;

	if (!w->fetch || !*f->file.build_id ||
	    fetch_counted(w->fetch, f->file.build_id, &got, w->counters))
		return false;
	if (got.alt_fd >= 0)
		close(got.alt_fd);
	return take(f, got.debug_fd, w);
}

void recorded_file_open(struct recorded_file *f, const struct recorded_wanted *w)
{
	file_init(f, FILE_REGULAR, w);
	if (find(f, w) || fetch(f, w))
		f->is_other = false;
}

void recorded_file_open_vdso(struct recorded_file *f, const struct recorded_wanted *w,
                             uint64_t size)
{
	file_init(f, FILE_VDSO, w);
	f->file.memory = true;
	if (*w->build_id)
		take(f, memory_vdso(size), w);
}

void recorded_file_close(struct recorded_file *f)
{
	if (f->file.fd >= 0)
		close(f->file.fd);
	f->file.fd = -1;
}
