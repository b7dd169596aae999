// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "collect/collect.h"
#include "version.h"

static int version_run(const struct command *cmd, int argc, char **argv)
{
	printf("ebprof %s\n", EBPROF_VERSION);
	return EXIT_DONE;
}

static int help_run(const struct command *cmd, int argc, char **argv);

/* Every profile kind is a command of its own: those rows come from the kinds. */
static const struct command commands[] = {
	{ .name = "symbolize",
	  .help = "names for a profile that was written with --symbolize none, later or elsewhere",
	  .run = symbolize_run,
	  .has_help = true },
	{ .name = "report",
	  .help = "what is in a profile: the heaviest functions, callers, sources, differences",
	  .run = report_run,
	  .has_help = true },
	{ .name = "diff",
	  .help = "what changed between two profiles, or two sets of them, and whether by chance",
	  .run = diff_run,
	  .has_help = true },
	{ .name = "help", .help = "this text, or that of a command", .run = help_run },
	{ .name = "version", .help = "the version", .run = version_run },
};

const struct command *command_find(const char *name)
{
	static struct command of_kind;
	const struct kind *kind = kind_find(name);
	size_t i;

	if (kind) {
		of_kind = (struct command){ kind->name, kind->help, capture_run, true };
		return &of_kind;
	}
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_all(void)
{
	size_t i;

	printf("ebprof profiles any process of this machine from outside: no code change, no restart.\n\n"
	       "  ebprof COMMAND [OPTIONS] [SECONDS]     for a time (30 seconds, or until Ctrl-C)\n"
	       "  ebprof COMMAND [OPTIONS] -- CMD ARGS   for the life of a command\n\n");
	for (i = 0; i < KIND_CNT; i++)
		printf("  %-10s %s\n", kind_at(i)->name, kind_at(i)->help);
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].help);
	printf("\n'ebprof COMMAND --help' lists the options of a command.\n");
}

static int help_run(const struct command *cmd, int argc, char **argv)
{
	const struct command *of = argc > 1 ? command_find(argv[1]) : NULL;
	char *help[] = { argc > 1 ? argv[1] : argv[0], (char *)"--help", NULL };

	if (of && of->has_help)
		return of->run(of, 2, help);
	if (argc > 1 && !of) {
		fprintf(stderr, "ebprof: there is no command '%s'; try 'ebprof help'\n", argv[1]);
		return EXIT_USAGE;
	}
	print_all();
	return EXIT_DONE;
}
