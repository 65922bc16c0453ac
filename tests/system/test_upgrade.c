/* SPDX-License-Identifier: ISC */
/*
 * A new program takes over from a running one: clients notice nothing, the
 * process stays the same, and whatever is wrong with the new one changes
 * nothing.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_load.h"
#include "test_unit.h"

#define BASE   "log_level = \"debug\"\ncontrol_socket = \"@/control\"\n"
#define LISTEN "listen \"127.0.0.1:0\" {}\n"

#define MODULE(name, set)                                        \
	"host \"*\" { mount \"/\" { module = \"@/" name ".so\" " \
	"read = \"@\" set { " set " } } }\n"

/* What an upgrade, good or bad, and the reload behind it say. */
static void
expect_upgrades(struct test_daemon *daemon)
{
	test_daemon_expect(daemon, " info: upgrade: ");
	test_daemon_expect(daemon, " info: reload: reading");
	test_daemon_expect(daemon, " proven in ");
	test_daemon_expect(daemon, " info: reloaded: cohort ");
}

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	expect_upgrades(daemon);
	test_daemon_configure(daemon, BASE "%s" TEST_SERVE_MODULE, more,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* ---- programs ---- */

static void
write_program(const char *path, const char *data, size_t size)
{
	char new[PATH_MAX];
	FILE *file;

	snprintf(new, sizeof(new), "%s.new", path);
	file = fopen(new, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(new, 0755), 0);
	ck_assert_int_eq(rename(new, path), 0);
}

/* The path of directory/name (static until the next call), a copy of that
 * file. */
static const char *
copy_program(struct test_daemon *daemon, const char *name, const char *from)
{
	const char *path;
	size_t size;
	char *data = test_file_read(from, &size);

	path = test_daemon_path(daemon, name);
	write_program(path, data, size);
	free(data);
	return path;
}

static const char *
copy_running(struct test_daemon *daemon, const char *name)
{
	char running[64];

	snprintf(running, sizeof(running), "/proc/%d/exe",
	    (int)test_daemon_pid(daemon));
	return copy_program(daemon, name, running);
}

static const char *
write_script(struct test_daemon *daemon, const char *name, const char *text)
{
	const char *path = test_daemon_path(daemon, name);

	write_program(path, text, strlen(text));
	return path;
}

static void
expect_runs(const struct test_daemon *daemon, const char *path)
{
	char link[64], target[PATH_MAX];
	ssize_t size;

	snprintf(
	    link, sizeof(link), "/proc/%d/exe", (int)test_daemon_pid(daemon));
	size = readlink(link, target, sizeof(target) - 1);
	ck_assert_int_gt(size, 0);
	target[size] = '\0';
	ck_assert_str_eq(target, path);
}

/* ---- orders ---- */

static void
order(struct test_daemon *daemon, struct test_client *client, const char *json)
{
	test_client_connect_unix(client, test_daemon_path(daemon, "control"));
	test_client_send_format(client, "%s\n", json);
}

/* Its reply has to have that text; closes. */
static void
expect_reply(struct test_client *client, const char *text)
{
	size_t size = 1;
	const char *data;

	do
		data = test_client_peek(client, size++);
	while (data[size - 2] != '\n');
	ck_assert_msg(
	    strstr(data, text) != NULL, "no \"%s\" in %s", text, data);
	test_client_close(client);
}

static void
order_upgrade(
    struct test_daemon *daemon, const char *binary, struct test_client *client)
{
	char json[PATH_MAX + 64];

	if (binary == NULL)
		strcpy(json, "{\"command\": \"upgrade\"}");
	else
		snprintf(json, sizeof(json),
		    "{\"command\": \"upgrade\", \"binary\": \"%s\"}", binary);
	order(daemon, client, json);
}

static void
upgrade(struct test_daemon *daemon, const char *binary, const char *reply)
{
	struct test_client client;
	char copy[PATH_MAX];

	if (binary != NULL) {
		snprintf(copy, sizeof(copy), "%s", binary);
		binary = copy;
	}
	order_upgrade(daemon, binary, &client);
	expect_reply(&client, reply);
}

/* "upgraded from V to V (pid N unchanged); cohort C proven in" ... */
static void
upgrade_well(struct test_daemon *daemon, const char *binary)
{
	char reply[128];

	snprintf(reply, sizeof(reply), " (pid %d unchanged); cohort ",
	    (int)test_daemon_pid(daemon));
	upgrade(daemon, binary, reply);
	test_daemon_wait(daemon, " info: upgraded from ");
}

/* ---- it goes well ---- */

static size_t
count_descriptors(const struct test_daemon *daemon)
{
	char *text = test_process_descriptors(test_daemon_pid(daemon));
	const char *next;
	size_t count = 0;

	for (next = text; (next = strchr(next, '\n')) != NULL; next++)
		count++;
	free(text);
	return count;
}

/* A client's is closed when its end has been seen. */
static void
expect_descriptors(const struct test_daemon *daemon, size_t count)
{
	long long end = test_now_ms() + TEST_DEADLINE_MS;

	while (count_descriptors(daemon) != count && test_now_ms() < end)
		test_pause();
	ck_assert_uint_eq(count_descriptors(daemon), count);
}

#define UPGRADES    5
#define CONNECTIONS 40

/* Each time from the path where the last one came from. */
START_TEST(nobody_notices)
{
	struct test_daemon *daemon = start("workers = 2\n");
	size_t descriptors = count_descriptors(daemon);
	pid_t before[8], after[8];
	struct test_load *load;
	struct test_load_result result;
	char gone[64];
	unsigned i;

	ck_assert_uint_eq(test_daemon_workers(daemon, before, 8), 2);
	load = test_load_start(test_daemon_port(daemon), CONNECTIONS, 2000);
	for (i = 1; i <= UPGRADES; i++) {
		test_load_wait(load);
		upgrade_well(
		    daemon, i == 1 ? copy_running(daemon, "cohortd") : NULL);
		copy_running(daemon, "cohortd");
		test_load_wait(load);
		snprintf(gone, sizeof(gone), "cohort %u is gone", i);
		test_daemon_wait(daemon, gone);
	}
	test_load_expect_whole(load);
	test_load_stop(&load, &result);
	ck_assert_uint_eq(result.failures, 0);
	ck_assert_uint_eq(test_daemon_workers(daemon, after, 8), 2);
	for (i = 0; i < 2; i++)
		ck_assert_int_ne(kill(before[i], 0), 0);
	expect_descriptors(daemon, descriptors);
	test_daemon_stop(&daemon);
}
END_TEST

/* By a signal, and with another one on its heels. */
START_TEST(signals_are_not_lost)
{
	struct test_daemon *daemon = start("workers = 1\n");

	upgrade_well(daemon, copy_running(daemon, "cohortd"));
	expect_runs(daemon, test_daemon_path(daemon, "cohortd"));
	test_daemon_wait(daemon, "cohort 1 is gone");
	test_daemon_signal(daemon, SIGUSR2);
	test_daemon_wait(daemon, " takes over from ");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, " info: upgraded from ");
	test_daemon_wait(daemon, " info: reloaded: cohort 3 ");
	test_daemon_wait(daemon, " info: reloaded: cohort 4 ");
	test_daemon_wait(daemon, "cohort 3 is gone");
	test_daemon_stop(&daemon);
}
END_TEST

/* A reload comes first, or before the end. */
START_TEST(reloads_and_upgrades_do_not_overlap)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client;

	test_daemon_signal(daemon, SIGHUP);
	order_upgrade(daemon, copy_running(daemon, "cohortd"), &client);
	test_daemon_signal(daemon, SIGHUP);
	expect_reply(&client, "unchanged); cohort ");
	test_daemon_wait(daemon, " info: upgraded from ");
	upgrade_well(daemon, NULL);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(one_at_a_time)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client first;

	test_daemon_expect(daemon, "another upgrade is in progress");
	copy_running(daemon, "cohortd");
	order_upgrade(daemon, test_daemon_path(daemon, "cohortd"), &first);
	test_daemon_wait(daemon, " info: upgrade: trying ");
	upgrade(daemon, NULL, "another upgrade is in progress");
	expect_reply(&first, "unchanged); cohort ");
	test_daemon_wait(daemon, " info: upgraded from ");
	test_daemon_stop(&daemon);
}
END_TEST

/* The control socket's other clients go along, with what they sent. */
START_TEST(clients_of_the_control_socket_stay)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client idle, half;

	test_client_connect_unix(&idle, test_daemon_path(daemon, "control"));
	test_client_connect_unix(&half, test_daemon_path(daemon, "control"));
	test_client_send_text(&half, "{\"comm");
	upgrade_well(daemon, copy_running(daemon, "cohortd"));
	test_client_send_text(&idle, "{\"command\": \"status\"}\n");
	expect_reply(&idle, "\"cohorts\"");
	test_client_send_text(&half, "and\": \"status\"}\n");
	expect_reply(&half, "\"cohorts\"");
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what becomes of the old workers ---- */

START_TEST(an_old_worker_that_dies_is_recorded)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client, control;
	pid_t old = test_client_new_pid(test_daemon_port(daemon));

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /stream/1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_peek(&client, 1);
	upgrade_well(daemon, copy_running(daemon, "cohortd"));
	ck_assert_int_ne(test_client_new_pid(test_daemon_port(daemon)), old);
	ck_assert_int_eq(kill(old, SIGKILL), 0);
	test_daemon_wait(daemon, "SIGKILL");
	test_daemon_wait(daemon, "cohort 1 is gone");
	order(daemon, &control, "{\"command\": \"crashes\"}");
	expect_reply(&control, "\"signal\":\"KILL\"");
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* What is being written when the upgrade is asked for is written once. */
START_TEST(a_crash_before_it_is_recorded_once)
{
	struct test_daemon *daemon = start("workers = 2\nquarantine = no\n");
	struct test_client client;
	unsigned i;

	test_daemon_expect(daemon, "SIGSEGV");
	copy_running(daemon, "cohortd");
	for (i = 1; i <= 3; i++) {
		test_client_connect(&client, test_daemon_port(daemon));
		ck_assert_int_eq(test_client_status(&client, "/segfault"), 500);
		test_client_close(&client);
		upgrade_well(daemon, test_daemon_path(daemon, "cohortd"));
		test_daemon_wait_count(daemon, "SIGSEGV", i);
	}
	test_daemon_signal(daemon, SIGTERM);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	ck_assert_uint_eq(test_daemon_count(daemon, "SIGSEGV"), 3);
	test_daemon_stop(&daemon);
}
END_TEST

/* What ends workers is refused by the new ones, too. */
START_TEST(the_quarantine_goes_along)
{
	struct test_daemon *daemon =
	    start("workers = 1\nquarantine_crashes = 2\n");
	struct test_client client;
	int i;

	test_daemon_expect(daemon, "SIGSEGV");
	test_daemon_expect(daemon, "quarantine");
	copy_running(daemon, "cohortd");
	for (i = 0; i < 4; i++) {
		test_client_connect(&client, test_daemon_port(daemon));
		ck_assert_int_eq(test_client_status(&client, "/segfault"),
		    i < 2 ? 500 : 503);
		test_client_close(&client);
		/* Between the two crashes, and behind them. */
		if (i < 2) {
			upgrade_well(
			    daemon, test_daemon_path(daemon, "cohortd"));
			test_daemon_wait(daemon, " is gone");
		}
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* It does its work with the settings of before, when the new ones are no
 * good: here they become so between trial and truth. */
START_TEST(the_old_cohort_serves_on)
{
	struct test_daemon *daemon = start("workers = 1\n");
	pid_t old = test_client_new_pid(test_daemon_port(daemon)), next;
	char *script;

	test_daemon_expect(daemon, "reload failed, nothing was changed: ");
	copy_running(daemon, "real");
	ck_assert_int_gt(
	    asprintf(&script,
		"#!/bin/sh\n"
		"[ -n \"$COHORT_PROBE\" ] || echo nonsense >%1$s/conf\n"
		"exec %1$s/real \"$@\"\n",
		test_daemon_directory(daemon)),
	    0);
	upgrade(daemon, write_script(daemon, "script", script),
	    "unchanged); reload failed, nothing was changed: ");
	test_daemon_wait(daemon, " info: upgraded from ");
	ck_assert_int_eq(test_client_new_pid(test_daemon_port(daemon)), old);
	test_daemon_expect(daemon, "SIGKILL");
	ck_assert_int_eq(kill(old, SIGKILL), 0);
	test_daemon_wait_count(daemon, "SIGKILL", 1);
	next = test_client_new_pid(test_daemon_port(daemon));
	ck_assert_int_ne(next, old);
	free(script);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- it does not go well ---- */

static const struct {
	const char *name; /* of the file, or a path of its own */
	const char *text; /* NULL: it is none of ours */
	const char *why;
} bad[] = {
	{ "/bin/false", NULL, "exited with 1 without a word" },
	{ "/bin/true", NULL, "exited with 0 without a word" },
	{ "/nowhere/cohortd", NULL, "No such file or directory" },
	{ "/tmp", NULL, "/tmp is no program" },
	{ "cohortd", NULL, "is no absolute path" },
	{ "@crash", "#!/bin/sh\nkill -SEGV $$\n", "ended by SIGSEGV" },
	{ "@hang", "#!/bin/sh\nsleep 600 & wait\n", "took more than " },
	{ "@words", "#!/bin/sh\necho no libcohort >&2\nexit 127\n",
	    "exited with 127: no libcohort" },
	{ "@elf", "this is no program\n", "Exec format error" },
	{ "@version",
	    "#!/bin/sh\necho 'cohort-probe {\"error\": \"state: of version "
	    "9\"}' >&2\nexit 1\n",
	    "state: of version 9" },
	{ "@liar",
	    "#!/bin/sh\necho 'cohort-probe {\"version\": \"1\"}' >&2\n"
	    "exit 1\n",
	    "exited with 1: " },
	/* It is good, and then not there. */
	{ "@once",
	    "#!/bin/sh\necho 'cohort-probe {\"version\": \"1\"}' >&2\n"
	    "rm \"$0\"\n",
	    "once: No such file or directory" },
};

#define BAD_COUNT (sizeof(bad) / sizeof(bad[0]))

static void
try_bad(struct test_daemon *daemon, size_t i)
{
	const char *path = bad[i].name;

	if (bad[i].text != NULL)
		path = write_script(daemon, bad[i].name + 1, bad[i].text);
	upgrade(daemon, path, "upgrade failed, nothing was changed: ");
	test_daemon_wait(daemon, bad[i].why);
}

START_TEST(bad_programs_change_nothing)
{
	struct test_daemon *daemon =
	    start("workers = 1\nstart_timeout = \"5s\"\n"
		  "self_check_timeout = \"100ms\"\n");
	size_t i, descriptors = count_descriptors(daemon);
	pid_t pid = test_client_new_pid(test_daemon_port(daemon)), workers[8];

	for (i = 0; i < BAD_COUNT; i++) {
		try_bad(daemon, i);
		ck_assert_int_eq(
		    test_client_new_pid(test_daemon_port(daemon)), pid);
		ck_assert_uint_eq(test_daemon_workers(daemon, workers, 8), 1);
		expect_descriptors(daemon, descriptors);
	}
	/* Signals and children are as they were. */
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, " info: reloaded: cohort 2 ");
	test_daemon_wait(daemon, "cohort 1 is gone");
	test_daemon_stop(&daemon);
}
END_TEST

/* The trial itself finds what is wrong with the configuration, and what a
 * module does at its start, or when it is asked. */
static const struct {
	const char *conf;
	const char *why;
} settings[] = {
	{ "nonsense", "conf:1: " },
	{ BASE "pid_file = \"@/other\"\n" LISTEN MODULE("module_test", ""),
	    "pid_file changed from" },
	{ BASE LISTEN MODULE("module_nowhere", ""), "module_nowhere.so" },
	{ BASE LISTEN MODULE("module_bad", "how = \"refuse\""),
	    "the set-up says no" },
	{ BASE LISTEN MODULE("module_bad", "how = \"@/die\""),
	    "before it was ready to serve" },
	{ BASE "start_timeout = \"500ms\"\n" LISTEN MODULE(
	      "module_bad", "how = \"@/hang\""),
	    "was not ready to serve within 500 ms" },
	{ BASE "self_check = \"/nowhere\"\n" LISTEN MODULE("module_test", ""),
	    "self_check" },
};

#define SETTINGS_COUNT (sizeof(settings) / sizeof(settings[0]))

START_TEST(bad_settings_change_nothing)
{
	struct test_daemon *daemon = start("workers = 1\n");
	pid_t pid = test_client_new_pid(test_daemon_port(daemon));
	size_t i;

	test_daemon_module(daemon, "module_bad");
	test_daemon_write(daemon, "die", "die");
	test_daemon_write(daemon, "hang", "hang");
	copy_running(daemon, "cohortd");
	for (i = 0; i < SETTINGS_COUNT; i++) {
		test_daemon_configure(daemon, "%s", settings[i].conf);
		upgrade(daemon, test_daemon_path(daemon, "cohortd"),
		    "upgrade failed, nothing was changed: ");
		test_daemon_wait(daemon, settings[i].why);
		ck_assert_int_eq(
		    test_client_new_pid(test_daemon_port(daemon)), pid);
	}
	ck_assert_int_ne(access(test_daemon_path(daemon, "other"), F_OK), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* It may load for start_timeout, and answer for self_check_timeout. */
START_TEST(a_trial_has_the_time_of_a_start)
{
	struct test_daemon *daemon =
	    start("workers = 1\nstart_timeout = \"300ms\"\n");
	char *script;

	copy_running(daemon, "real");
	ck_assert_int_gt(asprintf(&script,
			     "#!/bin/sh\n"
			     "[ -z \"$COHORT_PROBE\" ] || sleep 2.5\n"
			     "exec %s/real \"$@\"\n",
			     test_daemon_directory(daemon)),
	    0);
	upgrade_well(daemon, write_script(daemon, "script", script));
	test_daemon_wait(daemon, "cohort 1 is gone");
	free(script);
	test_daemon_stop(&daemon);
}
END_TEST

/* A listener that is new is bound by the reload only. */
START_TEST(listeners_may_change)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client;

	test_daemon_configure(daemon,
	    BASE "workers = 1\n" LISTEN
		 "listen \"unix:@/sock\" { mode = \"0666\" }\n" MODULE(
		     "module_test", ""));
	upgrade_well(daemon, copy_running(daemon, "cohortd"));
	test_daemon_wait(daemon, "cohort 1 is gone");
	ck_assert_uint_eq(test_daemon_count(daemon, "listening on unix:"), 1);
	upgrade_well(daemon, NULL);
	test_daemon_wait(daemon, "cohort 2 is gone");
	test_client_connect_unix(&client, test_daemon_path(daemon, "sock"));
	ck_assert_int_gt(test_client_pid(&client), 0);
	test_client_close(&client);
	ck_assert_uint_eq(test_daemon_count(daemon, "listening on unix:"), 1);
	test_daemon_stop(&daemon);
}
END_TEST

/* The trial takes none of them, and is a trial all the same. */
START_TEST(all_listeners_may_change)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client;

	test_daemon_configure(daemon,
	    BASE "workers = 1\nself_check = \"/pid\"\n"
		 "listen \"unix:@/sock\" { mode = \"0666\" }\n" MODULE(
		     "module_test", ""));
	upgrade_well(daemon, copy_running(daemon, "cohortd"));
	test_daemon_wait(daemon, "cohort 1 is gone");
	test_client_connect_unix(&client, test_daemon_path(daemon, "sock"));
	ck_assert_int_gt(test_client_pid(&client), 0);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_stop_ends_the_trial)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client;

	test_daemon_expect(daemon, "nothing was changed: the daemon stops");
	write_script(daemon, "hang", "#!/bin/sh\nsleep 600 & wait\n");
	order_upgrade(daemon, test_daemon_path(daemon, "hang"), &client);
	test_daemon_wait(daemon, " info: upgrade: trying ");
	test_daemon_signal(daemon, SIGTERM);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- a daemon ---- */

static void
expect_locked(struct test_daemon *daemon)
{
	struct test_output output;

	ck_assert_int_eq(
	    test_daemon_run(daemon, &output, "-f", "-c", "@/conf", NULL), 1);
	ck_assert_ptr_nonnull(
	    strstr(output.text, "another cohortd is running"));
	test_output_free(&output);
}

START_TEST(a_daemon_keeps_its_places)
{
	struct test_daemon *daemon = test_daemon_new();
	struct stat pid_before, pid_after;
	struct test_output output;

	expect_upgrades(daemon);
	test_daemon_configure(daemon,
	    BASE "workers = 1\npid_file = \"@/pid\"\nerror_log = \"@/log\"\n"
		 "state_directory = \"@/state\"\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	ck_assert_int_eq(
	    test_daemon_start_background(daemon, &output, "-c", "@/conf", NULL),
	    0);
	test_output_free(&output);
	test_daemon_wait(daemon, " serves with ");
	ck_assert_int_eq(stat(test_daemon_path(daemon, "pid"), &pid_before), 0);
	upgrade_well(daemon, copy_running(daemon, "cohortd"));
	upgrade_well(daemon, NULL);
	ck_assert_int_eq(stat(test_daemon_path(daemon, "pid"), &pid_after), 0);
	ck_assert_uint_eq(pid_before.st_ino, pid_after.st_ino);
	expect_locked(daemon);
	ck_assert_int_gt(test_client_new_pid(test_daemon_port(daemon)), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- programs made with COHORT_MAIN ---- */

static void
find_libraries(void *context)
{
	const char *before = getenv("LD_LIBRARY_PATH");
	char here[PATH_MAX], *path;

	if (getcwd(here, sizeof(here)) == NULL ||
	    asprintf(
		&path, "%s/.libs:%s", here, before == NULL ? "" : before) == -1)
		_exit(127);
	setenv("LD_LIBRARY_PATH", path, 1);
	free(path);
}

static void
expect_version(struct test_daemon *daemon, const char *version)
{
	struct test_response response;

	test_get(test_daemon_port(daemon), "/version", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_int_eq(strncmp(response.body, version, strlen(version)), 0);
	test_response_free(&response);
}

START_TEST(a_program_brings_new_code)
{
	struct test_daemon *daemon = test_daemon_new();

	expect_upgrades(daemon);
	setenv("COHORTD",
	    copy_program(daemon, "program", "tests/system/.libs/program_one"),
	    1);
	test_daemon_prepare(daemon, find_libraries, NULL);
	test_daemon_configure(
	    daemon, BASE "workers = 1\nlisten \"127.0.0.1:0\" {}\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	expect_version(daemon, "one");
	copy_program(daemon, "program", "tests/system/.libs/program_two");
	/* A reload changes settings only. */
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "cohort 1 is gone");
	expect_version(daemon, "one");
	upgrade_well(daemon, NULL);
	test_daemon_wait(daemon, "cohort 2 is gone");
	expect_version(daemon, "two");
	test_daemon_stop(&daemon);
}
END_TEST

static Suite *
upgrade_suite(void)
{
	Suite *suite = suite_create("upgrade");
	TCase *tcase = tcase_create("upgrade");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, nobody_notices);
	tcase_add_test(tcase, signals_are_not_lost);
	tcase_add_test(tcase, reloads_and_upgrades_do_not_overlap);
	tcase_add_test(tcase, one_at_a_time);
	tcase_add_test(tcase, clients_of_the_control_socket_stay);
	tcase_add_test(tcase, an_old_worker_that_dies_is_recorded);
	tcase_add_test(tcase, a_crash_before_it_is_recorded_once);
	tcase_add_test(tcase, the_quarantine_goes_along);
	tcase_add_test(tcase, the_old_cohort_serves_on);
	tcase_add_test(tcase, bad_programs_change_nothing);
	tcase_add_test(tcase, bad_settings_change_nothing);
	tcase_add_test(tcase, a_trial_has_the_time_of_a_start);
	tcase_add_test(tcase, listeners_may_change);
	tcase_add_test(tcase, all_listeners_may_change);
	tcase_add_test(tcase, a_stop_ends_the_trial);
	tcase_add_test(tcase, a_daemon_keeps_its_places);
	tcase_add_test(tcase, a_program_brings_new_code);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return test_run(upgrade_suite());
}
