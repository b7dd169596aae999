// SPDX-License-Identifier: Apache-2.0
/*
 * Programs that this one executes are to have the library too. It is not in the environment while a program
 * runs, which sees what it would see without it, so each call that executes one puts it there: when the file still
 * is where ebprof, which holds it, has said, and when the program will be started by a loader that takes it.
 * Else nothing is done, and nothing is said: ebprof has ended, the process may not see it (another user's,
 * in a container), or puts probes on that program. system(), popen() and execl() are calls inside of the C
 * library and are not met here. All of it runs between fork() and exec(), too.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/program.h"
#include "environ.h"
#include "sampler.h"

#define VARIABLES_MAX 8192
#define TEXT_MAX      2048
#define FILE_MAX      1024

extern long syscall(long number, ...) __attribute__((weak));

/* Does the path still lead to the file that this library was loaded from? */
static bool is_there(void)
{
	const struct preload_settings *s = &preload_settings;
	struct stat st;
	bool same;
	int fd;

	if (!syscall || !*s->path)
		return false;
	fd = (int)syscall(SYS_openat, AT_FDCWD, s->path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	same = !syscall(SYS_fstat, fd, &st) && st.st_dev == s->device && st.st_ino == s->inode;
	syscall(SYS_close, fd);
	return same;
}

/* How many variables the program's environment has, when it is to be copied; -1: it stays as it is. */
static long variables(const char *path, char *const envp[])
{
	size_t cnt = environ_cnt(envp);

	if (!path || cnt > VARIABLES_MAX || program_at(path) != PROGRAM_DYNAMIC || !is_there())
		return -1;
	return (long)cnt;
}

static const char *found(const char *file, char *to)
{
	return program_find(file, environ_value(environ_now(), "PATH"), to, FILE_MAX);
}

PUBLIC int execve(const char *path, char *const argv[], char *const envp[])
{
	long cnt = variables(path, envp);
	char *copy[cnt < 0 ? 1 : cnt + 2], text[TEXT_MAX];

	if (cnt >= 0 && environ_copy(copy, text, sizeof(text), envp))
		envp = copy;
	return next.execve(path, argv, envp);
}

PUBLIC int execvpe(const char *file, char *const argv[], char *const envp[])
{
	char to[FILE_MAX];
	long cnt = variables(found(file, to), envp);
	char *copy[cnt < 0 ? 1 : cnt + 2], text[TEXT_MAX];

	if (cnt >= 0 && environ_copy(copy, text, sizeof(text), envp))
		envp = copy;
	return next.execvpe(file, argv, envp);
}

PUBLIC int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ_now());
}

PUBLIC int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ_now());
}

PUBLIC int posix_spawn(pid_t *pid, const char *path, const void *actions, const void *attr,
                       char *const argv[], char *const envp[])
{
	long cnt = variables(path, envp);
	char *copy[cnt < 0 ? 1 : cnt + 2], text[TEXT_MAX];

	if (cnt >= 0 && environ_copy(copy, text, sizeof(text), envp))
		envp = copy;
	return next.posix_spawn(pid, path, actions, attr, argv, envp);
}

PUBLIC int posix_spawnp(pid_t *pid, const char *file, const void *actions, const void *attr,
                        char *const argv[], char *const envp[])
{
	char to[FILE_MAX];
	long cnt = variables(found(file, to), envp);
	char *copy[cnt < 0 ? 1 : cnt + 2], text[TEXT_MAX];

	if (cnt >= 0 && environ_copy(copy, text, sizeof(text), envp))
		envp = copy;
	return next.posix_spawnp(pid, file, actions, attr, argv, envp);
}
