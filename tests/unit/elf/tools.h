/* SPDX-License-Identifier: Apache-2.0 */
/* Programs made by gcc and read by binutils, in a directory of their own that tools_end() removes. */
#ifndef TESTS_UNIT_ELF_TOOLS_H
#define TESTS_UNIT_ELF_TOOLS_H

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#define LIBC "/lib/x86_64-linux-gnu/libc.so.6"

static char tools_dir[] = "/tmp/ebprof-elf-XXXXXX";

/* Does the shell do it, in the directory? */
static inline int tools_run(const char *command)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (!chdir(tools_dir))
			execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* The lines that a command writes; the caller closes it. */
static inline FILE *tools_lines(const char *command)
{
	char path[64], text[1024];
	FILE *f;

	snprintf(text, sizeof(text), "LC_ALL=C; export LC_ALL; { %s; } > lines 2>/dev/null",
	         command);
	assert_true(tools_run(text));
	snprintf(path, sizeof(path), "%s/lines", tools_dir);
	f = fopen(path, "re");
	assert_non_null(f);
	return f;
}

static inline int tools_open(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : tools_dir,
	         name[0] == '/' ? "" : "/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* The whole file; the caller frees it. */
static inline unsigned char *tools_load(const char *name, size_t *size)
{
	int fd = tools_open(name);
	unsigned char *data;
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	*size = (size_t)st.st_size;
	data = malloc(*size);
	assert_non_null(data);
	assert_int_equal(read(fd, data, *size), *size);
	close(fd);
	return data;
}

/* The file "bare" with one section more, of what a command writes: a descriptor. */
static inline int tools_open_odd(const char *section, const char *command)
{
	char text[1024];

	snprintf(text, sizeof(text), "{ %s; } > s && cp bare odd && objcopy --add-section %s=s odd",
	         command, section);
	assert_true(tools_run(text));
	return tools_open("odd");
}

/* Where nm(1) says that a symbol is. */
static inline uint64_t tools_address(const char *file, const char *name)
{
	unsigned long address;
	char command[256];
	FILE *lines;

	snprintf(command, sizeof(command), "nm %s | grep ' %s$'", file, name);
	lines = tools_lines(command);
	assert_int_equal(fscanf(lines, "%lx", &address), 1);
	fclose(lines);
	return address;
}

static inline void tools_write(const char *name, const void *data, size_t size)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", tools_dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static const char tools_program[] =
	"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
	"int outer(int x);\n"
	"__attribute__((noinline)) static int hidden(int x) { return x * 3 + getpagesize(); }\n"
	"__attribute__((noinline)) int outer(int x) { return hidden(x) + atoi(\"3\"); }\n"
	"__attribute__((weak, noinline)) int weak_one(int x) { return outer(x) + 1; }\n"
	"int other(int) __attribute__((alias(\"outer\")));\n"
	"__asm__(\".text\\nno_type:\\n nop\\n nop\\n nop\\n inside_it: ret\\n\");\n"
	"int main(int argc, char **argv)\n"
	"{ printf(\"%d\\n\", weak_one(argc)); puts(strrchr(argv[0], 47));\n"
	"  return (int)(long)malloc(3) + (int)(long)&abort; }\n";

static const char tools_program32[] =
	".text\n.globl _start\n.type _start,@function\n_start: call one\n call two\n hlt\n"
	".size _start,.-_start\n.type one,@function\none: nop\n nop\n ret\n.size one,.-one\n"
	".globl two\n.type two,@function\ntwo: ret\n.size two,.-two\n";

/* pie, nopie, stripped, lazy and ibt (other PLTs), hash (the older table), lib.so, static, prog32. */
static inline int tools_begin(void **state)
{
	static const char *const commands[] = {
		"gcc $F -pie -fPIE -o pie p.c",
		"gcc $F -no-pie -fno-pie -o nopie p.c",
		"gcc $F -s -rdynamic -o stripped p.c",
		"gcc $F -Wl,-z,lazy -Wl,--hash-style=gnu -o lazy p.c",
		"gcc $F -fcf-protection -Wl,-z,ibtplt,-z,now -o ibt p.c",
		"gcc $F -s -rdynamic -Wl,--hash-style=sysv -o hash p.c",
		"gcc $F -shared -fPIC -o lib.so p.c",
		"gcc $F -static -o static p.c",
		"as --32 -o p32.o p32.s && ld -m elf_i386 --build-id -o prog32 p32.o",
	};
	char text[512];
	size_t i;

	if (!mkdtemp(tools_dir))
		return -1;
	tools_write("p.c", tools_program, sizeof(tools_program) - 1);
	tools_write("p32.s", tools_program32, sizeof(tools_program32) - 1);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(text, sizeof(text), "F='-O1 -w -Wl,--build-id'; %s", commands[i]);
		if (!tools_run(text))
			return -1;
	}
	return 0;
}

static inline int tools_end(void **state)
{
	char text[64];

	snprintf(text, sizeof(text), "rm -rf %s", tools_dir);
	return tools_run(text) ? 0 : -1;
}

#endif
