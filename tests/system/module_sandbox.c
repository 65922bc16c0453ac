/* SPDX-License-Identifier: ISC */
/*
 * The module that tries what it may not: each route answers with the name of
 * errno, "-" if there was no error.  What is refused is refused before its
 * arguments are looked at, so they make no sense on purpose.
 *
 *	/call/NAME		a system call
 *	/child/NAME		the same in a forked child
 *	/stranger/NAME		the same in one that has other descriptors by
 *				the worker's numbers; "EBADMSG" if anything
 *				was sent there
 *	/job/NAME		the same in a thread of the pool
 *	/thread/NAME		the same in a thread of the module's own
 *	/repeat/NAME		the same a thousand times
 *	/spawn			posix_spawn(3)
 *	/parent			a signal to the master
 *	/read/PATH		opens a file to be read
 *	/write/PATH		makes a file, or opens it to be written
 *	/remove/PATH		removes a file
 *	/list/PATH		opens a directory
 *	/status/NAME		a line of /proc/self/status
 *
 * The setting call names one that set-up tries.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cohort/cohort.h>

static cohort_handler call, child, stranger, job, finish_job, thread, repeat,
    spawn, parent, read_file, write_file, remove_file, list, status;

#define NOWHERE "/nowhere/at/all"

static const struct call {
	const char *name;
	long number;
	long arguments[2];
} calls[] = {
	{ "execve", SYS_execve, { (long)NOWHERE, 0 } },
	{ "execveat", SYS_execveat, { -1, (long)NOWHERE } },
	{ "ptrace", SYS_ptrace, { -1, -1 } },
	{ "unshare", SYS_unshare, { CLONE_NEWUSER, 0 } },
	{ "clone", SYS_clone, { CLONE_NEWUSER | SIGCHLD, 0 } },
	{ "mount", SYS_mount, { 0, 0 } },
	{ "bpf", SYS_bpf, { -1, 0 } },
	{ "keyctl", SYS_keyctl, { -1, 0 } },
	{ "io_uring_setup", SYS_io_uring_setup, { 0, 0 } },
	{ "perf_event_open", SYS_perf_event_open, { 0, 0 } },
	{ "ioctl", SYS_ioctl, { 0, TIOCSTI } },
	{ "prlimit64", SYS_prlimit64, { 1, RLIMIT_NOFILE } },
	{ "getpid", SYS_getpid, { 0, 0 } },
};

#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

/* Errno of it, or 0. */
static int
try_call(const char *name)
{
	const struct call *found = NULL;
	size_t i;

	for (i = 0; i < CALL_COUNT; i++)
		if (strcmp(calls[i].name, name) == 0)
			found = &calls[i];
	if (found == NULL)
		return ENOTSUP;
	errno = 0;
	if (syscall(found->number, found->arguments[0], found->arguments[1], 0L,
		0L, 0L) != -1)
		return 0;
	return errno;
}

static enum cohort_verdict
say(struct cohort_request *request, int number)
{
	return cohort_reply_text(
	    request, 200, "%s", number == 0 ? "-" : strerrorname_np(number));
}

static const char *
name_of(const struct cohort_request *request)
{
	return cohort_path_param(request, "name");
}

static enum cohort_verdict
call(struct cohort_request *request, void *context)
{
	return say(request, try_call(name_of(request)));
}

static enum cohort_verdict
repeat(struct cohort_request *request, void *context)
{
	int i, number = 0;

	for (i = 0; i < 1000; i++)
		number = try_call(name_of(request));
	return say(request, number);
}

static enum cohort_verdict
say_of_child(struct cohort_request *request, pid_t pid)
{
	int result;

	waitpid(pid, &result, 0);
	return say(request, WIFEXITED(result) ? WEXITSTATUS(result) : EINTR);
}

static enum cohort_verdict
child(struct cohort_request *request, void *context)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(try_call(name_of(request)));
	return say_of_child(request, pid);
}

static int
try_as_stranger(const char *name)
{
	int ends[2], fd, number;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == -1)
		return errno;
	for (fd = STDERR_FILENO + 1; fd < ends[0]; fd++)
		dup2(ends[1], fd);
	number = try_call(name);
	return recv(ends[0], &byte, 1, 0) == -1 ? number : EBADMSG;
}

static enum cohort_verdict
stranger(struct cohort_request *request, void *context)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(try_as_stranger(name_of(request)));
	return say_of_child(request, pid);
}

struct attempt {
	const char *name;
	int number;
};

static void
work(void *context)
{
	struct attempt *attempt = context;

	attempt->number = try_call(attempt->name);
}

static enum cohort_verdict
finish_job(struct cohort_request *request, void *context)
{
	const struct attempt *attempt = context;

	return say(request, attempt->number);
}

static struct attempt *
attempt_of(struct cohort_request *request)
{
	struct attempt *attempt = cohort_alloc(request, sizeof(*attempt));

	attempt->name = name_of(request);
	return attempt;
}

static enum cohort_verdict
job(struct cohort_request *request, void *context)
{
	return cohort_await_job(
	    request, work, finish_job, attempt_of(request), NULL);
}

static void *
run(void *context)
{
	work(context);
	return NULL;
}

static enum cohort_verdict
thread(struct cohort_request *request, void *context)
{
	struct attempt *attempt = attempt_of(request);
	pthread_t other;

	if (pthread_create(&other, NULL, run, attempt) != 0)
		return COHORT_FAILED;
	pthread_join(other, NULL);
	return say(request, attempt->number);
}

static enum cohort_verdict
spawn(struct cohort_request *request, void *context)
{
	char *const arguments[] = { (char[]) { "true" }, NULL };
	int number, result;
	pid_t pid;

	number = posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ);
	if (number == 0)
		waitpid(pid, &result, 0);
	return say(request, number);
}

static enum cohort_verdict
parent(struct cohort_request *request, void *context)
{
	return say(request, kill(getppid(), 0) == -1 ? errno : 0);
}

/* ---- files ---- */

static enum cohort_verdict
open_path(struct cohort_request *request, int flags)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "/%s", cohort_path_param(request, "path"));
	fd = open(path, flags | O_CLOEXEC, 0644);
	if (fd == -1)
		return say(request, errno);
	close(fd);
	return say(request, 0);
}

static enum cohort_verdict
read_file(struct cohort_request *request, void *context)
{
	return open_path(request, O_RDONLY);
}

static enum cohort_verdict
write_file(struct cohort_request *request, void *context)
{
	return open_path(request, O_WRONLY | O_CREAT | O_TRUNC);
}

static enum cohort_verdict
list(struct cohort_request *request, void *context)
{
	return open_path(request, O_RDONLY | O_DIRECTORY);
}

static enum cohort_verdict
remove_file(struct cohort_request *request, void *context)
{
	char path[512];

	snprintf(path, sizeof(path), "/%s", cohort_path_param(request, "path"));
	return say(request, unlink(path) == -1 ? errno : 0);
}

static enum cohort_verdict
status(struct cohort_request *request, void *context)
{
	FILE *file = fopen("/proc/self/status", "re");
	const char *name = name_of(request);
	char line[256] = "";
	bool is_found = false;

	if (file == NULL)
		return say(request, errno);
	while (!is_found && fgets(line, sizeof(line), file) != NULL)
		is_found = strncmp(line, name, strlen(name)) == 0;
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return cohort_reply_text(
	    request, 200, "%s", is_found ? line + strlen(name) + 2 : "");
}

static int
setup(struct cohort_app *app)
{
	const char *name = cohort_setting(app, "call", "");

	if (*name != '\0' && try_call(name) != EPERM)
		return cohort_setup_error(app, "%s is not refused", name);
	if (cohort_get(app, "/call/{name}", call, NULL) == -1 ||
	    cohort_get(app, "/child/{name}", child, NULL) == -1 ||
	    cohort_get(app, "/stranger/{name}", stranger, NULL) == -1 ||
	    cohort_get(app, "/job/{name}", job, NULL) == -1 ||
	    cohort_get(app, "/thread/{name}", thread, NULL) == -1 ||
	    cohort_get(app, "/repeat/{name}", repeat, NULL) == -1 ||
	    cohort_get(app, "/spawn", spawn, NULL) == -1 ||
	    cohort_get(app, "/parent", parent, NULL) == -1 ||
	    cohort_get(app, "/read/{path}*", read_file, NULL) == -1 ||
	    cohort_get(app, "/write/{path}*", write_file, NULL) == -1 ||
	    cohort_get(app, "/remove/{path}*", remove_file, NULL) == -1 ||
	    cohort_get(app, "/list/{path}*", list, NULL) == -1 ||
	    cohort_get(app, "/status/{name}", status, NULL) == -1)
		return -1;
	return 0;
}

COHORT_MODULE("sandbox", setup);
