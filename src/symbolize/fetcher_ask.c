// SPDX-License-Identifier: Apache-2.0
/* What asks: libdebuginfod, and what is looked at of a file that it brings. */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "elf/debug_file.h"
#include "elf/elf.h"
#include "symbolize/fetcher.h"

#define LIBRARY     "libdebuginfod.so.1"
#define BYTES_MAX   (2ull << 30) /* of all files together; ebprof's own limit of a file holds too */
#define PROGRESS_MS 100

struct debuginfod_client;
typedef int (*progress_fn)(struct debuginfod_client *, long, long);

/* elfutils' debuginfod/debuginfod.h: what is used of it, unchanged since ELFUTILS_0.179. */
struct library {
	struct debuginfod_client *(*begin)(void);
	int (*find)(struct debuginfod_client *, const unsigned char *id, int id_size, char **path);
	void (*set_progress)(struct debuginfod_client *, progress_fn);
	const char *(*url)(struct debuginfod_client *);
};

struct client {
	struct library lib;
	struct debuginfod_client *client;
	int fd;
	uint64_t bytes;   /* that have come, without those of the file in hand */
	uint64_t max;     /* of them */
	uint64_t told_ms; /* when they were told last */
};

/* For on_progress(), which is given nothing of ours. There is one client in its process. */
static struct client *asking;

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* 'bytes' are those of the file only when there is a URL that they come from. 0: go on. */
static int on_progress(struct debuginfod_client *client, long bytes, long all)
{
	struct fetch_reply r = { .status = FETCH_MORE, .bytes = asking->bytes };
	uint64_t now = now_ms();

	if (!asking->lib.url(client) || bytes <= 0 || now - asking->told_ms < PROGRESS_MS)
		return 0;
	asking->told_ms = now;
	r.bytes += (uint64_t)bytes;
	return fetcher_reply(asking->fd, &r, NULL) != 0;
}

/* Is it a file with that build ID? */
static bool has_id(int fd, const char *id)
{
	struct elf_file *f = elf_open(fd);
	char have[FETCH_ID_BYTES] = "";
	bool same = f && !elf_build_id(f, have, sizeof(have)) && !strcmp(have, id);

	elf_close(f);
	return same;
}

/* The library takes the one from its environment, and the kernel sees to the other. */
static void limit_size(uint64_t left)
{
	struct rlimit r;
	char text[32];

	if (!getrlimit(RLIMIT_FSIZE, &r)) {
		r.rlim_cur = left;
		setrlimit(RLIMIT_FSIZE, &r);
	}
	snprintf(text, sizeof(text), "%" PRIu64, left);
	setenv("DEBUGINFOD_MAXSIZE", text, 1);
}

/* libdebuginfod's errors as fetch_debug()'s: it gives up on all but a few answers with -ENOENT. */
static int error_of(int err)
{
	switch (err) {
	case -ENOENT:
	case -EINVAL:
	case -EACCES:
		return -ENOENT;
	case -EIO:
	case -EFBIG:
		return -EFBIG;
	default:
		return -ENOTCONN;
	}
}

/* A descriptor of the file with that build ID, or -errno. */
static int find(struct client *a, const char *id)
{
	struct stat st;
	int fd;

	if (a->bytes >= a->max)
		return -EFBIG;
	limit_size(a->max - a->bytes);
	fd = a->lib.find(a->client, (const unsigned char *)id, 0, NULL);
	if (fd == -EIO) /* it could not be written: nobody knows how much came */
		a->bytes = a->max;
	if (fd < 0)
		return error_of(fd);
	if (!fstat(fd, &st) && st.st_size > 0)
		a->bytes += (uint64_t)st.st_size;
	if (has_id(fd, id))
		return fd;
	close(fd);
	return -ESTALE;
}

/* What a debug file shares with others is asked for too. */
static int find_alt(struct client *a, int debug_fd)
{
	struct elf_file *f = elf_open(debug_fd);
	char path[4096], id[FETCH_ID_BYTES];
	int err = f ? elf_altlink(f, path, sizeof(path), id, sizeof(id)) : -ENOENT;

	elf_close(f);
	return err ? err : find(a, id);
}

static int answer(struct client *a, const char *id)
{
	struct fetch_reply r = { 0 };
	int files[2] = { find(a, id), -1 }, err;

	if (files[0] < 0)
		r.status = files[0];
	else
		files[1] = find_alt(a, files[0]);
	r.bytes = a->bytes;
	err = fetcher_reply(a->fd, &r, r.status ? NULL : files);
	if (files[0] >= 0)
		close(files[0]);
	if (files[1] >= 0)
		close(files[1]);
	return err;
}

/* 'to' is a pointer to a function: POSIX has dlsym() return it as one to data. */
static bool load_function(void *library, const char *name, void *to)
{
	void *at = dlsym(library, name);

	memcpy(to, &at, sizeof(at));
	return at;
}

static bool load(struct library *lib)
{
	void *at = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	return at && load_function(at, "debuginfod_begin", &lib->begin) &&
	       load_function(at, "debuginfod_find_debuginfo", &lib->find) &&
	       load_function(at, "debuginfod_set_progressfn", &lib->set_progress) &&
	       load_function(at, "debuginfod_get_url", &lib->url);
}

static uint64_t bytes_max(void)
{
	struct rlimit r;

	return !getrlimit(RLIMIT_FSIZE, &r) && r.rlim_cur < BYTES_MAX ? r.rlim_cur : BYTES_MAX;
}

static void set_environment(const char *dir, const char *urls)
{
	setenv("DEBUGINFOD_URLS", urls, 1);
	setenv("DEBUGINFOD_CACHE_PATH", dir, 1);
	setenv("DEBUGINFOD_RETRY_LIMIT", "0", 1); /* it would fetch what is too large thrice */
	unsetenv("DEBUGINFOD_PROGRESS");
	unsetenv("DEBUGINFOD_VERBOSE");
}

void fetcher_ask(int fd, const char *dir, const char *urls)
{
	struct fetch_reply hello = { 0 };
	struct fetch_request q;
	struct client a = { .fd = fd, .max = bytes_max() };

	set_environment(dir, urls);
	if (load(&a.lib))
		a.client = a.lib.begin();
	if (!a.client) {
		hello.status = -ENOPKG;
		snprintf(hello.why, sizeof(hello.why),
		         "there is no " LIBRARY ", install the package libdebuginfod1");
	}
	if (fetcher_reply(fd, &hello, NULL) || !a.client)
		return;
	asking = &a;
	a.lib.set_progress(a.client, on_progress);
	while (recv(fd, &q, sizeof(q), 0) == sizeof(q)) {
		q.build_id[sizeof(q.build_id) - 1] = 0;
		if (answer(&a, q.build_id))
			break;
	}
}
