// SPDX-License-Identifier: Apache-2.0
/* ebprof doctor: read the host → try each kind → look at the processes of -p → print. */
#include "cmd/doctor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/targets.h"
#include "cmd/terminal.h"

const char doctor_more[] =
	"Each kind is loaded and attached, for a moment, for a process of ebprof's own that does nothing;\n"
	"of the processes of -p only what they have mapped is looked at. Exit status 1 when no kind works.\n";

static int failed(const struct err *e)
{
	log_error("%s", e->msg);
	return EXIT_FAILED;
}

static int out_of_memory(void)
{
	log_error("out of memory for what was found");
	return EXIT_FAILED;
}

/* The processes of -p; 0, or EXIT_FAILED after saying why. */
static int look_at_processes(struct doctor *d, struct options *o)
{
	struct targets *t = &o->engine.targets;
	struct err e = { "" };

	if (!t->pid_cnt)
		return 0;
	if (targets_resolve(&o->engine, &e))
		return failed(&e);
	d->patients = calloc(t->pid_cnt, sizeof(*d->patients));
	for (; d->patients && d->patient_cnt < t->pid_cnt; d->patient_cnt++)
		doctor_process(t->pids[d->patient_cnt], &d->patients[d->patient_cnt]);
	return d->patients ? 0 : out_of_memory();
}

static bool is_whole(const struct doctor *d)
{
	bool lacks = d->here.failed || d->kinds.failed || d->hazards.failed;
	size_t i;

	for (i = 0; i < d->patient_cnt; i++)
		lacks |= d->patients[i].allocators.failed || d->patients[i].runtimes.failed;
	return !lacks;
}

static int examine(struct doctor *d, struct options *o)
{
	struct err e = { "" };
	int status = look_at_processes(d, o);

	if (status)
		return status;
	host_read(&d->host);
	doctor_here(&d->host, &d->here);
	doctor_hazards(&d->host, &d->hazards);
	if (doctor_kinds(&d->kinds, &e))
		return failed(&e);
	return is_whole(d) ? 0 : out_of_memory();
}

static int run(struct doctor *d, struct options *o)
{
	int status = examine(d, o);

	if (status)
		return status;
	/* A reader that goes away is an error of the write. */
	signal(SIGPIPE, SIG_IGN);
	if (o->json)
		doctor_json(stdout, d);
	else
		doctor_text(stdout, d, terminal_has_colours());
	if (fflush(stdout) || ferror(stdout)) {
		log_error("cannot write to standard output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return doctor_can_capture(d) ? EXIT_DONE : EXIT_FAILED;
}

static void doctor_release(struct doctor *d)
{
	findings_release(&d->here);
	findings_release(&d->kinds);
	findings_release(&d->hazards);
	while (d->patient_cnt) {
		d->patient_cnt--;
		findings_release(&d->patients[d->patient_cnt].allocators);
		findings_release(&d->patients[d->patient_cnt].runtimes);
	}
	free(d->patients);
}

int doctor_run(const struct command *cmd, int argc, char **argv)
{
	struct doctor d = { 0 };
	struct options o;
	int status = options_parse_doctor(&o, argc, argv);

	if (!status && o.help) {
		options_help_list(cmd);
		status = fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	} else if (!status) {
		status = run(&d, &o);
	}
	doctor_release(&d);
	options_release(&o);
	return status;
}
