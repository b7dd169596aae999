// SPDX-License-Identifier: Apache-2.0
/*
 * The process room on a running kernel (root): programs of a millisecond, exec chains, deleted files,
 * other mount namespaces, fork and vfork, under fork load with the argument "load".
 * Prints "ok NAME" or "not ok NAME: why" a case; exit status 1 when one failed.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/err.h"
#include "live.h"

enum {
	TRUE_CNT = 200,
	LOSS_CNT = 1500, /* some 1.2 KB of records each */
};

/* What is wrong with the image of a process that ran /bin/true, or NULL. */
static const char *wrong_true(struct processes *ps, uint32_t pid, uint64_t before, bool build_ids)
{
	const struct image *im = processes_find(ps, pid, before, EXEC_ID + 1);
	const struct mapping *m;
	size_t i;

	if (!im)
		return "not known";
	if (strcmp(im->comm, "true"))
		return im->comm;
	if (!is_program(im, "true"))
		return "its program is not true";
	if (!maps_file(im, "libc.so") || !maps_file(im, "ld-linux") || !maps_file(im, "[vdso]"))
		return "libc, ld.so or vdso is missing";
	for (i = 0; i < im->mapping_cnt; i++) {
		m = &im->mappings[i];
		if (m->remapped)
			return "a mapping is ambiguous";
		if (build_ids && m->file->kind == FILE_REGULAR && !m->file->build_id[0])
			return "a build ID is missing";
		if (i && m->start < m[-1].end)
			return "mappings overlap";
	}
	return NULL;
}

static void test_short(struct processes *ps)
{
	static const char *const argv[] = { "/bin/true", NULL };
	const char *wrong = NULL, *first = NULL;
	uint64_t before[TRUE_CNT];
	pid_t pids[TRUE_CNT];
	unsigned i, bad = 0;

	for (i = 0; i < TRUE_CNT; i++) {
		before[i] = proc_now();
		pids[i] = spawn(argv);
		if (i % 50 == 0)
			processes_poll(ps);
		waitpid(pids[i], NULL, 0);
	}
	processes_poll(ps);
	for (i = 0; i < TRUE_CNT; i++) {
		wrong = wrong_true(ps, (uint32_t)pids[i], before[i],
		                   sideband_has_build_ids(ps->sideband));
		bad += wrong != NULL;
		first = first ? first : wrong;
	}
	result("short processes", !bad, "%u of %d: %s", bad, TRUE_CNT, first);
}

static void test_exec_chain(struct processes *ps)
{
	static const char *const argv[] = { "sh", "-c", "exec env sleep 0.1", NULL };
	static const char *const comms[] = { "live_sideband", "sh", "env", "sleep" };
	static const char *const programs[] = { "live_sideband", "dash", "env", "sleep" };
	uint64_t before = proc_now();
	pid_t pid = spawn(argv);
	const struct image *im;
	bool good = true;
	unsigned i;

	waitpid(pid, NULL, 0);
	for (i = 0; good && i < 4; i++) {
		im = processes_find(ps, (uint32_t)pid, before, EXEC_ID + i);
		good = im && im->exec_id == EXEC_ID + i && !strcmp(im->comm, comms[i]) &&
		       (is_program(im, programs[i]) || is_program(im, comms[i]));
	}
	result("exec chain", good, "program %u: %s, %s", i - 1, im ? im->comm : "not known",
	       im && image_main(im) ? image_main(im)->file->path : "no main mapping");
	result("exec chain ends", !processes_find(ps, (uint32_t)pid, before, EXEC_ID + 4), "5th");
}

/* Opens the program of a live process; it must be an inode with that build ID. */
static void check_open(struct processes *ps, const char *name, pid_t pid, uint64_t before,
                       uint32_t exec_id, const char *build_id)
{
	const struct image *im = processes_find(ps, (uint32_t)pid, start_of(pid, before), exec_id);
	const struct mapping *m = im ? image_main(im) : NULL;
	char have[41] = "";
	int err = m ? processes_open_file(ps, im, m) : -ENOENT;

	if (!err)
		build_id_read(m->file->fd, have);
	result(name, !err && !strcmp(have, build_id) && !strcmp(m->file->build_id, build_id),
	       "%s: %s, build ID '%s' and '%s', not '%s'", m ? m->file->path : "no mapping",
	       strerror(-err), have, m ? m->file->build_id : "", build_id);
}

static void test_deleted(struct processes *ps)
{
	char path[64], build_id[41];
	const char *argv[] = { path, "5", NULL };
	uint64_t before = proc_now();
	pid_t pid;

	snprintf(path, sizeof(path), "%s/deleted", dir);
	copy_file("/bin/sleep", path);
	build_id_of("/bin/sleep", build_id);
	pid = spawn(argv);
	unlink(path);
	copy_file("/bin/true", path); /* an impostor */
	await_exec(pid, "deleted");
	check_open(ps, "deleted program", pid, before, EXEC_ID + 1, build_id);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
}

/* The program of a dead process is found by its path, but not the one that took its place. */
static void test_dead(struct processes *ps)
{
	char path[64], build_id[41];
	const char *argv[] = { path, NULL };
	const struct mapping *m;
	const struct image *im;
	uint64_t before;
	pid_t pid;
	int i, err = 0;

	snprintf(path, sizeof(path), "%s/dead", dir);
	build_id_of("/bin/true", build_id);
	for (i = 0; i < 2; i++) {
		copy_file("/bin/true", path);
		before = proc_now();
		pid = spawn(argv);
		waitpid(pid, NULL, 0);
		processes_poll(ps);
		if (!i)
			check_open(ps, "program of a dead process", pid, before, EXEC_ID + 1,
			           build_id);
		unlink(path);
		copy_file("/bin/sleep", path);
		im = processes_find(ps, (uint32_t)pid, before, EXEC_ID + 1);
		m = im ? image_main(im) : NULL;
		err = m ? processes_open_file(ps, im, m) : -ENOENT;
		unlink(path);
	}
	result("replaced program of a dead process", err == -ESTALE, "%s", strerror(-err));
}

static void check_image(void *arg, struct incarnation *inc)
{
	unsigned *bad = arg;
	const struct image *im = &inc->last->image;
	size_t i;

	for (i = 0; i < im->mapping_cnt; i++)
		*bad += im->mappings[i].remapped && im->mappings[i].file->kind == FILE_REGULAR;
}

/* Reading /proc again makes nothing new of what is known. */
static void test_resync(struct processes *ps)
{
	static const char *const argv[] = { "sleep", "5", NULL };
	uint64_t before = proc_now(), start;
	const struct image *im;
	pid_t pid = spawn(argv);
	size_t mapping_cnt;
	unsigned bad = 0;

	await_exec(pid, "sleep");
	processes_poll(ps);
	start = start_of(pid, before);
	im = processes_find(ps, (uint32_t)pid, start, EXEC_ID + 1);
	mapping_cnt = im ? im->mapping_cnt : 0;
	incarnations_newest(&ps->incarnations, (uint32_t)pid)->exec_state = EXEC_UNKNOWN;
	ps->resync_due = true;
	processes_poll(ps);
	im = processes_find(ps, (uint32_t)pid, start, EXEC_ID);
	incarnations_each(&ps->incarnations, check_image, &bad);
	result("reading /proc again",
	       im && im->mapping_cnt == mapping_cnt && mapping_cnt > 2 &&
	               ps->counters.resyncs == 1 && !bad,
	       "%zu mappings, then %zu; %u ambiguous", mapping_cnt, im ? im->mapping_cnt : 0, bad);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* More than the rings hold: it is counted, and what runs is known again. */
static void test_loss(void)
{
	struct processes_options options = { .all = true };
	struct processes *ps = processes_new(&options, NULL);
	static const char *const argv[] = { "/bin/true", NULL };
	static const char *const after[] = { "sleep", "5", NULL };
	const struct image *im;
	uint64_t before;
	pid_t pid;
	int i;

	processes_start(ps, NULL);
	for (i = 0; i < LOSS_CNT; i++)
		waitpid(spawn(argv), NULL, 0);
	before = proc_now();
	pid = spawn(after);
	await_exec(pid, "sleep");
	processes_poll(ps);
	im = processes_find(ps, (uint32_t)pid, start_of(pid, before), 5);
	result("loss",
	       ps->counters.sideband_lost && ps->counters.resyncs == 1 && is_program(im, "sleep") &&
	               maps_file(im, "libc.so"),
	       "lost %lu, %lu resyncs, %s", ps->counters.sideband_lost, ps->counters.resyncs,
	       im ? im->comm : "not known");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	processes_free(ps);
}

/* A program that exists only in a mount namespace of its own, on the file system that 'fs' mounts. */
static void test_namespace(struct processes *ps, const char *name, int (*fs)(const char *at))
{
	uint64_t before = proc_now();
	char path[96], at[64], build_id[41];
	pid_t pid;

	snprintf(at, sizeof(at), "%s/mnt", dir);
	snprintf(path, sizeof(path), "%s/only-here", at);
	mkdir(at, 0755);
	build_id_of("/bin/sleep", build_id);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    fs(at))
			_exit(1);
		copy_file("/bin/sleep", path);
		execl(path, path, "5", NULL);
		_exit(1);
	}
	await_exec(pid, "only-here");
	check_open(ps, name, pid, before, EXEC_ID + 1, build_id);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_fork(struct processes *ps)
{
	uint64_t before = proc_now();
	const struct image *im;
	int up[2], go[2];
	char c = 0;
	pid_t pid;
	bool good;

	if (pipe(up) || pipe(go))
		return;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_NAME, "forked");
		c = dlopen("libz.so.1", RTLD_NOW) ? 1 : 0;
		if (write(up[1], &c, 1) == 1 && read(go[0], &c, 1) == 1)
			_exit(0);
		_exit(1);
	}
	good = read(up[0], &c, 1) == 1;
	processes_poll(ps);
	im = processes_find(ps, (uint32_t)pid, before, EXEC_ID);
	result("fork without exec",
	       good && im && maps_file(im, "libc.so") && is_program(im, "live_sideband") &&
	               !strcmp(im->comm, "forked"),
	       "%s", im ? im->comm : "not known");
	result("mappings of a fork are its own", im && (!c || maps_file(im, "libz.so")), "no libz");
	if (write(go[1], &c, 1) != 1)
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(up[0]), close(up[1]), close(go[0]), close(go[1]);
}

static void test_vfork(struct processes *ps)
{
	uint64_t before = proc_now();
	const struct image *im;
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	im = processes_find(ps, (uint32_t)pid, before, EXEC_ID);
	result("vfork", is_program(im, "live_sideband") && maps_file(im, "libc.so"), "not known");
}

static void *named_thread(void *arg)
{
	int *tids = arg;

	prctl(PR_SET_NAME, "worker");
	tids[0] = gettid();
	return NULL;
}

static void test_thread(struct processes *ps, uint64_t start)
{
	int tids[1] = { 0 };
	const char *name;
	pthread_t t;

	pthread_create(&t, NULL, named_thread, tids);
	pthread_join(t, NULL);
	processes_poll(ps);
	name = processes_thread_comm(ps, (uint32_t)getpid(), (uint32_t)tids[0], start);
	result("thread name", name && !strcmp(name, "worker"), "%s", name);
	name = processes_thread_comm(ps, (uint32_t)getpid(), (uint32_t)getpid(), start);
	result("process name", name && !strcmp(name, "live_sideband"), "%s", name);
}

static void count_gone(void *arg, uint32_t pid)
{
	uint32_t *want = arg;

	want[1] += pid == want[0];
}

/* Only one process and its children are remembered; it is reported when it goes. */
static void test_wanted(void)
{
	struct processes_options options = { .identify = identify };
	struct processes *ps = processes_new(&options, NULL);
	static const char *const argv[] = { "sh", "-c", "sleep 0.1; /bin/true; sleep 0.05; exit 3",
		                            NULL };
	static const char *const other[] = { "/bin/true", NULL };
	uint64_t before = proc_now();
	uint32_t want[2] = { 0 };
	pid_t pid = spawn(argv), unwanted;
	size_t i;

	nap(10);
	want[0] = (uint32_t)pid;
	processes_want(ps, want[0]);
	result("wanted only: start", !processes_start(ps, NULL), "errno");
	unwanted = spawn(other);
	waitpid(unwanted, NULL, 0);
	for (i = 0; i < 20 && !want[1]; i++) {
		nap(20);
		waitpid(pid, NULL, WNOHANG);
		processes_poll(ps);
		processes_exited(ps, count_gone, want);
	}
	result("wanted only: exit", want[1] == 1, "reported %u times", want[1]);
	result("wanted only: others",
	       ps->incarnations.cnt >= 3 && ps->incarnations.cnt <= 4 &&
	               !processes_find(ps, (uint32_t)unwanted, before, EXEC_ID + 1),
	       "%zu processes", ps->incarnations.cnt);
	processes_free(ps);
}

static void run(struct processes *ps)
{
	struct err e = { "" };
	uint64_t from = proc_now(), at;
	int err = processes_start(ps, &e);

	result("start", !err, "%s", e.msg);
	if (err)
		return;
	at = proc_now();
	printf("# %zu processes read in %.1f ms\n", ps->incarnations.cnt,
	       (double)(at - from) / 1e6);
	test_short(ps);
	test_exec_chain(ps);
	test_deleted(ps);
	test_dead(ps);
	test_resync(ps);
	test_namespace(ps, "program in a mount namespace", mount_tmpfs);
	test_namespace(ps, "program on an overlay", mount_overlay);
	test_fork(ps);
	test_vfork(ps);
	test_thread(ps, own_start());
	processes_stop(ps);
	result("nothing lost",
	       !ps->counters.sideband_lost && ps->counters.files_mismatched == 1 &&
	               !ps->counters.files_unreadable,
	       "lost %lu, mismatched %lu, unreadable %lu", ps->counters.sideband_lost,
	       ps->counters.files_mismatched, ps->counters.files_unreadable);
}

int main(int argc, char **argv)
{
	struct processes_options options = { .identify = identify, .all = true };
	pid_t load = argc > 1 && !strcmp(argv[1], "load") ? start_load() : 0;
	struct processes *ps = processes_new(&options, NULL);
	char at[64];

	if (!ps || !mkdtemp(dir))
		return 1;
	run(ps);
	test_wanted();
	test_loss();
	processes_free(ps);
	if (load)
		kill(load, SIGKILL);
	snprintf(at, sizeof(at), "%s/mnt", dir);
	rmdir(at);
	rmdir(dir);
	return failed;
}
