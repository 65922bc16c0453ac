/* SPDX-License-Identifier: ISC */
/*
 * What system tests want to know of processes and files: facts from /proc,
 * commands that run to their end, files that grow.  Waits are for events and
 * have the deadline TEST_DEADLINE_MS.
 */
#ifndef TEST_PROCESS_H
#define TEST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* No single wait of a test takes longer, but for a hang. */
#define TEST_DEADLINE_MS 30000

long long test_now_ms(void);

/* What a command that ended has left. */
struct test_output {
	int status; /* of waitpid(2) */
	char *text; /* standard output and error, NUL-terminated */
};

/*
 * Runs program in the present directory to its end.  prepare, unless NULL,
 * runs in the child first.
 */
void test_run_command(const char *const *arguments,
    void (*prepare)(void *context), void *context,
    struct test_output *output_r);

/* Can it be run by that name?  Else it is said that a test goes without. */
bool test_program_is_there(const char *program);

/* execvp(3), which when it fails says so and exits with 127. */
void test_exec(const char *const *arguments) __attribute__((noreturn));

void test_output_free(struct test_output *output);

/* A descriptor that is readable when the process ended. */
int test_process_open(pid_t pid);
bool test_process_is_running(int process);

/* Waits for the end of a process that need not be a child; closes. */
void test_process_wait_end(int *process);

/* Waits until it is in that state, as ps(1) names it: S sleeps, T is
 * stopped. */
void test_process_wait_state(pid_t pid, char state);

/* User and system time so far; -1 when there is no such process. */
long long test_process_cpu_ms(pid_t pid);

/* A line of /proc/PID/status that is a number, "VmRSS", or -1. */
long long test_process_number(pid_t pid, const char *name);

/* Was it built with sanitizers, so that its memory is not its own? */
bool test_process_is_sanitized(pid_t pid);

/* What /proc/PID/fd/N leads to, one line for each descriptor, in order of
 * the number, as "N target"; the caller frees. */
char *test_process_descriptors(pid_t pid);

/* Waits ms without any process being asked to do anything. */
void test_quiet(int ms);

/* A whole file, NUL-terminated; the caller frees.  size_r may be NULL. */
char *test_file_read(const char *path, size_t *size_r);

/* Waits until the file is there and holds text. */
void test_file_wait(const char *path, const char *text);

#endif
