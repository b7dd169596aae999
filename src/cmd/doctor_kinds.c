// SPDX-License-Identifier: Apache-2.0
/*
 * Each kind as a capture begins it, `ebprof KIND -p PID`, until everything is attached: what that says is the
 * answer. PID is a process of ebprof's own that waits and does nothing.
 */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "cmd/doctor.h"
#include "cmd/launch.h"
#include "cmd/options.h"
#include "cmd/targets.h"

/* Loads and attaches; 0, or -errno with 'e'. */
static int attach(struct options *o, struct err *e)
{
	int err = targets_resolve(&o->engine, e);
	struct engine *en = err ? NULL : engine_new(&o->engine, e);

	if (!err)
		err = en ? engine_attach(en, e) : -EINVAL;
	engine_free(en);
	return err;
}

/* The hooks of all sources that the kind needs. */
static void hooks_of(const struct kind *k, const struct collect_options *o, char *text, size_t size)
{
	const struct source *s;
	size_t n = 0;
	int i;

	text[0] = 0;
	for (i = 0; i < KIND_CNT && n + 2 < size; i++) {
		s = kind_at(i)->source;
		if (!kind_brings_source(1u << k->id, i) || !s->hook)
			continue;
		if (n)
			n += (size_t)snprintf(text + n, size - n, "; ");
		s->hook(o, text + n, size - n);
		n += strlen(text + n);
	}
}

/* 'event' is another one to sample by, NULL = the kind's own. */
static void try_kind(const struct kind *k, const char *name, const char *event, const char *pid,
                     struct findings *to)
{
	char *argv[] = { (char *)k->name, (char *)"-p",  (char *)pid,
		         (char *)"-e",    (char *)event, NULL };
	struct err e = { "" };
	struct options o;
	char hooks[256];

	if (options_parse(&o, event ? 5 : 3, argv)) {
		finding_add(to, name, DOCTOR_REFUSED, "its command line is refused");
	} else if (attach(&o, &e)) {
		finding_error(to, name, event ? DOCTOR_LIMITED : DOCTOR_REFUSED, e.msg);
	} else {
		hooks_of(k, &o.engine.collect, hooks, sizeof(hooks));
		finding_add(to, name, DOCTOR_OK, "%s", hooks);
	}
	options_release(&o);
}

int doctor_kinds(struct findings *to, struct err *e)
{
	static const struct options nothing;
	const struct launch_signals signals = { .sigpipe = SIG_DFL, .sigxfsz = SIG_DFL };
	struct launch idle;
	int err = launch_start(&idle, &nothing, &signals, e), i;
	char pid[16];

	if (err)
		return err;
	snprintf(pid, sizeof(pid), "%d", idle.pid);
	for (i = 0; i < KIND_CNT; i++)
		try_kind(kind_at(i), kind_at(i)->name, NULL, pid, to);
	try_kind(kind_at(KIND_cpu), "cpu -e cycles", "cycles", pid, to);
	launch_abort(&idle);
	return 0;
}
