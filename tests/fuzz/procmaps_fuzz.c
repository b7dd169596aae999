// SPDX-License-Identifier: Apache-2.0
/* The text of /proc/PID/maps, read through the file as it comes and into mappings. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process/files.h"
#include "process/mappings.h"
#include "process/procmaps.h"

struct target {
	struct files files;
	struct mappings *mappings;
};

static bool line(void *arg, const struct procmaps_line *l)
{
	struct target *t = arg;
	struct file_name name = { .id = { l->major, l->minor, l->inode, 0 },
		                  .path = l->path,
		                  .path_len = l->path_len,
		                  .end = l->end,
		                  .scanned = true };
	struct mapping m = { .start = l->start, .end = l->end, .offset = l->offset };

	if (l->start >= l->end)
		abort();
	m.file = files_get(&t->files, &name);
	if (m.file && l->exec)
		mappings_add(&t->mappings, &m, l->write);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char buf[PROCMAPS_BUF];
	struct target t = { .mappings = NULL };
	int fd = memfd_create("maps", MFD_CLOEXEC);
	uint32_t i;

	if (fd < 0 || files_init(&t.files))
		abort();
	if (write(fd, data, size) == (ssize_t)size && !lseek(fd, 0, SEEK_SET))
		procmaps_each(fd, buf, line, &t);
	for (i = 1; t.mappings && i < t.mappings->cnt; i++)
		if (t.mappings->items[i - 1].end > t.mappings->items[i].start)
			abort();
	mappings_unref(t.mappings);
	files_release(&t.files);
	close(fd);
	return 0;
}
