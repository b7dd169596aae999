// SPDX-License-Identifier: Apache-2.0
#include "cmd/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "collect/preload.h"

/* In the child: never returns. */
static void child_main(const struct options *o, const struct launch_signals *inherit, int go,
                       int fail, pid_t parent)
{
	char byte;
	ssize_t n;
	int err = 0;

	prctl(PR_SET_PDEATHSIG,
	      SIGKILL); /* an ebprof that dies before 'go' leaves nothing behind */
	if (getppid() != parent)
		_exit(EXIT_SELF);
	do {
		n = read(go, &byte, 1);
	} while (n < 0 && errno == EINTR);
	/* Who dies closes its files before its children get that signal. */
	if (n != 1)
		_exit(EXIT_SELF);
	prctl(PR_SET_PDEATHSIG, 0);
	signal(SIGPIPE, inherit->sigpipe);
	signal(SIGXFSZ, inherit->sigxfsz);
	sigprocmask(SIG_SETMASK, &inherit->mask, NULL);
	err = o->has_as ? user_become(&o->as) : 0;
	if (!err && o->engine.collect.preload)
		err = preload_hand_over(o->engine.collect.preload);
	if (!err) {
		execvp(o->command[0], o->command);
		err = -errno;
	}
	if (write(fail, &err, sizeof(err)) < 0)
		_exit(EXIT_SELF);
	_exit(EXIT_NOT_RUNNABLE);
}

int launch_start(struct launch *l, const struct options *o, const struct launch_signals *inherit,
                 struct err *e)
{
	int go[2], fail[2];
	pid_t self = getpid();

	memset(l, 0, sizeof(*l));
	if (pipe2(go, O_CLOEXEC))
		return err_set(e, -errno, "cannot make a pipe: %s", strerror(errno));
	if (pipe2(fail, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return err_set(e, -errno, "cannot make a pipe: %s", strerror(errno));
	}
	l->pid = fork();
	if (!l->pid) {
		close(go[1]);
		close(fail[0]);
		child_main(o, inherit, go[0], fail[1], self);
	}
	close(go[0]);
	close(fail[1]);
	l->go_fd = go[1];
	l->fail_fd = fail[0];
	if (l->pid > 0)
		return 0;
	l->pid = 0;
	close(l->go_fd);
	close(l->fail_fd);
	return err_set(e, -errno, "cannot fork: %s", strerror(errno));
}

/* Waits for its end. */
static void wait_end(struct launch *l)
{
	while (l->pid && !l->ended)
		if (waitpid(l->pid, &l->status, 0) >= 0 || errno != EINTR)
			l->ended = true;
}

int launch_go(struct launch *l)
{
	int err = 0;
	ssize_t n;

	if (write(l->go_fd, "g", 1) != 1)
		err = -errno;
	close(l->go_fd);
	do {
		n = read(l->fail_fd, &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(l->fail_fd);
	if (err)
		wait_end(l);
	return err;
}

bool launch_ended(struct launch *l)
{
	if (l->pid && !l->ended && waitpid(l->pid, &l->status, WNOHANG) == l->pid)
		l->ended = true;
	return l->ended;
}

void launch_abort(struct launch *l)
{
	if (!l->pid)
		return;
	kill(l->pid, SIGKILL);
	close(l->go_fd);
	close(l->fail_fd);
	wait_end(l);
}

int launch_status(const struct launch *l)
{
	if (WIFSIGNALED(l->status))
		return EXIT_SIGNAL + WTERMSIG(l->status);
	return WEXITSTATUS(l->status);
}
