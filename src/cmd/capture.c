// SPDX-License-Identifier: Apache-2.0
/*
 * A capture from the command line: one engine with one window. Parse → open the results → start the
 * command (it waits) → attach → record → until the time, a signal, the command's or the targets' end
 * → finish → write.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/inside.h"
#include "cmd/launch.h"
#include "cmd/option_rows.h"
#include "cmd/options.h"
#include "cmd/results.h"
#include "cmd/targets.h"
#include "collect/preload.h"
#include "process/process.h"
#include "session/engine.h"
#include "session/window.h"
#include "symbolize/fetch.h"

#define DRAIN_MS 100

struct capture {
	struct options options;
	struct results results;
	struct launch launch;
	struct preload preload; /* what the command gets, if it gets it */
	struct fetch *fetch;    /* NULL: debuginfod is not asked */
	struct engine *engine;
	struct window window;
	struct launch_signals inherited;
	int signal_fd, epoll_fd;
	bool stop; /* a signal asked for the end */
	bool targets_gone;
	bool progress;     /* a line on the terminal is being rewritten */
	uint64_t begin_ns; /* CLOCK_BOOTTIME at the program's start */
	uint64_t end_ns;   /* when the duration is over, 0 = never */
};

static uint64_t own_memory_bytes(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %lu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return (uint64_t)kib * 1024;
}

/* Signals arrive in order with everything else, by descriptor; 0 or -errno. */
static int open_signals(struct capture *c, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &c->inherited.mask);
	/* A reader that goes away and a file that grows too large are errors of the write. */
	c->inherited.sigpipe = signal(SIGPIPE, SIG_IGN);
	c->inherited.sigxfsz = signal(SIGXFSZ, SIG_IGN);
	c->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c->signal_fd < 0 || c->epoll_fd < 0)
		return err_set(e, -errno, "cannot wait for signals: %s", strerror(errno));
	return 0;
}

static int watch_signals(struct capture *c)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, c->signal_fd, &ev) ? -errno : 0;
}

/* A signal that was sent to ebprof alone is the command's too; from the terminal it has it already. */
static void forward(struct capture *c, const struct signalfd_siginfo *si)
{
	if (c->launch.pid && !c->launch.ended && si->ssi_code <= 0)
		kill(c->launch.pid, (int)si->ssi_signo);
}

static void read_signals(struct capture *c)
{
	struct signalfd_siginfo si;

	while (read(c->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD) {
			launch_ended(&c->launch);
			continue;
		}
		c->stop = true;
		forward(c, &si);
	}
}

/* -p and -t: is there nobody left? */
static bool targets_gone(struct capture *c)
{
	const struct targets *t = &c->options.engine.targets;
	size_t i;

	if (c->launch.pid || (!t->pid_cnt && !t->tid_cnt))
		return false;
	for (i = 0; i < t->tid_cnt; i++)
		if (!syscall(SYS_tkill, t->tids[i], 0) || errno != ESRCH)
			return false;
	for (i = 0; i < t->tid_cnt; i++)
		engine_unwant(c->engine, t->tids[i]);
	return !engine_target_cnt(c->engine);
}

static void show_progress(struct capture *c, uint64_t now)
{
	struct engine_stats st;

	if (log_get_level() < LOG_NORMAL || !isatty(STDERR_FILENO))
		return;
	engine_stats(c->engine, &st);
	fprintf(stderr, "\rebprof: %.0f s, %" PRIu64 " samples ",
	        (double)(now - c->window.start_ns) / 1e9, st.counters.stat[STAT_SAMPLES]);
	c->progress = true;
}

static int wait_ms(const struct capture *c, uint64_t now)
{
	uint64_t left = c->end_ns > now ? (c->end_ns - now + 999999) / 1000000 : 0;

	return c->end_ns && left < DRAIN_MS ? (int)left : DRAIN_MS;
}

static bool is_over(struct capture *c, uint64_t now)
{
	if (c->stop || (c->end_ns && now >= c->end_ns) || c->launch.ended)
		return true;
	c->targets_gone = targets_gone(c);
	return c->targets_gone;
}

/* Until the end; 0 or -errno of a drain. */
static int record(struct capture *c)
{
	uint64_t now = boot_ns(), shown = now;
	struct epoll_event ev[4];
	int err = 0;

	while (!err && !is_over(c, now)) {
		if (epoll_wait(c->epoll_fd, ev, 4, wait_ms(c, now)) < 0 && errno != EINTR)
			err = -errno;
		read_signals(c);
		if (!err)
			err = drain_all(c->engine);
		now = boot_ns();
		if (now - shown >= 1000000000) {
			show_progress(c, now);
			shown = now;
		}
	}
	if (c->progress)
		fprintf(stderr, "\r\033[K");
	return err;
}

/* Before anything else: it shares the memory that there is by then. 0 or -1. */
static int open_fetch(struct capture *c, struct err *e)
{
	if (!c->options.debuginfod || c->options.no_names)
		return 0;
	c->fetch = fetch_open(c->options.debuginfod, e);
	return c->fetch ? 0 : -1;
}

/* Everything that must stand before the first sample. 0 or -errno. */
static int prepare(struct capture *c, struct err *e)
{
	struct options *o = &c->options;
	int err;

	err = targets_resolve(&o->engine, e);
	if (err)
		return err;
	if (o->command) {
		inside_prepare(o, &c->preload);
		err = launch_start(&c->launch, o, &c->inherited, e);
		if (err)
			return err;
		err = targets_add_command(&o->engine.targets, (uint32_t)c->launch.pid);
		if (err)
			return err_set(e, err, "out of memory");
	}
	c->engine = engine_new(&o->engine, e);
	if (!c->engine)
		return -EINVAL;
	err = engine_attach(c->engine, e);
	if (err)
		return err;
	if (watch_signals(c) || drain_watch(c->engine, c->epoll_fd))
		return err_set(e, -errno, "cannot wait for samples: %s", strerror(errno));
	err = window_start(&c->window, c->engine);
	if (err)
		return err_set(e, err, "cannot start recording: %s", strerror(-err));
	if (!o->command) /* that process is not its program yet */
		engine_meet(c->engine);
	return 0;
}

/* Lets the command run; 0, or the exit status of one that cannot. */
static int run_command(struct capture *c)
{
	int err;

	if (!c->launch.pid)
		return 0;
	err = launch_go(&c->launch);
	if (!err)
		return 0;
	log_error("cannot run '%s': %s", c->options.command[0], strerror(-err));
	return err == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE;
}

/* The capture is over: what was collected is kept, whatever failed. */
static int finish(struct capture *c)
{
	struct options *o = &c->options;
	struct finish_options fo = { .system_wide = !o->engine.targets.pid_cnt,
		                     .no_names = o->no_names,
		                     .main_pid = o->engine.targets.pid_cnt
		                                         ? o->engine.targets.pids[0]
		                                         : 0 };
	struct results *r = &c->results;
	int err = window_end(&c->window), status;

	if (err)
		log_warn("the last drain failed: %s, keeping what was read", strerror(-err));
	r->cpu_ns = results_cpu_ns(false) - r->cpu_ns;
	r->memory_bytes = own_memory_bytes();
	r->finish_from_ns = boot_ns();
	r->finish_cpu_from_ns = results_cpu_ns(true);
	r->duration_ns = c->window.end_ns - c->window.start_ns;
	engine_detach(c->engine);
	engine_stats(c->engine, &r->engine);
	fo.labels = fo.system_wide;
	fo.symbolize.debug_dirs = o->debug_dirs;
	fo.symbolize.demangle = o->demangle;
	fo.symbolize.fetch = c->fetch;
	fo.classify.idle = o->idle;
	if (c->targets_gone)
		log_info("all targets are gone, ending early");
	status = results_write(r, &c->window, &fo);
	fetch_close(c->fetch); /* the command may live on for long */
	c->fetch = NULL;
	err = check_close(c->engine);
	if (err)
		log_error("the check file is not whole: %s", strerror(-err));
	return err && !status ? EXIT_FAILED : status;
}

/* The capture may end before the command: its status is ours, so wait for it. */
static void await_command(struct capture *c)
{
	struct epoll_event ev;

	while (c->launch.pid && !launch_ended(&c->launch)) {
		epoll_wait(c->epoll_fd, &ev, 1, -1);
		read_signals(c);
	}
}

static int capture(struct capture *c)
{
	struct err e = { "" };
	int err, status;

	if (open_fetch(c, &e) || open_signals(c, &e) || prepare(c, &e)) {
		log_error("%s", e.msg);
		launch_abort(&c->launch);
		return c->options.command ? EXIT_SELF : EXIT_FAILED;
	}
	c->results.start_cost_ns = boot_ns() - c->begin_ns;
	c->results.cpu_ns = results_cpu_ns(false);
	status = run_command(c);
	if (status)
		return status;
	if (c->options.duration_ns)
		c->end_ns = c->window.start_ns + c->options.duration_ns;
	err = record(c);
	if (err)
		log_error("cannot drain the samples: %s, ending early", strerror(-err));
	status = finish(c);
	if (!c->launch.pid)
		return err ? EXIT_FAILED : status;
	await_command(c);
	if (status || err)
		return EXIT_SELF;
	return launch_status(&c->launch);
}

static void capture_release(struct capture *c)
{
	fetch_close(c->fetch);
	engine_free(c->engine);
	preload_close(&c->preload);
	window_release(&c->window);
	results_release(&c->results);
	options_release(&c->options);
	if (c->signal_fd > 0)
		close(c->signal_fd);
	if (c->epoll_fd > 0)
		close(c->epoll_fd);
}

/* The command line in one string; NULL: out of memory. */
static char *line_of(int argc, char **argv)
{
	size_t len = 1;
	char *line;
	int i;

	for (i = 0; i < argc; i++)
		len += strlen(argv[i]) + 1;
	line = malloc(len);
	for (i = 0, len = 0; line && i < argc; i++)
		len += (size_t)snprintf(line + len, strlen(argv[i]) + 2, "%s%s", i ? " " : "",
		                        argv[i]);
	return line;
}

const struct option_row *capture_option(size_t i)
{
	return option_listed(NULL, i);
}

int capture_run(const struct command *cmd, int argc, char **argv)
{
	struct capture c = { .begin_ns = boot_ns(), .preload.fd = -1 };
	char *line;
	int status;

	status = options_parse(&c.options, argc, argv);
	if (!status && c.options.help) {
		options_help(c.options.first);
		options_release(&c.options);
		return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	}
	if (!status)
		status = results_open(&c.results, &c.options);
	if (status == EXIT_FAILED && c.options.command)
		status = EXIT_SELF;
	line = line_of(argc, argv);
	c.results.line = line ? line : argv[0];
	if (!status)
		status = capture(&c);
	capture_release(&c);
	free(line);
	return status;
}
