// SPDX-License-Identifier: Apache-2.0
/*
 * A flame graph that is read without scripts, for each box has its name and value as a tooltip; svg.js zooms and
 * searches. Names are anyone's: they are in the picture's text, never in the script.
 */
#include <errno.h>

#include "base/order.h"
#include "format/flame.h"
#include "format/format.h"

/* mk/embed.mk makes svg.js a part of this object. */
__asm__(".pushsection .rodata\n"
        "svg_script: .incbin \"src/format/svg.js\"\n"
        "svg_script_end:\n"
        ".popsection\n");
extern const char svg_script[], svg_script_end[];

/* Callers before callees, as who finds a box by its place wants them. 0 or -errno. */
static int put_boxes(const struct flame *f, FILE *out)
{
	const size_t cnt = f->calls.nodes.cnt;
	size_t i, node = 0;

	for (i = 0; i < cnt && !ferror(out); i++) {
		if (flame_is_drawn(f, &f->boxes[node]))
			flame_put_box(f, node, out);
		node = i + 1 < cnt ? f->order[i].id : 0;
	}
	if (ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

static void put_script(FILE *out)
{
	fputs("<script><![CDATA[\n", out);
	fwrite(svg_script, 1, (size_t)(svg_script_end - svg_script), out);
	fputs("]]></script>\n</svg>\n", out);
}

static int svg_write(const struct profile *p, const struct format_options *options, FILE *out,
                     struct err *e)
{
	struct flame f;
	int err = flame_init(&f, p, options, e);

	if (!err) {
		flame_put_head(&f, out);
		err = put_boxes(&f, out);
	}
	if (!err) {
		flame_put_foot(&f, out);
		put_script(out);
	}
	flame_release(&f);
	return err;
}

const struct format format_svg = {
	.name = "svg",
	.suffixes = { ".svg" },
	.help = "a flame graph, for any browser",
	.write = svg_write,
};
