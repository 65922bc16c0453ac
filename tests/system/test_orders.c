/* SPDX-License-Identifier: ISC */
/*
 * Orders by cohortctl and cohortd -s: each one is carried out when the
 * command returns, and its exit code says whether it was.
 */
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "test_client.h"
#include "test_ctl.h"
#include "test_daemon.h"
#include "test_unit.h"

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon, "%s" TEST_SERVE_MODULE, more,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_expect(daemon, " info: ");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* ---- cohortctl ---- */

START_TEST(a_reload_says_what_happened)
{
	struct test_daemon *daemon = start(TEST_CONTROL "workers = 2\n");

	test_ctl(daemon, "reload", 0, "cohort 2 proven in ");
	ck_assert_uint_eq(test_ctl_workers(daemon, "serving"), 2);
	test_ctl(daemon, "reload", 0, "(2 workers)");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_reload_that_fails_says_why)
{
	struct test_daemon *daemon = start(TEST_CONTROL "workers = 1\n");

	test_daemon_expect(daemon, " error: reload failed");
	test_daemon_configure(daemon,
	    TEST_CONTROL "pid_file = \"@/pid\"\n" TEST_SERVE_MODULE, "@/m.so");
	test_ctl(daemon, "reload", 1, "pid_file changed");
	test_ctl_signal(daemon, "reload", 1, "pid_file changed");
	test_daemon_configure(daemon, TEST_CONTROL "nonsense = 1\n");
	test_ctl(daemon, "reload", 78, "nonsense");
	test_daemon_configure(
	    daemon, TEST_CONTROL TEST_SERVE_MODULE, "/nowhere.so");
	test_daemon_expect(daemon, "/nowhere.so");
	test_ctl(daemon, "reload", 1, "/nowhere.so");
	ck_assert_uint_eq(test_ctl_workers(daemon, "serving"), 1);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(workers_more_and_fewer)
{
	struct test_daemon *daemon = start(TEST_CONTROL "workers = 1\n");

	test_ctl(daemon, "workers 4", 0, "4 workers serve (1 before)");
	ck_assert_uint_eq(test_ctl_workers(daemon, "serving"), 4);
	test_ctl(daemon, "workers 2", 0, "2 workers serve (4 before)");
	ck_assert_uint_eq(test_ctl_workers(daemon, "serving"), 2);
	test_ctl(daemon, "workers 2", 0, "2 workers serve (2 before)");
	test_ctl(daemon, "workers 0", 1, "has to be 1 to ");
	test_ctl(daemon, "workers 513", 1, "has to be 1 to ");
	test_ctl(daemon, "workers -1", 2, "");
	test_ctl(daemon, "workers many", 2, "is no number");
	test_ctl(daemon, "workers", 2, "not with these words");
	ck_assert_uint_eq(test_ctl_workers(daemon, "serving"), 2);
	test_ctl(daemon, "reload", 0, "(1 worker)");
	test_daemon_stop(&daemon);
}
END_TEST

/* The number is what it was, and what has started already goes again. */
START_TEST(workers_that_cannot_start)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    TEST_CONTROL "workers = 1\nlisten \"127.0.0.1:0\" {}\n"
			 "host \"*\" { mount \"/\" { module = \"%s\" "
			 "read = \"@\" set { how = \"@/how\" } } }\n",
	    test_daemon_module(daemon, "module_bad"));
	test_daemon_expect(daemon, " info: ");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_daemon_write(daemon, "how", "fail");
	test_daemon_expect(daemon, " error: ");
	test_daemon_expect(daemon, " warn");
	test_ctl(daemon, "workers 3", 1, "bad");
	test_daemon_wait(daemon, "1 workers again, as one of 3 could not");
	ck_assert_uint_eq(test_ctl_workers(daemon, "serving"), 1);
	test_daemon_write(daemon, "how", "work");
	test_ctl(daemon, "workers 2", 0, "2 workers serve (1 before)");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(every_verb_has_json)
{
	static const struct {
		const char *words, *member;
		int code;
	} rows[] = {
		{ "reload", "summary", 0 },
		{ "reopen", "summary", 0 },
		{ "workers 2", "summary", 0 },
		{ "workers 0", "error", 1 },
		{ "pause", "summary", 0 },
		{ "resume", "summary", 0 },
		{ "status", "time_us", 0 },
		{ "stop", "summary", 0 },
	};
	struct test_daemon *daemon = start(TEST_CONTROL "workers = 1\n");
	json_t *reply;
	size_t i;
	int code;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		reply = test_ctl_json(daemon, rows[i].words, &code);
		ck_assert_int_eq(code, rows[i].code);
		ck_assert_msg(json_object_get(reply, rows[i].member) != NULL,
		    "%s: no %s", rows[i].words, rows[i].member);
		json_decref(reply);
	}
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(top_shows_frames)
{
	struct test_daemon *daemon = start(TEST_CONTROL "workers = 2\n");

	test_ctl(daemon, "top -n 2 --interval 0.1", 0, "0.0");
	test_ctl(daemon, "top -n 1", 0, "REQ/S");
	test_ctl(daemon, "top -n 1", 0, "2 workers");
	test_ctl(daemon, "top --interval 0", 2, "--interval 0");
	test_ctl(daemon, "top --json", 2, "takes no --json");
	test_ctl(daemon, "status", 0, "REQ/S");
	test_daemon_stop(&daemon);
}
END_TEST

/* A terminal's other end, with cohortctl top on it. */
static int
start_top(struct test_daemon *daemon, pid_t *pid_r, struct termios *before_r)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), fd;

	ck_assert_int_ne(terminal, -1);
	ck_assert_int_eq(grantpt(terminal), 0);
	ck_assert_int_eq(unlockpt(terminal), 0);
	ck_assert_int_eq(tcgetattr(terminal, before_r), 0);
	*pid_r = fork();
	if (*pid_r != 0)
		return terminal;
	setsid();
	fd = open(ptsname(terminal), O_RDWR);
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	setenv("TERM", "xterm", 1);
	execl("./cohortctl", "cohortctl", "-c",
	    test_daemon_path(daemon, "conf"), "top", NULL);
	_exit(127);
}

/* Appends what comes to text, until words are in it. */
static void
read_terminal(int terminal, char *text, size_t room, const char *words)
{
	struct pollfd descriptor = { .fd = terminal, .events = POLLIN };
	size_t size = strlen(text);
	ssize_t count;

	while (strstr(text, words) == NULL) {
		ck_assert_msg(poll(&descriptor, 1, TEST_DEADLINE_MS) == 1 &&
			size < room - 1,
		    "no \"%s\" in: %s", words, text);
		count = read(terminal, text + size, room - 1 - size);
		ck_assert_int_gt(count, 0);
		size += (size_t)count;
		text[size] = '\0';
	}
}

START_TEST(top_on_a_terminal)
{
	static const char keys[] = { 'q', 3 };
	struct test_daemon *daemon = start(TEST_CONTROL "workers = 1\n");
	struct termios before, after;
	static char text[65536];
	int terminal, status;
	size_t i;
	pid_t pid;

	for (i = 0; i < sizeof(keys); i++) {
		text[0] = '\0';
		terminal = start_top(daemon, &pid, &before);
		read_terminal(terminal, text, sizeof(text), "\033[?1049h");
		read_terminal(terminal, text, sizeof(text), "1 worker");
		ck_assert_int_eq(write(terminal, &keys[i], 1), 1);
		read_terminal(terminal, text, sizeof(text), "\033[?1049l");
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		ck_assert_int_eq(tcgetattr(terminal, &after), 0);
		ck_assert_uint_eq(after.c_lflag, before.c_lflag);
		close(terminal);
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- the end ---- */

static void
expect_nothing_left(struct test_daemon *daemon)
{
	ck_assert_int_eq(access(test_daemon_path(daemon, "pid"), F_OK), -1);
	ck_assert_int_eq(access(test_daemon_path(daemon, "control"), F_OK), -1);
	ck_assert_int_eq(access(test_daemon_path(daemon, "http"), F_OK), -1);
}

/* What was there before is gone when the command returns, so that the next
 * daemon can be started. */
START_TEST(stop_and_quit_leave_nothing)
{
	static const char *const words[] = { "stop", "quit" };
	struct test_daemon *daemon =
	    start(TEST_CONTROL "workers = 2\npid_file = \"@/pid\"\n"
			       "listen \"unix:@/http\" {}\n");
	size_t i;

	for (i = 0; i < 2; i++) {
		test_ctl(daemon, words[i], 0, "stopped\n");
		expect_nothing_left(daemon);
		ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
		test_ctl(daemon, words[i], 1, "no cohortd is running");
		test_daemon_restart(daemon);
		test_daemon_start(daemon, "-c", "@/conf", NULL);
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(quit_waits_for_requests)
{
	struct test_daemon *daemon = start(TEST_CONTROL "workers = 1\n");
	struct test_client client, quit;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /wait/300 HTTP/1.1\r\nHost: a\r\n\r\n");
	test_ctl_wait_busy(daemon, 1);
	test_ctl_send(daemon, &quit, "{\"command\": \"quit\"}");
	test_client_expect(&client, "GET", 200, "waited\n");
	test_client_close(&client);
	test_ctl_expect(&quit, "summary", "stopped");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- cohortd -s ---- */

START_TEST(by_the_control_socket)
{
	struct test_daemon *daemon = start(TEST_CONTROL "workers = 1\n");

	test_ctl_signal(daemon, "reload", 0, "cohort 2 proven");
	test_ctl_signal(daemon, "reopen", 0, "logs reopened");
	test_ctl_signal(daemon, "jump", 2, "one of reload, quit, stop");
	test_ctl_signal(daemon, "quit", 0, "stopped");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_ctl_signal(daemon, "stop", 1, "no cohortd is running");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(by_signal)
{
	struct test_daemon *daemon =
	    start("pid_file = \"@/pid\"\nworkers = 1\n");

	test_ctl_signal(daemon, "reload", 0, "SIGHUP sent to cohortd (pid ");
	test_daemon_wait(daemon, "reloaded: cohort 2");
	test_ctl_signal(daemon, "reopen", 0, "is not known");
	test_daemon_wait(daemon, "logs reopened");
	test_ctl_signal(daemon, "stop", 0, "SIGINT sent");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_ctl_signal(daemon, "stop", 1, "no cohortd is running");
	test_daemon_stop(&daemon);
}
END_TEST

/* One whose socket somebody removed is found by its pid file. */
START_TEST(by_signal_without_the_socket)
{
	struct test_daemon *daemon =
	    start(TEST_CONTROL "pid_file = \"@/pid\"\nworkers = 1\n");

	ck_assert_int_eq(unlink(test_daemon_path(daemon, "control")), 0);
	test_ctl(daemon, "reopen", 1, "no cohortd is running there");
	test_ctl_signal(daemon, "reopen", 0, "SIGUSR1 sent");
	test_daemon_wait(daemon, "logs reopened");
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("orders");
	TCase *tcase = tcase_create("orders");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_reload_says_what_happened);
	tcase_add_test(tcase, a_reload_that_fails_says_why);
	tcase_add_test(tcase, workers_more_and_fewer);
	tcase_add_test(tcase, workers_that_cannot_start);
	tcase_add_test(tcase, every_verb_has_json);
	tcase_add_test(tcase, top_shows_frames);
	tcase_add_test(tcase, top_on_a_terminal);
	tcase_add_test(tcase, stop_and_quit_leave_nothing);
	tcase_add_test(tcase, quit_waits_for_requests);
	tcase_add_test(tcase, by_the_control_socket);
	tcase_add_test(tcase, by_signal);
	tcase_add_test(tcase, by_signal_without_the_socket);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
