// SPDX-License-Identifier: Apache-2.0
/*
 * make_profile DIR: writes the test profiles into DIR, for other programs to read.
 * make_profile DIR A B ADDRESS: of two real programs, with a function at ADDRESS.
 */
#include <stdlib.h>

#include "base/err.h"
#include "format/format.h"
#include "format/output.h"
#include "profiles.h"

static const char source[] = "static int step(int x)\n"
			     "{\n"
			     "\treturn x * 3 + 1;\n"
			     "}\n"
			     "\n"
			     "int work(int n)\n"
			     "{\n"
			     "\tfor (int i = 0; i < 1000; i++)\n"
			     "\t\tn = step(n);\n"
			     "\treturn n;\n"
			     "}\n"
			     "\n"
			     "int main(int argc, char **argv)\n"
			     "{\n"
			     "\tfor (;;)\n"
			     "\t\targc = work(argc);\n"
			     "}\n";

static void die(const char *what)
{
	fprintf(stderr, "make_profile: %s\n", what);
	exit(1);
}

static void save(const struct profile *p, const char *dir, const char *name, bool annotations)
{
	struct format_options options;
	struct err e = { "" };
	struct output *o;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	format_options_init(&options);
	options.annotations = annotations;
	o = output_open(path, &e);
	if (!o || format_write_output(format_for_file(path), p, &options, o, &e))
		die(e.msg);
}

/* In each format that others read; folded with and without annotations. */
static void save_all(struct profile *p, const char *dir, const char *name)
{
	char file[256];

	if (!p)
		die("out of memory");
	if (profile_check(p))
		die(profile_check(p));
	snprintf(file, sizeof(file), "%s.pb.gz", name);
	save(p, dir, file, true);
	snprintf(file, sizeof(file), "%s.folded", name);
	save(p, dir, file, true);
	snprintf(file, sizeof(file), "%s.no-annotations.folded", name);
	save(p, dir, file, false);
	snprintf(file, sizeof(file), "%s.svg", name);
	save(p, dir, file, true);
	snprintf(file, sizeof(file), "%s.speedscope.json", name);
	save(p, dir, file, true);
	profile_free(p);
}

static void save_source(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(source, f) < 0 || fclose(f))
		die("cannot write work.c");
}

int main(int argc, char **argv)
{
	char path[4096];

	if (argc != 2 && argc != 5) {
		fprintf(stderr, "usage: make_profile DIR [A B ADDRESS]\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/work.c", argv[1]);
	if (argc == 5) {
		save_all(test_real_profile(argv[2], argv[3], path, strtoull(argv[4], NULL, 16)),
		         argv[1], "real");
		return 0;
	}
	save_source(path);
	save_all(test_cpu_profile("/src/work.c", 1), argv[1], "cpu");
	save_all(test_cpu_profile("/src/work.c", 2), argv[1], "cpu2");
	save_all(test_cpu_profile(path, 1), argv[1], "list");
	save_all(test_heap_profile(), argv[1], "heap");
	save_all(test_offcpu_profile(), argv[1], "offcpu");
	save_all(test_zoo_profile(), argv[1], "zoo");
	save_all(test_odd_profile(), argv[1], "odd");
	save_all(test_hostile_profile(), argv[1], "hostile");
	return 0;
}
