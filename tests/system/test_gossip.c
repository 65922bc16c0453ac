/* SPDX-License-Identifier: ISC */
/*
 * Workers that tell the master lies.  Whatever they say, the master goes on,
 * serves, heeds signals, and keeps nothing of it.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define WORKERS 2

/* What the master says of it, unless it has nothing to say. */
struct scene {
	const char *act;
	const char *words;
};

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    "workers = %d\nquarantine = off\nhang_warn = \"0s\"\n"
	    "hang_timeout = \"0s\"\n%s" TEST_SERVE_MODULE,
	    WORKERS, more, test_daemon_module(daemon, "module_gossip"));
	test_daemon_expect(daemon, ": ignored");
	test_daemon_expect(daemon, "workers instead of");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* ---- what must be as it was ---- */

static size_t
count_descriptors(struct test_daemon *daemon)
{
	char *text = test_process_descriptors(test_daemon_pid(daemon)), *at;
	size_t count = 0;

	for (at = text; *at != '\0'; at++)
		count += *at == '\n';
	free(text);
	return count;
}

static size_t
count_children(struct test_daemon *daemon)
{
	pid_t children[64];

	return test_daemon_workers(daemon, children, 64);
}

static void
wait_for(struct test_daemon *daemon, size_t (*count)(struct test_daemon *),
    size_t wanted, const char *what)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	size_t is;

	while ((is = count(daemon)) != wanted) {
		ck_assert_msg(test_now_ms() < until, "%zu %s instead of %zu",
		    is, what, wanted);
		test_pause();
	}
}

static void
expect_hello(struct test_daemon *daemon)
{
	struct test_response response;

	test_get(test_daemon_port(daemon), "/hello", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(response.body, "hello\n");
	test_response_free(&response);
}

/* The master answers, and has neither descriptors nor children more. */
static void
expect_sound(struct test_daemon *daemon, size_t descriptors)
{
	int i;

	for (i = 0; i < 4; i++)
		expect_hello(daemon);
	wait_for(daemon, count_children, WORKERS, "children");
	wait_for(daemon, count_descriptors, descriptors, "descriptors");
	test_daemon_signal(daemon, SIGTTIN);
	wait_for(daemon, count_children, WORKERS + 1, "children");
	test_daemon_signal(daemon, SIGTTOU);
	wait_for(daemon, count_children, WORKERS, "children");
	wait_for(daemon, count_descriptors, descriptors, "descriptors");
	expect_hello(daemon);
}

static void
send_act(struct test_client *client, const char *folder, const char *act,
    unsigned port)
{
	test_client_send_format(client,
	    "GET /%s/%s?port=%u HTTP/1.1\r\nHost: a\r\n\r\n", folder, act,
	    port);
}

static void
ask(struct test_daemon *daemon, struct test_client *client, const char *folder,
    const char *act, unsigned port)
{
	test_client_connect(client, test_daemon_port(daemon));
	send_act(client, folder, act, port);
}

/* ---- messages ---- */

static const struct scene messages[] = {
	{ "garbage", "channel: a message of a wrong size: ignored" },
	{ "flood-probes", NULL },
	{ "layouts", "channel: a message of layout 0 instead of " },
	{ "types", "channel: \"serve\" from the wrong side: ignored" },
	{ "generations", "it sent \"ready\" for another generation: ignored" },
	{ "texts", "channel: \"failed\" with an unterminated text: ignored" },
	{ "descriptors", "channel: \"ready\" with too many descriptors: " },
	{ "ready", "it said ready while serving: ignored" },
	{ "reopened", "it uses new logs, but got none: ignored" },
	{ "paused", "it pauses as it was not told: ignored" },
	{ "adopted", "it adopted what it was not given: ignored" },
	{ "probed", "it tried what there is not: ignored" },
	{ "early", "it hands over connections, but was not told to: ignored" },
};

#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

/* The worker goes on with its work. */
START_TEST(messages_without_sense_are_ignored)
{
	const struct scene *scene = &messages[_i];
	struct test_daemon *daemon = start("");
	size_t descriptors = count_descriptors(daemon);
	struct test_client client;
	pid_t worker;

	ask(daemon, &client, "do", scene->act, 0);
	test_client_expect(&client, "GET", 200, "said\n");
	if (scene->words != NULL)
		test_daemon_wait(daemon, scene->words);
	worker = test_client_pid(&client);
	expect_sound(daemon, descriptors);
	ck_assert_int_eq(test_client_pid(&client), worker);
	test_client_close(&client);
	ck_assert_uint_eq(test_daemon_count(daemon, "was killed"), 0);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(too_many_are_the_end)
{
	struct test_daemon *daemon = start("");
	size_t descriptors = count_descriptors(daemon);
	struct test_client client;

	ask(daemon, &client, "do", "flood-garbage", 0);
	test_daemon_wait(
	    daemon, "has sent 1000 messages that make no sense: killed");
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	ck_assert_uint_le(test_daemon_count(daemon, ": ignored"), 10);
	expect_sound(daemon, descriptors);
	test_daemon_stop(&daemon);
}
END_TEST

/* A line of the log is one line, and plain text. */
START_TEST(what_it_says_cannot_forge_a_line)
{
	struct test_daemon *daemon = start("");
	struct test_client client;
	const char *line;
	pid_t worker;

	test_client_connect(&client, test_daemon_port(daemon));
	worker = test_client_pid(&client);
	test_client_send_text(
	    &client, "GET /do/failed HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 200, "said\n");
	test_daemon_wait(daemon, "it failed twice: ignored");
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	line = test_daemon_wait(daemon, "was killed by SIGKILL");
	ck_assert_msg(strstr(line, "is ") != NULL &&
		strstr(line, "forged") != NULL && strchr(line, '\033') == NULL,
	    "%s", line);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- a crash that was none ---- */

/* It is replaced at once, and goes on until its time is over. */
START_TEST(who_says_that_it_crashed_is_taken_at_its_word)
{
	struct test_daemon *daemon = start("");
	size_t descriptors = count_descriptors(daemon);
	struct test_client client;

	ask(daemon, &client, "do", "crashed", 0);
	test_client_expect(&client, "GET", 200, "said\n");
	wait_for(daemon, count_children, WORKERS + 1, "children");
	expect_hello(daemon);
	ck_assert_int_eq(test_client_status(&client, "/hello"), 200);
	test_daemon_wait(daemon, "is still not dead after 10");
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	expect_sound(daemon, descriptors);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what is handed over ---- */

static const struct scene orphans[] = {
	{ "crashed", "it said crashed while crashed: ignored" },
	{ "file", "1 of 1 connections it hands over are none" },
	{ "listener", "1 of 1 connections it hands over are none" },
	{ "other-listener", "1 of 1 connections it hands over are none" },
	{ "pair", "1 of 1 connections it hands over are none" },
	{ "channel", "1 of 1 connections it hands over are none" },
	{ "epoll", "1 of 1 connections it hands over are none" },
	{ "datagram", "1 of 1 connections it hands over are none" },
	{ "elsewhere", "1 of 1 connections it hands over are none" },
	{ "linger-elsewhere", "1 of 1 connections it hands over are none" },
	{ "linger-nonsense", "channel: \"ready\" with too many descriptors: " },
	{ "linger-here", NULL },
	{ "peers", "1 of 1 connections it hands over are none" },
	{ "facts", "1 of 1 connections it hands over are none" },
	{ "counts", "channel: \"orphans\" with too few descriptors: ignored" },
	{ "sizes", "channel: \"orphans\" of a wrong size: ignored" },
};

/* Twice: as it comes, and when it is too late for everything else. */
#define ORPHANS (sizeof(orphans) / sizeof(orphans[0]))

static int
listen_for_it(unsigned *port_r)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	ck_assert_int_eq(
	    getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port_r = ntohs(address.sin_port);
	return fd;
}

static bool
is_zombie(pid_t pid)
{
	char path[64], *text, *end;
	bool is;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	text = test_file_read(path, NULL);
	end = strrchr(text, ')');
	is = end != NULL && end[2] == 'Z';
	free(text);
	return is;
}

/* The master gets it when nobody else has any of it any more: what it closes
 * then it is the last to close. */
static void
ask_behind_its_back(struct test_daemon *daemon, struct test_client *client,
    const char *act, unsigned port)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	pid_t worker;

	test_client_connect(client, test_daemon_port(daemon));
	worker = test_client_pid(client);
	test_daemon_signal(daemon, SIGSTOP);
	send_act(client, "die", act, port);
	while (!is_zombie(worker)) {
		ck_assert_int_lt(test_now_ms(), until);
		test_pause();
	}
	test_daemon_signal(daemon, SIGCONT);
}

/* The client reads nothing meanwhile, so that a send queue can be full. */
START_TEST(what_is_no_connection_is_closed)
{
	const struct scene *scene = &orphans[_i / 2];
	struct test_daemon *daemon = start("");
	size_t descriptors = count_descriptors(daemon);
	struct test_client client;
	unsigned port;
	int listener = listen_for_it(&port);

	if (_i % 2 == 0)
		ask(daemon, &client, "die", scene->act, port);
	else
		ask_behind_its_back(daemon, &client, scene->act, port);
	if (scene->words != NULL)
		test_daemon_wait(daemon, scene->words);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	expect_sound(daemon, descriptors);
	test_client_close(&client);
	expect_sound(daemon, descriptors);
	close(listener);
	test_daemon_stop(&daemon);
}
END_TEST

/* More than anybody has room for, and yet nobody is harmed. */
START_TEST(copies_without_end_are_closed)
{
	struct test_daemon *daemon =
	    start("max_connections = 100\nstart_timeout = \"1s\"\n");
	size_t descriptors = count_descriptors(daemon);
	struct test_client client;

	test_daemon_expect(daemon, "found no other one in time: ");
	ask(daemon, &client, "die", "copies", 0);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	test_client_close(&client);
	expect_sound(daemon, descriptors);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("gossip");
	TCase *tcase = tcase_create("gossip");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(
	    tcase, messages_without_sense_are_ignored, 0, MESSAGES);
	tcase_add_test(tcase, too_many_are_the_end);
	tcase_add_test(tcase, what_it_says_cannot_forge_a_line);
	tcase_add_test(tcase, who_says_that_it_crashed_is_taken_at_its_word);
	tcase_add_loop_test(
	    tcase, what_is_no_connection_is_closed, 0, ORPHANS * 2);
	tcase_add_test(tcase, copies_without_end_are_closed);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
