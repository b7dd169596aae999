// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <string.h>

#include "format/flame.h"
#include "format/text.h"
#include "profile/profile.h"
#include "report/units.h"

/* In pixels. */
enum { WIDTH = 1200, MARGIN = 10, TOP = 84, ROW = 17, BOX = 16, LINE = 16, PAD = 3, BASELINE = 12 };
/* In characters. What is longer is cut; with less than LABEL_LEAST no name is known again. */
enum { LINE_CHARS = 170, TITLE_CHARS = 1000, LABEL_LEAST = 3 };

#define CHAR_WIDTH 6.7 /* monospace at 11 pixels: 0.6 em and a little */
#define LOSS       "# lost "

enum { SHADES = 4 };

static const struct {
	const char *name;
	const char *fills[SHADES];
} kinds[STACK_KIND_CNT] = {
	[STACK_PROCESS] = { "process", { "#d4d4d4", "#cbcbcb", "#dcdcdc", "#c4c4c4" } },
	[STACK_USER] = { "function", { "#f7c66b", "#f5b05a", "#f9d67f", "#f0a04b" } },
	[STACK_INLINED] = { "inlined", { "#a8d8a0", "#98ce98", "#b8e0a8", "#8cc48c" } },
	[STACK_KERNEL] = { "kernel", { "#9fc3e8", "#8fb6e0", "#b0cfee", "#84abd8" } },
	[STACK_WAKER] = { "waker", { "#d6b3e6", "#caa2de", "#e0c0ee", "#be94d4" } },
};

static const char style[] = ".head{font-weight:bold;font-size:13px}\n"
			    ".button{cursor:pointer;visibility:hidden}\n"
			    "#frames text{pointer-events:none}\n"
			    "#frames g:hover rect{stroke:#000;stroke-width:.5}\n"
			    "#frames .under{opacity:.6}\n"
			    "#frames .hit rect{fill:#e65cc8}\n";

static void put_char(const char *c, size_t len, FILE *out)
{
	switch (*c) {
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '&':
		fputs("&amp;", out);
		break;
	default:
		fwrite(c, 1, len, out);
	}
}

/* The first 'max' characters of the name; how many they are. */
static size_t put_part(const struct stack_name *n, size_t max, FILE *out)
{
	const char *const parts[] = { n->open, n->text, n->close };
	size_t cnt = 0, len, i;
	const char *at, *c;

	for (i = 0; i < 3; i++)
		for (at = parts[i]; cnt < max && (c = text_next(&at, &len)); cnt++)
			if (out)
				put_char(c, len, out);
	return cnt;
}

/* In so many characters; a name that has more ends in "..". */
static void put_name(const struct stack_name *n, size_t room, FILE *out)
{
	bool fits = put_part(n, room + 1, NULL) <= room;

	put_part(n, fits ? room : room - 2, out);
	if (!fits)
		fputs("..", out);
}

static void put_text(const char *text, size_t room, FILE *out)
{
	put_name(&(const struct stack_name){ "", text, "" }, room, out);
}

static void put_value(const struct flame *f, int64_t value, FILE *out)
{
	const struct profile *p = f->calls.p;
	char text[UNITS_TEXT_MAX];

	units_label(value, profile_text(p, p->types[f->calls.type].unit), "auto", text);
	put_text(text, LINE_CHARS, out);
}

/* "808.08ms, 80.00%" */
static void put_share(const struct flame *f, int64_t value, FILE *out)
{
	char percent[UNITS_PERCENT_MAX];

	put_value(f, value, out);
	units_percent(value, f->boxes[0].cum, percent);
	fprintf(out, ", %s", percent + strspn(percent, " "));
}

static void put_style(FILE *out)
{
	size_t kind, shade;

	fprintf(out, "<style>\n%s", style);
	for (kind = 0; kind < STACK_KIND_CNT; kind++)
		for (shade = 0; shade < SHADES; shade++)
			fprintf(out, ".k%zu%zu rect{fill:%s}\n", kind, shade,
			        kinds[kind].fills[shade]);
	fputs("</style>\n", out);
}

static void put_legend(FILE *out)
{
	int x = MARGIN, y = 3 * LINE + PAD;
	size_t kind;

	for (kind = 0; kind < STACK_KIND_CNT; kind++, x += 100)
		fprintf(out,
		        "<g class=\"k%zu0\"><rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\"/>"
		        "<text x=\"%d\" y=\"%d\">%s</text></g>\n",
		        kind, x, y, x + 16, y + 10, kinds[kind].name);
}

/* What the capture was: the first comment that readers show. */
static const char *command_of(const struct profile *p)
{
	size_t i;

	for (i = 0; i < p->comment_cnt; i++)
		if (*profile_text(p, p->comments[i]) != '#')
			return profile_text(p, p->comments[i]);
	return "";
}

static bool is_loss(const struct profile *p, size_t comment)
{
	return !strncmp(profile_text(p, p->comments[comment]), LOSS, strlen(LOSS));
}

static size_t foot_height(const struct flame *f)
{
	size_t lines = !f->boxes[0].cum + !!f->narrow_cnt + !!f->negative_cnt, i;

	for (i = 0; i < f->calls.p->comment_cnt; i++)
		lines += is_loss(f->calls.p, i);
	return lines * LINE + MARGIN;
}

void flame_put_head(const struct flame *f, FILE *out)
{
	const struct profile *p = f->calls.p;
	const char *type = profile_text(p, p->types[f->calls.type].type);
	size_t height = TOP + (size_t)f->rows * ROW + foot_height(f);

	fprintf(out,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\" "
	        "viewBox=\"0 0 %d %zu\" font-family=\"monospace\" font-size=\"11\">\n<title>",
	        WIDTH, height, WIDTH, height);
	put_text(type, LINE_CHARS, out);
	fputs("</title>\n", out);
	put_style(out);
	fprintf(out,
	        "<rect width=\"%d\" height=\"%zu\" fill=\"#fff\"/>\n"
	        "<text class=\"head\" x=\"%d\" y=\"%d\">",
	        WIDTH, height, MARGIN, LINE + PAD);
	put_text(type, LINE_CHARS / 2, out);
	fputs(", ", out);
	put_value(f, f->boxes[0].cum, out);
	fprintf(out, "</text>\n<text x=\"%d\" y=\"%d\">", MARGIN, 2 * LINE + PAD);
	put_text(command_of(p), LINE_CHARS, out);
	fputs("</text>\n", out);
	put_legend(out);
	fprintf(out,
	        "<text id=\"details\" x=\"%d\" y=\"%d\"></text>\n"
	        "<text id=\"found\" x=\"%d\" y=\"%d\" text-anchor=\"end\"></text>\n"
	        "<text id=\"reset\" class=\"button\" x=\"%d\" y=\"%d\">reset zoom</text>\n"
	        "<text id=\"search\" class=\"button\" x=\"%d\" y=\"%d\">search</text>\n",
	        MARGIN, TOP - LINE / 2, WIDTH - 150, LINE + PAD, WIDTH - 140, LINE + PAD,
	        WIDTH - 50, LINE + PAD);
	fprintf(out, "<g id=\"frames\" data-char=\"%.1f\" data-pad=\"%d\" data-least=\"%d\">\n",
	        CHAR_WIDTH, PAD, LABEL_LEAST);
}

static void put_label(const struct stack_name *name, double x, double y, double width, FILE *out)
{
	double room = (width - 2 * PAD) / CHAR_WIDTH;

	if (room < LABEL_LEAST)
		return;
	fprintf(out, "<text x=\"%.4f\" y=\"%.0f\">", x + PAD, y + BASELINE);
	put_name(name, (size_t)room, out);
	fputs("</text>", out);
}

/* A name has the same shade in all files: FNV-1a. */
static unsigned int shade_of(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h % SHADES;
}

void flame_put_box(const struct flame *f, size_t node, FILE *out)
{
	const double scale = (WIDTH - 2.0 * MARGIN) / (double)f->boxes[0].cum;
	const struct flame_box *b = &f->boxes[node];
	const double x = MARGIN + (double)b->left * scale, y = TOP + (double)b->row * ROW;
	const double width = (double)b->cum * scale;
	struct stack_name name = { "", "all", "" };
	struct stack_id id = { .kind = STACK_PROCESS };

	if (node) {
		id = calls_frame(&f->calls, calls_node(&f->calls, node)->frame)->id;
		name = stack_name(f->calls.p, &id);
	}
	fprintf(out, "<g class=\"k%d%u\"><title>", id.kind, shade_of(name.text));
	put_name(&name, TITLE_CHARS, out);
	fputs(" (", out);
	put_share(f, b->cum, out);
	fprintf(out, ")</title><rect x=\"%.4f\" y=\"%.0f\" width=\"%.4f\" height=\"%d\"/>", x, y,
	        width, BOX);
	put_label(&name, x, y, width, out);
	fputs("</g>\n", out);
}

static void begin_line(const struct flame *f, size_t *line, FILE *out)
{
	fprintf(out, "<text x=\"%d\" y=\"%zu\">", MARGIN,
	        TOP + (size_t)f->rows * ROW + ++*line * LINE - PAD);
}

void flame_put_foot(const struct flame *f, FILE *out)
{
	const struct profile *p = f->calls.p;
	size_t line = 0, i;

	fputs("</g>\n", out);
	if (!f->boxes[0].cum) {
		begin_line(f, &line, out);
		fputs("nothing to draw: no stack has a value above 0</text>\n", out);
	}
	if (f->narrow_cnt) {
		begin_line(f, &line, out);
		fprintf(out, "not drawn: %zu frames of less than 0.01 %% or below row %d, with ",
		        f->narrow_cnt, FLAME_ROWS_MAX);
		put_share(f, f->narrow, out);
		fputs(" in all</text>\n", out);
	}
	if (f->negative_cnt) {
		begin_line(f, &line, out);
		fprintf(out, "not drawn: %zu stacks of less than 0, with ", f->negative_cnt);
		put_value(f, f->negative, out);
		fputs(" in all</text>\n", out);
	}
	for (i = 0; i < p->comment_cnt; i++) {
		if (!is_loss(p, i))
			continue;
		begin_line(f, &line, out);
		put_text(profile_text(p, p->comments[i]) + 2, LINE_CHARS, out);
		fputs("</text>\n", out);
	}
}
