// SPDX-License-Identifier: Apache-2.0
/*
 * stuck SECONDS [read|map|vfork|exec FILE]: opens the file, and when SIGUSR1 comes waits for what is in it:
 * by a call, by a page fault, for a child that does so, by running it. Without a file it waits for nothing.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "target.h"

static char page[4096];
static volatile char *mapped;
static const char *path;
static int file;

static NOINLINE void f_read(void)
{
	if (pread(file, page, sizeof(page), 0) < 0)
		perror("pread");
	__asm__ volatile("");
}

static NOINLINE void f_map(void)
{
	page[0] = mapped[2 * sizeof(page)];
	__asm__ volatile("");
}

static NOINLINE void f_vfork(void)
{
	if (!vfork()) {
		f_read();
		_exit(0);
	}
	__asm__ volatile("");
}

static NOINLINE void f_exec(void)
{
	execl(path, path, "1", NULL);
	__asm__ volatile("");
}

static const struct {
	const char *name;
	void (*call)(void);
} ways[] = { { "read", f_read }, { "map", f_map }, { "vfork", f_vfork }, { "exec", f_exec } };

int main(int argc, char **argv)
{
	sigset_t go;
	size_t i;
	int sig;

	sigemptyset(&go);
	sigaddset(&go, SIGUSR1);
	sigprocmask(SIG_BLOCK, &go, NULL);
	if (argc > 3) {
		path = argv[3];
		file = open(path, O_RDONLY | O_CLOEXEC);
		mapped = mmap(NULL, 16 * sizeof(page), PROT_READ, MAP_PRIVATE, file, 0);
		if (file < 0 || mapped == MAP_FAILED) {
			perror(path);
			return 1;
		}
	}
	target_ready();
	if (argc <= 3)
		return 0;
	sigwait(&go, &sig);
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(argv[2], ways[i].name))
			ways[i].call();
	return 0;
}
