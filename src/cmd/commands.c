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

static const struct command commands[] = {
	{ .name = "symbolize",
	  .help = "names for a profile that was written with --symbolize none, later or elsewhere",
	  .run = symbolize_run,
	  .words = "FILE",
	  .more = symbolize_more,
	  .option = symbolize_option },
	{ .name = "report",
	  .help = "what is in a profile: the heaviest functions, callers, sources, differences",
	  .run = report_run,
	  .one_dash = true,
	  .words = "FILE...",
	  .more = report_more,
	  .option = report_option },
	{ .name = "diff",
	  .help = "what changed between two profiles, or two sets of them, and whether by chance",
	  .run = diff_run,
	  .one_dash = true,
	  .words = "A[,A...] B[,B...]",
	  .more = diff_more,
	  .option = diff_option },
	{ .name = "list",
	  .help = "the kinds, formats and languages of this program; its manual and completions",
	  .run = list_run,
	  .words = "[kinds|formats|languages|man|bash|zsh|fish|readme]",
	  .more = list_more,
	  .option = list_option },
	{ .name = "doctor",
	  .help = "what can be captured here and by which hooks, and what is in the way",
	  .run = doctor_run,
	  .more = doctor_more,
	  .option = doctor_option },
	{ .name = "help",
	  .help = "this text, or that of a command",
	  .run = help_run,
	  .words = "[COMMAND]" },
	{ .name = "version", .help = "the version", .run = version_run },
};

/* Every profile kind is a command of its own. */
const struct command *command_at(size_t i)
{
	static struct command of_kind;
	const struct kind *kind = i < KIND_CNT ? kind_at((enum kind_id)i) : NULL;

	if (!kind) {
		i -= KIND_CNT;
		return i < sizeof(commands) / sizeof(*commands) ? &commands[i] : NULL;
	}
	of_kind = (struct command){ .name = kind->name,
		                    .help = kind->help,
		                    .run = capture_run,
		                    .words = "[SECONDS | -- CMD ARGS]",
		                    .option = capture_option };
	return &of_kind;
}

const struct command *command_find(const char *name)
{
	const struct command *cmd;
	size_t i;

	for (i = 0; (cmd = command_at(i)); i++)
		if (!strcmp(cmd->name, name))
			return cmd;
	return NULL;
}

static void print_all(void)
{
	const struct command *cmd;
	size_t i;

	printf("ebprof profiles any process of this machine from outside: no code change, no restart.\n\n"
	       "  ebprof COMMAND [OPTIONS] [SECONDS]     for a time (30 seconds, or until Ctrl-C)\n"
	       "  ebprof COMMAND [OPTIONS] -- CMD ARGS   for the life of a command\n\n");
	for (i = 0; (cmd = command_at(i)); i++)
		printf("  %-10s %s\n", cmd->name, cmd->help);
	printf("\n'ebprof COMMAND --help' lists the options of a command.\n");
}

static int help_run(const struct command *cmd, int argc, char **argv)
{
	const struct command *of = argc > 1 ? command_find(argv[1]) : NULL;
	char *help[] = { argc > 1 ? argv[1] : argv[0], (char *)"--help", NULL };

	if (of && of->option)
		return of->run(of, 2, help);
	if (argc > 1 && !of) {
		fprintf(stderr, "ebprof: there is no command '%s'; try 'ebprof help'\n", argv[1]);
		return EXIT_USAGE;
	}
	print_all();
	return EXIT_DONE;
}
