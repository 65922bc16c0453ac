/* SPDX-License-Identifier: ISC */
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "test_process.h"
#include "test_unit.h"

long long
test_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Reads to the end; what comes later than the deadline is a hang. */
static char *
read_all(int fd, int deadline_ms, size_t *size_r)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	size_t size = 0, room = 0;
	char *text = NULL;
	ssize_t count;

	do {
		if (room - size < 4096) {
			room = room * 2 + 65536;
			text = realloc(text, room);
			ck_assert_ptr_nonnull(text);
		}
		ck_assert_msg(poll(&poll_fd, 1, deadline_ms) == 1,
		    "no end of output in time: %.*s", (int)size, text);
		count = read(fd, text + size, room - size - 1);
		ck_assert_int_ge(count, 0);
		size += (size_t)count;
	} while (count > 0);
	text[size] = '\0';
	if (size_r != NULL)
		*size_r = size;
	return text;
}

/* execvp(3) takes texts that it does not change as if it would. */
void
test_exec(const char *const *arguments)
{
	char *copies[64];
	size_t count = 0;

	for (; arguments[count] != NULL && count < 63; count++)
		copies[count] = strdup(arguments[count]);
	copies[count] = NULL;
	execvp(copies[0], copies);
	perror(copies[0]);
	_exit(127);
}

void
test_run_command(const char *const *arguments, void (*prepare)(void *context),
    void *context, struct test_output *output_r)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		if (prepare != NULL)
			prepare(context);
		test_exec(arguments);
	}
	close(ends[1]);
	output_r->text = read_all(ends[0], TEST_DEADLINE_MS * 2, NULL);
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &output_r->status, 0), pid);
}

bool
test_program_is_there(const char *program)
{
	char command[64];
	const char *const arguments[] = { "sh", "-c", command, NULL };
	struct test_output output;
	bool found;

	snprintf(command, sizeof(command), "command -v %s", program);
	test_run_command(arguments, NULL, NULL, &output);
	found = WIFEXITED(output.status) && WEXITSTATUS(output.status) == 0;
	test_output_free(&output);
	if (!found)
		printf("skipped: no %s\n", program);
	return found;
}

void
test_output_free(struct test_output *output)
{
	free(output->text);
	output->text = NULL;
}

int
test_process_open(pid_t pid)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0);

	ck_assert_msg(
	    process != -1, "pidfd_open(%d): %s", (int)pid, strerror(errno));
	return process;
}

bool
test_process_is_running(int process)
{
	struct pollfd poll_fd = { .fd = process, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 0;
}

void
test_process_wait_end(int *process)
{
	struct pollfd poll_fd = { .fd = *process, .events = POLLIN };

	ck_assert_msg(poll(&poll_fd, 1, TEST_DEADLINE_MS) == 1,
	    "a process did not end in time");
	close(*process);
	*process = -1;
}

static FILE *
open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fopen(path, "r");
}

long long
test_process_cpu_ms(pid_t pid)
{
	unsigned long user, system;
	char line[1024], *at;
	FILE *file = open_proc(pid, "stat");

	if (file == NULL)
		return -1;
	at = fgets(line, sizeof(line), file);
	fclose(file);
	/* The name, in parentheses, may hold anything. */
	at = at == NULL ? NULL : strrchr(line, ')');
	if (at == NULL ||
	    sscanf(at + 2,
		"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
		&system) != 2)
		return -1;
	return (long long)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

static char
state_of(pid_t pid)
{
	char path[64], *text, *end, state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	text = test_file_read(path, NULL);
	end = strrchr(text, ')');
	state = end == NULL ? '?' : end[2];
	free(text);
	return state;
}

void
test_process_wait_state(pid_t pid, char state)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;

	while (state_of(pid) != state) {
		ck_assert_int_lt(test_now_ms(), until);
		test_pause();
	}
}

long long
test_process_number(pid_t pid, const char *name)
{
	FILE *file = open_proc(pid, "status");
	size_t size = strlen(name);
	long long number = -1;
	char line[1024];

	if (file == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, size) == 0 && line[size] == ':')
			number = strtoll(line + size + 1, NULL, 10);
	fclose(file);
	return number;
}

bool
test_process_is_sanitized(pid_t pid)
{
	FILE *file = open_proc(pid, "maps");
	bool found = false;
	char line[1024];

	ck_assert_ptr_nonnull(file);
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = strstr(line, "/libasan") != NULL;
	fclose(file);
	return found;
}

static int
compare_numbers(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static size_t
list_descriptors(pid_t pid, int *numbers, size_t room)
{
	struct dirent *entry;
	size_t count = 0;
	char path[64];
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	ck_assert_msg(directory != NULL, "%s: %s", path, strerror(errno));
	while ((entry = readdir(directory)) != NULL && count < room)
		if (entry->d_name[0] != '.')
			numbers[count++] = atoi(entry->d_name);
	closedir(directory);
	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	return count;
}

char *
test_process_descriptors(pid_t pid)
{
	char path[64], target[512], *text = NULL;
	int numbers[1024];
	size_t count, i, size;
	ssize_t length;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	count = list_descriptors(pid, numbers, 1024);
	for (i = 0; i < count; i++) {
		snprintf(
		    path, sizeof(path), "/proc/%d/fd/%d", (int)pid, numbers[i]);
		length = readlink(path, target, sizeof(target));
		if (length == -1)
			continue; /* closed meanwhile */
		fprintf(stream, "%d %.*s\n", numbers[i], (int)length, target);
	}
	fclose(stream);
	return text;
}

void
test_quiet(int ms)
{
	int ends[2];
	struct pollfd poll_fd = { .events = POLLIN };

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	poll_fd.fd = ends[0];
	ck_assert_int_eq(poll(&poll_fd, 1, ms), 0);
	close(ends[0]);
	close(ends[1]);
}

char *
test_file_read(const char *path, size_t *size_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	ck_assert_msg(fd != -1, "%s: %s", path, strerror(errno));
	text = read_all(fd, 0, size_r);
	close(fd);
	return text;
}

static bool
file_holds(const char *path, const char *text)
{
	char *content;
	bool found;

	if (access(path, R_OK) == -1)
		return false;
	content = test_file_read(path, NULL);
	found = strstr(content, text) != NULL;
	free(content);
	return found;
}

void
test_file_wait(const char *path, const char *text)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	struct pollfd poll_fd = { .events = POLLIN };
	char copy[512], events[4096];
	ssize_t size;

	snprintf(copy, sizeof(copy), "%s", path);
	poll_fd.fd = inotify_init1(IN_CLOEXEC);
	ck_assert_int_ne(poll_fd.fd, -1);
	ck_assert_int_ne(inotify_add_watch(poll_fd.fd, dirname(copy),
			     IN_MODIFY | IN_CREATE | IN_MOVED_TO),
	    -1);
	while (!file_holds(path, text)) {
		ck_assert_msg(test_now_ms() < until &&
			poll(&poll_fd, 1, TEST_DEADLINE_MS) == 1,
		    "%s does not get \"%s\"", path, text);
		size = read(poll_fd.fd, events, sizeof(events));
		ck_assert_int_gt(size, 0);
	}
	close(poll_fd.fd);
}
