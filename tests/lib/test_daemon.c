/* SPDX-License-Identifier: ISC */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "test_daemon.h"
#include "test_log.h"

#define ARGUMENTS_MAX 32

struct test_daemon {
	char directory[64];
	char path[512];
	pid_t pid;
	struct test_log *log;
	int guard; /* the guardian's pipe; -1: none */
	int status;
	bool ended;
	void (*prepare)(void *context);
	void *context;
};

/* What a plain start, reload-free run and stop say. */
static const char *const fine[] = {
	" info: listening on ",
	" info: no longer listening on ",
	" info: cohort 1 serves with ",
	": landlock (version ",
	": no landlock, ",
	": landlock is off",
	": seccomp: ",
	": no seccomp, ",
	": seccomp is off",
	/* Of a reload there are two: a test waits for one of them. */
	" info: reloaded: cohort ",
	" proven in ",
	" info: stopping",
	" info: stopped",
	"defer_accept is off",
	"] debug: ",
	NULL,
};

/* ---- files ---- */

struct test_daemon *
test_daemon_new(void)
{
	struct test_daemon *daemon = calloc(1, sizeof(*daemon));

	ck_assert_ptr_nonnull(daemon);
	strcpy(daemon->directory, "/tmp/cohort-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(daemon->directory));
	ck_assert_int_eq(chmod(daemon->directory, 0755), 0);
	daemon->log = test_log_new(fine);
	daemon->guard = -1;
	return daemon;
}

const char *
test_daemon_directory(const struct test_daemon *daemon)
{
	return daemon->directory;
}

const char *
test_daemon_path(struct test_daemon *daemon, const char *name)
{
	snprintf(daemon->path, sizeof(daemon->path), "%s/%s", daemon->directory,
	    name);
	return daemon->path;
}

static const char *
write_bytes(
    struct test_daemon *daemon, const char *name, const char *data, size_t size)
{
	FILE *file = fopen(test_daemon_path(daemon, name), "w");

	ck_assert_msg(file != NULL, "%s: %s", daemon->path, strerror(errno));
	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(daemon->path, 0644), 0);
	return daemon->path;
}

const char *
test_daemon_write(
    struct test_daemon *daemon, const char *name, const char *text)
{
	return write_bytes(daemon, name, text, strlen(text));
}

/* Each "@" becomes the directory. */
static char *
expand(const struct test_daemon *daemon, const char *text)
{
	size_t size;
	char *result;
	FILE *stream = open_memstream(&result, &size);

	ck_assert_ptr_nonnull(stream);
	for (; *text != '\0'; text++)
		if (*text == '@')
			fputs(daemon->directory, stream);
		else
			fputc(*text, stream);
	ck_assert_int_eq(fclose(stream), 0);
	return result;
}

/* The option's line, unless text has one: the defaults are places of the
 * system's daemon. */
static const char *
nowhere(const char *text, const char *option, const char *line)
{
	return strstr(text, option) == NULL ? line : "";
}

void
test_daemon_configure(struct test_daemon *daemon, const char *format, ...)
{
	char *words, *expanded, *text;
	va_list list;

	va_start(list, format);
	ck_assert_int_ge(vasprintf(&words, format, list), 0);
	va_end(list);
	expanded = expand(daemon, words);
	ck_assert_int_ge(
	    asprintf(&text, "%s%s%s%s", expanded,
		nowhere(expanded, "pid_file", "pid_file = \"\"\n"),
		nowhere(expanded, "control_socket", "control_socket = \"\"\n"),
		nowhere(
		    expanded, "state_directory", "state_directory = \"\"\n")),
	    0);
	test_daemon_write(daemon, "conf", text);
	free(words);
	free(expanded);
	free(text);
}

/* By rename, as a worker may have the file mapped. */
const char *
test_daemon_module(struct test_daemon *daemon, const char *name)
{
	char source[512], target[512];
	size_t size;
	char *data;

	snprintf(source, sizeof(source), "tests/system/.libs/%s.so", name);
	data = test_file_read(source, &size);
	snprintf(target, sizeof(target), "%s/%s.so", daemon->directory, name);
	ck_assert_int_eq(
	    rename(write_bytes(daemon, "module.new", data, size), target), 0);
	free(data);
	snprintf(daemon->path, sizeof(daemon->path), "%s", target);
	return daemon->path;
}

/* ---- starting ---- */

void
test_daemon_prepare(
    struct test_daemon *daemon, void (*prepare)(void *context), void *context)
{
	daemon->prepare = prepare;
	daemon->context = context;
}

static void
prepare_child(void *context)
{
	const struct test_daemon *daemon = context;

	setenv("XDG_RUNTIME_DIR", "/tmp", 1);
	unsetenv("JOURNAL_STREAM");
	/* No controlling terminal, so that all signals are heeded. */
	setsid();
	if (daemon->prepare != NULL)
		daemon->prepare(daemon->context);
}

static void
take_arguments(const struct test_daemon *daemon, bool foreground, va_list list,
    char *arguments[ARGUMENTS_MAX])
{
	const char *program = getenv("COHORTD"), *argument;
	size_t count = 0;

	arguments[count++] = strdup(program == NULL ? "./cohortd" : program);
	if (foreground)
		arguments[count++] = strdup("-f");
	while ((argument = va_arg(list, const char *)) != NULL) {
		ck_assert_uint_lt(count, ARGUMENTS_MAX - 1);
		arguments[count++] = expand(daemon, argument);
	}
	arguments[count] = NULL;
}

static void
free_arguments(char **arguments)
{
	for (; *arguments != NULL; arguments++)
		free(*arguments);
}

/* A failed test exits: then so does the daemon. */
static void
exec_daemon(struct test_daemon *daemon, char **arguments, int log)
{
	prctl(PR_SET_PDEATHSIG, SIGINT);
	dup2(log, STDERR_FILENO);
	prepare_child(daemon);
	test_exec((const char *const *)arguments);
}

static void
launch(struct test_daemon *daemon, va_list list)
{
	char *arguments[ARGUMENTS_MAX];
	int ends[2];

	take_arguments(daemon, true, list, arguments);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	daemon->pid = fork();
	ck_assert_int_ne(daemon->pid, -1);
	if (daemon->pid == 0)
		exec_daemon(daemon, arguments, ends[1]);
	close(ends[1]);
	/* Who logs more than that while the test looks away waits for it. */
	fcntl(ends[0], F_SETPIPE_SZ, 1048576);
	test_log_open(daemon->log, ends[0]);
	free_arguments(arguments);
}

void
test_daemon_launch(struct test_daemon *daemon, ...)
{
	va_list list;

	va_start(list, daemon);
	launch(daemon, list);
	va_end(list);
}

void
test_daemon_start(struct test_daemon *daemon, ...)
{
	va_list list;

	va_start(list, daemon);
	launch(daemon, list);
	va_end(list);
	test_daemon_wait(daemon, " serves with ");
}

static int
run(struct test_daemon *daemon, struct test_output *output_r, va_list list)
{
	char *arguments[ARGUMENTS_MAX];

	take_arguments(daemon, false, list, arguments);
	test_run_command(
	    (const char *const *)arguments, prepare_child, daemon, output_r);
	free_arguments(arguments);
	ck_assert_msg(WIFEXITED(output_r->status), "wait status %#x: %.2000s",
	    (unsigned)output_r->status, output_r->text);
	return WEXITSTATUS(output_r->status);
}

int
test_daemon_run(struct test_daemon *daemon, struct test_output *output_r, ...)
{
	va_list list;
	int status;

	va_start(list, output_r);
	status = run(daemon, output_r, list);
	va_end(list);
	return status;
}

static pid_t
read_pid(const char *path)
{
	FILE *file = fopen(path, "r");
	int pid = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	return (pid_t)pid;
}

/* Stops the daemon when the test is no more: the one it was told of, or,
 * where the test did not get that far, the one that says it is there. */
static void
guard(int fd, const char *pid_file)
{
	pid_t pid = -1, next;

	setsid();
	while (read(fd, &next, sizeof(next)) == sizeof(next))
		pid = next;
	if (pid == -1)
		pid = read_pid(pid_file);
	if (pid > 0)
		kill(pid, SIGINT);
	_exit(0);
}

static void
start_guardian(struct test_daemon *daemon)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		close(ends[1]);
		guard(ends[0], test_daemon_path(daemon, "pid"));
	}
	close(ends[0]);
	daemon->guard = ends[1];
}

static void
tell_guardian(const struct test_daemon *daemon, pid_t pid)
{
	if (daemon->guard != -1)
		ck_assert_int_eq(
		    write(daemon->guard, &pid, sizeof(pid)), sizeof(pid));
}

static void
note_background(struct test_daemon *daemon)
{
	daemon->pid = read_pid(test_daemon_path(daemon, "pid"));
	ck_assert_int_gt(daemon->pid, 0);
	tell_guardian(daemon, daemon->pid);
}

int
test_daemon_start_background(
    struct test_daemon *daemon, struct test_output *output_r, ...)
{
	const char *log;
	va_list list;
	int status, fd;

	/* What the launching command leaves becomes our child. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	if (daemon->guard == -1)
		start_guardian(daemon);
	log = test_daemon_path(daemon, "log");
	ck_assert_int_eq(mkfifo(log, 0600), 0);
	fd = open(log, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	test_log_open(daemon->log, fd);
	va_start(list, output_r);
	status = run(daemon, output_r, list);
	va_end(list);
	if (status == 0)
		note_background(daemon);
	return status;
}

/* ---- the log ---- */

const char *
test_daemon_wait(struct test_daemon *daemon, const char *text)
{
	return test_log_wait(daemon->log, text);
}

void
test_daemon_expect(struct test_daemon *daemon, const char *text)
{
	test_log_expect(daemon->log, text);
}

unsigned
test_daemon_count(struct test_daemon *daemon, const char *text)
{
	return test_log_count(daemon->log, text);
}

void
test_daemon_wait_count(
    struct test_daemon *daemon, const char *text, unsigned count)
{
	test_log_wait_count(daemon->log, text, count);
}

unsigned
test_daemon_port_of(const struct test_daemon *daemon, const char *host)
{
	char text[128];
	const char *line;

	snprintf(text, sizeof(text), " info: listening on %s:", host);
	line = test_log_last(daemon->log, text);
	ck_assert_msg(line != NULL, "not listening on %s", host);
	return (unsigned)atoi(strrchr(line, ':') + 1);
}

unsigned
test_daemon_port(const struct test_daemon *daemon)
{
	return test_daemon_port_of(daemon, "127.0.0.1");
}

/* ---- the processes ---- */

pid_t
test_daemon_pid(const struct test_daemon *daemon)
{
	return daemon->pid;
}

size_t
test_daemon_workers(const struct test_daemon *daemon, pid_t *pids, size_t room)
{
	char path[64];
	size_t count = 0;
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)daemon->pid, (int)daemon->pid);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
	while (count < room && fscanf(file, "%d", &pid) == 1)
		pids[count++] = pid;
	fclose(file);
	return count;
}

void
test_daemon_signal(struct test_daemon *daemon, int number)
{
	ck_assert_int_eq(kill(daemon->pid, number), 0);
}

int
test_daemon_wait_exit(struct test_daemon *daemon)
{
	/* The log ends when master and workers have. */
	if (!daemon->ended)
		test_log_wait_end(daemon->log);
	if (!daemon->ended)
		ck_assert_int_eq(
		    waitpid(daemon->pid, &daemon->status, 0), daemon->pid);
	tell_guardian(daemon, 0);
	daemon->ended = true;
	return daemon->status;
}

void
test_daemon_restart(struct test_daemon *daemon)
{
	ck_assert(daemon->ended || daemon->pid == 0);
	test_log_close(daemon->log);
	unlink(test_daemon_path(daemon, "log"));
	daemon->pid = 0;
	daemon->ended = false;
}

static int
remove_entry(
    const char *path, const struct stat *status, int type, struct FTW *walk)
{
	return remove(path);
}

static void
stop_guardian(struct test_daemon *daemon)
{
	if (daemon->guard == -1)
		return;
	tell_guardian(daemon, 0);
	close(daemon->guard);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

void
test_daemon_stop(struct test_daemon **daemon_pointer)
{
	struct test_daemon *daemon = *daemon_pointer;

	if (!daemon->ended && daemon->pid != 0) {
		kill(daemon->pid, SIGTERM);
		test_daemon_wait_exit(daemon);
		if (daemon->status != 0)
			test_log_fail(
			    daemon->log, "stop", "exit status is not 0");
	}
	test_log_check(daemon->log);
	stop_guardian(daemon);
	test_log_free(&daemon->log);
	nftw(daemon->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(daemon);
	*daemon_pointer = NULL;
}
