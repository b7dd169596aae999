// SPDX-License-Identifier: Apache-2.0
#include "collect/alloc.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/log.h"
#include "collect/allocators.h"
#include "collect/attach.h"
#include "collect/collect.h"
#include "collect/preload.h"
#include "ebprof.skel.h"
#include "process/process.h"

/* Sampled blocks in use: 32 GiB at the default rate; and calls under way. */
#define LIVE_ENTRIES 65536
#define CALL_ENTRIES 4096

/*
 * A living process with the files that were looked at, and the probes on them: one on a file stays when the
 * process runs another program.
 */
struct watched {
	uint32_t pid;
	uint32_t exec_id;   /* when it was looked at, */
	size_t mapping_cnt; /* and how many mappings there were */
	uint32_t round;     /* the last call of follow() that saw it */
	bool starts;        /* it is the command, which has still to be executed, */
	bool preloaded;     /* and it samples by itself */
	const struct file **files;
	size_t file_cnt, file_cap;
	struct links links;
};

static enum uprobe_way way;
static struct watched *watched;
static size_t watched_cnt, watched_cap;
static uint32_t round_now;

static void hook(const struct collect_options *o, char *text, size_t size)
{
	snprintf(text, size, "uprobes: %s",
	         uprobe_best() == UPROBE_SESSION ? "sessions, one link a file"
	                                         : "a perf event for each site and way");
}

static void enable(struct ebprof_bpf *skel, const struct collect_options *o)
{
	bool session;

	way = uprobe_best();
	if (way == UPROBE_NONE)
		return; /* attach() says so */
	session = way == UPROBE_SESSION;
	skel->rodata->alloc.rate = o->alloc_rate;
	bpf_program__set_autoload(skel->progs.alloc_session, session);
	bpf_program__set_autoload(skel->progs.alloc_enter, !session);
	bpf_program__set_autoload(skel->progs.alloc_leave, !session);
	bpf_program__set_autoload(skel->progs.alloc_free, true);
	if (session) {
		uprobe_prepare(skel->progs.alloc_session, true);
		uprobe_prepare(skel->progs.alloc_free, false);
		uprobe_prepare(skel->progs.preload_met, false);
	}
	bpf_program__set_autoload(skel->progs.preload_met, o->preload);
	bpf_map__set_max_entries(skel->maps.live, LIVE_ENTRIES);
	bpf_map__set_max_entries(skel->maps.calls, CALL_ENTRIES);
}

/* What is in no process yet: the rest is follow()'s. */
static int attach(struct ebprof_bpf *skel, const struct collect_options *o, struct links *links,
                  struct err *e)
{
	int err;

	if (way == UPROBE_NONE)
		return err_set(e, -EOPNOTSUPP,
		               "heap needs uprobes with cookies, which this kernel lacks; Linux "
		               "5.15 and later have them, with CONFIG_UPROBE_EVENTS");
	if (!o->preload)
		return 0;
	err = preload_attach(o->preload, links, skel->progs.preload_met, way);
	return err ? err_set(e, err,
	                     "cannot put a probe on the sampler: %s; --no-preload does without it",
	                     strerror(-err))
	           : 0;
}

/* Frees are watched first: a block that is allocated before they are would look leaked. */
static int attach_file(struct ebprof_bpf *skel, struct links *l, const struct allocator *a,
                       int file, uint32_t pid)
{
	int err = attach_uprobes(l, skel->progs.alloc_free, way, UPROBE_ENTRY, file, a->frees,
	                         a->free_cnt, pid);

	if (err)
		return err;
	if (way == UPROBE_SESSION)
		return attach_uprobes(l, skel->progs.alloc_session, way, UPROBE_BOTH, file,
		                      a->calls, a->call_cnt, pid);
	err = attach_uprobes(l, skel->progs.alloc_leave, way, UPROBE_RETURN, file, a->calls,
	                     a->call_cnt, pid);
	return err ? err
	           : attach_uprobes(l, skel->progs.alloc_enter, way, UPROBE_ENTRY, file, a->calls,
	                            a->call_cnt, pid);
}

static struct watched *watched_find(uint32_t pid)
{
	struct watched *w;
	size_t i;

	for (i = 0; i < watched_cnt; i++)
		if (watched[i].pid == pid)
			return &watched[i];
	w = array_reserve(watched, &watched_cap, watched_cnt + 1, sizeof(*w));
	if (!w)
		return NULL;
	watched = w;
	w[watched_cnt] = (struct watched){ .pid = pid };
	return &w[watched_cnt++];
}

static void watched_release(struct watched *w)
{
	links_release(&w->links);
	free(w->files);
}

/* Processes that have ended. */
static void watched_sweep(void)
{
	size_t i, kept = 0;

	for (i = 0; i < watched_cnt; i++)
		if (watched[i].round == round_now)
			watched[kept++] = watched[i];
		else
			watched_release(&watched[i]);
	watched_cnt = kept;
}

static bool file_is_new(struct watched *w, const struct file *file)
{
	const struct file **files;
	size_t i;

	for (i = 0; i < w->file_cnt; i++)
		if (w->files[i] == file)
			return false;
	files = array_reserve(w->files, &w->file_cap, w->file_cnt + 1, sizeof(*files));
	if (!files)
		return false;
	w->files = files;
	files[w->file_cnt++] = file;
	return true;
}

struct follow {
	struct ebprof_bpf *skel;
	const struct preload *preload;
	struct processes *processes;
	struct err *e;
	int err;
};

static void follow_file(struct follow *f, struct watched *w, const struct image *im,
                        const struct mapping *m)
{
	struct allocator a;
	int err;

	if (m->file->kind != FILE_REGULAR || processes_open_file(f->processes, im, m) ||
	    allocator_find(m->file->fd, &a) || !a.name)
		return;
	err = attach_file(f->skel, &w->links, &a, m->file->fd, im->pid);
	if (err == -ESRCH)
		return; /* it has ended */
	if (err) {
		f->err = err_set(f->e, err, "cannot put probes on %s in '%s' of process %u: %s",
		                 a.name, m->file->path, im->pid, strerror(-err));
		return;
	}
	log_debug("process %u: %s in '%s', %zu + %zu sites, %zu of them dear", im->pid, a.name,
	          m->file->path, a.call_cnt, a.free_cnt, a.dear);
}

/*
 * Before its exec the command has ebprof's own mappings. Of a process that samples by itself only the program's
 * own allocator is probed, which no library can stand before. A probe that came first (musl's allocator is
 * in the loader) is taken off.
 */
static bool is_probed(struct follow *f, struct watched *w, const struct image *im)
{
	bool preloaded = preload_is_in(f->preload, im);

	if (round_now == 1)
		w->starts = true;
	else if (w->exec_id != im->exec_id)
		w->starts = false;
	if (preloaded && !w->preloaded) {
		links_release(&w->links);
		w->file_cnt = 0;
	}
	w->preloaded = preloaded;
	return !w->starts;
}

static void follow_process(void *arg, const struct image *im)
{
	struct watched *w = watched_find(im->pid);
	struct follow *f = arg;
	bool probed;
	size_t i;

	if (!w) {
		f->err = err_set(f->e, -ENOMEM, "out of memory for the probes on process %u",
		                 im->pid);
		return;
	}
	w->round = round_now;
	if (w->mapping_cnt == im->mapping_cnt && w->exec_id == im->exec_id)
		return;
	probed = !f->preload || is_probed(f, w, im);
	w->mapping_cnt = im->mapping_cnt;
	w->exec_id = im->exec_id;
	for (i = 0; probed && i < im->mapping_cnt; i++)
		if ((!w->preloaded || im->mappings[i].file == im->program) &&
		    file_is_new(w, im->mappings[i].file))
			follow_file(f, w, im, &im->mappings[i]);
}

static int follow(struct ebprof_bpf *skel, const struct collect_options *o, struct processes *ps,
                  struct err *e)
{
	struct follow f = { .skel = skel, .preload = o->preload, .processes = ps, .e = e };

	round_now++;
	processes_each_wanted(ps, follow_process, &f);
	watched_sweep();
	return f.err;
}

static void detach(void)
{
	while (watched_cnt)
		watched_release(&watched[--watched_cnt]);
	free(watched);
	watched = NULL;
	watched_cap = 0;
}

static bool is_gone(uint32_t tgid)
{
	return kill((pid_t)tgid, 0) && errno == ESRCH;
}

/* What a process held that has ended is in use no more, but a target's own last state is of interest. */
static void settle(struct ebprof_bpf *skel, bool (*kept)(void *arg, uint32_t tgid),
                   void (*add)(void *arg, const struct sample_key *key,
                               const struct sample_value *value),
                   void *arg)
{
	static const struct sample_value freed = { .v = { [ALLOC_FREED] = 1 } };
	int fd = bpf_map__fd(skel->maps.live);
	struct abi_block block, *from = NULL;
	struct sample_key key;

	while (!bpf_map_get_next_key(fd, from, &block)) {
		if (!bpf_map_lookup_elem(fd, &block, &key) && !kept(arg, key.tgid) &&
		    is_gone(key.tgid))
			add(arg, &key, &freed);
		from = &block;
	}
}

const struct source source_alloc = {
	.name = "alloc",
	.ctx = CTX_PROBE,
	.hook = hook,
	.enable = enable,
	.attach = attach,
	.follow = follow,
	.detach = detach,
	.settle = settle,
};
