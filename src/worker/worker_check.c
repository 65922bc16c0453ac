/* SPDX-License-Identifier: ISC */
/*
 * Modules are loaded in a child, so that neither their constructors nor a
 * crash are the caller's.  The child answers with a struct error by a pipe;
 * as it has run foreign code, the answer is checked.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "base/base_clock.h"
#include "base/base_fd.h"
#include "ipc/ipc_exit.h"
#include "service/service.h"
#include "worker/worker.h"
#include "worker/worker_credentials.h"

static int
try_settings(const struct settings *settings,
    const struct cohort_module *builtin, struct error *error)
{
	const struct app_settings app_settings = {
		.settings = settings,
		.builtin = builtin,
		.services = service_table,
		.service_count = service_count,
	};
	struct worker_credentials credentials;
	struct app *app;

	if (worker_credentials_find(settings, &credentials, error) == -1 ||
	    worker_credentials_drop(&credentials, error) == -1)
		return -1;
	if (app_new(&app_settings, &app, error) == -1)
		return -1;
	app_free(&app);
	error_clear(error);
	return 0;
}

static void
answer(int fd, const struct settings *settings,
    const struct cohort_module *builtin)
{
	struct error error;

	memset(&error, 0, sizeof(error));
	try_settings(settings, builtin, &error);
	/* One write, as it is less than PIPE_BUF. */
	if (write(fd, &error, sizeof(error)) != sizeof(error))
		exit(IPC_EXIT_SYSTEM);
	exit(IPC_EXIT_OK);
}

static bool
wait_readable(int fd, uint64_t timeout_ms)
{
	struct pollfd descriptor = { .fd = fd, .events = POLLIN };
	uint64_t now = clock_monotonic_ms(), end = now + timeout_ms;
	int found;

	for (; now <= end; now = clock_monotonic_ms()) {
		found = poll(&descriptor, 1, (int)(end - now));
		if (found != -1 || errno != EINTR)
			return found == 1;
	}
	return false;
}

static bool
read_answer(int fd, struct error *answer_r)
{
	ssize_t size;

	do
		size = read(fd, answer_r, sizeof(*answer_r));
	while (size == -1 && errno == EINTR);
	return size == sizeof(*answer_r) &&
	    (unsigned)answer_r->kind <= ERROR_SYSTEM &&
	    memchr(answer_r->text, '\0', sizeof(answer_r->text)) != NULL;
}

static int
bury(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return status;
}

static int
judge(int status, bool has_answer, const struct error *answer,
    struct error *error)
{
	if (WIFSIGNALED(status))
		return error_set(error, ERROR_CONFIG,
		    "the modules' set-up was killed by SIG%s",
		    sigabbrev_np(WTERMSIG(status)));
	if (!has_answer || WEXITSTATUS(status) != IPC_EXIT_OK)
		return error_set(error, ERROR_CONFIG,
		    "the modules' set-up ended the process with %d",
		    WEXITSTATUS(status));
	if (answer->kind == ERROR_NONE)
		return 0;
	*error = *answer;
	return -1;
}

static int
await_answer(pid_t pid, int fd, uint64_t timeout_ms, struct error *error)
{
	struct error answer_of_child;
	bool has_answer;
	int status;

	if (!wait_readable(fd, timeout_ms)) {
		kill(pid, SIGKILL);
		bury(pid);
		return error_set(error, ERROR_CONFIG,
		    "the modules' set-up takes longer than start_timeout");
	}
	has_answer = read_answer(fd, &answer_of_child);
	status = bury(pid);
	return judge(status, has_answer, &answer_of_child, error);
}

int
worker_check(const struct settings *settings,
    const struct cohort_module *builtin, struct error *error)
{
	int ends[2], result;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_set_errno(error, "check: pipe");
	/* Or the child would print it once more. */
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		answer(ends[1], settings, builtin);
	}
	fd_close(&ends[1]);
	if (pid == -1)
		result = error_set_errno(error, "check: fork");
	else
		result =
		    await_answer(pid, ends[0], settings->start_timeout, error);
	fd_close(&ends[0]);
	return result;
}
