// SPDX-License-Identifier: Apache-2.0
#include "process/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fds.h"
#include "base/table.h"

enum {
	FILES_FD_MAX = 4096, /* more distinct mapped files than a host runs at a time */
	FILES_BUCKETS = 256,
};

/*
 * Mappings whose name is not that of a file. SYSV, /dev/zero and anon_hugepage are files of the
 * kernel's own mounts behind anonymous shared memory (linux: ipc/shm.c newseg(), mm/shmem.c
 * shmem_zero_setup(), mm/mmap.c ksys_mmap_pgoff()); "[heap]", "[stack]" and "[anon:NAME]" are names
 * that either source may show instead of none.
 */
static const struct {
	const char *prefix, *name; /* name NULL: the path itself */
} anon_names[] = {
	{ "//anon", "//anon" },     { "[anon", "//anon" }, { "[heap]", "//anon" },
	{ "[stack", "//anon" },     { "/dev/zero", NULL }, { "/SYSV", NULL },
	{ "/anon_hugepage", NULL }, { "//", NULL },        { "[", NULL },
};

int files_init(struct files *fs)
{
	memset(fs, 0, sizeof(*fs));
	fs->buckets = calloc(FILES_BUCKETS, sizeof(*fs->buckets));
	if (!fs->buckets)
		return -ENOMEM;
	fs->bucket_cnt = FILES_BUCKETS;
	fs->fd_max = fds_for_files(FILES_FD_MAX);
	return 0;
}

static void file_free(struct file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f);
}

void files_release(struct files *fs)
{
	struct file *f, *next;
	size_t i;

	for (i = 0; i < fs->bucket_cnt; i++) {
		for (f = fs->buckets[i]; f; f = next) {
			next = f->next;
			file_free(f);
		}
	}
	free(fs->buckets);
	memset(fs, 0, sizeof(*fs));
}

static bool starts_with(const char *path, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && !memcmp(path, prefix, n);
}

/* d_path() writes it behind the name of a file without a link (linux: fs/d_path.c). */
static size_t without_deleted(const char *path, size_t len)
{
	static const char deleted[] = " (deleted)";
	size_t n = sizeof(deleted) - 1;

	return len > n && !memcmp(path + len - n, deleted, n) ? len - n : len;
}

bool files_ignored(const char *path, size_t len)
{
	return starts_with(path, len, "[vsyscall]");
}

/* Cleans up the name: kind, path and identity of what is no file. */
static enum file_kind classify(struct file_name *name)
{
	size_t i;

	name->path_len = without_deleted(name->path, strnlen(name->path, name->path_len));
	if (starts_with(name->path, name->path_len, "[vdso]")) {
		memset(&name->id, 0, sizeof(name->id));
		/* The vdso of a 32-bit program is not the one that ebprof has mapped. */
		return name->end > UINT32_MAX ? FILE_VDSO : FILE_ANON;
	}
	for (i = 0; i < sizeof(anon_names) / sizeof(anon_names[0]); i++) {
		if (!starts_with(name->path, name->path_len, anon_names[i].prefix))
			continue;
		if (anon_names[i].name)
			name->path = anon_names[i].name;
		if (anon_names[i].name)
			name->path_len = strlen(name->path);
		memset(&name->id, 0, sizeof(name->id));
		return FILE_ANON;
	}
	if (name->path_len && name->id.inode)
		return FILE_REGULAR;
	if (!name->path_len) {
		name->path = "//anon";
		name->path_len = strlen(name->path);
	}
	memset(&name->id, 0, sizeof(name->id));
	return FILE_ANON;
}

static size_t bucket_of(const struct files *fs, enum file_kind kind, const struct file_id *id,
                        const char *path, size_t len)
{
	uint64_t words[2] = { (uint64_t)id->major << 32 | id->minor, id->inode };
	uint64_t h = kind == FILE_REGULAR ? hash_bytes(words, sizeof(words), 0)
	                                  : hash_bytes(path, len, 1);

	return h & (fs->bucket_cnt - 1);
}

/*
 * Is 'f', with equal device and inode, the file of that name? A generation settles it when both are
 * known. Otherwise the inode number may have been given to a new file since, but not while we hold
 * the old one open, nor between two lines of one reading of maps.
 */
static bool same_regular(const struct files *fs, const struct file *f, const struct file_name *name)
{
	if (f->id.generation && name->id.generation)
		return f->id.generation == name->id.generation;
	if (f->fd >= 0 && !f->memory)
		return true;
	if (name->scanned && f->scan == fs->scan)
		return true;
	return strlen(f->path) == name->path_len && !memcmp(f->path, name->path, name->path_len);
}

static bool same(const struct files *fs, const struct file *f, enum file_kind kind,
                 const struct file_name *name)
{
	if (f->kind != kind)
		return false;
	if (kind != FILE_REGULAR)
		return strlen(f->path) == name->path_len &&
		       !memcmp(f->path, name->path, name->path_len);
	return f->id.inode == name->id.inode && f->id.major == name->id.major &&
	       f->id.minor == name->id.minor && same_regular(fs, f, name);
}

static void files_grow(struct files *fs)
{
	size_t cnt = fs->bucket_cnt * 2, i, at;
	struct file **buckets = calloc(cnt, sizeof(*buckets)), *f, *next;

	if (!buckets)
		return; /* the chains get longer */
	for (i = 0; i < fs->bucket_cnt; i++) {
		for (f = fs->buckets[i]; f; f = next) {
			next = f->next;
			fs->bucket_cnt = cnt;
			at = bucket_of(fs, f->kind, &f->id, f->path, strlen(f->path));
			fs->bucket_cnt = cnt / 2;
			f->next = buckets[at];
			buckets[at] = f;
		}
	}
	free(fs->buckets);
	fs->buckets = buckets;
	fs->bucket_cnt = cnt;
}

static struct file *file_new(enum file_kind kind, const struct file_name *name)
{
	struct file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->path = strndup(name->path, name->path_len);
	if (!f->path) {
		free(f);
		return NULL;
	}
	f->id = name->id;
	f->kind = kind;
	f->fd = -1;
	return f;
}

struct file *files_get(struct files *fs, const struct file_name *given)
{
	struct file_name name = *given;
	enum file_kind kind = classify(&name);
	size_t at = bucket_of(fs, kind, &name.id, name.path, name.path_len);
	struct file *f;

	for (f = fs->buckets[at]; f && !same(fs, f, kind, &name);)
		f = f->next;
	if (!f) {
		f = file_new(kind, &name);
		if (!f)
			return NULL;
		f->next = fs->buckets[at];
		fs->buckets[at] = f;
		if (++fs->cnt > fs->bucket_cnt)
			files_grow(fs);
	}
	if (!f->id.generation)
		f->id.generation = name.id.generation;
	if (name.scanned)
		f->scan = fs->scan;
	return f;
}

void files_touch(struct files *fs, struct file *f)
{
	f->used = ++fs->clock;
}

/* It can be opened again, as long as a process maps it or its path leads there. */
static void close_oldest(struct files *fs)
{
	struct file *f, *oldest = NULL;
	size_t i;

	for (i = 0; i < fs->bucket_cnt; i++)
		for (f = fs->buckets[i]; f; f = f->next)
			if (f->fd >= 0 && !f->memory && (!oldest || f->used < oldest->used))
				oldest = f;
	if (!oldest)
		return;
	close(oldest->fd);
	oldest->fd = -1;
	oldest->tried = false;
	oldest->attempt_cnt = 0;
	fs->fd_cnt--;
}

void files_keep(struct files *fs, struct file *f, int fd)
{
	if (fs->fd_cnt >= fs->fd_max)
		close_oldest(fs);
	f->fd = fd;
	f->open_err = 0;
	fs->fd_cnt++;
	files_touch(fs, f);
}
