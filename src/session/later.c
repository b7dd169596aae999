// SPDX-License-Identifier: Apache-2.0
#include "session/later.h"

#include <stdbool.h>
#include <sys/stat.h>

#include "process/file.h"
#include "profile/file_note.h"
#include "profile/profile.h"
#include "symbolize/symbolize.h"

/* The first mapping of its file? */
static bool is_first(const struct symbolize_source *sources, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (sources[j].file == sources[i].file)
			return false;
	return true;
}

/* What is open is the mapped file itself, whatever its path leads to by now. */
static void note(struct profile *p, uint32_t path, const struct file *file)
{
	struct file_note n = { .path = path };
	struct stat st;

	if (file->kind != FILE_REGULAR || file->memory || file->fd < 0 || fstat(file->fd, &st))
		return;
	n.size = (uint64_t)st.st_size;
	n.sec = st.st_mtim.tv_sec;
	n.nsec = (uint32_t)st.st_mtim.tv_nsec;
	file_note_add(p, &n);
}

void later_mark(struct profile *p, struct symbolize_source *sources, size_t cnt)
{
	const struct profile_mapping *m;
	size_t i;

	for (i = 0; i < cnt; i++) {
		m = profile_mapping(p, (uint32_t)i + 1);
		if (sources[i].what == SOURCE_FILE && !m->build_id && is_first(sources, i))
			note(p, m->file, sources[i].file);
		if (sources[i].what == SOURCE_FILE || sources[i].what == SOURCE_NONE ||
		    (sources[i].what == SOURCE_KERNEL && m->build_id))
			sources[i].what = SOURCE_LATER;
	}
}
