/* SPDX-License-Identifier: ISC */
/*
 * The control socket, its clients good and bad, and cohortctl.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define CONTROL      "control_socket = \"@/control\"\n"
#define STATUS       "{\"command\": \"status\"}\n"
#define CLIENTS_MAX  16
#define WORDS_MAX    16
#define REQUEST_SIZE 65536

static void
configure(struct test_daemon *daemon, const char *more)
{
	test_daemon_configure(daemon, CONTROL "%s" TEST_SERVE_MODULE, more,
	    test_daemon_module(daemon, "module_test"));
}

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	configure(daemon, more);
	test_daemon_expect(daemon, " info: a worker starts");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* ---- cohortctl ---- */

/* Its exit status; "@" stands for the daemon's directory. */
static int
ctl(struct test_daemon *daemon, struct test_output *output_r, ...)
{
	char words[WORDS_MAX][256];
	const char *arguments[WORDS_MAX + 1] = { "./cohortctl" };
	const char *word;
	size_t count = 1;
	va_list list;

	va_start(list, output_r);
	while ((word = va_arg(list, const char *)) != NULL) {
		ck_assert_uint_lt(count, WORDS_MAX);
		snprintf(words[count], sizeof(words[count]), "%s%s",
		    word[0] == '@' ? test_daemon_directory(daemon) : "",
		    word[0] == '@' ? word + 1 : word);
		arguments[count] = words[count];
		count++;
	}
	va_end(list);
	arguments[count] = NULL;
	test_run_command(arguments, NULL, NULL, output_r);
	ck_assert_msg(WIFEXITED(output_r->status), "wait status %#x: %s",
	    (unsigned)output_r->status, output_r->text);
	return WEXITSTATUS(output_r->status);
}

static void
expect_words(const struct test_output *output, const char *words)
{
	ck_assert_msg(strstr(output->text, words) != NULL, "no \"%s\" in: %s",
	    words, output->text);
}

/* It must exit with code and say words; more words: another argument. */
static void
expect_ctl(struct test_daemon *daemon, int code, const char *words,
    const char *one, const char *two, const char *three)
{
	struct test_output output;
	int result =
	    ctl(daemon, &output, "-c", "@/conf", one, two, three, NULL);

	ck_assert_msg(
	    result == code, "%s exits with %d: %s", one, result, output.text);
	expect_words(&output, words);
	test_output_free(&output);
}

static json_t *
ctl_json(struct test_daemon *daemon, const char *one, const char *two)
{
	struct test_output output;
	json_error_t problem;
	json_t *json;

	ck_assert_int_eq(
	    ctl(daemon, &output, "-c", "@/conf", "--json", one, two, NULL), 0);
	json = json_loads(output.text, 0, &problem);
	ck_assert_msg(json != NULL, "%s: %s", problem.text, output.text);
	test_output_free(&output);
	return json;
}

static json_int_t
number_of(const json_t *object, const char *name)
{
	const json_t *number = json_object_get(object, name);

	ck_assert_msg(json_is_integer(number), "%s is no number", name);
	return json_integer_value(number);
}

START_TEST(status_as_a_table)
{
	struct test_daemon *daemon = start("workers = 3\n");
	struct test_output output;
	char words[64];

	ck_assert_int_eq(
	    ctl(daemon, &output, "-S", "@/control", "status", NULL), 0);
	snprintf(words, sizeof(words), ", pid %d, running for ",
	    (int)test_daemon_pid(daemon));
	expect_words(&output, words);
	snprintf(words, sizeof(words), "listening on 127.0.0.1:%u\n",
	    test_daemon_port(daemon));
	expect_words(&output, words);
	expect_words(&output, "COHORT  STATE");
	expect_words(&output, "3 wanted, 3 serving");
	expect_words(&output, "REQUESTS");
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(status_as_json)
{
	struct test_daemon *daemon = start("workers = 2\n");
	struct test_client client;
	json_t *status, *worker;
	pid_t pid;

	test_client_connect(&client, test_daemon_port(daemon));
	/* One is counted at the latest when the next is answered. */
	test_client_pid(&client);
	pid = test_client_pid(&client);
	status = ctl_json(daemon, "status", NULL);
	ck_assert_int_eq(number_of(status, "pid"), test_daemon_pid(daemon));
	ck_assert_uint_eq(
	    json_array_size(json_object_get(status, "cohorts")), 1);
	ck_assert_uint_eq(
	    json_array_size(json_object_get(status, "workers")), 2);
	worker = json_array_get(json_object_get(status, "workers"), 0);
	if (number_of(worker, "pid") != pid)
		worker = json_array_get(json_object_get(status, "workers"), 1);
	ck_assert_int_eq(number_of(worker, "pid"), pid);
	ck_assert_int_ge(number_of(worker, "requests"), 1);
	ck_assert_int_eq(number_of(worker, "accepted"), 1);
	ck_assert_int_eq(
	    number_of(json_object_get(worker, "connections"), "open"), 1);
	ck_assert_int_gt(
	    number_of(json_object_get(worker, "memory"), "resident"), 0);
	ck_assert_int_ge(
	    number_of(json_object_get(status, "totals"), "requests"), 1);
	json_decref(status);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- crashes and quarantine ---- */

static void
kill_while_spinning(struct test_daemon *daemon)
{
	struct test_client client;
	pid_t worker;

	test_client_connect(&client, test_daemon_port(daemon));
	worker = test_client_pid(&client);
	test_client_send_text(
	    &client, "GET /spin?tonight HTTP/1.1\r\nHost: a\r\n\r\n");
	test_daemon_wait(daemon, "spinning");
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	test_client_close(&client);
}

START_TEST(crashes_are_listed_shown_and_cleared)
{
	struct test_daemon *daemon =
	    start("workers = 1\nstate_directory = \"@/state\"\n");
	json_t *records, *record;

	expect_ctl(daemon, 0, "no crashes", "crashes", NULL, NULL);
	kill_while_spinning(daemon);
	kill_while_spinning(daemon);
	expect_ctl(daemon, 0, "GET /spin?tonight", "crashes", NULL, NULL);
	expect_ctl(daemon, 0, "count       2\n", "crashes", "1", NULL);
	expect_ctl(daemon, 0, "SIGKILL", "crashes", "show", "1");
	expect_ctl(daemon, 1, "no record 2", "crashes", "2", NULL);
	expect_ctl(daemon, 2, "\"x\" is no record", "crashes", "x", NULL);
	records = ctl_json(daemon, "crashes", NULL);
	ck_assert_uint_eq(json_array_size(records), 1);
	record = ctl_json(daemon, "crashes", "1");
	ck_assert(json_equal(record, json_array_get(records, 0)));
	json_decref(record);
	json_decref(records);
	expect_ctl(daemon, 0, "1 records dropped", "crashes", "clear", NULL);
	test_daemon_wait(daemon, "1 records dropped");
	expect_ctl(daemon, 0, "no crashes", "crashes", NULL, NULL);
	test_daemon_stop(&daemon);
}
END_TEST

static void
crash(struct test_daemon *daemon)
{
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /segfault HTTP/1.1\r\nHost: a\r\n\r\n");
	test_daemon_wait(daemon, "was killed by SIGSEGV");
	test_client_close(&client);
}

/* The slot's counters and its last crash are its successors' too. */
START_TEST(status_counts_crashes)
{
	struct test_daemon *daemon = start("workers = 1\n");
	json_t *status, *worker;

	crash(daemon);
	status = ctl_json(daemon, "status", NULL);
	worker = json_array_get(json_object_get(status, "workers"), 0);
	ck_assert_int_eq(
	    number_of(json_object_get(status, "totals"), "crashes"), 1);
	ck_assert_int_eq(number_of(status, "records"), 1);
	ck_assert(json_is_string(json_object_get(worker, "last_crash")));
	json_decref(status);
	/* The records are another matter. */
	json_decref(ctl_json(daemon, "crashes", "clear"));
	test_daemon_wait(daemon, "1 records dropped");
	status = ctl_json(daemon, "status", NULL);
	worker = json_array_get(json_object_get(status, "workers"), 0);
	ck_assert_int_eq(number_of(status, "records"), 0);
	ck_assert(json_is_string(json_object_get(worker, "last_crash")));
	json_decref(status);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(quarantine_is_listed_and_cleared)
{
	struct test_daemon *daemon =
	    start("workers = 1\nquarantine_crashes = 1\n");
	json_t *reply;

	expect_ctl(
	    daemon, 0, "nothing is in quarantine", "quarantine", NULL, NULL);
	test_daemon_expect(daemon, "quarantine: ");
	crash(daemon);
	expect_ctl(daemon, 0, "GET /segfault", "quarantine", "list", NULL);
	reply = ctl_json(daemon, "quarantine", NULL);
	ck_assert_uint_eq(
	    json_array_size(json_object_get(reply, "quarantine")), 1);
	ck_assert_int_eq(
	    number_of(json_object_get(reply, "counters"), "put"), 1);
	json_decref(reply);
	expect_ctl(daemon, 0, "1 entries let out", "quarantine", "clear", NULL);
	expect_ctl(
	    daemon, 0, "nothing is in quarantine", "quarantine", NULL, NULL);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what cohortctl says when nobody answers ---- */

START_TEST(without_a_daemon)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;

	configure(daemon, "");
	expect_ctl(daemon, 1, "no cohortd is running", "status", NULL, NULL);
	expect_ctl(daemon, 2, "unknown verb \"jump\"", "jump", NULL, NULL);
	test_daemon_configure(daemon, TEST_SERVE_MODULE, "/m.so");
	expect_ctl(daemon, 78, "no control_socket is configured", "status",
	    NULL, NULL);
	test_daemon_configure(daemon, "nonsense = 1\n");
	expect_ctl(daemon, 78, "nonsense", "status", NULL, NULL);
	ck_assert_int_eq(
	    ctl(daemon, &output, "-S", "@/conf", "status", NULL), 1);
	expect_words(&output, "no cohortd is running");
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

/* Answers one client with words for its terminal. */
static void
pretend(int fd)
{
	static const char reply[] = "{\"error\": \"no, \\u001b[2Jhello\"}\n";
	int client = accept(fd, NULL, NULL);

	if (client != -1)
		send(client, reply, sizeof(reply) - 1, MSG_NOSIGNAL);
	_exit(0);
}

START_TEST(words_of_another_daemon)
{
	struct test_daemon *daemon = test_daemon_new();
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct test_output output;
	pid_t pid;

	strcpy(address.sun_path, test_daemon_path(daemon, "other"));
	ck_assert_int_eq(bind(fd, (void *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	pid = fork();
	if (pid == 0)
		pretend(fd);
	close(fd);
	ck_assert_int_eq(
	    ctl(daemon, &output, "-S", "@/other", "status", NULL), 1);
	expect_words(&output, "no, ?[2Jhello");
	test_output_free(&output);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- clients of the socket itself ---- */

static void
connect_control(struct test_daemon *daemon, struct test_client *client)
{
	test_client_connect_unix(client, test_daemon_path(daemon, "control"));
}

/* Takes one line, which must be an object. */
static json_t *
read_reply(struct test_client *client)
{
	json_error_t problem;
	const char *end = NULL;
	json_t *reply;
	size_t size;

	for (size = 1; end == NULL; size = client->size + 1) {
		test_client_peek(client, size);
		end = memchr(client->data, '\n', client->size);
	}
	size = (size_t)(end - client->data);
	reply = json_loadb(client->data, size, 0, &problem);
	ck_assert_msg(json_is_object(reply), "%s", problem.text);
	memmove(client->data, client->data + size + 1, client->size - size - 1);
	client->size -= size + 1;
	return reply;
}

static void
expect_reply(struct test_client *client, const char *member)
{
	json_t *reply = read_reply(client);
	char *text = json_dumps(reply, 0);

	ck_assert_msg(json_object_get(reply, member) != NULL, "%s", text);
	free(text);
	json_decref(reply);
}

static void
expect_refusal(struct test_client *client, const char *words)
{
	json_t *reply = read_reply(client);
	const char *error = json_string_value(json_object_get(reply, "error"));

	ck_assert_ptr_nonnull(error);
	ck_assert_msg(strstr(error, words) != NULL, "%s", error);
	json_decref(reply);
}

static void
ask(struct test_client *client, const char *member)
{
	test_client_send_text(client, STATUS);
	expect_reply(client, member);
}

START_TEST(requests_are_answered_in_order)
{
	struct test_daemon *daemon = start("");
	struct test_client client;
	int i;

	connect_control(daemon, &client);
	for (i = 0; i < 100; i++)
		test_client_send_text(&client,
		    STATUS "{\"command\": \"quarantine\"}\n"
			   "{\"more\": [], \"command\": \"crashes\"}\n");
	test_client_finish(&client);
	for (i = 0; i < 100; i++) {
		expect_reply(&client, "workers");
		expect_reply(&client, "counters");
		expect_reply(&client, "crashes");
	}
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const struct {
		const char *line, *words;
	} rows[] = {
		{ "garbage", "no JSON" },
		{ "", "no JSON" },
		{ "{", "no JSON" },
		{ "{} {}", "no JSON" },
		{ "\x01\xff\xfe", "no JSON" },
		{ "GET / HTTP/1.1\r", "no JSON" },
		{ "{\"command\": \"status\", \"command\": \"crashes\"}",
		    "no JSON" },
		{ "[]", "no request" },
		{ "{}", "no request" },
		{ "{\"command\": 3}", "no request" },
		{ "{\"command\": \"\"}", "unknown command" },
		{ "{\"command\": \"a\\u001b\"}",
		    "a\\x1b: there are status, crashes" },
	};
	struct test_daemon *daemon = start("");
	struct test_client client;
	size_t i;

	connect_control(daemon, &client);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_client_send_format(&client, "%s\n", rows[i].line);
		expect_refusal(&client, rows[i].words);
	}
	ask(&client, "workers");
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(deep_and_torn_requests)
{
	struct test_daemon *daemon = start("");
	static char deep[60000];
	struct test_client client;
	size_t i;

	memset(deep, '[', sizeof(deep) - 1);
	connect_control(daemon, &client);
	test_client_send_format(&client, "%s\n", deep);
	expect_refusal(&client, "no JSON");
	for (i = 0; i < strlen(STATUS); i++)
		test_client_send(&client, STATUS + i, 1);
	expect_reply(&client, "workers");
	test_client_send_text(&client, "{\"command\"");
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_request_without_end)
{
	struct test_daemon *daemon = start("");
	static char text[REQUEST_SIZE + 1];
	struct test_client client;

	memset(text, 'x', REQUEST_SIZE - 1);
	connect_control(daemon, &client);
	test_client_send_format(&client, "%s\n", text);
	expect_refusal(&client, "no JSON");
	text[REQUEST_SIZE - 1] = 'x';
	test_client_send(&client, text, REQUEST_SIZE);
	expect_refusal(&client, "more than 65535 bytes");
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* It is not read from either, and others are answered. */
START_TEST(a_client_that_does_not_read)
{
	struct test_daemon *daemon = start("");
	struct test_client deaf, client;
	size_t sent = 0;
	ssize_t count;

	connect_control(daemon, &deaf);
	while ((count = send(deaf.fd, STATUS, strlen(STATUS),
		    MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		sent += (size_t)count;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_lt(sent, 16 << 20);
	connect_control(daemon, &client);
	ask(&client, "workers");
	test_client_close(&client);
	expect_reply(&deaf, "workers");
	expect_reply(&deaf, "workers");
	test_client_close(&deaf);
	connect_control(daemon, &client);
	ask(&client, "workers");
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(so_many_at_a_time)
{
	struct test_daemon *daemon = start("");
	struct test_client clients[CLIENTS_MAX], client;
	size_t i;

	for (i = 0; i < CLIENTS_MAX; i++) {
		connect_control(daemon, &clients[i]);
		ask(&clients[i], "workers");
	}
	connect_control(daemon, &client);
	expect_refusal(&client, "too many");
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	expect_ctl(daemon, 1, "too many", "status", NULL, NULL);
	/* Its end is known when the daemon has closed it too. */
	test_client_finish(&clients[0]);
	ck_assert(test_client_is_closed(&clients[0]));
	connect_control(daemon, &client);
	ask(&client, "workers");
	for (i = 0; i < CLIENTS_MAX; i++)
		ask(&clients[i == 0 ? 1 : i], "workers");
	for (i = 0; i < CLIENTS_MAX; i++)
		test_client_close(&clients[i]);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- who may ---- */

/* Connects as nobody; the reply's error, or errno's words. */
static void
ask_as_nobody(const char *path, const char *words)
{
	const struct passwd *nobody = getpwnam("nobody");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[256] = "";
	int fd, status;
	pid_t child;

	ck_assert_ptr_nonnull(nobody);
	strcpy(address.sun_path, path);
	child = fork();
	if (child == 0) {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) ==
		    -1)
			_exit(2);
		if (connect(fd, (void *)&address, sizeof(address)) == -1)
			strcpy(text, strerror(errno));
		else if (read(fd, text, sizeof(text) - 1) == -1)
			_exit(3);
		_exit(strstr(text, words) != NULL ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(status == 0, "status %#x", (unsigned)status);
}

START_TEST(others_may_not)
{
	struct test_daemon *daemon = start("");
	const char *path = test_daemon_path(daemon, "control");
	struct stat status;

	ck_assert_int_eq(lstat(path, &status), 0);
	ck_assert(S_ISSOCK(status.st_mode));
	ck_assert_uint_eq(status.st_mode & 07777, 0600);
	ck_assert_uint_eq(status.st_uid, geteuid());
	if (geteuid() == 0) {
		ask_as_nobody(path, "Permission denied");
		ck_assert_int_eq(chmod(path, 0666), 0);
		ask_as_nobody(path, "permission denied");
		test_daemon_wait(daemon, "another user was turned away");
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- the file ---- */

START_TEST(its_directory_is_made)
{
	struct test_daemon *daemon = test_daemon_new();
	struct stat status;
	char path[256];

	test_daemon_configure(daemon,
	    "control_socket = \"@/run/control\"\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_expect(daemon, " info: a worker starts");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	expect_ctl(daemon, 0, "running", "status", NULL, NULL);
	snprintf(path, sizeof(path), "%s", test_daemon_path(daemon, "run"));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 022, 0);
	test_daemon_signal(daemon, SIGTERM);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	ck_assert_int_eq(
	    stat(test_daemon_path(daemon, "run/control"), &status), -1);
	ck_assert_int_eq(rmdir(path), 0);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_stale_one_is_replaced)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct stat status;

	test_daemon_signal(daemon, SIGKILL);
	test_daemon_expect(daemon, "the master is gone");
	ck_assert(WIFSIGNALED(test_daemon_wait_exit(daemon)));
	ck_assert_int_eq(
	    lstat(test_daemon_path(daemon, "control"), &status), 0);
	expect_ctl(daemon, 1, "no cohortd is running", "status", NULL, NULL);
	test_daemon_restart(daemon);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	expect_ctl(daemon, 0, "running", "status", NULL, NULL);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_live_one_is_left_alone)
{
	struct test_daemon *daemon = start("");
	struct test_output output;

	ck_assert_int_eq(
	    test_daemon_run(daemon, &output, "-f", "-c", "@/conf", NULL), 1);
	expect_words(&output, "/control: another cohortd is running there");
	test_output_free(&output);
	expect_ctl(daemon, 0, "running", "status", NULL, NULL);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;
	char *text;

	configure(daemon, "");
	test_daemon_write(daemon, "control", "mine");
	ck_assert_int_eq(
	    test_daemon_run(daemon, &output, "-f", "-c", "@/conf", NULL), 78);
	expect_words(&output, "/control exists and is no socket");
	test_output_free(&output);
	text = test_file_read(test_daemon_path(daemon, "control"), NULL);
	ck_assert_str_eq(text, "mine");
	free(text);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_path_too_long)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;

	test_daemon_configure(daemon,
	    "control_socket = \"@/%0100d\"\n" TEST_SERVE_MODULE, 1, "/m.so");
	ck_assert_int_eq(
	    test_daemon_run(daemon, &output, "-f", "-c", "@/conf", NULL), 78);
	expect_words(&output, "longer than 107 bytes");
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

/* Somebody removed ours and put something else there. */
START_TEST(only_its_own_file_is_removed)
{
	struct test_daemon *daemon = start("");
	char *text;

	ck_assert_int_eq(unlink(test_daemon_path(daemon, "control")), 0);
	test_daemon_write(daemon, "control", "mine");
	test_daemon_signal(daemon, SIGTERM);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	text = test_file_read(test_daemon_path(daemon, "control"), NULL);
	ck_assert_str_eq(text, "mine");
	free(text);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_reload_cannot_move_it)
{
	struct test_daemon *daemon = start("");

	test_daemon_configure(daemon,
	    "control_socket = \"@/other\"\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_expect(daemon, "reload: reading the configuration");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "control_socket changed");
	configure(daemon, "");
	test_daemon_expect(daemon, "serves with");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "reloaded: ");
	expect_ctl(daemon, 0, "running", "status", NULL, NULL);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = tcase_create("control");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, status_as_a_table);
	tcase_add_test(tcase, status_as_json);
	tcase_add_test(tcase, crashes_are_listed_shown_and_cleared);
	tcase_add_test(tcase, status_counts_crashes);
	tcase_add_test(tcase, quarantine_is_listed_and_cleared);
	tcase_add_test(tcase, without_a_daemon);
	tcase_add_test(tcase, words_of_another_daemon);
	tcase_add_test(tcase, requests_are_answered_in_order);
	tcase_add_test(tcase, nonsense_is_refused);
	tcase_add_test(tcase, deep_and_torn_requests);
	tcase_add_test(tcase, a_request_without_end);
	tcase_add_test(tcase, a_client_that_does_not_read);
	tcase_add_test(tcase, so_many_at_a_time);
	tcase_add_test(tcase, others_may_not);
	tcase_add_test(tcase, its_directory_is_made);
	tcase_add_test(tcase, a_stale_one_is_replaced);
	tcase_add_test(tcase, a_live_one_is_left_alone);
	tcase_add_test(tcase, what_is_no_socket_is_left_alone);
	tcase_add_test(tcase, a_path_too_long);
	tcase_add_test(tcase, only_its_own_file_is_removed);
	tcase_add_test(tcase, a_reload_cannot_move_it);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
