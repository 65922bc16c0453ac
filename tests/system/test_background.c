/* SPDX-License-Identifier: ISC */
/*
 * The daemon proper: the launching command and what it reports, the pid
 * file, and cohortd -s.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define BACKGROUND                                      \
	"pid_file = \"@/pid\"\nerror_log = \"@/log\"\n" \
	"log_level = \"debug\"\nworkers = 1\n"

static struct test_daemon *
start(struct test_output *output)
{
	struct test_daemon *daemon = test_daemon_new();
	int code;

	test_daemon_configure(daemon, BACKGROUND TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	code =
	    test_daemon_start_background(daemon, output, "-c", "@/conf", NULL);
	ck_assert_msg(code == 0, "%d: %.2000s", code, output->text);
	return daemon;
}

static struct test_daemon *
start_quietly(void)
{
	struct test_daemon *daemon;
	struct test_output output;

	daemon = start(&output);
	test_output_free(&output);
	test_daemon_wait(daemon, " serves with ");
	return daemon;
}

static void
expect_serving(struct test_daemon *daemon)
{
	struct test_response response;

	test_get(test_daemon_port(daemon), "/hello/you", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
}

static int
run_signal(struct test_daemon *daemon, const char *word)
{
	struct test_output output;
	int code;

	code =
	    test_daemon_run(daemon, &output, "-s", word, "-c", "@/conf", NULL);
	ck_assert_msg(
	    code != 0 || strstr(output.text, "sent to cohortd") != NULL,
	    "%s: %.2000s", word, output.text);
	test_output_free(&output);
	return code;
}

START_TEST(the_command_returns_when_the_daemon_serves)
{
	struct test_daemon *daemon;
	struct test_output output;

	daemon = start(&output);
	/* The log is a pipe: all that it said is there already. */
	ck_assert_uint_eq(test_daemon_count(daemon, " serves with "), 1);
	ck_assert_str_eq(output.text, "");
	test_output_free(&output);
	expect_serving(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_daemon_has_left_everything_behind)
{
	struct test_daemon *daemon = start_quietly();
	char path[64], target[256], *text;
	ssize_t size;
	pid_t pid = test_daemon_pid(daemon);

	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	size = readlink(path, target, sizeof(target) - 1);
	ck_assert_int_eq(size, 1);
	ck_assert_int_eq(target[0], '/');
	ck_assert_int_ne(getsid(pid), getsid(0));
	/* No leader of its session can get a terminal by accident. */
	ck_assert_int_ne(getsid(pid), pid);
	text = test_process_descriptors(pid);
	ck_assert_msg(
	    strncmp(text, "0 /dev/null\n1 /dev/null\n2 /dev/null\n", 36) == 0,
	    "%s", text);
	free(text);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_pid_file_comes_and_goes)
{
	struct test_daemon *daemon = start_quietly();
	char path[512], *text;
	struct stat status;

	snprintf(path, sizeof(path), "%s", test_daemon_path(daemon, "pid"));
	text = test_file_read(path, NULL);
	ck_assert_int_eq(atoi(text), (int)test_daemon_pid(daemon));
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
	free(text);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0022, 0);
	test_daemon_signal(daemon, SIGTERM);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_second_instance_is_refused)
{
	struct test_daemon *daemon = start_quietly();
	struct test_output output;
	char number[32], *text;
	int code;

	code = test_daemon_run(daemon, &output, "-c", "@/conf", NULL);
	ck_assert_int_eq(code, 1);
	snprintf(number, sizeof(number), "%d", (int)test_daemon_pid(daemon));
	ck_assert_ptr_nonnull(strstr(output.text, "another cohortd"));
	ck_assert_ptr_nonnull(strstr(output.text, number));
	test_output_free(&output);
	test_daemon_expect(daemon, "another cohortd");
	/* What the first has is untouched. */
	text = test_file_read(test_daemon_path(daemon, "pid"), NULL);
	ck_assert_int_eq(atoi(text), (int)test_daemon_pid(daemon));
	free(text);
	expect_serving(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_stale_pid_file_is_harmless)
{
	struct test_daemon *daemon = start_quietly();
	struct test_output output;
	char number[32];
	int code;

	test_daemon_expect(daemon, "the master is gone: retiring");
	test_daemon_signal(daemon, SIGKILL);
	test_daemon_wait_exit(daemon);
	/* The number is somebody else's by now: ours. */
	snprintf(number, sizeof(number), "%d\n", (int)getpid());
	test_daemon_write(daemon, "pid", number);
	ck_assert_int_eq(run_signal(daemon, "stop"), 1);
	test_daemon_restart(daemon);
	code =
	    test_daemon_start_background(daemon, &output, "-c", "@/conf", NULL);
	ck_assert_msg(code == 0, "%.2000s", output.text);
	test_output_free(&output);
	test_daemon_wait(daemon, " serves with ");
	expect_serving(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_words_of_s_reach_the_daemon)
{
	struct test_daemon *daemon = start_quietly();

	test_daemon_expect(daemon, " info: reload: ");
	ck_assert_int_eq(run_signal(daemon, "reload"), 0);
	test_daemon_wait(daemon, "reloaded: cohort 2 serves");
	ck_assert_int_eq(run_signal(daemon, "reopen"), 0);
	test_daemon_wait(daemon, "logs reopened");
	expect_serving(daemon);
	ck_assert_int_eq(run_signal(daemon, "quit"), 0);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	ck_assert_int_eq(run_signal(daemon, "quit"), 1);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(s_stop_does_not_wait_for_requests)
{
	struct test_daemon *daemon = start_quietly();
	struct test_client client, other;

	test_client_connect(&client, test_daemon_port(daemon));
	/* The answer to the first says that the second is in hand. */
	test_client_send_text(&client,
	    "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /wait/60000 HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_peek(&client, 1);
	test_client_connect(&other, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&other, "/hello/b"), 200);
	ck_assert_int_eq(run_signal(daemon, "stop"), 0);
	test_daemon_expect(daemon, "connections are cut");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_client_close(&client);
	test_client_close(&other);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_launching_command_outlives_no_failure)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;
	int code;

	test_daemon_configure(daemon,
	    BACKGROUND "listen \"127.0.0.1:0\" {}\n"
		       "host \"*\" { mount \"/\" { module = \"%s\" "
		       "read = \"@\" set { how = \"@/how\" } } }\n",
	    test_daemon_module(daemon, "module_bad"));
	test_daemon_write(daemon, "how", "die");
	code =
	    test_daemon_start_background(daemon, &output, "-c", "@/conf", NULL);
	ck_assert_int_eq(code, 1);
	ck_assert_ptr_nonnull(strstr(output.text, "before it was ready"));
	test_output_free(&output);
	test_daemon_expect(daemon, "before it was ready");
	test_daemon_expect(daemon, "exited with 9");
	ck_assert_int_eq(access(test_daemon_path(daemon, "pid"), F_OK), -1);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("background");
	TCase *tcase = tcase_create("background");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, the_command_returns_when_the_daemon_serves);
	tcase_add_test(tcase, a_daemon_has_left_everything_behind);
	tcase_add_test(tcase, the_pid_file_comes_and_goes);
	tcase_add_test(tcase, a_second_instance_is_refused);
	tcase_add_test(tcase, a_stale_pid_file_is_harmless);
	tcase_add_test(tcase, the_words_of_s_reach_the_daemon);
	tcase_add_test(tcase, s_stop_does_not_wait_for_requests);
	tcase_add_test(tcase, the_launching_command_outlives_no_failure);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
