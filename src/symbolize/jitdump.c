// SPDX-License-Identifier: Apache-2.0
/*
 * V8 writes the addresses of its lines 0x40 too high, for the header of the ELF file that perf inject
 * would put before the code (v8: src/diagnostics/perf-jit.cc, kElfHeaderSize); its file names are
 * those of memory that was freed now and then (Node 20). It is known by the word that it leaves in
 * the header's padding.
 */
#include "symbolize/jitdump.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/table.h"
#include "symbolize/codes.h"
#include "symbolize/demangle.h"
#include "symbolize/jit_paths.h"
#include "symbolize/names.h"

#define MAGIC       0x4a695444u
#define V8_PAD      0xdeadbeefu
#define V8_LINE_GAP 0x40

enum {
	WINDOW_BYTES = 256 << 10,
	DEBUG_MAX = 16 << 20, /* of one record of lines: 50 times what the largest function has */
	LINES_BACK = 256,     /* how far the line of the function itself is looked for */
};

/* Of one reading: the code itself is in the file too. */
#define READ_MAX (1ll << 30)

enum record_id {
	CODE_LOAD = 0,
	CODE_MOVE = 1,
	CODE_DEBUG_INFO = 2,
};

struct header {
	uint32_t magic, version, size, machine, pad, pid;
	uint64_t time, flags;
};

struct prefix {
	uint32_t id, size; /* size: of the record, this prefix too */
	uint64_t time;
};

struct load {
	uint32_t pid, tid;
	uint64_t vma, address, size, index;
}; /* the name and its NUL, the code */

struct move {
	uint32_t pid, tid;
	uint64_t vma, from, to, size, index;
};

struct debug_info {
	uint64_t address, cnt;
}; /* cnt times: struct debug_entry, the file's name and its NUL */

struct debug_entry {
	uint64_t address;
	uint32_t line, column;
};

struct code_line {
	uint64_t offset; /* in the code */
	uint32_t line;
	uint32_t path; /* of paths, 0 = not known */
};

/* What 'what' - 1 of a range is the number of. */
struct code {
	uint64_t base;
	size_t name; /* a text */
	size_t line_first, line_cnt;
	uint32_t path; /* of paths: the function's own file, 0 = not known */
};

struct index {
	uint64_t index; /* the runtime's own number of the code */
	size_t code;
};

struct jitdump {
	struct codes codes;
	struct code *items;
	size_t cnt, cap;
	struct code_line *lines;
	size_t line_cnt, line_cap;
	struct jit_paths paths;
	struct table indexes; /* struct index */
	struct code pending;  /* lines of the code to come at pending.base; line_cnt 0 = none */
	off_t offset;         /* what is before it has been read */
	bool is_v8;
	uint32_t last_path;
	struct jitdump_stats stats;
};

/* A part of the file that is at hand. */
struct window {
	int fd;
	off_t at;
	size_t len;
	char *buf;
};

struct jitdump *jitdump_new(void)
{
	struct jitdump *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	table_init(&d->indexes, sizeof(uint64_t), sizeof(struct index));
	if (!jit_paths_init(&d->paths))
		return d;
	jitdump_free(d);
	return NULL;
}

void jitdump_free(struct jitdump *d)
{
	if (!d)
		return;
	codes_release(&d->codes);
	jit_paths_release(&d->paths);
	table_release(&d->indexes);
	free(d->items);
	free(d->lines);
	free(d);
}

static size_t bytes_of(const struct jitdump *d)
{
	return codes_bytes(&d->codes) + d->paths.bytes + d->cap * sizeof(*d->items) +
	       d->line_cap * sizeof(*d->lines) + d->indexes.cap * sizeof(struct index);
}

const struct jitdump_stats *jitdump_stats(const struct jitdump *d)
{
	return &d->stats;
}

/* 'len' bytes of the file, at most WINDOW_BYTES, or as many as it has: *have. NULL: errno. */
static const char *look(struct window *w, off_t at, size_t len, size_t *have)
{
	ssize_t n;

	if (at < w->at || at + (off_t)len > w->at + (off_t)w->len) {
		n = pread(w->fd, w->buf, WINDOW_BYTES, at);
		if (n < 0)
			return NULL;
		w->at = at;
		w->len = (size_t)n;
	}
	*have = w->len - (size_t)(at - w->at);
	return w->buf + (at - w->at);
}

/* A structure of the record at 'at'; false when the record or the file ends before it does. */
static bool get(struct window *w, off_t at, size_t left, void *to, size_t size)
{
	size_t have;
	const char *from = left < size ? NULL : look(w, at, size, &have);

	if (!from || have < size)
		return false;
	memcpy(to, from, size);
	return true;
}

/* The file of a function whose lines are known. */
static uint32_t own_path(struct jitdump *d, const struct code *c)
{
	uint32_t path =
		d->is_v8 ? jit_paths_in_name(&d->paths, codes_text_at(&d->codes, c->name)) : 0;
	size_t i;

	for (i = 0; !path && i < c->line_cnt && i < LINES_BACK; i++)
		path = d->lines[c->line_first + i].path;
	return path;
}

static int add_code(struct jitdump *d, const struct code *c, uint64_t size, uint64_t index)
{
	struct code *items = array_reserve(d->items, &d->cap, d->cnt + 1, sizeof(*items));
	struct index *entry = items ? table_put(&d->indexes, &index, NULL) : NULL;
	int err;

	if (items)
		d->items = items;
	if (!entry)
		return -ENOMEM;
	err = codes_add(&d->codes, c->base, size, d->cnt + 1);
	if (err)
		return err;
	items[d->cnt] = *c;
	entry->code = d->cnt++;
	return 0;
}

/* -EINVAL: the record is malformed. */
static int take_load(struct jitdump *d, struct window *w, off_t at, size_t left)
{
	struct code c = { 0 };
	const char *name, *end;
	struct load load;
	size_t have;

	if (!get(w, at, left, &load, sizeof(load)))
		return -EINVAL;
	at += (off_t)sizeof(load);
	left -= sizeof(load);
	name = look(w, at, left < DEMANGLE_MAX ? left : DEMANGLE_MAX, &have);
	if (!name)
		return -errno;
	have = have < left ? have : left;
	have = have < DEMANGLE_MAX ? have : DEMANGLE_MAX;
	end = memchr(name, 0, have);
	if (end == name || (!end && have < DEMANGLE_MAX))
		return -EINVAL;
	if (d->pending.line_cnt && d->pending.base == load.address)
		c = d->pending;
	d->pending.line_cnt = 0;
	c.base = load.address;
	c.name = codes_text(&d->codes, name, end ? (size_t)(end - name) : have - 1);
	d->stats.loads++;
	if (!c.name)
		return -ENOMEM;
	if (c.line_cnt)
		c.path = own_path(d, &c);
	return add_code(d, &c, load.size, load.index);
}

static int take_move(struct jitdump *d, struct window *w, off_t at, size_t left)
{
	const struct index *entry;
	struct move move;
	struct code c;
	int err;

	if (!get(w, at, left, &move, sizeof(move)))
		return -EINVAL;
	entry = table_get(&d->indexes, &move.index);
	if (!entry || d->items[entry->code].base != move.from)
		return -EINVAL;
	c = d->items[entry->code];
	c.base = move.to;
	d->stats.moves++;
	err = codes_add(&d->codes, move.from, move.size, 0);
	return err ? err : add_code(d, &c, move.size, move.index);
}

/* The same for the file of a line. */
static uint32_t path_of(struct jitdump *d, const char *text, size_t len)
{
	/* "As before", in the specification. */
	if (len != 1 || (unsigned char)*text != 0xff)
		d->last_path = jit_paths_add(&d->paths, text, len);
	return d->last_path;
}

static int add_line(struct jitdump *d, const struct code_line *line)
{
	struct code_line *lines =
		array_reserve(d->lines, &d->line_cap, d->line_cnt + 1, sizeof(*lines));

	if (!lines)
		return -ENOMEM;
	d->lines = lines;
	lines[d->line_cnt++] = *line;
	return 0;
}

static int by_offset(const void *left, const void *right)
{
	const struct code_line *a = left, *b = right;

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* The lines of the record's text: those before the first that cannot be one. 0 or -ENOMEM. */
static int add_lines(struct jitdump *d, uint64_t base, uint64_t cnt, const char *at,
                     const char *end)
{
	size_t first = d->line_cnt;
	struct debug_entry e;
	bool sorted = true;
	const char *nul;

	for (; cnt && (size_t)(end - at) > sizeof(e); cnt--, at = nul + 1) {
		struct code_line line;

		memcpy(&e, at, sizeof(e));
		at += sizeof(e);
		nul = memchr(at, 0, (size_t)(end - at));
		e.address -= d->is_v8 ? V8_LINE_GAP : 0;
		if (!nul || e.address < base || e.address - base > UINT32_MAX)
			break;
		line = (struct code_line){ .offset = e.address - base, .line = e.line };
		line.path = path_of(d, at, (size_t)(nul - at));
		sorted &= d->line_cnt == first || d->lines[d->line_cnt - 1].offset <= line.offset;
		if (add_line(d, &line))
			return -ENOMEM;
	}
	if (!sorted)
		qsort(d->lines + first, d->line_cnt - first, sizeof(*d->lines), by_offset);
	d->pending = (struct code){ .base = base, .line_first = first };
	d->pending.line_cnt = d->line_cnt - first;
	d->stats.malformed += cnt != 0;
	return 0;
}

static int take_debug_info(struct jitdump *d, struct window *w, off_t at, size_t left)
{
	struct debug_info info;
	char *text;
	int err = -EINVAL;

	if (left > DEBUG_MAX || !get(w, at, left, &info, sizeof(info)))
		return -EINVAL;
	left -= sizeof(info);
	text = malloc(left + 1);
	if (!text)
		return -ENOMEM;
	if (pread(w->fd, text, left, at + (off_t)sizeof(info)) == (ssize_t)left)
		err = add_lines(d, info.address, info.cnt, text, text + left);
	free(text);
	return err;
}

static int take_record(struct jitdump *d, struct window *w, const struct prefix *p)
{
	off_t at = d->offset + (off_t)sizeof(*p);
	size_t left = p->size - sizeof(*p);
	int err = 0;

	if (p->id == CODE_LOAD)
		err = take_load(d, w, at, left);
	else if (p->id == CODE_MOVE)
		err = take_move(d, w, at, left);
	else if (p->id == CODE_DEBUG_INFO)
		err = take_debug_info(d, w, at, left);
	d->stats.malformed += err == -EINVAL;
	return err == -EINVAL ? 0 : err;
}

/* 0: at the end of what is there. -errno; -EFBIG: there is no room for more. */
static int read_records(struct jitdump *d, struct window *w, size_t bytes_max)
{
	off_t size = lseek(w->fd, 0, SEEK_END);
	struct prefix p;
	int err = 0;

	while (!err && get(w, d->offset, sizeof(p), &p, sizeof(p))) {
		if (p.size < sizeof(p)) {
			d->stats.malformed++;
			return -EBADMSG;
		}
		/* It is being written. */
		if ((off_t)p.size > size - d->offset)
			return 0;
		if (bytes_of(d) >= bytes_max || d->offset >= READ_MAX)
			return -EFBIG;
		err = take_record(d, w, &p);
		d->offset += p.size;
	}
	return err;
}

/* 0, also when the header is not there yet. */
static int read_header(struct jitdump *d, struct window *w)
{
	struct header h;

	if (!get(w, 0, sizeof(h), &h, sizeof(h)))
		return 0;
	if (h.magic == __builtin_bswap32(MAGIC))
		return -ENOEXEC;
	if (h.magic != MAGIC || h.size < sizeof(h))
		return -EBADMSG;
	if (h.version != 1)
		return -ENOEXEC;
	d->is_v8 = h.pad == V8_PAD;
	d->offset = h.size;
	return 0;
}

int jitdump_read(struct jitdump *d, int fd, size_t bytes_max)
{
	struct window w = { .fd = fd, .buf = malloc(WINDOW_BYTES) };
	int err = w.buf ? read_header(d, &w) : -ENOMEM, settled;

	if (!err && d->offset)
		err = read_records(d, &w, bytes_max);
	free(w.buf);
	settled = codes_settle(&d->codes);
	return settled ? settled : err;
}

/*
 * The line at an offset of the code: the last one that begins there or before it. One of another
 * file is of a function that was inlined, whose name is not known: then that of the call.
 */
static const struct code_line *line_at(const struct jitdump *d, const struct code *c,
                                       uint64_t offset)
{
	const struct code_line *lines = d->lines + c->line_first;
	size_t low = 0, high = c->line_cnt, mid, back;

	while (low < high) {
		mid = (low + high) / 2;
		if (lines[mid].offset > offset)
			high = mid;
		else
			low = mid + 1;
	}
	for (back = 0; low && back < LINES_BACK; back++, low--)
		if (!lines[low - 1].path || lines[low - 1].path == c->path)
			return &lines[low - 1];
	return NULL;
}

size_t jitdump_find(const struct jitdump *d, uint64_t address, struct names_frame *frame)
{
	const struct code_range *r = codes_find(&d->codes, address);
	const struct code_line *line;
	const struct code *c;

	if (!r || !r->what)
		return 0;
	c = &d->items[r->what - 1];
	*frame = (struct names_frame){ .linkage = codes_text_at(&d->codes, c->name) };
	line = c->line_cnt ? line_at(d, c, address - c->base) : NULL;
	if (!line)
		return 1;
	frame->line = line->line;
	if (c->path)
		frame->path = jit_paths_text(&d->paths, c->path);
	return 1;
}
