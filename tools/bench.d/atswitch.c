// SPDX-License-Identifier: Apache-2.0
/* atswitch: attaches atswitch.bpf.c, says "ready" and keeps it until its standard input ends. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>

#include "atswitch.skel.h"

int main(void)
{
	struct atswitch *skel = atswitch__open_and_load();
	char c;

	if (!skel || atswitch__attach(skel)) {
		perror("atswitch");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	atswitch__destroy(skel);
	return 0;
}
