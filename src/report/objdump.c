// SPDX-License-Identifier: Apache-2.0
/*
 * objdump's output is read line by line: of the program headers (-p) those that are loaded, of the
 * disassembly lines "  ADDRESS:\tINSTRUCTION".
 */
#include "report/objdump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/below.h"
#include "base/err.h"
#include "base/log.h"

/* The program may be anyone's: no function has more instructions that anybody reads. */
enum { INSTRUCTIONS_MAX = 1 << 20 };

static int add_load(struct objdump *o, const struct load *l)
{
	struct load *loads = array_reserve(o->loads, &o->load_cap, o->load_cnt + 1, sizeof(*loads));

	if (!loads)
		return -ENOMEM;
	o->loads = loads;
	loads[o->load_cnt++] = *l;
	return 0;
}

static int add_instruction(struct objdump *o, uint64_t address, const char *text)
{
	struct instruction *items = array_reserve(o->items, &o->cap, o->cnt + 1, sizeof(*items));
	char *copy = items && o->cnt < INSTRUCTIONS_MAX ? strdup(text) : NULL, *p;

	o->items = items ? items : o->items;
	if (!copy)
		return -ENOMEM;
	for (p = copy; (p = strchr(p, '\t'));)
		*p = ' ';
	log_clean(copy);
	items[o->cnt++] = (struct instruction){ address, copy };
	return 0;
}

/* "    LOAD off    0x0 vaddr 0x0 …", in the line behind it "filesz 0x0"; "  401136:\tpush   %rbp". */
static int read_line(struct objdump *o, char *line, struct load *l)
{
	uint64_t address;
	int n = 0;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line, " LOAD off 0x%" SCNx64 " vaddr 0x%" SCNx64, &l->offset, &l->address) == 2)
		return 0;
	if (l->address && sscanf(line, " filesz 0x%" SCNx64, &l->size) == 1) {
		n = add_load(o, l);
		*l = (struct load){ 0 };
		return n;
	}
	if (sscanf(line, " %" SCNx64 ":%n", &address, &n) == 1 && n && line[n] == '\t')
		return add_instruction(o, address, line + n + 1);
	return 0;
}

static int read_lines(struct objdump *o, FILE *in)
{
	struct load l = { 0 };
	char *line = NULL;
	size_t cap = 0;
	int err = 0;

	while (!err && getline(&line, &cap, in) >= 0)
		err = read_line(o, line, &l);
	free(line);
	return err;
}

/* Its output is a pipe, its input the program, which it knows by that. 0 or -errno. */
static int start(int program, const char *symbol, pid_t *pid, int *from)
{
	char *option = NULL;
	char *environment[] = { (char *)"LC_ALL=C", (char *)"PATH=/usr/local/bin:/usr/bin:/bin",
		                NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], err;

	if (asprintf(&option, "--disassemble=%s", symbol) < 0)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC)) {
		free(option);
		return -errno;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, program, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(pid, "objdump", &actions, NULL,
	                   (char *[]){ (char *)"objdump", (char *)"-p",
	                               (char *)"--no-show-raw-insn", option,
	                               (char *)"/proc/self/fd/0", NULL },
	                   environment);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	free(option);
	if (err)
		close(ends[0]);
	*from = ends[0];
	return -err;
}

static int open_program(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), in;

	if (fd < 0)
		return -errno;
	in = below_read(fd);
	close(fd);
	return in;
}

int objdump_read(struct objdump *o, const char *path, const char *symbol, struct err *e)
{
	int program = *path == '/' ? open_program(path) : -ENOENT, from = -1, err, status;
	FILE *in;
	pid_t pid;

	memset(o, 0, sizeof(*o));
	if (program < 0)
		return err_set(e, program, "open %.300s: %s", path, strerror(-program));
	err = start(program, symbol, &pid, &from);
	close(program);
	if (err)
		return err_set(e, err, "cannot run objdump, install binutils: %s", strerror(-err));
	in = fdopen(from, "r");
	err = in ? read_lines(o, in) : -ENOMEM;
	if (in)
		fclose(in);
	else
		close(from);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (err)
		return err_set(e, err, "out of memory for instructions");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(e, -EIO, "objdump cannot read %.300s", path);
	return 0;
}

void objdump_release(struct objdump *o)
{
	size_t i;

	for (i = 0; i < o->cnt; i++)
		free(o->items[i].text);
	free(o->items);
	free(o->loads);
}

int objdump_address(const struct objdump *o, uint64_t offset, uint64_t *address)
{
	const struct load *l;
	size_t i;

	for (i = 0; i < o->load_cnt; i++) {
		l = &o->loads[i];
		if (offset >= l->offset && offset - l->offset < l->size) {
			*address = offset - l->offset + l->address;
			return 0;
		}
	}
	return -ENOENT;
}
