/* SPDX-License-Identifier: ISC */
/*
 * Owns becoming a daemon.  The launching command stays until the daemon has
 * said over a pipe how the start went, so that its exit code and its last
 * words tell the truth.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_object.h"
#include "master/master_private.h"

struct report {
	int code;
	char text[1024];
};

static enum ipc_exit
wait_for_report(int fd)
{
	struct report report;
	ssize_t size;

	do {
		size = read(fd, &report, sizeof(report));
	} while (size == -1 && errno == EINTR);
	if (size != (ssize_t)sizeof(report)) {
		fprintf(stderr,
		    "cohortd: the daemon ended without a word during its "
		    "start: see its log\n");
		return IPC_EXIT_FAILURE;
	}
	report.text[sizeof(report.text) - 1] = '\0';
	if (report.text[0] != '\0')
		fprintf(stderr, "cohortd: %s\n", report.text);
	return (enum ipc_exit)report.code;
}

/*
 * In the intermediate process: the daemon itself is its child, so that it
 * leads no session and can never acquire a terminal.
 */
static void
leave_session(void)
{
	pid_t pid;

	setsid();
	pid = fork();
	if (pid != 0)
		_exit(pid == -1 ? IPC_EXIT_SYSTEM : IPC_EXIT_OK);
}

int
master_daemon_start(struct master *master, bool *is_launcher_r,
    enum ipc_exit *code_r, struct error *error)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_set_errno(error, "pipe");
	pid = fork();
	if (pid == -1) {
		error_set_errno(error, "fork");
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		return -1;
	}
	*is_launcher_r = pid != 0;
	if (pid != 0) {
		fd_close(&ends[1]);
		waitpid(pid, NULL, 0);
		*code_r = wait_for_report(ends[0]);
		fd_close(&ends[0]);
		return 0;
	}
	leave_session();
	fd_close(&ends[0]);
	master->launcher = ends[1];
	if (chdir("/") == -1)
		return error_set_errno(error, "chdir /");
	return fd_redirect_standard(false, error);
}

void
master_daemon_report(
    struct master *master, enum ipc_exit code, const char *text)
{
	struct report report = { .code = (int)code };
	struct error error;
	ssize_t size;

	if (master->options->foreground) {
		if (code != IPC_EXIT_OK)
			fprintf(stderr, "cohortd: %s\n", text);
		return;
	}
	if (master->launcher == -1)
		return;
	snprintf(report.text, sizeof(report.text), "%s",
	    code == IPC_EXIT_OK ? "" : text);
	/* A launcher that was killed meanwhile needs no answer. */
	size = write(master->launcher, &report, sizeof(report));
	(void)size;
	fd_close(&master->launcher);
	if (code == IPC_EXIT_OK)
		fd_redirect_standard(true, &error);
}
