// SPDX-License-Identifier: Apache-2.0
#include "symbolize/asker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "process/file.h"
#include "symbolize/fetch.h"
#include "symbolize/jit.h"
#include "symbolize/names.h"
#include "symbolize/symbolize.h"
#include "symbolize/worker.h"

#define SECONDS 10 /* of CPU time, and without an answer */

/* The first that knows a name is believed; the last one is the most robust. */
static const struct names_source *const of_files[] = { &names_go, &names_dwarf, &names_elf };
static const struct names_source *const of_code[] = { &names_jitdump, &names_perfmap };

void asker_init(struct asker *k, const struct symbolize_options *o,
                struct symbolize_counters *counters)
{
	*k = (struct asker){ .options = o, .counters = counters };
}

/* The device of what is open, as far as it is known without asking it: statx(2). */
static uint64_t device_of(int fd)
{
	struct statx st;

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st))
		return 0;
	return makedev(st.stx_dev_major, st.stx_dev_minor);
}

static bool is_hung(const struct asker *k, const struct worker_job *job)
{
	if (!k->has_hung)
		return false;
	if (job->file)
		return device_of(job->file->fd) == k->hung;
	return device_of(job->jit->fds[JIT_MAP]) == k->hung ||
	       device_of(job->jit->fds[JIT_DUMP]) == k->hung;
}

static void set_hung(struct asker *k, const struct worker_job *job)
{
	int fd = job->file ? job->file->fd : job->jit->fds[JIT_MAP];

	k->hung = device_of(fd < 0 ? job->jit->fds[JIT_DUMP] : fd);
	k->has_hung = true;
}

/*
 * All sources; when their worker fails, another asks the last one alone. After one that waited for a file
 * system in vain that is done without debug files; if it waits too it is the file's own file system,
 * which is not tried again, else it is one of debug files, likewise.
 */
static void ask_worker(struct asker *k, struct worker_job *job)
{
	int err, first = is_hung(k, job) ? -ETIMEDOUT : worker_run(job, &k->answer);

	k->counters->failed_workers += first != 0;
	if (!first || is_hung(k, job))
		return;
	answer_release(&k->answer);
	job->sources += job->source_cnt - 1;
	job->source_cnt = 1;
	if (first == -ETIMEDOUT)
		job->debug_dirs = NULL;
	err = worker_run(job, &k->answer);
	if (err == -ETIMEDOUT)
		set_hung(k, job);
	else if (first == -ETIMEDOUT && job->file)
		k->no_debug_dirs = true;
}

static struct worker_job job_of(const struct asker *k, const uint64_t *offsets, size_t cnt)
{
	const struct asker_question *q = k->question;
	struct worker_job job = {
		.file = q->file, .jit = q->jit, .offsets = offsets, .cnt = cnt, .seconds = SECONDS
	};

	job.sources = q->file ? of_files : of_code;
	job.source_cnt =
		q->file ? sizeof(of_files) / sizeof(*of_files) : sizeof(of_code) / sizeof(*of_code);
	job.debug_dirs = k->no_debug_dirs ? NULL : k->options->debug_dirs;
	return job;
}

/* A debug file from a server, of what has none here; false: there is none. */
static bool fetch(struct asker *k, struct fetched *got)
{
	const struct file *f = k->question->file;

	if (!k->options->fetch || !k->answer.end.lacks || !f || f->kind != FILE_REGULAR)
		return false;
	return !fetch_counted(k->options->fetch, f->build_id, got, k->counters);
}

/* Only the first answer tells that there is no debug file here. */
static void ask(struct asker *k, const uint64_t *offsets, size_t cnt)
{
	struct worker_job job = job_of(k, offsets, cnt);
	struct fetched got;

	ask_worker(k, &job);
	if (!fetch(k, &got))
		return;
	answer_release(&k->answer);
	job = job_of(k, offsets, cnt);
	job.fetched = &got;
	ask_worker(k, &job);
	close(got.debug_fd);
	if (got.alt_fd >= 0)
		close(got.alt_fd);
}

/* What is said of the file, at any time: what is known from before is still so. */
static void count(struct asker *k)
{
	const struct answer_end *known = k->cache ? cache_end(k->cache, &k->id) : NULL;
	struct answer_end end = k->answer.end;

	if (known) {
		end.bad |= known->bad;
		end.mismatch |= known->mismatch;
		end.large |= known->large;
		if (end.missing_dwo < known->missing_dwo)
			end.missing_dwo = known->missing_dwo;
	}
	k->answer.end = end;
	if (k->question->file)
		k->counters->unreadable_files += end.bad;
	else
		k->counters->unusable_maps += end.bad;
	k->counters->mismatched_files += end.mismatch;
	k->counters->large_dwarf += end.large;
	k->counters->missing_dwo += end.missing_dwo;
}

/* The offsets that are not in the cache, which the caller frees; NULL: all are, or memory is out. */
static uint64_t *unknown(struct asker *k, size_t *cnt)
{
	const struct asker_question *q = k->question;
	uint64_t *offsets = malloc(q->cnt * sizeof(*offsets));
	const struct names_frame *frames;
	size_t i, frame_cnt;

	for (i = 0, *cnt = 0; offsets && i < q->cnt; i++) {
		if (cache_find(k->cache, &k->id, q->offsets[i], &frames, &frame_cnt))
			continue;
		offsets[(*cnt)++] = q->offsets[i];
		k->asked[i] = (uint32_t)*cnt;
	}
	return offsets;
}

void asker_ask(struct asker *k, const struct asker_question *q)
{
	uint64_t *offsets;
	size_t cnt;

	k->question = q;
	memset(&k->answer, 0, sizeof(k->answer));
	k->cache = q->file && !cache_identify(q->file, &k->id) ? k->options->cache : NULL;
	k->asked = k->cache ? calloc(q->cnt, sizeof(*k->asked)) : NULL;
	if (k->asked) {
		offsets = unknown(k, &cnt);
		if (offsets && cnt)
			ask(k, offsets, cnt);
		k->counters->cached += offsets ? q->cnt - cnt : 0;
		free(offsets);
	} else {
		k->cache = NULL;
		ask(k, q->offsets, q->cnt);
	}
	count(k);
}

const struct names_frame *asker_frames(struct asker *k, size_t index, size_t *cnt)
{
	const struct names_frame *frames = NULL;

	if (!k->asked)
		return answer_frames(&k->answer, index, cnt);
	if (k->asked[index])
		return answer_frames(&k->answer, k->asked[index] - 1, cnt);
	*cnt = 0;
	cache_find(k->cache, &k->id, k->question->offsets[index], &frames, cnt);
	return frames;
}

/* An answer that lacks something may be a better one the next time. */
static void remember(struct asker *k)
{
	const struct asker_question *q = k->question;
	const struct names_frame *frames;
	size_t i, cnt;

	if (k->answer.whole)
		cache_put_end(k->cache, &k->id, &k->answer.end);
	for (i = 0; i < q->cnt; i++) {
		if (!k->asked[i]) {
			cache_keep(k->cache, &k->id, q->offsets[i]);
		} else if (k->answer.whole) {
			frames = answer_frames(&k->answer, k->asked[i] - 1, &cnt);
			cache_put(k->cache, &k->id, q->offsets[i], frames, cnt);
		}
	}
}

void asker_done(struct asker *k)
{
	if (k->asked)
		remember(k);
	free(k->asked);
	k->asked = NULL;
	answer_release(&k->answer);
}
