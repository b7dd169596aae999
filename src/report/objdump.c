// SPDX-License-Identifier: Apache-2.0
/*
 * objdump's output is read line by line: of the program headers (-p) those that are loaded, of the
 * disassembly lines "  ADDRESS:\tINSTRUCTION". The program may be anyone's, as is the profile that names it:
 * objdump runs without rights.
 */
#include "report/objdump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/below.h"
#include "base/confined.h"
#include "base/err.h"
#include "base/log.h"

enum {
	INSTRUCTIONS_MAX = 1 << 20, /* no function has more that anybody reads */
	SECONDS = 10,               /* of CPU time, for one function */
};
#define MEMORY_BYTES (1ull << 30)
#define OUTPUT_BYTES (128ull << 20)

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
	struct instruction *items =
		o->cnt < INSTRUCTIONS_MAX
			? array_reserve(o->items, &o->cap, o->cnt + 1, sizeof(*items))
			: NULL;
	char *copy = items ? strdup(text) : NULL, *p;

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
static int read_line(void *arg, char *line)
{
	struct objdump *o = arg;
	struct load *l = &o->load;
	uint64_t address;
	int n = 0;

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
static int read_note_line(void *arg, char *line)
{
	struct objdump *o = arg;
	size_t len = strlen(o->build_id);
	char word[9];
	int n = 0, i;

	if (*line != ' ' || sscanf(line, " %*x%n", &n) < 0 || !n)
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

static int failed(const char *path, int err, struct err *e)
{
	if (err == -ENOENT)
		return err_set(e, err, "there is no objdump, install binutils");
	if (err == -EPERM)
		return err_set(e, err, "objdump is not run: its rights cannot be taken away here");
	if (err == -ETIME)
		return err_set(e, err, "objdump takes more than %d s for %.300s", SECONDS, path);
	if (err == -EFBIG || err == -ENOMEM)
		return err_set(e, err, "there are too many instructions in %.300s", path);
	return err_set(e, -EIO, "objdump cannot read %.300s", path);
}

/* Runs objdump with three options, its input is the program, which it knows by that. 0 or -errno + 'e'. */
static int run(struct objdump *o, int program, const char *path, const char *const *options,
               confined_line_fn *line, struct err *e)
{
	const char *const argv[] = { "objdump",  options[0],        options[1],
		                     options[2], "/proc/self/fd/0", NULL };
	const struct confined c = { .argv = argv,
		                    .input = program,
		                    .seconds = SECONDS,
		                    .memory_bytes = MEMORY_BYTES,
		                    .output_bytes = OUTPUT_BYTES };
	int err = confined_run(&c, line, o);

	return err ? failed(path, err, e) : 0;
}

/* objdump has the rights of nobody where we are root. */
static int open_program(const char *path, struct err *e)
{
	int at = *path == '/' ? open(path, O_PATH | O_CLOEXEC) : -1, in;
	struct stat st;

	if (at < 0)
		return err_set(e, -ENOENT, "open %.300s: %s", path,
		               strerror(*path == '/' ? errno : ENOENT));
	in = fstat(at, &st) ? -errno : below_read(at);
	close(at);
	if (in == -ENODEV)
		return err_set(e, in, "%.300s is not a regular file", path);
	if (in < 0)
		return err_set(e, in, "open %.300s: %s", path, strerror(-in));
	if (geteuid() || st.st_mode & S_IROTH)
		return in;
	close(in);
	return err_set(e, -EPERM, "%.300s is not for everyone to read, and objdump has no rights",
	               path);
}

static int read_program(struct objdump *o, int program, const char *path, const char *symbol,
                        struct err *e)
{
	const char *options[] = { "-p", "--no-show-raw-insn", NULL };
	char *option;
	int err;

	if (asprintf(&option, "--disassemble=%s", symbol) < 0)
		return err_set(e, -ENOMEM, "out of memory for instructions");
	options[2] = option;
	err = run(o, program, path, options, read_line, e);
	free(option);
	return err;
}

/* The file's build ID, "" when it has none: then objdump ends as after an error. */
static int read_build_id(struct objdump *o, int program, const char *path, struct err *e)
{
	const char *const note[] = { "-s", "-j", ".note.gnu.build-id" };
	int err = run(o, program, path, note, read_note_line, e);

	return err == -EIO ? 0 : err;
}

int objdump_read(struct objdump *o, const char *path, const char *build_id, const char *symbol,
                 struct err *e)
{
	int program, err = 0;

	memset(o, 0, sizeof(*o));
	program = open_program(path, e);
	if (program < 0)
		return program;
	if (*build_id)
		err = read_build_id(o, program, path, e);
	if (!err && strcmp(o->build_id, build_id) != 0)
		err = err_set(e, -EINVAL, "%.300s is another build", path);
	if (!err)
		err = read_program(o, program, path, symbol, e);
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
