/* SPDX-License-Identifier: Apache-2.0 */
/* What readelf prints about the unwind tables of a file, read into rows. Code, for one program. */
#ifndef EBPROF_TESTS_ROWS_READELF_H
#define EBPROF_TESTS_ROWS_READELF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "elf/elf.h"
#include "elf/rows.h"

/* 'u', 's', 'c' and 'v' with an offset from the CFA, 'r' with a register, 'e' or 'x': expressions. */
struct value {
	char how;
	long n;
};

struct readelf_row {
	uint64_t address;
	struct value cfa; /* 'r' with the register, or 'e' */
	long offset;
	struct value fp, ra;
};

struct readelf_fde {
	uint64_t start, end;
	size_t first, cnt; /* its rows */
	bool debug;        /* of .debug_frame */
};

struct readelf_cie {
	uint64_t offset;
	struct readelf_row row;
};

struct readelf_range {
	uint64_t start, end;
};

struct readelf {
	struct readelf_row *rows;
	struct readelf_fde *fdes;
	struct readelf_cie *cies; /* of the section that is being read */
	size_t row_cnt, row_cap, fde_cnt, fde_cap, cie_cnt, cie_cap;
	struct readelf_range text[16]; /* executable segments */
	size_t text_cnt;
	bool go, debug;
	bool in_cie, in_fde;
	int fp_column, ra_column; /* behind the CFA; -1 = not there */
	uint64_t fde_cie;
	uint64_t table_bytes; /* of .eh_frame */
	uint64_t cpu_ns;      /* that readelf took */
};

static void *readelf_add(void *items, size_t *cnt, size_t *cap, size_t size)
{
	if (*cnt == *cap) {
		*cap = *cap ? *cap * 2 : 64;
		items = realloc(items, *cap * size);
		if (!items)
			abort();
	}
	memset((char *)items + (*cnt)++ * size, 0, size);
	return items;
}

#define readelf_new(l, what)                                                          \
	((l)->what##s = readelf_add((l)->what##s, &(l)->what##_cnt, &(l)->what##_cap, \
	                            sizeof(*(l)->what##s)),                           \
	 &(l)->what##s[(l)->what##_cnt - 1])

/* The DWARF number of a register, -1 = none of the 16. */
static int readelf_register(const char *s, size_t n)
{
	static const char *const names[] = {
		"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
		"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"
	};
	int i;

	for (i = 0; i < 16; i++)
		if (strlen(names[i]) == n && !strncmp(names[i], s, n))
			return i;
	return -1;
}

static struct value readelf_value(const char *s, size_t n)
{
	struct value v = { 'x', 0 };

	if (n == 1 && (*s == 'u' || *s == 's')) {
		v.how = *s;
	} else if (n == 3 && !strncmp(s, "exp", n)) {
		v.how = 'e';
	} else if ((*s == 'c' || *s == 'v') && (s[1] == '+' || s[1] == '-')) {
		v.how = *s;
		v.n = strtol(s + 1, NULL, 10);
	} else if (*s == 'r') {
		v.how = 'r';
		v.n = strtol(s + 1, NULL, 10);
	}
	return v;
}

/* The next word of a line; its length, 0 = there is none. */
static size_t readelf_word(const char **s)
{
	*s += strspn(*s, " \n");
	return strcspn(*s, " \n");
}

/* "   LOC           CFA      rbx   ra" */
static void readelf_columns(struct readelf *l, const char *s)
{
	int column = -2;
	size_t n;

	l->fp_column = l->ra_column = -1;
	for (; (n = readelf_word(&s)); s += n, column++) {
		if (n == 3 && !strncmp(s, "rbp", 3))
			l->fp_column = column;
		else if (n == 2 && !strncmp(s, "ra", 2))
			l->ra_column = column;
	}
}

/* "00000000000c5020 rsp+16   c-8" */
static struct readelf_row readelf_rule(const struct readelf *l, const char *s)
{
	struct readelf_row row = { .fp = { 'u', 0 }, .ra = { 'u', 0 } };
	char *end;
	size_t n;
	int column;

	row.address = strtoull(s, &end, 16);
	s = end;
	n = readelf_word(&s);
	row.cfa.how = 'e';
	if (strncmp(s, "exp", 3)) {
		size_t name = strcspn(s, "+-");

		row.cfa.how = 'r';
		row.cfa.n = readelf_register(s, name);
		row.offset = strtol(s + name, NULL, 10);
	}
	for (column = 0, s += n; (n = readelf_word(&s)); s += n, column++) {
		if (*s == '(') /* "r5 (rdi)" is one value */
			column--;
		else if (column == l->fp_column)
			row.fp = readelf_value(s, n);
		else if (column == l->ra_column)
			row.ra = readelf_value(s, n);
	}
	return row;
}

static void readelf_start_fde(struct readelf *l, const char *s)
{
	const char *cie = strstr(s, " cie="), *pc = strstr(s, " pc=");
	struct readelf_fde *fde;
	char *end;

	l->in_fde = cie && pc;
	if (!l->in_fde)
		return;
	fde = readelf_new(l, fde);
	fde->start = strtoull(pc + 4, &end, 16);
	fde->end = strtoull(end + 2, NULL, 16);
	fde->first = l->row_cnt;
	fde->debug = l->debug;
	l->fde_cie = strtoull(cie + 5, NULL, 16);
}

/* An FDE without rows has that of its CIE. */
static void readelf_end_record(struct readelf *l)
{
	struct readelf_fde *fde = l->fde_cnt ? &l->fdes[l->fde_cnt - 1] : NULL;
	struct readelf_row *row;
	size_t i;

	if (l->in_fde && !fde->cnt) {
		for (i = l->cie_cnt; i > 0; i--)
			if (l->cies[i - 1].offset == l->fde_cie)
				break;
		row = readelf_new(l, row);
		if (i)
			*row = l->cies[i - 1].row;
		row->address = fde->start;
		fde->cnt = 1;
	}
	l->in_fde = l->in_cie = false;
}

/* "00000018 0000000000000024 0000001c FDE cie=00000000 pc=..." and the like of a CIE */
static bool readelf_header(struct readelf *l, const char *s)
{
	const char *cie = strstr(s, " CIE "), *fde = strstr(s, " FDE ");
	char *end;
	uint64_t offset, size;

	if (!cie && !fde)
		return false;
	readelf_end_record(l);
	offset = strtoull(s, &end, 16);
	size = strtoull(end, NULL, 16);
	if (!l->debug)
		l->table_bytes += size + 4;
	if (fde) {
		readelf_start_fde(l, s);
		return true;
	}
	readelf_new(l, cie)->offset = offset;
	l->in_cie = true;
	return true;
}

static void readelf_line(struct readelf *l, const char *s)
{
	if (!strncmp(s, "Contents of", 11)) {
		readelf_end_record(l);
		l->debug = strstr(s, "debug_frame");
		l->cie_cnt = 0;
	} else if (!strncmp(s, "   LOC", 6)) {
		readelf_columns(l, s);
	} else if (*s == '\n') {
		readelf_end_record(l);
	} else if ((l->in_cie || l->in_fde) && strcspn(s, " ") == 16 && s[16] == ' ' &&
	           !strstr(s, "DE ") && !strstr(s, "IE ")) {
		struct readelf_row row = readelf_rule(l, s);

		if (l->in_cie)
			l->cies[l->cie_cnt - 1].row = row;
		else {
			*readelf_new(l, row) = row;
			l->fdes[l->fde_cnt - 1].cnt++;
		}
	} else {
		readelf_header(l, s);
	}
}

/* Runs readelf with an option; each line of what it prints goes to 'line'. */
static bool readelf_run(struct readelf *l, const char *option, const char *name,
                        void (*line)(struct readelf *l, const char *s))
{
	struct rusage used;
	char *text = NULL;
	size_t cap = 0;
	int fds[2], status;
	FILE *in;
	pid_t pid;

	if (pipe(fds))
		return false;
	pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		execlp("readelf", "readelf", "-W", option, name, (char *)NULL);
		_exit(1);
	}
	close(fds[1]);
	in = fdopen(fds[0], "r");
	while (getline(&text, &cap, in) > 0)
		line(l, text);
	free(text);
	fclose(in);
	if (wait4(pid, &status, 0, &used) != pid)
		return false;
	l->cpu_ns = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000 +
	            (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000;
	return WIFEXITED(status);
}

/* "  LOAD           0x001000 0x0000000000001000 0x... 0x... 0x000155 R E 0x1000", and sections of Go */
static void readelf_segment(struct readelf *l, const char *s)
{
	unsigned long start, size;
	char flags[4];

	l->go |= strstr(s, "gopclntab") || strstr(s, ".go.buildinfo");
	if (l->text_cnt == 16 ||
	    sscanf(s, " LOAD %*s %lx %*s %*s %lx %3c", &start, &size, flags) != 3)
		return;
	if (flags[2] != 'E')
		return;
	l->text[l->text_cnt].start = start;
	l->text[l->text_cnt++].end = start + size;
}

static int readelf_by_address(const void *a, const void *b)
{
	const struct readelf_fde *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->debug != y->debug)
		return x->debug - y->debug;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* Reads all of a file's tables, its FDEs sorted by address. False: readelf cannot be run. */
static bool readelf_read(struct readelf *l, const char *name)
{
	if (!readelf_run(l, "-lS", name, readelf_segment) ||
	    !readelf_run(l, "-wFN", name, readelf_line))
		return false;
	readelf_end_record(l);
	qsort(l->fdes, l->fde_cnt, sizeof(*l->fdes), readelf_by_address);
	return true;
}

static void readelf_release(struct readelf *l)
{
	free(l->rows);
	free(l->fdes);
	free(l->cies);
	memset(l, 0, sizeof(*l));
}

#endif
