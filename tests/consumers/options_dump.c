// SPDX-License-Identifier: Apache-2.0
/* Prints what the option tables have, a line a way to write an option: COMMAND --NAME. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/option_rows.h"

static void put_option(const struct command *cmd, const struct option_row *row)
{
	printf("%s --%s\n", cmd->name, row->name);
	if (row->letter)
		printf("%s -%c\n", cmd->name, row->letter);
	if (cmd->one_dash)
		printf("%s -%s\n", cmd->name, row->name);
}

int main(void)
{
	const struct option_row *row;
	const struct command *cmd;
	size_t i, at;

	for (i = 0; (cmd = command_at(i)); i++)
		for (at = 0; cmd->option && (row = cmd->option(at)); at++)
			put_option(cmd, row);
	return 0;
}
