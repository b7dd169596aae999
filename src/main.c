// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

/*
 * A closed standard descriptor is filled with one that fails at use: else a file of ours would get
 * its number and what is printed with it.
 */
static void fill_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
		if (fd == STDIN_FILENO) {
			close(fd);
			fd = open("/dev/null", O_WRONLY);
		}
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const struct command *cmd;

	fill_descriptors();
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	else if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	cmd = command_find(name);
	if (cmd)
		return cmd->run(cmd, argc - 1, argv + 1);
	if (*name)
		fprintf(stderr, "ebprof: there is no command '%s'; try 'ebprof help'\n", name);
	else
		fprintf(stderr, "ebprof: no command; try 'ebprof cpu -a 30' or 'ebprof help'\n");
	return EXIT_USAGE;
}
