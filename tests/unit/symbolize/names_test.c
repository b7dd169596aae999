// SPDX-License-Identifier: Apache-2.0
/* The C library and a program, mapped more than once: their names, and how often they are read. */
#include "elf/tools.h"

#include "elf/elf.h"
#include "elf/file.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/symbolize.h"

#define START 0x7f0000000000ull

/* A profile in the making: locations are added by what their name is to be. */
struct made {
	struct profile *p;
	struct symbolize_source sources[16];
	size_t source_cnt;
	struct symbolize_options options;
	struct symbolize_counters counters;
};

static struct made *made_new(void)
{
	struct made *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->p = profile_new();
	assert_non_null(m->p);
	return m;
}

static void made_free(struct made *m)
{
	profile_free(m->p);
	free(m);
}

static uint32_t add_mapping(struct made *m, const char *name, uint64_t start, uint64_t offset,
                            int what, struct file *file)
{
	struct profile_mapping pm = { .start = start, .limit = start + 0x10000000 };
	uint32_t id;

	pm.offset = offset;
	pm.file = profile_string(m->p, name);
	id = profile_add_mapping(m->p, &pm);
	assert_true(id && id <= 16);
	m->source_cnt = id;
	m->sources[id - 1].what = what;
	m->sources[id - 1].file = file;
	return id;
}

static void run(struct made *m)
{
	size_t i;

	memset(&m->counters, 0, sizeof(m->counters));
	assert_int_equal(
		symbolize_profile(m->p, m->sources, m->source_cnt, NULL, &m->options, &m->counters),
		0);
	for (i = 1; i <= m->p->locations.cnt; i++)
		assert_int_equal(profile_location(m->p, (uint32_t)i)->line_cnt, 1);
	for (i = 0; i < m->p->mapping_cnt; i++) {
		assert_true(m->p->mappings[i].has_functions);
		assert_false(m->p->mappings[i].has_filenames);
		assert_false(m->p->mappings[i].has_line_numbers);
	}
}

static void expect(const struct made *m, uint32_t location, const char *name, const char *system,
                   const char *file)
{
	const struct profile_location *l = profile_location(m->p, location);
	const struct profile_line *line = &m->p->lines[l->line_first];
	const struct profile_function *f = profile_function(m->p, line->function);

	assert_int_equal(line->line, 0);
	assert_string_equal(profile_text(m->p, f->name), name);
	assert_string_equal(profile_text(m->p, f->system_name), system);
	assert_string_equal(profile_text(m->p, f->filename), file);
}

static int find_named(void *arg, const struct elf_symbol *sym)
{
	struct elf_symbol *s = arg;

	if (sym->plt == s->plt && !strcmp(sym->name, s->name)) {
		s->address = sym->address;
		s->size = sym->size;
	}
	return 0;
}

/* Where a function of a file is in it; size: its own. */
static uint64_t offset_of(int fd, const char *name, bool plt, uint64_t *size)
{
	struct elf_symbol s = { .name = name, .plt = plt };
	struct elf_file *f = elf_open(fd);
	uint64_t offset, left;

	assert_non_null(f);
	elf_symbols(f, find_named, &s);
	if (!s.address || elf_offset(f, s.address, &offset, &left))
		fail_msg("no %s", name);
	elf_close(f);
	if (size)
		*size = s.size;
	return offset;
}

static void files_have_names(void **state)
{
	struct file libc = { .kind = FILE_REGULAR, .path = LIBC, .fd = tools_open(LIBC) };
	struct file pie = { .kind = FILE_REGULAR, .path = "/x/pie", .fd = tools_open("pie") };
	uint32_t first, second, prog, at[7];
	struct made *m = made_new();
	uint64_t size, offset;

	first = add_mapping(m, LIBC, START, 0, SOURCE_FILE, &libc);
	prog = add_mapping(m, "/x/pie", 2 * START, 0x1000, SOURCE_FILE, &pie);
	/* The same file in another process, mapped from elsewhere on. */
	second = add_mapping(m, LIBC, 3 * START, 0x2000, SOURCE_FILE, &libc);
	offset = offset_of(libc.fd, "malloc", false, &size);
	at[0] = profile_add_location(m->p, first, START + offset);
	at[1] = profile_add_location(m->p, second, 3 * START + offset - 0x2000 + size - 1);
	at[2] = profile_add_location(m->p, second, 3 * START - 0x2000 + 0x2001); /* no code */
	at[3] = profile_add_location(
		m->p, prog, 2 * START - 0x1000 + offset_of(pie.fd, "weak_one", false, NULL));
	at[4] = profile_add_location(m->p, prog,
	                             2 * START - 0x1000 + offset_of(pie.fd, "puts", true, NULL));
	at[5] = profile_add_location(m->p, prog, 2 * START + 0xffffff);
	at[6] = profile_add_location(m->p, prog,
	                             2 * START - 0x1000 + offset_of(pie.fd, "hidden", false, NULL));
	run(m);
	expect(m, at[0], "malloc", "malloc", "");
	expect(m, at[1], "malloc", "malloc", "");
	expect(m, at[2], "[libc.so.6]", "[libc.so.6]", LIBC);
	expect(m, at[3], "weak_one", "weak_one", "");
	expect(m, at[4], "puts@plt", "puts@plt", "");
	expect(m, at[5], "[pie]", "[pie]", "/x/pie");
	expect(m, at[6], "hidden", "hidden", "");
	assert_int_equal(m->counters.locations, 7);
	assert_int_equal(m->counters.named, 5);
	assert_int_equal(m->counters.unreadable_files, 0);
	assert_null(profile_check_references(m->p));
	made_free(m);
	close(libc.fd);
	close(pie.fd);
}

/* System calls that read, so far. */
static unsigned long reads(void)
{
	char text[1024] = "", *at;
	int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	at = strstr(text, "syscr: ");
	return at ? strtoul(at + 7, NULL, 10) : 0;
}

static unsigned long reads_of(struct file *file, size_t mapping_cnt)
{
	struct made *m = made_new();
	unsigned long before;
	size_t i;

	for (i = 0; i < mapping_cnt; i++)
		profile_add_location(
			m->p, add_mapping(m, LIBC, (i + 1) * START, i * 4096, SOURCE_FILE, file),
			(i + 1) * START + 77);
	before = reads();
	run(m);
	before = reads() - before;
	made_free(m);
	return before;
}

static void a_file_is_read_once(void **state)
{
	struct file libc = { .kind = FILE_REGULAR, .path = LIBC, .fd = tools_open(LIBC) };
	unsigned long one = reads_of(&libc, 1);

	if (!one)
		skip();
	assert_int_equal(reads_of(&libc, 12), one);
	assert_in_range(reads_of(&libc, 0), 0, 2); /* and not at all without locations */
	close(libc.fd);
}

/* What "hidden", "main" and the stub of puts() are called in a stripped 'name' of the program "pie". */
static struct symbolize_counters expect_names(const char *name, const char *dir, const char *hidden,
                                              const char *main_, const char *plt)
{
	struct file file = { .kind = FILE_REGULAR, .fd = tools_open(name) };
	int whole = tools_open("pie");
	struct symbolize_counters counters;
	struct made *m = made_new();
	const char *dirs[2] = { NULL };
	char path[128], text[128];
	uint32_t map, at[3];

	snprintf(path, sizeof(path), "%s/%s", tools_dir, name);
	snprintf(text, sizeof(text), "%s/%s", tools_dir, dir ? dir : "");
	file.path = path;
	dirs[0] = dir ? text : NULL;
	m->options.debug_dirs = dirs;
	map = add_mapping(m, "/x/bin", START, 0, SOURCE_FILE, &file);
	at[0] = profile_add_location(m->p, map, START + offset_of(whole, "hidden", false, NULL));
	at[1] = profile_add_location(m->p, map, START + offset_of(whole, "main", false, NULL));
	at[2] = profile_add_location(m->p, map, START + offset_of(whole, "puts", true, NULL));
	run(m);
	expect(m, at[0], hidden, hidden, hidden[0] == '[' ? "/x/bin" : "");
	expect(m, at[1], main_, main_, main_[0] == '[' ? "/x/bin" : "");
	expect(m, at[2], plt, plt, plt[0] == '[' ? "/x/bin" : "");
	counters = m->counters;
	made_free(m);
	close(whole);
	close(file.fd);
	return counters;
}

static void names_kept_apart(void **state)
{
	struct symbolize_counters c;

	assert_true(tools_run(
		"set -e; objcopy --only-keep-debug pie pie.debug; objcopy --only-keep-debug nopie n\n"
		"strip -o bare pie; mkdir linked; cp bare linked; mv pie.debug linked; cd linked\n"
		"objcopy --add-gnu-debuglink=pie.debug bare; cd ..; cp -r linked broken\n"
		"echo >> broken/pie.debug; mkdir empty\n"
		"id=$(readelf -n pie | sed -n 's/.*Build ID: //p' | sed 's|^..|&/|').debug\n"
		"for i in ids wrong hollow; do mkdir -p $i/.build-id/${id%/*}; done\n"
		"cp linked/pie.debug ids/.build-id/$id; cp n wrong/.build-id/$id\n"
		"cp bare hollow/.build-id/$id; cp bare mini; cp linked/pie.debug m; xz m\n"
		"objcopy --add-section .gnu_debugdata=m.xz mini; head -c 500 m.xz > cut\n"
		"cp bare cut-mini; objcopy --add-section .gnu_debugdata=cut cut-mini"));
	c = expect_names("bare", NULL, "[bin]", "[bin]", "puts@plt");
	assert_int_equal(c.mismatched_files + c.unreadable_files, 0);
	c = expect_names("bare", "ids", "hidden", "main", "puts@plt");
	assert_int_equal(c.mismatched_files + c.unreadable_files, 0);
	assert_int_equal(c.named, 3);
	expect_names("linked/bare", NULL, "hidden", "main", "puts@plt");
	c = expect_names("bare", "wrong", "[bin]", "[bin]", "puts@plt");
	assert_int_equal(c.mismatched_files, 1);
	c = expect_names("broken/bare", NULL, "[bin]", "[bin]", "puts@plt");
	assert_int_equal(c.mismatched_files, 1);
	c = expect_names("broken/bare", "ids", "hidden", "main", "puts@plt");
	assert_int_equal(c.mismatched_files, 0);
	/* Without a debug file, and with one that has no symbols. */
	expect_names("mini", NULL, "hidden", "main", "puts@plt");
	expect_names("mini", "hollow", "hidden", "main", "puts@plt");
	c = expect_names("cut-mini", NULL, "[bin]", "[bin]", "puts@plt");
	assert_int_equal(c.unreadable_files, 1);
	expect_names("cut-mini", "ids", "hidden", "main", "puts@plt");
	/* One that has its symbols keeps them; its lines are looked for elsewhere. */
	c = expect_names("pie", "wrong", "hidden", "main", "puts@plt");
	assert_int_equal(c.mismatched_files, 1);
}

/* The line of main() in a program; its name is known in any case. */
static int64_t line_of_main(const char *program, struct symbolize_counters *counters)
{
	struct file file = { .kind = FILE_REGULAR, .path = "/x/p", .fd = tools_open(program) };
	struct made *m = made_new();
	uint32_t at = add_mapping(m, "/x/p", START, 0, SOURCE_FILE, &file);
	const struct profile_line *line;
	int64_t number;

	at = profile_add_location(m->p, at, START + offset_of(file.fd, "main", false, NULL));
	assert_int_equal(
		symbolize_profile(m->p, m->sources, m->source_cnt, NULL, &m->options, &m->counters),
		0);
	line = &m->p->lines[profile_location(m->p, at)->line_first];
	assert_string_equal(profile_text(m->p, profile_function(m->p, line->function)->name),
	                    "main");
	number = line->line;
	*counters = m->counters;
	made_free(m);
	close(file.fd);
	return number;
}

/* Compressed sections, in both ways, and one that says it has 768 MiB. */
static void a_large_one_has_no_lines(void **state)
{
	struct symbolize_counters c;

	assert_true(tools_run(
		"printf '#include <stdio.h>\\nint main(void)\\n{\\nreturn puts(\"\");\\n}\\n' > gz.c &&"
		"gcc -O1 -g -gz=zlib -o gz gz.c && gcc -O1 -g -gz=zlib-gnu -o zdebug gz.c && cp gz large &&"
		"readelf -SW zdebug | grep -q zdebug_info && at=$(readelf -SW gz | sed -n"
		" 's/.* \\.debug_info *PROGBITS *0* \\([0-9a-f]*\\) .* C .*/\\1/p') && [ \"$at\" ] &&"
		"printf '\\0\\0\\0\\060' | dd of=large bs=1 seek=$((0x$at + 8)) conv=notrunc 2>/dev/null"));
	assert_int_equal(line_of_main("gz", &c), 3);
	assert_int_equal(c.large_dwarf, 0);
	assert_int_equal(line_of_main("zdebug", &c), 3);
	assert_int_equal(line_of_main("large", &c), 0);
	assert_int_equal(c.large_dwarf, 1);
	assert_int_equal(c.failed_workers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_have_names),
		cmocka_unit_test(names_kept_apart),
		cmocka_unit_test(a_file_is_read_once),
		cmocka_unit_test(a_large_one_has_no_lines),
	};

	return cmocka_run_group_tests(tests, tools_begin, tools_end);
}
