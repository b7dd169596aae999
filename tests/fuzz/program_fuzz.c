// SPDX-License-Identifier: Apache-2.0
/* Any bytes as the file of a program. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("program", MFD_CLOEXEC);
	enum program is;
	char path[40];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	is = program_at(path);
	if (is < PROGRAM_DYNAMIC || is > PROGRAM_UNREADABLE)
		abort();
	close(fd);
	return 0;
}
