// SPDX-License-Identifier: Apache-2.0
/* Files of debug information: the right one is found, a wrong one never used, and nothing else opened. */
#include "elf/tools.h"

#include <errno.h>
#include <sys/stat.h>

#include "elf/debug_file.h"
#include "elf/elf.h"

/*
 * bare: stripped, with a build ID; linked: with a .gnu_debuglink too; anon: with that alone. ids/: a
 * directory like /usr/lib/debug.
 */
static int begin(void **state)
{
	return tools_begin(state) ||
	       !tools_run("set -e; F='-O1 -w -g'; gcc $F -Wl,--build-id -o prog p.c\n"
	                  "gcc $F -Wl,--build-id=none -o anon-prog p.c\n"
	                  "id() { readelf -n $1 | sed -n 's/.*Build ID: //p'; }\n"
	                  "as_id() { mkdir -p $2/.build-id/$(id prog | cut -c1-2)\n"
	                  "  cp $1 $2/.build-id/$(id prog | sed 's|^..|&/|').debug; }\n"
	                  "objcopy --only-keep-debug prog prog.debug; strip -o bare prog\n"
	                  "objcopy --only-keep-debug anon-prog anon.debug\n"
	                  "strip -o linked prog; objcopy --add-gnu-debuglink=prog.debug linked\n"
	                  "strip -o anon anon-prog; objcopy --add-gnu-debuglink=anon.debug anon\n"
	                  "objcopy --only-keep-debug pie other.debug; mkdir empty\n"
	                  "as_id prog.debug ids; as_id other.debug wrong; as_id /etc/passwd text\n"
	                  "as_id prog.debug fifo; f=$(echo fifo/.build-id/*/*); rm $f; mkfifo $f\n"
	                  "as_id prog.debug links; f=$(echo $PWD/links/.build-id/*/*)\n"
	                  "ln -sf $PWD/prog.debug $f\n");
}

/* Looks for what 'name' wants, as if it were mapped from 'path', in one or two directories. */
static int find(int (*how)(struct elf_file *, const char *, const char *const *), const char *name,
                const char *path, const char *dir, const char *dir2)
{
	char dirs[2][128], full[256];
	const char *list[3] = { NULL };
	int fd = tools_open(name), found;
	struct elf_file *f = elf_open(fd);

	assert_non_null(f);
	snprintf(dirs[0], sizeof(dirs[0]), "%s/%s", tools_dir, dir ? dir : "");
	snprintf(dirs[1], sizeof(dirs[1]), "%s/%s", tools_dir, dir2 ? dir2 : "");
	snprintf(full, sizeof(full), "%s%s%s", path[0] == '/' || !*path ? "" : tools_dir,
	         path[0] == '/' || !*path ? "" : "/", path);
	list[0] = dir ? dirs[0] : NULL;
	list[1] = dir && dir2 ? dirs[1] : NULL;
	found = how(f, full, list);
	elf_close(f);
	close(fd);
	if (found >= 0)
		close(found);
	return found >= 0 ? 0 : found;
}

static int find_debug(const char *name, const char *path, const char *dir, const char *dir2)
{
	return find(elf_debug_find, name, path, dir, dir2);
}

static int alt(struct elf_file *f, const char *path, const char *const *dirs)
{
	return elf_alt_find(f, dirs);
}

static void by_build_id(void **state)
{
	assert_int_equal(find_debug("bare", "", "ids", NULL), 0);
	assert_int_equal(find_debug("bare", "", "empty", "ids"), 0);
	assert_int_equal(find_debug("bare", "", "links", NULL), 0);
	assert_int_equal(find_debug("bare", "bare", NULL, NULL), -ENOENT);
	assert_int_equal(find_debug("bare", "", "missing", "empty"), -ENOENT);
	assert_int_equal(find_debug("anon", "", "ids", NULL), -ENOENT);
	/* Another build ID, no ELF file, no file: and the right one may come behind it. */
	assert_int_equal(find_debug("bare", "", "wrong", NULL), -ESTALE);
	assert_int_equal(find_debug("bare", "", "text", NULL), -ESTALE);
	assert_int_equal(find_debug("bare", "", "fifo", NULL), -ENOENT);
	assert_int_equal(find_debug("bare", "", "wrong", "empty"), -ESTALE);
	assert_int_equal(find_debug("bare", "", "wrong", "ids"), 0);
	/* A descriptor of the file there, for the whole of it. */
	assert_int_equal(find_debug("prog", "", "ids", NULL), 0);
}

static void by_link_beside(void **state)
{
	assert_int_equal(find_debug("linked", "linked", NULL, NULL), 0);
	assert_int_equal(find_debug("anon", "anon", "empty", NULL), 0);
	/* A path where another file lies, or none, says nothing of where this one is. */
	assert_int_equal(find_debug("linked", "bare", NULL, NULL), -ENOENT);
	assert_int_equal(find_debug("linked", "gone", NULL, NULL), -ENOENT);
	assert_int_equal(find_debug("linked", "", NULL, NULL), -ENOENT);
	assert_int_equal(find_debug("linked", "/linked", NULL, NULL), -ENOENT);
	assert_int_equal(find_debug("linked", "empty/../linked", NULL, NULL), -ENOENT);
	/* In .debug/; no link is followed there. */
	assert_true(tools_run("mkdir -p sub/.debug lns/x && cp linked anon sub && cp linked lns &&"
	                      "mv prog.debug sub/.debug && ln -s ../sub/.debug lns/.debug &&"
	                      "ln -s $PWD/anon.debug sub && mkfifo empty/prog.debug"));
	assert_int_equal(find_debug("sub/linked", "sub/linked", NULL, NULL), 0);
	assert_int_equal(find_debug("lns/linked", "lns/linked", NULL, NULL), -ENOENT);
	assert_int_equal(find_debug("sub/anon", "sub/anon", NULL, NULL), -ENOENT);
	assert_int_equal(find_debug("linked", "linked", NULL, NULL), -ENOENT);
	assert_true(tools_run("mv sub/.debug/prog.debug . && rm empty/prog.debug"));
	/* Itself. */
	assert_true(tools_run("mkdir self && cp linked self/prog.debug"));
	assert_int_equal(find_debug("self/prog.debug", "self/prog.debug", NULL, NULL), -ENOENT);
}

static void by_link_below(void **state)
{
	assert_true(tools_run("mkdir -p dbg/usr/bin && cp prog.debug anon.debug dbg/usr/bin"));
	assert_int_equal(find_debug("linked", "/usr/bin/linked", "dbg", NULL), 0);
	assert_int_equal(find_debug("linked", "/usr/bin/x", "empty", "dbg"), 0);
	assert_int_equal(find_debug("anon", "/usr/bin/x", "dbg", NULL), 0);
	assert_int_equal(find_debug("linked", "/bin/linked", "dbg", NULL), -ENOENT);
	assert_int_equal(find_debug("linked", "/usr/lib/../bin/linked", "dbg", NULL), -ENOENT);
	assert_int_equal(find_debug("linked", "usr/bin/linked", "dbg", NULL), -ENOENT);
}

static void a_wrong_one_by_link(void **state)
{
	/* A byte more: another CRC, the same build ID. */
	assert_true(tools_run(
		"mkdir bad bad2 bad3 && cp linked anon bad && cp prog.debug anon.debug bad &&"
		"echo >> bad/prog.debug && echo >> bad/anon.debug &&"
		"cp linked bad2 && cp other.debug bad2/prog.debug && cp linked bad3 &&"
		"truncate -s 100G bad3/prog.debug"));
	assert_int_equal(find_debug("bad/linked", "bad/linked", NULL, NULL), -ESTALE);
	assert_int_equal(find_debug("bad/anon", "bad/anon", NULL, NULL), -ESTALE);
	assert_int_equal(find_debug("bad2/linked", "bad2/linked", NULL, NULL), -ESTALE);
	assert_int_equal(find_debug("bad3/linked", "bad3/linked", NULL, NULL), -ESTALE);
	assert_int_equal(find_debug("bad/linked", "bad/linked", "ids", NULL), 0);
	/* A right CRC of a file with another build ID. */
	assert_true(tools_run("mkdir lie && cp other.debug lie/o && cp bare lie/p && cd lie &&"
	                      "objcopy --add-gnu-debuglink=o p"));
	assert_int_equal(find_debug("lie/p", "lie/p", NULL, NULL), -ESTALE);
	/* A sparse one, whose CRC would take minutes. */
	assert_true(tools_run(
		"mkdir big && cp anon big && cp anon.debug big && truncate -s 100G big/anon.debug"));
	assert_int_equal(find_debug("big/anon", "big/anon", NULL, NULL), -ESTALE);
}

/* What a section of these bytes says; printf(1) writes them. */
static int debuglink_of(const char *bytes, char *name, uint32_t *crc)
{
	char command[512];
	struct elf_file *f;
	int fd, err;

	snprintf(command, sizeof(command), "printf '%s'", bytes);
	fd = tools_open_odd(".gnu_debuglink", command);
	f = elf_open(fd);
	assert_non_null(f);
	err = elf_debuglink(f, name, 16, crc);
	elf_close(f);
	close(fd);
	return err;
}

static void odd_debuglinks(void **state)
{
	static const char *const bad[] = {
		"x",
		"abc\\0",
		"abc\\0\\1\\2\\3",
		"abcd\\0\\1\\2\\3\\4\\0\\0",
		"abcd",
		"\\0\\0\\0\\0\\1\\2\\3\\4",
		".\\0\\0\\0\\1\\2\\3\\4",
		"..\\0\\0\\1\\2\\3\\4",
		"../x\\0\\0\\0\\0\\1\\2\\3\\4",
		"/a\\0\\0\\1\\2\\3\\4",
		"0123456789abcdef\\0\\0\\0\\0\\1\\2\\3\\4",
	};
	char name[16] = "";
	uint32_t crc = 0;
	size_t i;

	assert_int_equal(debuglink_of("abc\\0\\1\\2\\3\\4", name, &crc), 0);
	assert_string_equal(name, "abc");
	assert_int_equal(crc, 0x04030201);
	assert_int_equal(debuglink_of("abcd\\0\\0\\0\\0\\1\\2\\3\\5and more", name, &crc), 0);
	assert_string_equal(name, "abcd");
	assert_int_equal(crc, 0x05030201);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (debuglink_of(bad[i], name, &crc) != -ENOENT)
			fail_msg("%s: '%s'", bad[i], name);
}

/* A debug file 'to' whose .gnu_debugaltlink has that path, and the build ID of 'prog'. */
static void make_alt(const char *to, const char *path)
{
	size_t n = strlen(path) + 1, i;
	int fd = tools_open("prog");
	struct elf_file *f = elf_open(fd);
	char command[512], id[64], bytes[256];

	assert_non_null(f);
	assert_int_equal(elf_build_id(f, id, sizeof(id)), 0);
	elf_close(f);
	close(fd);
	memcpy(bytes, path, n);
	for (i = 0; id[i]; i += 2, n++)
		sscanf(id + i, "%2hhx", (unsigned char *)&bytes[n]);
	tools_write("s", bytes, n);
	snprintf(command, sizeof(command),
	         "mkdir -p $(dirname %s) && cp other.debug %s && "
	         "objcopy --add-section .gnu_debugaltlink=s %s",
	         to, to, to);
	assert_true(tools_run(command));
}

static void alt_files(void **state)
{
	char path[256], id[64], text[128];
	struct elf_file *f;
	int fd;

	make_alt("a/x.debug", "common");
	fd = tools_open("a/x.debug");
	f = elf_open(fd);
	assert_non_null(f);
	assert_int_equal(elf_altlink(f, path, sizeof(path), id, sizeof(id)), 0);
	assert_string_equal(path, "common");
	assert_int_equal(strlen(id), 40);
	assert_int_equal(elf_altlink(f, path, 6, id, sizeof(id)), -ENOENT);
	assert_int_equal(elf_altlink(f, path, sizeof(path), id, 40), -ENOENT);
	elf_close(f);
	close(fd);

	assert_int_equal(find(alt, "a/x.debug", "", "ids", NULL), 0);
	assert_int_equal(find(alt, "a/x.debug", "", "empty", NULL), -ENOENT);
	assert_int_equal(find(alt, "bare", "", "ids", NULL), -ENOENT);
	/* Beside it, and the wrong one. */
	assert_true(tools_run("cp prog.debug a/common"));
	assert_int_equal(find(alt, "a/x.debug", "", "empty", NULL), 0);
	assert_true(tools_run("cp other.debug a/common"));
	assert_int_equal(find(alt, "a/x.debug", "", NULL, NULL), -ESTALE);
	assert_true(tools_run("ln -sf $PWD/prog.debug a/common"));
	assert_int_equal(find(alt, "a/x.debug", "", NULL, NULL), -ENOENT);
	/* By a way up, only where it stays in a directory for debug files. */
	assert_true(tools_run("mkdir -p b/.dwz c && cp prog.debug b/.dwz/two"));
	make_alt("b/.build-id/aa/x.debug", "../../.dwz/two");
	assert_int_equal(find(alt, "b/.build-id/aa/x.debug", "", "b", NULL), 0);
	assert_int_equal(find(alt, "b/.build-id/aa/x.debug", "", "b/.build-id", NULL), -ENOENT);
	assert_int_equal(find(alt, "b/.build-id/aa/x.debug", "", "c", NULL), -ENOENT);
	/* An absolute one too; unpacked elsewhere, it is found by .dwz. */
	snprintf(text, sizeof(text), "%s/b/.dwz/two", tools_dir);
	make_alt("c/x.debug", text);
	assert_int_equal(find(alt, "c/x.debug", "", "b", NULL), 0);
	assert_int_equal(find(alt, "c/x.debug", "", "c", NULL), -ENOENT);
	make_alt("c/y.debug", "/usr/lib/debug/.dwz/two");
	assert_int_equal(find(alt, "c/y.debug", "", "c", "b"), 0);
	make_alt("c/z.debug", "/usr/lib/debug/.dwz/../.dwz/two");
	assert_int_equal(find(alt, "c/z.debug", "", "c", "b"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_build_id),    cmocka_unit_test(by_link_beside),
		cmocka_unit_test(by_link_below),  cmocka_unit_test(a_wrong_one_by_link),
		cmocka_unit_test(odd_debuglinks), cmocka_unit_test(alt_files),
	};

	return cmocka_run_group_tests(tests, begin, tools_end);
}
