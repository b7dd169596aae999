// SPDX-License-Identifier: Apache-2.0
/*
 * oracle FILE: is what ebprof unwinds right? Reads the check file (session/check.h) of
 * `ebprof cpu --unwind check`, "-" for standard input, walks each sample with elfutils' libdwfl and
 * compares frame by frame. Prints what is not equal by cause (verdict.c) and place; the last line is
 * one JSON object. Exit status: 1 when the file could not be read to its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_read.h"
#include "tally.h"

struct oracle {
	struct check_reader reader;
	struct images images;
	struct walk walk;
	struct tally tally;
};

/* NULL, or what is wrong with the sample. */
static const char *judge(struct oracle *o, const struct check_sample *s)
{
	struct image *image = images_get(&o->images, s->image);
	struct verdict v;

	if (!image)
		return "a sample names no image";
	walk_sample(&o->walk, image, s);
	verdict_of(s, &o->walk, &v);
	tally_add(&o->tally, s, &o->walk, &v);
	return o->tally.failed ? "out of memory" : NULL;
}

static const char *read_file(struct oracle *o)
{
	const struct check_head *head;
	const char *why = NULL;

	while (!why && (head = check_next(&o->reader)))
		if (head->type == CHECK_IMAGE)
			why = images_add(&o->images, (const struct check_image *)head);
		else
			why = judge(o, (const struct check_sample *)head);
	return why ? why : o->reader.why;
}

static int run(struct oracle *o, const char *name, FILE *in)
{
	const char *why;

	check_reader_init(&o->reader, in);
	why = read_file(o);
	tally_print(&o->tally);
	if (why)
		fprintf(stderr, "oracle: cannot read '%s': %s, before byte %llu\n", name, why,
		        (unsigned long long)o->reader.at);
	return why ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct oracle o;
	FILE *in;
	int status = 1;

	if (argc != 2) {
		fprintf(stderr, "usage: oracle FILE|-\n");
		return 2;
	}
	in = strcmp(argv[1], "-") ? fopen(argv[1], "re") : stdin;
	if (!in) {
		fprintf(stderr, "oracle: cannot open '%s': %m\n", argv[1]);
		return 1;
	}
	if (images_init(&o.images, &walk_callbacks, &o.walk))
		fprintf(stderr, "oracle: cannot read the vdso of this process\n");
	else
		status = run(&o, argv[1], in);
	tally_release(&o.tally);
	check_reader_release(&o.reader);
	images_release(&o.images);
	fclose(in);
	return status;
}
