// SPDX-License-Identifier: Apache-2.0
/*
 * peer HZ SECONDS PID: loads peer.bpf.c, gives it the tables of all code that the process maps, made of
 * the same rows as ebprof's, and samples by cpu-clock as ebprof does. Prints a line of JSON as stackid
 * does; "failed" are stacks that did not reach a root.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ticks.h"
#include "elf/elf.h"
#include "elf/rows.h"
#include "peer.h"
#include "peer.skel.h"
#include "process/procmaps.h"
#include "unwind/rules.h"

#define CPUS_MAX   1024
#define MAPPED_MAX 64 /* files */
#define PAGE       (1ull << PEER_PAGE_SHIFT)

struct peer_file {
	uint64_t inode;
	uint32_t major, minor;
};

static struct peer *skel;
static struct peer_file files[MAPPED_MAX];
static uint64_t file_cnt;
static pid_t target;
static unsigned long depths[PEER_FRAMES + 1], not_root;

static void put(const struct bpf_map *map, const void *key, const void *value)
{
	if (!bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY))
		return;
	perror(bpf_map__name(map));
	exit(1);
}

static struct peer_row row_of(const struct elf_row *from, uint16_t low)
{
	struct unwind_rule rule = rule_of_row(from);
	struct peer_row row = { .low = low, .kind = rule.kind, .fp_off = rule.fp_off };

	row.cfa = (uint16_t)rule.cfa;
	row.saved = RULE_FP_OF(&rule) == RULE_FP_CFA;
	if (row.cfa != rule.cfa || RULE_FP_OF(&rule) > RULE_FP_CFA)
		row.kind = rule.kind == RULE_STOP ? RULE_STOP : RULE_UNSUPPORTED;
	return row;
}

/* The rows of one page from number 'at' of 'from' on; the first one holds at its start. */
static uint32_t page_fill(const struct elf_rows *from, size_t at, uint64_t page,
                          struct peer_row *rows)
{
	uint32_t cnt = 0;

	if (at && from->items[at].address > page)
		rows[cnt++] = row_of(&from->items[at - 1], 0);
	for (; at < from->cnt && from->items[at].address < page + PAGE; at++)
		rows[cnt++] = row_of(&from->items[at], (uint16_t)from->items[at].address);
	return cnt;
}

/* All pages of a file into 'rows' and the map of pages; how many rows there are. */
static uint32_t pages_fill(uint64_t file, const struct elf_rows *from, struct peer_row *rows)
{
	struct peer_page page = { .map = file };
	struct peer_page_key key = { .file = file };
	uint64_t start, at = 0;

	for (start = from->items[0].address & ~(PAGE - 1); at < from->cnt; start += PAGE) {
		key.page = start >> PEER_PAGE_SHIFT;
		page.cnt = page_fill(from, at, start, rows + page.first);
		put(skel->maps.pages, &key, &page);
		page.first += page.cnt;
		while (at < from->cnt && from->items[at].address < start + PAGE)
			at++;
	}
	return page.first;
}

static void rows_fill(uint64_t file, struct elf_file *elf)
{
	struct peer_row *values = calloc(2 * PEER_ROWS, sizeof(*values));
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "peer_rows", 4, sizeof(*values), PEER_ROWS,
	                        NULL);
	struct elf_rows rows = { 0 };
	uint32_t i, cnt = 0;

	if (!values || fd < 0 || elf_rows_build(elf, NULL, &rows) || rows.cnt > PEER_ROWS) {
		fprintf(stderr, "peer: no table of %zu rows\n", rows.cnt);
		exit(1);
	}
	if (rows.cnt)
		cnt = pages_fill(file, &rows, values);
	for (i = 0; i < cnt; i++)
		if (bpf_map_update_elem(fd, &i, &values[i], BPF_ANY))
			exit(1);
	put(skel->maps.files, &file, &fd);
	elf_rows_release(&rows);
	close(fd);
	free(values);
}

/* The number of a mapping's file, whose table is made at first sight. */
static uint64_t file_number(const struct procmaps_line *l, struct elf_file *elf)
{
	struct peer_file key = { l->inode, l->major, l->minor };
	uint64_t i;

	for (i = 0; i < file_cnt; i++)
		if (!memcmp(&files[i], &key, sizeof(key)))
			return i + 1;
	if (file_cnt == MAPPED_MAX)
		exit(1);
	files[file_cnt++] = key;
	rows_fill(file_cnt, elf);
	return file_cnt;
}

/* [start, end) as prefixes: the largest aligned block at each place. */
static void range_fill(uint64_t start, uint64_t end, const struct peer_mapping *m)
{
	struct peer_range range = { .pid = htobe32((uint32_t)target) };
	int bits;

	while (start < end) {
		bits = __builtin_ctzll(start);
		while (1ull << bits > end - start)
			bits--;
		range.prefix_bits = (uint32_t)(96 - bits);
		range.address = htobe64(start);
		put(skel->maps.mappings, &range, m);
		start += 1ull << bits;
	}
}

static bool mapping_fill(void *arg, const struct procmaps_line *l)
{
	struct peer_mapping m;
	struct elf_file *elf;
	char path[96];
	uint64_t vaddr;
	int fd;

	if (!l->exec || !l->inode)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", target, l->start, l->end);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	elf = fd < 0 ? NULL : elf_open(fd);
	if (elf && !elf_vaddr(elf, l->offset, &vaddr)) {
		m.bias = l->start - vaddr;
		m.file = file_number(l, elf);
		range_fill(l->start, l->end, &m);
	}
	elf_close(elf);
	if (fd >= 0)
		close(fd);
	return true;
}

static int tables_fill(void)
{
	char path[32], *buf = malloc(PROCMAPS_BUF);
	long n = -ENOMEM;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", target);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && buf)
		n = procmaps_each(fd, buf, mapping_fill, NULL);
	close(fd);
	free(buf);
	return n > 0 ? 0 : -1;
}

static int on_stack(void *arg, void *data, size_t size)
{
	const struct peer_stack *s = data;

	depths[s->cnt]++;
	not_root += !s->root;
	return 0;
}

static void drain(void *arg)
{
	ring_buffer__consume(arg);
}

static int run(unsigned long hz, double seconds)
{
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(skel->maps.ring), on_stack, NULL, NULL);
	int prog = bpf_program__fd(skel->progs.peer), i;
	unsigned long long counts[2] = { 0 };

	if (!ring || tables_fill() || ticks_run(prog, hz, seconds, drain, ring))
		return 1;
	for (i = 0; i < CPUS_MAX; i++) {
		counts[0] += skel->bss->counts[i][0];
		counts[1] += skel->bss->counts[i][1];
	}
	counts[1] += not_root;
	ticks_print(prog, counts, depths, PEER_FRAMES + 1);
	ring_buffer__free(ring);
	return 0;
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 4) {
		fprintf(stderr, "usage: peer HZ SECONDS PID\n");
		return 2;
	}
	target = (pid_t)strtol(argv[3], NULL, 10);
	skel = peer__open();
	if (!skel)
		return 1;
	skel->rodata->tgid = (__u32)target;
	status = peer__load(skel) ? 1 : run(strtoul(argv[1], NULL, 10), strtod(argv[2], NULL));
	if (status)
		perror("peer");
	peer__destroy(skel);
	return status;
}
