// SPDX-License-Identifier: Apache-2.0
/*
 * 10^7 increments from two CPUs while user space drains the counts every millisecond: the totals in
 * the ledger are equal to the last unit. The events come from storm.bpf.c, linked with ebprof's own
 * sample road; its maps are the engine's.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "ebprof.skel.h"
#include "session/engine.h"
#include "session/window.h"
#include "storm.skel.h"

#define THREADS 2

static unsigned long calls_each = 5000000;

static void *caller(void *arg)
{
	unsigned long i;

	for (i = 0; i < calls_each; i++)
		syscall(SYS_getpid);
	return NULL;
}

/* The stormed process: waits for its go, calls, says that it is done and waits again. */
static void child_main(int go, int done)
{
	pthread_t t[THREADS];
	char c;
	int i;

	if (read(go, &c, 1) != 1)
		_exit(1);
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, caller, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	if (write(done, "d", 1) != 1 || read(go, &c, 1) < 0)
		_exit(1);
	_exit(0);
}

/* The storm's object with the engine's maps and settings; NULL when the kernel refuses it. */
static struct storm *storm_load(const struct engine *en, uint32_t tgid)
{
	struct storm *s = storm__open();
	struct bpf_program *p;
	struct bpf_map *map, *theirs;

	if (!s)
		return NULL;
	bpf_object__for_each_program(p, s->obj) bpf_program__set_autoload(p, p == s->progs.storm);
	bpf_object__for_each_map(map, s->obj)
	{
		theirs = bpf_object__find_map_by_name(en->skel->obj, bpf_map__name(map));
		if (theirs && !bpf_map__is_internal(map) &&
		    bpf_map__reuse_fd(map, bpf_map__fd(theirs)))
			return NULL;
	}
	s->rodata->config = en->skel->rodata->config;
	s->rodata->storm_tgid = tgid;
	s->rodata->storm_syscall = SYS_getpid;
	return storm__load(s) || storm__attach(s) ? NULL : s;
}

static int check(const struct engine *en, const struct storm *s, const struct window *w)
{
	uint64_t want = THREADS * calls_each, lost = 0, n = 0, weight = 0;
	struct engine_stats st;
	struct sample_value v;
	size_t i;

	for (i = 0; i < en->ledger.entries.cnt; i++) {
		window_value(w, i, &v);
		n += (uint64_t)v.v[0];
		weight += (uint64_t)v.v[1];
	}
	engine_stats(en, &st);
	for (i = 0; i < LOSS_CNT; i++)
		lost += st.counters.lost[i];
	printf("# storm: %llu calls, %llu counted, %llu lost, %zu keys, %llu drains\n",
	       (unsigned long long)s->bss->storm_calls, (unsigned long long)n,
	       (unsigned long long)lost, en->ledger.entries.cnt, (unsigned long long)st.drains);
	if (s->bss->storm_calls != want || n != want || weight != 3 * want || lost)
		return printf("not ok storm totals: the sums differ\n"), 1;
	if (st.drains < 100)
		return printf("not ok storm totals: hardly a drain under way\n"), 1;
	printf("ok storm totals\n");
	return 0;
}

static int run(struct engine *en, pid_t child, int go, int done)
{
	struct pollfd p = { .fd = done, .events = POLLIN };
	struct window w;
	struct storm *s;
	int bad;

	if (window_start(&w, en) || !(s = storm_load(en, (uint32_t)child)))
		return printf("not ok storm totals: cannot start: %s\n", strerror(errno)), 1;
	if (write(go, "g", 1) != 1)
		return 1;
	while (!poll(&p, 1, 1))
		drain_all(en);
	storm__detach(s);
	window_end(&w);
	bad = check(en, s, &w);
	window_release(&w);
	storm__destroy(s);
	return bad;
}

int main(int argc, char **argv)
{
	struct engine_options o = {
		.kinds = 1u << KIND_cpu,
		.keep = KEEP_USER | KEEP_KERN | KEEP_CPU | KEEP_TID,
		.user_frames = ABI_USER_FRAMES,
		.unwind = UNWIND_FP, /* counts are the matter: no stack goes to user space */
		.counts_entries = 256,
		.ring_bytes = 65536,
		.targets.all = true,
	};
	int go[2], done[2], bad;
	struct engine *en;
	struct err e;
	pid_t child;

	if (argc > 1)
		calls_each = strtoul(argv[1], NULL, 10) / THREADS;
	if (pipe(go) || pipe(done))
		return 1;
	child = fork();
	if (!child) {
		close(go[1]);
		child_main(go[0], done[1]);
	}
	close(go[0]);
	en = engine_new(&o, &e);
	if (!en) {
		printf("not ok storm totals: %s\n", e.msg);
		return 1;
	}
	bad = run(en, child, go[1], done[0]);
	close(go[1]);
	waitpid(child, NULL, 0);
	engine_free(en);
	return bad;
}
