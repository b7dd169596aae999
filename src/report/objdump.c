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
static int read_line(struct objdump *o, char *line)
{
	struct load *l = &o->load;
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

/*
 * " 40031c 04000000 14000000 03000000 474e5500  ............GNU.": four words of the note a line, of which
 * the first four of all are its head.
 */
static int read_note_line(struct objdump *o, char *line)
{
	size_t len = strlen(o->build_id);
	char word[9];
	int n, i;

	if (*line != ' ' || sscanf(line, " %*x%n", &n) < 0)
		return 0;
	for (i = 0; i < 4 && line[n] == ' ' && line[n + 1] != ' ';
	     i++, n += 1 + (int)strlen(word)) {
		if (sscanf(line + n, " %8[0-9a-f]", word) != 1)
			break;
		if (o->note_words++ >= 4 && len + sizeof(word) <= sizeof(o->build_id)) {
			memcpy(o->build_id + len, word, strlen(word) + 1);
			len += strlen(word);
		}
	}
	return 0;
}

/* Its output is a pipe, its input the program, which it knows by that. 0 or -errno. */
static int start(int program, const char *const *options, pid_t *pid, int *from)
{
	char *environment[] = { (char *)"LC_ALL=C", (char *)"PATH=/usr/local/bin:/usr/bin:/bin",
		                NULL };
	char *argv[] = { (char *)"objdump",  (char *)options[0],        (char *)options[1],
		         (char *)options[2], (char *)"/proc/self/fd/0", NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, program, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(pid, "objdump", &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (err)
		close(ends[0]);
	*from = ends[0];
	return -err;
}

/* Runs objdump with three options. Its exit status, or -errno + 'e'. */
static int run(struct objdump *o, int program, const char *const *options,
               int (*read)(struct objdump *o, char *line), struct err *e)
{
	int from = -1, status, err;
	char *line = NULL;
	size_t cap = 0;
	FILE *in;
	pid_t pid;

	err = start(program, options, &pid, &from);
	if (err)
		return err_set(e, err, "cannot run objdump, install binutils: %s", strerror(-err));
	in = fdopen(from, "r");
	err = in ? 0 : -ENOMEM;
	while (!err && getline(&line, &cap, in) >= 0)
		err = read(o, line);
	free(line);
	if (in)
		fclose(in);
	else
		close(from);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (err)
		return err_set(e, err, "out of memory for instructions");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
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

static int read_program(struct objdump *o, int program, const char *symbol, struct err *e)
{
	const char *options[] = { "-p", "--no-show-raw-insn", NULL };
	char *option;
	int err;

	if (asprintf(&option, "--disassemble=%s", symbol) < 0)
		return err_set(e, -ENOMEM, "out of memory for instructions");
	options[2] = option;
	err = run(o, program, options, read_line, e);
	free(option);
	return err > 0 ? err_set(e, -EIO, "objdump cannot read the program") : err;
}

int objdump_read(struct objdump *o, const char *path, const char *build_id, const char *symbol,
                 struct err *e)
{
	const char *const note[] = { "-s", "-j", ".note.gnu.build-id" };
	int program = *path == '/' ? open_program(path) : -ENOENT, err = 0;

	memset(o, 0, sizeof(*o));
	if (program < 0)
		return err_set(e, program, "open %.300s: %s", path, strerror(-program));
	if (*build_id)
		err = run(o, program, note, read_note_line, e);
	if (err >= 0 && strcmp(o->build_id, build_id) != 0)
		err = err_set(e, -EINVAL, "%.300s is another build", path);
	if (err >= 0)
		err = read_program(o, program, symbol, e);
	close(program);
	return err;
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
