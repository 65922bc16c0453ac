/* SPDX-License-Identifier: ISC */
/*
 * How long the others wait when the only worker crashes: from the request
 * that does it until another client, whose connection was idle, has its
 * answer.  Figures are printed; only a bound that means a hang is a failure.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "test_crash.h"
#include "test_unit.h"

#define IDLE       1000
#define CRASHES    20
#define CORES      3
#define BOUND_MS   10000.0
#define FILL_MIB   512
#define CORE_LEAST ((long long)FILL_MIB << 20)

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
print_times(const char *what, double *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare);
	printf("%s: median %.1f ms, least %.1f, most %.1f, of %zu crashes\n",
	    what, times[count / 2], times[0], times[count - 1], count);
	ck_assert(times[count - 1] < BOUND_MS);
}

static void
connect_idle(struct test_daemon *daemon, struct test_client *idle, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		test_client_connect(&idle[i], test_daemon_port(daemon));
		test_client_pid(&idle[i]);
	}
}

/* Both are sent before the fault can be over. */
static double
time_crash(struct test_daemon *daemon, struct test_client *idle)
{
	struct test_client client;
	double begin, took;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_pid(&client);
	begin = now_ms();
	test_client_send_text(
	    &client, "GET /crash/null HTTP/1.1\r\nHost: test\r\n\r\n");
	ck_assert_int_eq(test_client_status(idle, "/hello/again"), 200);
	took = now_ms() - begin;
	test_crash_expect_500(&client, "GET");
	return took;
}

static void
expect_alive(struct test_client *idle, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		ck_assert_int_eq(test_client_status(&idle[i], "/pid"), 200);
		test_client_close(&idle[i]);
	}
}

START_TEST(others_are_served_soon)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	static struct test_client idle[IDLE];
	size_t i, count = test_crash_is_sanitized(daemon) ? 200 : IDLE;
	double times[CRASHES];
	unsigned crashes = test_crash_is_sanitized(daemon) ? 5 : CRASHES;

	connect_idle(daemon, idle, count);
	for (i = 0; i < crashes; i++) {
		times[i] = time_crash(daemon, &idle[i * 7 % count]);
		test_crash_expect_record(daemon, "SIGSEGV", "GET /crash/null");
	}
	print_times("from the fault to the next answer", times, crashes);
	expect_alive(idle, count);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- beside a large core ---- */

/* The size of the one file there, which is removed. */
static long long
take_core(const char *directory)
{
	struct dirent *entry;
	long long size = -1;
	char path[512];
	DIR *stream = opendir(directory);
	FILE *file;

	ck_assert_ptr_nonnull(stream);
	while ((entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		file = fopen(path, "r");
		ck_assert_ptr_nonnull(file);
		ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
		size = ftell(file);
		fclose(file);
		ck_assert_int_eq(unlink(path), 0);
	}
	closedir(stream);
	return size;
}

/* Not where cores go to a program, or elsewhere. */
static bool
has_plain_cores(void)
{
	char *pattern = test_file_read("/proc/sys/kernel/core_pattern", NULL);
	bool is_plain = pattern[0] != '|' && pattern[0] != '/';

	free(pattern);
	return is_plain;
}

static void
crash_with_core(struct test_daemon *daemon, struct test_client *idle,
    double *time_r, double *gone_r)
{
	char directory[256];
	struct test_client client;
	double begin;

	snprintf(directory, sizeof(directory), "%s",
	    test_daemon_path(daemon, "cores"));
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_format(
	    &client, "GET /fill/%d HTTP/1.1\r\nHost: test\r\n\r\n", FILL_MIB);
	test_client_expect(&client, "GET", 200, "filled\n");
	test_client_close(&client);
	begin = now_ms();
	*time_r = time_crash(daemon, idle);
	test_crash_expect_record(daemon, "SIGSEGV", "GET /crash/null");
	*gone_r = now_ms() - begin;
	ck_assert_int_ge(take_core(directory), CORE_LEAST);
}

START_TEST(a_core_makes_nobody_wait)
{
	struct test_daemon *daemon = test_crash_start(1,
	    "core_dumps = on\ncore_directory = \"@/cores\"\n"
	    "hang_timeout = \"0s\"\n");
	static struct test_client idle[IDLE];
	double times[CORES], gone[CORES];
	size_t i;

	if (!test_crash_is_sanitized(daemon) && has_plain_cores()) {
		connect_idle(daemon, idle, IDLE);
		for (i = 0; i < CORES; i++)
			crash_with_core(
			    daemon, &idle[i * 7], &times[i], &gone[i]);
		print_times("beside a core of 512 MiB", times, CORES);
		print_times("until that core is there", gone, CORES);
		expect_alive(idle, IDLE);
	}
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crash_time");
	TCase *tcase = tcase_create("crash_time");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, others_are_served_soon);
	tcase_add_test(tcase, a_core_makes_nobody_wait);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
