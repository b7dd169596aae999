// SPDX-License-Identifier: Apache-2.0
/*
 * rows_dump FILE...         prints the unwind rows of files
 * rows_dump --select        reads lines "SIZE FILE", prints those of programs and libraries
 * rows_dump --compare LOG   reads names of files, compares their rows with those that readelf makes
 *                           of them, prints sums as "NAME VALUE" and describes in LOG what is unequal
 */
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rows_readelf.h"

#define DESCRIBED_MAX 20 /* of one file */
#define PADDING_MAX   16 /* bytes between FDEs */

/* What a row can be; those that are not equal are listed in tests/rows.allow. */
#define CLASSES(X)                                                                               \
	X(equal)       /* as it must be */                                                       \
	X(expression)  /* the CFA is one, which readelf does not show; the rest is equal */      \
	X(signal)      /* a signal frame */                                                      \
	X(go)          /* from Go's table: where the stack is switched or ends */                \
	X(call)        /* inside of a call out of a function whose CFA is in rbx or its like */  \
	X(handler)     /* of a function that leaves for a handler, from when it is sure of it */ \
	X(repeated)    /* another table or an FDE that starts later has this code */             \
	X(outside)     /* no code of an executable segment */                                    \
	X(cfa)         /* from here on unequal: another CFA */                                   \
	X(fp)          /* another frame pointer */                                               \
	X(ra)          /* another return address */                                              \
	X(missing)     /* no row */                                                              \
	X(more)        /* a row where readelf has none */                                        \
	X(gap)         /* a rule for code that no FDE has */                                     \
	X(unsupported) /* a plain rule that we do not support */                                 \
	X(complex)     /* an expression that we do not support */
#define CLASS_ENUM(name) CLASS_##name,
#define CLASS_NAME(name) #name,
enum class { CLASSES(CLASS_ENUM) CLASS_CNT };
static const char *const class_names[] = { CLASSES(CLASS_NAME) };

/* Sums over all files. */
struct sums {
	uint64_t files, classes[CLASS_CNT], rows;
	/* of files with .eh_frame and without Go's table */
	uint64_t table_bytes, table_ns, table_readelf_ns;
	uint64_t build_ns, readelf_ns;
};

/* One file while it is compared. */
struct comparing {
	const char *name;
	struct elf_rows rows;
	struct readelf listed;
	bool go;
	struct sums *sums;
	FILE *log;
	size_t described;
};

static const char *describe_row(const struct elf_row *r, char *text, size_t size)
{
	static const char *const cfa[] = { "none",    "reg",    "plt10",      "plt11",
		                           "deref",   "signal", "stop",       "fp",
		                           "handler", "index",  "unsupported" };
	static const char *const save[] = { "same", "cfa", "deref", "reg", "unsupported" };

	if (!r)
		return "nothing";
	snprintf(text, size, "%lx %s r%d%+d%+d fp %s%+d ra %s%+d", (unsigned long)r->address,
	         cfa[r->cfa], r->reg, r->offset, r->post, save[r->fp], r->fp_offset, save[r->ra],
	         r->ra_offset);
	return text;
}

static void count(struct comparing *c, enum class class, const struct readelf_row *want,
                  const struct elf_row *have)
{
	char text[128];

	c->sums->classes[class]++;
	if (class < CLASS_cfa || c->described++ >= DESCRIBED_MAX)
		return;
	fprintf(c->log, "%s %s: %lx cfa %c %ld%+ld fp %c %ld ra %c %ld, we have %s\n",
	        class_names[class], c->name, (unsigned long)want->address, want->cfa.how,
	        want->cfa.n, want->offset, want->fp.how, want->fp.n, want->ra.how, want->ra.n,
	        describe_row(have, text, sizeof(text)));
}

/* Is a saved register where readelf says? What we do not support is never wrong. */
static bool same_save(struct value want, uint8_t how, int offset)
{
	switch (want.how) {
	case 'u': /* undefined, or nothing is said */
	case 's':
		return how == SAVE_SAME || (want.how == 'u' && how == SAVE_UNSUPPORTED);
	case 'c':
		return how == SAVE_CFA && offset == want.n;
	case 'r':
		return how == SAVE_REG && offset == want.n;
	case 'e':
		return how == SAVE_DEREF || how == SAVE_UNSUPPORTED;
	}
	return how == SAVE_UNSUPPORTED;
}

/* What Go's DWARF says about its code: the CFA, nothing of the frame pointer. */
static enum class compare_go(const struct elf_row *have, const struct readelf_row *want) {
	if (have->cfa != ROW_REG) return CLASS_go;
	return have->reg == want->cfa.n && have->offset == want->offset ? CLASS_equal : CLASS_cfa;
}

static enum class compare_row(const struct elf_row *have, const struct readelf_row *want) {
	bool known = have->cfa == ROW_REG || have->cfa == ROW_DEREF || have->cfa == ROW_PLT10 ||
	             have->cfa == ROW_PLT11 || have->cfa == ROW_INDEX;

	if (have->cfa == ROW_NONE) return CLASS_missing;
	if (have->cfa == ROW_SIGNAL) return want->cfa.how == 'e' && want->ra.how == 'e'
		? CLASS_signal
		: CLASS_cfa;
	if (have->cfa == ROW_STOP || want->ra.how == 'u') return have->cfa == ROW_STOP &&
			want->ra.how == 'u'
		? CLASS_equal
		: CLASS_ra;
	if (have->cfa == ROW_UNSUPPORTED) return want->cfa.how == 'e' || want->ra.how == 'e'
		? CLASS_complex
		: CLASS_unsupported;
	if (!known || (want->cfa.how == 'r' && (have->cfa != ROW_REG || have->reg != want->cfa.n ||
	                                        have->offset != want->offset))) return CLASS_cfa;
	if (!same_save(want->fp, have->fp, have->fp_offset)) return CLASS_fp;
	if (!same_save(want->ra, have->ra, have->ra_offset)) return CLASS_ra;
	return want->cfa.how == 'e' ? CLASS_expression : CLASS_equal;
}

/* For return addresses alone: by the register where the callee has saved it. */
static bool is_call(const struct readelf_row *want, const struct elf_row *have)
{
	return want->cfa.how == 'r' && want->cfa.n != 6 && want->cfa.n != 7 &&
	       have->cfa == ROW_DEREF && have->reg == 7 && have->offset < 0 &&
	       have->post == want->offset;
}

/* By what is not in the CFI: as it is up to the call that copies registers, then the handler's CFA. */
static bool is_handler(const struct readelf_row *want, const struct elf_row *have)
{
	return want->cfa.how == 'r' && want->cfa.n == 6 && want->fp.how == 'c' &&
	       (have->landing ||
	        (have->cfa == ROW_HANDLER && have->reg == 6 && have->offset == want->offset &&
	         have->fp == SAVE_CFA && have->fp_offset == want->fp.n));
}

/* What a row may be that readelf has not. */
static enum class compare_more(const struct readelf_row *want, const struct elf_row *have) {
	if (is_call(want, have)) return CLASS_call;
	return is_handler(want, have) ? CLASS_handler : CLASS_more;
}

/* A row of readelf's, which holds up to 'end'. */
static void compare_interval(struct comparing *c, const struct readelf_row *want, uint64_t end,
                             bool debug)
{
	const struct elf_row *have = elf_rows_find(&c->rows, want->address), *next;

	if (!have) {
		count(c, CLASS_missing, want, NULL);
		return;
	}
	if (c->go && debug)
		count(c, compare_go(have, want), want, have);
	else
		count(c, compare_row(have, want), want, have);
	next = have + 1;
	if (next == c->rows.items + c->rows.cnt || next->address >= end)
		return;
	if (next->cfa == ROW_SIGNAL && next->address == end - 1)
		return; /* it starts a byte early */
	if (c->go && debug)
		return; /* ends where our table says that the stack is switched */
	count(c, compare_more(want, next), want, next);
}

static void compare_fde(struct comparing *c, const struct readelf_fde *fde, uint64_t end)
{
	const struct readelf_row *rows = c->listed.rows + fde->first;
	size_t i;

	for (i = 0; i < fde->cnt; i++) {
		uint64_t to = i + 1 < fde->cnt ? rows[i + 1].address : fde->end;

		if (rows[i].address >= to)
			continue; /* replaced by the next */
		if (rows[i].address >= end)
			count(c, CLASS_repeated, &rows[i], NULL);
		else
			compare_interval(c, &rows[i], to < end ? to : end, fde->debug);
	}
}

static bool is_text(const struct readelf *l, uint64_t address)
{
	size_t i;

	for (i = 0; i < l->text_cnt; i++)
		if (address >= l->text[i].start && address < l->text[i].end)
			return true;
	return false;
}

/* Between FDEs nothing is known, but for padding. */
static void compare_gap(struct comparing *c, uint64_t from, uint64_t to)
{
	const struct elf_row *have = elf_rows_find(&c->rows, from);
	struct readelf_row want = { .address = from };

	if (to - from > PADDING_MAX && (!have || have->cfa != ROW_NONE) && !c->go)
		count(c, CLASS_gap, &want, have);
}

/* FDEs are sorted by address, those of .eh_frame before others of the same one. */
static void compare_all(struct comparing *c)
{
	struct readelf *l = &c->listed;
	const struct readelf_fde *before = NULL;
	uint64_t last_end = 0;
	size_t i, k;

	for (i = 0; i < l->fde_cnt; i++) {
		const struct readelf_fde *fde = &l->fdes[i];
		uint64_t end = fde->end;
		bool covered = before && fde->start < before->end &&
		               (fde->start == before->start || fde->debug > before->debug);

		if (!is_text(l, fde->start) || covered) {
			c->sums->classes[covered ? CLASS_repeated : CLASS_outside] += fde->cnt;
			continue;
		}
		for (k = i + 1; k < l->fde_cnt && l->fdes[k].start < end; k++)
			if (l->fdes[k].debug <= fde->debug && l->fdes[k].start > fde->start)
				end = l->fdes[k].start;
		compare_fde(c, fde, end);
		if (before && fde->start > last_end)
			compare_gap(c, last_end, fde->start);
		last_end = end;
		before = fde;
	}
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Builds the rows; the time goes to the sums. */
static bool build(struct comparing *c)
{
	int fd = open(c->name, O_RDONLY | O_CLOEXEC);
	struct elf_file *f = elf_open(fd);
	uint64_t start = cpu_ns(), ns;
	int err = f ? elf_rows_build(f, NULL, &c->rows) : -1;

	ns = cpu_ns() - start;
	elf_close(f);
	close(fd);
	if (err) {
		fprintf(c->log, "broken %s: error %d\n", c->name, err);
		return false;
	}
	c->sums->build_ns += ns;
	c->sums->rows += c->rows.cnt;
	if (c->listed.table_bytes && !c->go) {
		c->sums->table_bytes += c->listed.table_bytes;
		c->sums->table_ns += ns;
		c->sums->table_readelf_ns += c->listed.cpu_ns;
	}
	return true;
}

static bool compare_file(const char *name, struct sums *sums, FILE *log)
{
	struct comparing c = { .name = name, .sums = sums, .log = log };
	bool ok = readelf_read(&c.listed, name);

	if (ok) {
		c.go = c.listed.go;
		sums->files++;
		sums->readelf_ns += c.listed.cpu_ns;
		ok = build(&c);
	}
	if (ok)
		compare_all(&c);
	elf_rows_release(&c.rows);
	readelf_release(&c.listed);
	return ok;
}

static int compare(const char *log_name)
{
	struct sums sums = { 0 };
	FILE *log = fopen(log_name, "w");
	char *line = NULL;
	size_t cap = 0, i;
	uint64_t broken = 0;
	ssize_t n;

	if (!log)
		return 1;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		line[n - 1] = 0;
		broken += !compare_file(line, &sums, log);
	}
	free(line);
	printf("files %lu\nbroken %lu\nrows %lu\ntable_bytes %lu\ntable_ns %lu\n"
	       "table_readelf_ns %lu\nbuild_ns %lu\nreadelf_ns %lu\n",
	       sums.files, broken, sums.rows, sums.table_bytes, sums.table_ns,
	       sums.table_readelf_ns, sums.build_ns, sums.readelf_ns);
	for (i = 0; i < CLASS_CNT; i++)
		printf("%s %s %lu\n", i < CLASS_cfa ? "row" : "unequal", class_names[i],
		       sums.classes[i]);
	return fclose(log) ? 1 : 0;
}

/* An executable or a shared library for this machine? */
static bool is_program(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr e;
	bool is = read(fd, &e, sizeof(e)) == sizeof(e) && !memcmp(e.e_ident, ELFMAG, SELFMAG) &&
	          e.e_ident[EI_CLASS] == ELFCLASS64 && e.e_machine == EM_X86_64 &&
	          (e.e_type == ET_EXEC || e.e_type == ET_DYN);

	close(fd);
	return is;
}

static int select_programs(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		const char *space = strchr(line, ' ');

		line[n - 1] = 0;
		if (space && is_program(space + 1))
			puts(line);
	}
	free(line);
	return 0;
}

static int dump(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), err;
	struct elf_file *f = elf_open(fd);
	struct elf_rows rows = { 0 };
	char text[128];
	size_t i;

	err = f ? elf_rows_build(f, NULL, &rows) : -1;
	for (i = 0; i < rows.cnt; i++)
		printf("%s\n", describe_row(&rows.items[i], text, sizeof(text)));
	elf_rows_release(&rows);
	elf_close(f);
	close(fd);
	if (err)
		fprintf(stderr, "rows_dump: no rows of '%s'\n", name);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	int i, status = 0;

	if (argc == 3 && !strcmp(argv[1], "--compare"))
		return compare(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "--select"))
		return select_programs();
	for (i = 1; i < argc; i++)
		status |= dump(argv[i]);
	return status;
}
