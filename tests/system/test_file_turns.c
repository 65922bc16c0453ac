/* SPDX-License-Identifier: ISC */
/*
 * A file that changes while a turn of the worker's loop lasts: who asks
 * behind the change is told of it, though others of that turn were not
 * (RFC 9110, 8.8, 13.1).
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define MODIFIED_SECONDS 784111777
#define FILE_SIZE        100

/*
 * One turn, made of what came while the worker was stopped: first looks at
 * the file, middle stops the worker once more, and what comes behind it
 * finds a look that may be older than what it asks.
 */
struct turn {
	struct test_daemon *daemon;
	struct test_client first, middle, last;
	char etag[128]; /* before the change */
	pid_t worker;
};

/* All bytes of the file are that letter; its time does not tell. */
static void
write_file(struct turn *turn, char letter)
{
	static const struct timespec times[2] = { { MODIFIED_SECONDS, 0 },
		{ MODIFIED_SECONDS, 0 } };
	const char *path = test_daemon_path(turn->daemon, "root/file");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	char data[FILE_SIZE];

	memset(data, letter, sizeof(data));
	ck_assert_int_eq(
	    pwrite(fd, data, sizeof(data), 0), (ssize_t)sizeof(data));
	ck_assert_int_eq(futimens(fd, times), 0);
	ck_assert_int_eq(close(fd), 0);
}

static void
expect_letters(const struct test_response *response, char letter)
{
	const char letters[] = { letter, '\0' };

	ck_assert_uint_eq(response->size, FILE_SIZE);
	ck_assert_uint_eq(strspn(response->body, letters), FILE_SIZE);
}

/* The worker opens the file, and tells its tag. */
static void
ask_for_tag(struct turn *turn, struct test_client *client)
{
	struct test_response response;
	const char *etag;

	test_client_send_text(client, "GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_read(client, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	expect_letters(&response, 'a');
	etag = test_response_field(&response, "ETag");
	ck_assert_ptr_nonnull(etag);
	snprintf(turn->etag, sizeof(turn->etag), "%s", etag);
	test_response_free(&response);
}

static void
ask_for_change(struct turn *turn, struct test_client *client)
{
	test_client_send_format(client,
	    "GET /file HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n\r\n",
	    turn->etag);
}

static void
expect_change(struct test_client *client, int status)
{
	struct test_response response;

	test_client_read(client, "GET", &response);
	ck_assert_int_eq(response.status, status);
	if (status == 200)
		expect_letters(&response, 'b');
	test_response_free(&response);
}

static void
wait_until_stopped(pid_t pid)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	char path[64], *text;
	bool is_stopped;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	do {
		ck_assert_int_lt(test_now_ms(), until);
		test_pause();
		text = test_file_read(path, NULL);
		is_stopped = strstr(text, ") T ") != NULL;
		free(text);
	} while (!is_stopped);
}

static void
connect_to(struct turn *turn, struct test_client *client)
{
	test_client_connect(client, test_daemon_port(turn->daemon));
	turn->worker = test_client_pid(client);
}

static void
open_turn(struct turn *turn)
{
	char module[256];

	turn->daemon = test_daemon_new();
	snprintf(module, sizeof(module), "%s",
	    test_daemon_module(turn->daemon, "module_hang"));
	ck_assert_int_eq(
	    mkdir(test_daemon_path(turn->daemon, "root"), 0755), 0);
	test_daemon_configure(turn->daemon,
	    "workers = 1\nlisten \"127.0.0.1:0\" {}\nhost \"*\" {\n"
	    "mount \"/\" { module = \"%s\" }\n"
	    "mount \"/\" { files = \"@/root\" }\n}\n",
	    module);
	test_daemon_start(turn->daemon, "-c", "@/conf", NULL);
	write_file(turn, 'a');
	connect_to(turn, &turn->first);
	ask_for_tag(turn, &turn->first);
	connect_to(turn, &turn->middle);
	connect_to(turn, &turn->last);
}

static void
close_turn(struct turn *turn)
{
	test_client_close(&turn->first);
	test_client_close(&turn->middle);
	test_client_close(&turn->last);
	test_daemon_stop(&turn->daemon);
}

/* What is sent from now on is of one turn. */
static void
begin_turn(struct turn *turn)
{
	ck_assert_int_eq(kill(turn->worker, SIGSTOP), 0);
	wait_until_stopped(turn->worker);
	ask_for_change(turn, &turn->first);
	test_client_send_text(
	    &turn->middle, "GET /stop HTTP/1.1\r\nHost: a\r\n\r\n");
}

/* The turn has come to its middle: there the file changes. */
static void
change_in_turn(struct turn *turn)
{
	ck_assert_int_eq(kill(turn->worker, SIGCONT), 0);
	expect_change(&turn->first, 304);
	wait_until_stopped(turn->worker);
	write_file(turn, 'b');
}

static void
end_turn(struct turn *turn)
{
	ck_assert_int_eq(kill(turn->worker, SIGCONT), 0);
	test_client_expect(&turn->middle, "GET", 200, NULL);
}

/* Who asked before the change may get the answer of then; who asks behind it
 * on the same connection, of which one read takes both, may not. */
START_TEST(a_pipeline_is_told_of_the_change_in_its_midst)
{
	struct turn turn;

	open_turn(&turn);
	begin_turn(&turn);
	ask_for_change(&turn, &turn.last);
	change_in_turn(&turn);
	ask_for_change(&turn, &turn.last);
	ask_for_change(&turn, &turn.last);
	end_turn(&turn);
	expect_change(&turn.last, 304);
	expect_change(&turn.last, 200);
	expect_change(&turn.last, 200);
	ask_for_change(&turn, &turn.first);
	expect_change(&turn.first, 200);
	close_turn(&turn);
}
END_TEST

/* The listener was ready before the change, for another connection. */
START_TEST(who_connects_behind_a_change_is_told)
{
	unsigned port;
	struct test_client early, late;
	struct turn turn;

	open_turn(&turn);
	port = test_daemon_port(turn.daemon);
	begin_turn(&turn);
	test_client_connect(&early, port);
	ask_for_change(&turn, &early);
	change_in_turn(&turn);
	test_client_connect(&late, port);
	ask_for_change(&turn, &late);
	end_turn(&turn);
	expect_change(&late, 200);
	test_client_close(&early);
	test_client_close(&late);
	close_turn(&turn);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file_turns");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_pipeline_is_told_of_the_change_in_its_midst);
	tcase_add_test(tcase, who_connects_behind_a_change_is_told);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
