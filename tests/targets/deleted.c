// SPDX-License-Identifier: Apache-2.0
/* deleted [SECONDS [DIRECTORY]]: copies itself into DIRECTORY (default /tmp), executes the copy, which
 * removes its own file and then burns CPU time in f_deleted. */
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "target.h"

static NOINLINE void f_deleted(uint64_t end)
{
	do
		SPIN(5 * MS);
	while (!target_over(end));
}

static int copy_self(const char *path)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	struct stat st;
	off_t left;

	if (from < 0 || to < 0 || fstat(from, &st))
		return -1;
	for (left = st.st_size; left > 0;) {
		ssize_t n = sendfile(to, from, NULL, left);

		if (n <= 0)
			return -1;
		left -= n;
	}
	close(from);
	return close(to);
}

int main(int argc, char **argv)
{
	char path[4096];

	if (argc > 3 && !strcmp(argv[3], "copy")) {
		if (unlink(argv[2]))
			return 1;
		f_deleted(target_begin(argc, argv));
		puts("deleted");
		return 0;
	}
	snprintf(path, sizeof(path), "%s/deleted-%d", argc > 2 ? argv[2] : "/tmp", (int)getpid());
	if (copy_self(path))
		return 1;
	execl(path, "deleted", argc > 1 ? argv[1] : "5", path, "copy", NULL);
	unlink(path);
	return 1;
}
