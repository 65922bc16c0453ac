/* SPDX-License-Identifier: ISC */
/*
 * Signals stay blocked until the child has its own dispositions: libevent's
 * handler would write to a socket that it shares with the master.
 */
#include "master/master_child.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/base_fd.h"

static void
become(const int *keep, size_t keep_count, unsigned seconds)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	struct error error;
	sigset_t none;
	int number;

	for (number = 1; number < NSIG; number++)
		sigaction(number, &action, NULL);
	alarm(seconds);
	if (fd_close_all_but(keep, keep_count, &error) == -1 ||
	    fd_redirect_standard(true, &error) == -1)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t
master_child_fork(const int *keep, size_t keep_count, unsigned seconds)
{
	sigset_t all, before;
	int number;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0) {
		become(keep, keep_count, seconds);
		return 0;
	}
	number = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = number;
	return pid;
}
