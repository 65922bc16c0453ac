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
#include "base/base_log.h"
#include "base/base_system_call.h"
#include "ipc/ipc_exit.h"
#include "ipc/ipc_process.h"
#include "service/service.h"
#include "worker/worker.h"
#include "worker/worker_crash.h"
#include "worker/worker_landlock.h"
#include "worker/worker_sandbox.h"

static int
load(const struct settings *settings, const struct cohort_module *builtin,
    struct error *error)
{
	const struct app_settings app_settings = {
		.settings = settings,
		.builtin = builtin,
		.services = service_table,
		.service_count = service_count,
		.seal = worker_seccomp_apply,
	};
	struct app *app;

	if (app_new(&app_settings, &app, error) == -1)
		return -1;
	app_free(&app);
	return 0;
}

/* A module may go on without, so it is no error. */
static void
tell_denied(const struct ipc_denials *denials)
{
	char storage[64];
	struct buffer name;
	uint32_t i;

	for (i = 0; i < denials->used && i < IPC_DENIALS_MAX; i++) {
		buffer_init_fixed(&name, storage, sizeof(storage));
		system_call_name(denials->list[i].architecture,
		    denials->list[i].number, &name);
		log_warn("the modules' set-up was refused a system call: %s "
			 "(system_calls)",
		    storage);
	}
}

static int
try_settings(const struct settings *settings,
    const struct cohort_module *builtin, struct error *error)
{
	struct ipc_denials denials;
	uint64_t denied = 0;
	int result;

	memset(&denials, 0, sizeof(denials));
	if (worker_landlock_check(settings, error) == -1 ||
	    worker_sandbox_enter(settings, NULL, 0, false, error) == -1 ||
	    worker_crash_install_denied(&denials, &denied, error) == -1)
		return -1;
	result = load(settings, builtin, error);
	tell_denied(&denials);
	if (result == 0)
		error_clear(error);
	return result;
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
