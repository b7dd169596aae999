// SPDX-License-Identifier: Apache-2.0
#include "collect/alloc.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/log.h"
#include "collect/allocators.h"
#include "collect/attach.h"
#include "collect/collect.h"
#include "ebprof.skel.h"
#include "process/process.h"

/* Sampled blocks in use: 32 GiB at the default rate; and calls under way. */
#define LIVE_ENTRIES 65536
#define CALL_ENTRIES 4096

/* A process with the files of its present program that were looked at. */
struct watched {
	uint32_t pid, exec_id;
	uint64_t start;
	size_t mapping_cnt; /* when it was looked at */
	const struct file **files;
	size_t file_cnt, file_cap;
};

static enum uprobe_way way;
static struct watched *watched;
static size_t watched_cnt, watched_cap;

static void enable(struct ebprof_bpf *skel, const struct collect_options *o)
{
	bool session;

	way = uprobe_best();
	session = way == UPROBE_SESSION;
	skel->rodata->alloc.rate = o->alloc_rate;
	bpf_program__set_autoload(skel->progs.alloc_session, session);
	bpf_program__set_autoload(skel->progs.alloc_enter, !session);
	bpf_program__set_autoload(skel->progs.alloc_leave, !session);
	bpf_program__set_autoload(skel->progs.alloc_free, true);
	uprobe_prepare(skel->progs.alloc_session, way, true);
	uprobe_prepare(skel->progs.alloc_enter, way, false);
	uprobe_prepare(skel->progs.alloc_leave, way, false);
	uprobe_prepare(skel->progs.alloc_free, way, false);
	bpf_map__set_max_entries(skel->maps.live, LIVE_ENTRIES);
	bpf_map__set_max_entries(skel->maps.calls, CALL_ENTRIES);
}

/* What follow() attaches is all that there is. */
static int attach(struct ebprof_bpf *skel, const struct collect_options *o, struct links *links,
                  struct err *e)
{
	if (way != UPROBE_NONE)
		return 0;
	return err_set(e, -EOPNOTSUPP,
	               "this kernel has no uprobes (CONFIG_UPROBE_EVENTS), which heap profiles of "
	               "running processes need");
}

/* Frees are watched first: a block that is allocated before they are would look leaked. */
static int attach_file(struct ebprof_bpf *skel, struct links *l, const struct allocator *a,
                       int file, uint32_t pid)
{
	int err = attach_uprobes(l, skel->progs.alloc_free, way, false, false, file, a->frees,
	                         a->free_cnt, pid);

	if (err)
		return err;
	if (way == UPROBE_SESSION)
		return attach_uprobes(l, skel->progs.alloc_session, way, true, false, file,
		                      a->calls, a->call_cnt, pid);
	err = attach_uprobes(l, skel->progs.alloc_leave, way, false, true, file, a->calls,
	                     a->call_cnt, pid);
	return err ? err
	           : attach_uprobes(l, skel->progs.alloc_enter, way, false, false, file, a->calls,
	                            a->call_cnt, pid);
}

static struct watched *watched_find(const struct image *im)
{
	struct watched *w;
	size_t i;

	for (i = 0; i < watched_cnt; i++)
		if (watched[i].pid == im->pid)
			break;
	if (i == watched_cnt) {
		w = array_reserve(watched, &watched_cap, watched_cnt + 1, sizeof(*w));
		if (!w)
			return NULL;
		watched = w;
		watched_cnt++;
	}
	w = &watched[i];
	if (w->exec_id != im->exec_id || w->start != im->start || !w->pid) {
		free(w->files);
		*w = (struct watched){ .pid = im->pid, .exec_id = im->exec_id, .start = im->start };
	}
	return w;
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
	struct processes *processes;
	struct links *links;
	struct err *e;
	size_t attached;
	int err;
};

static void follow_file(struct follow *f, const struct image *im, const struct mapping *m)
{
	struct allocator a;
	int err;

	if (m->file->kind != FILE_REGULAR || processes_open_file(f->processes, im, m) ||
	    allocator_find(m->file->fd, &a) || !a.name)
		return;
	err = attach_file(f->skel, f->links, &a, m->file->fd, im->pid);
	if (err == -ESRCH)
		return; /* it has ended */
	if (err) {
		f->err = err_set(f->e, err, "cannot put probes on %s in '%s' of process %u: %s",
		                 a.name, m->file->path, im->pid, strerror(-err));
		return;
	}
	f->attached++;
	log_debug("process %u: %s in '%s', %zu + %zu sites, %zu of them dear", im->pid, a.name,
	          m->file->path, a.call_cnt, a.free_cnt, a.dear);
}

static void follow_process(void *arg, const struct image *im)
{
	struct watched *w = watched_find(im);
	struct follow *f = arg;
	size_t i;

	if (!w || w->mapping_cnt == im->mapping_cnt)
		return;
	w->mapping_cnt = im->mapping_cnt;
	for (i = 0; i < im->mapping_cnt; i++)
		if (file_is_new(w, im->mappings[i].file))
			follow_file(f, im, &im->mappings[i]);
}

static int follow(struct ebprof_bpf *skel, const struct collect_options *o, struct processes *ps,
                  struct links *links, struct err *e)
{
	struct follow f = { .skel = skel, .processes = ps, .links = links, .e = e };

	processes_each_wanted(ps, follow_process, &f);
	return f.err;
}

const struct source source_alloc = {
	.name = "alloc",
	.ctx = CTX_PROBE,
	.enable = enable,
	.attach = attach,
	.follow = follow,
};
