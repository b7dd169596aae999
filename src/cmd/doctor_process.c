// SPDX-License-Identifier: Apache-2.0
/*
 * What a process has mapped: allocators whose calls heap would meet, runtimes, and code that it made. Its files
 * are opened as a capture opens them; nothing is attached to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cmd/doctor.h"
#include "cmd/runtimes.h"
#include "collect/allocators.h"
#include "process/proc.h"
#include "process/process.h"

struct visit {
	struct processes *processes;
	struct patient *to;
	bool met, makes_code;
	size_t unreadable;
};

static void add_allocator(struct findings *to, const char *path, const struct allocator *a)
{
	struct finding *f;

	if (!a->dear) {
		f = finding_add(to, a->name, DOCTOR_OK, "heap: %zu sites of calls, %zu of frees",
		                a->call_cnt, a->free_cnt);
	} else {
		f = finding_add(
			to, a->name, DOCTOR_LIMITED,
			"heap: %zu sites of calls, %zu of frees, %zu of them dear: the kernel "
			"has to step over them, at some nine times the cost",
			a->call_cnt, a->free_cnt, a->dear);
		finding_remedy(f, "a larger --rate does not help; short captures do");
	}
	finding_file(to, f, path);
}

static void add_runtime(struct findings *to, const char *path, const struct runtime *r)
{
	struct finding *f =
		finding_add(to, r->name, r->remedy ? DOCTOR_LIMITED : DOCTOR_OK, "%s", r->text);

	finding_remedy(f, r->remedy);
	finding_file(to, f, path);
}

static void look_at_file(struct visit *v, const struct image *im, const struct mapping *m)
{
	struct patient *to = v->to;
	const struct runtime *r;
	struct allocator a;

	if (m->file->kind != FILE_REGULAR)
		return;
	if (processes_open_file(v->processes, im, m)) {
		v->unreadable++;
		return;
	}
	if (!allocator_find(m->file->fd, &a) && a.name)
		add_allocator(&to->allocators, m->file->path, &a);
	r = runtime_find(m->file->fd);
	if (r)
		add_runtime(&to->runtimes, m->file->path, r);
}

/* Is it mapped at a lower address too? */
static bool is_known(const struct image *im, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (im->mappings[k].file == im->mappings[i].file)
			return true;
	return false;
}

/* Code of its own making: what has brackets is the kernel's ([uprobes]). */
static bool is_made(const struct mapping *m)
{
	return mapping_may_be_jit(m) && m->file->path[0] != '[';
}

/* Is there a file in which it names the code that it makes? */
static void look_for_map(const struct visit *v, const struct image *im)
{
	int fd = processes_open_jitdump(v->processes, im);
	struct findings *to = &v->to->runtimes;

	if (fd < 0)
		fd = processes_open_perfmap(v->processes, im);
	if (fd >= 0) {
		finding_add(to, "made code", DOCTOR_OK, "it has a map of its names");
		close(fd);
	} else if (fd == -ENOENT) {
		finding_remedy(
			finding_add(to, "made code", DOCTOR_LIMITED, "it has no map of its names"),
			"start the program with what its runtime has for that");
	} else {
		finding_remedy(finding_add(to, "made code", DOCTOR_LIMITED,
		                           "its map of names is not used: %s", strerror(-fd)),
		               "a regular file of the process's own user, newer than the process");
	}
}

static void look_at(void *arg, const struct image *im)
{
	struct visit *v = arg;
	size_t i;

	v->met = true;
	for (i = 0; i < im->mapping_cnt; i++) {
		v->makes_code |= is_made(&im->mappings[i]);
		if (!is_known(im, i))
			look_at_file(v, im, &im->mappings[i]);
	}
	if (v->makes_code)
		look_for_map(v, im);
	if (v->unreadable)
		finding_remedy(finding_add(&v->to->allocators, "unreadable", DOCTOR_LIMITED,
		                           "%zu of its files cannot be read", v->unreadable),
		               "CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH and CAP_CHECKPOINT_RESTORE");
	if (!v->to->allocators.cnt)
		finding_remedy(finding_add(&v->to->allocators, "none", DOCTOR_LIMITED,
		                           "heap: no file has an allocator's functions by name"),
		               "a program that is not stripped, or not linked statically");
}

/* Why its mappings cannot be read: 0, or -errno with 'e'. */
static int may_look(uint32_t pid, struct err *e)
{
	char path[32];
	int fd, err;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return close(fd);
	err = -errno;
	return err_set(e, err, "cannot read '%s': %s; run as root or with CAP_SYS_PTRACE", path,
	               strerror(-err));
}

static int look(uint32_t pid, struct visit *v, struct err *e)
{
	const struct processes_options only_wanted = { 0 };
	int err = may_look(pid, e);

	if (err)
		return err;
	v->processes = processes_new(&only_wanted, e);
	if (!v->processes)
		return -ENOMEM;
	processes_want(v->processes, pid);
	processes_look(v->processes);
	processes_each_wanted(v->processes, look_at, v);
	processes_free(v->processes);
	return v->met ? 0 : err_set(e, -ESRCH, "it is gone; 'ps' lists what lives");
}

static void read_comm(uint32_t pid, char *comm, size_t size)
{
	int dir = proc_open(pid);
	long n = dir < 0 ? -1 : proc_read(dir, "comm", comm, size - 1);

	if (dir >= 0)
		close(dir);
	comm[n > 0 ? n - 1 : 0] = 0; /* without its newline */
}

void doctor_process(uint32_t pid, struct patient *to)
{
	struct visit v = { .to = to };
	struct err e = { "" };

	to->pid = pid;
	read_comm(pid, to->comm, sizeof(to->comm));
	if (look(pid, &v, &e))
		finding_error(&to->allocators, "mappings", DOCTOR_REFUSED, e.msg);
}
