/* SPDX-License-Identifier: ISC */
/*
 * What a connection keeps when its worker crashes and another one takes it
 * over: everything that its client, or the operator, could notice.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_crash.h"
#include "test_unit.h"

static const struct test_crash_kind null = { "null", "SIGSEGV" };
static const struct test_crash_place here = { "/crash", 500, false };

#define HELLO "GET /hello/you HTTP/1.1\r\nHost: a\r\n\r\n"

static void
connect_to(struct test_daemon *daemon, struct test_client *client)
{
	test_client_connect(client, test_daemon_port(daemon));
}

/* The one worker, or that of client. */
static void
crash(struct test_daemon *daemon)
{
	struct test_client client;

	connect_to(daemon, &client);
	test_crash_make(daemon, &client, &here, &null, 0);
}

/* The worker has read whatever was sent before. */
static void
expect_read(struct test_daemon *daemon)
{
	struct test_client other;
	int i;

	connect_to(daemon, &other);
	for (i = 0; i < 3; i++)
		test_client_pid(&other);
	test_client_close(&other);
}

static void
expect_hello(struct test_client *client)
{
	test_client_send_text(client, HELLO);
	test_client_expect(client, "GET", 200, "Hello, you!\n");
}

/* A Connection field says close. */
static bool
is_last(struct test_client *client)
{
	struct test_response response;
	const char *value;
	bool is_close;

	test_client_get(client, "/hello/you", &response);
	ck_assert_int_eq(response.status, 200);
	value = test_response_field(&response, "Connection");
	is_close = value != NULL && strcmp(value, "close") == 0;
	test_response_free(&response);
	return is_close;
}

/* ---- what is counted, and what runs out ---- */

#define REQUESTS 4

START_TEST(requests_are_counted_on)
{
	struct test_daemon *daemon =
	    test_crash_start(1, "http { max_requests = 4 }\n");
	struct test_client clients[REQUESTS];
	int i, done;

	for (i = 0; i < REQUESTS; i++) {
		connect_to(daemon, &clients[i]);
		for (done = 0; done < i; done++)
			ck_assert(!is_last(&clients[i]));
	}
	for (i = 0; i < 2; i++)
		crash(daemon);
	for (i = 0; i < REQUESTS; i++) {
		for (done = i; done < REQUESTS - 1; done++)
			ck_assert(!is_last(&clients[i]));
		ck_assert(is_last(&clients[i]));
		ck_assert(test_client_is_closed(&clients[i]));
		test_client_close(&clients[i]);
	}
	test_daemon_stop(&daemon);
}
END_TEST

#define WAIT_MS 2400

/* What coarse clocks and roundings may differ by. */
#define CLOCK_MS 10

/* Each began its wait a good while before the crash; a wait that began anew
 * would end later than this one may. */
START_TEST(deadlines_are_kept)
{
	struct test_daemon *daemon = test_crash_start(
	    1, "http { keep_alive = \"2400ms\" head_timeout = \"2400ms\" }\n");
	struct test_client idle, half;
	long long begun, crashed, ended;

	connect_to(daemon, &idle);
	connect_to(daemon, &half);
	begun = test_now_ms();
	expect_hello(&idle);
	test_client_send_text(&half, "GET /hello/you HT");
	expect_read(daemon);
	test_quiet(WAIT_MS / 2);
	crashed = test_now_ms();
	crash(daemon);
	ck_assert(test_client_is_quiet(&idle));
	ck_assert(test_client_is_quiet(&half));
	ck_assert(test_client_is_closed(&idle));
	ended = test_now_ms();
	ck_assert_int_ge(ended - begun, WAIT_MS - CLOCK_MS);
	ck_assert_int_lt(ended - crashed, WAIT_MS);
	test_client_expect(&half, "GET", 408, NULL);
	ck_assert_int_lt(test_now_ms() - crashed, WAIT_MS);
	test_client_close(&idle);
	test_client_close(&half);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what was read already ---- */

static const struct {
	size_t size;
	bool travels;
} parts[] = {
	{ 1, true },
	{ 100, true },
	{ 8191, true },
	{ 8192, true },
	{ 8193, false },
	{ 30000, false },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* So many bytes of a head, in fields that are not too long. */
static char *
make_part(size_t size)
{
	static const char begin[] = "GET /hello/you HTTP/1.1\r\nHost: a\r\n";
	char *text = malloc(size + 1);
	size_t i;

	ck_assert_ptr_nonnull(text);
	for (i = 0; i < size; i++)
		text[i] = i < sizeof(begin) - 1 ? begin[i] : 'x';
	for (i = sizeof(begin) - 1; i + 4 < size; i += 1000)
		memcpy(text + i, i == sizeof(begin) - 1 ? "A: x" : "\r\nA:", 4);
	text[size] = '\0';
	return text;
}

START_TEST(a_part_of_a_head_travels_unless_it_is_large)
{
	static const char whole[] = "GET /hello/you HTTP/1.1\r\nHost: a\r\n";
	struct test_daemon *daemon = test_crash_start(1, "");
	size_t size = parts[_i].size, least = sizeof(whole) - 1;
	struct test_client client;
	char *text = make_part(size);

	connect_to(daemon, &client);
	test_client_pid(&client);
	test_client_send(&client, text, size);
	free(text);
	expect_read(daemon);
	crash(daemon);
	if (parts[_i].travels) {
		if (size < least)
			test_client_send_text(&client, whole + size);
		test_client_send_text(
		    &client, size <= least ? "\r\n" : "\r\n\r\n");
		test_client_expect(&client, "GET", 200, "Hello, you!\n");
		expect_hello(&client);
	} else {
		ck_assert(test_client_is_closed(&client));
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

#define FULL 40

/* More than one message can carry. */
START_TEST(many_parts_travel)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client clients[FULL];
	char *text = make_part(8000);
	size_t i;

	for (i = 0; i < FULL; i++) {
		connect_to(daemon, &clients[i]);
		test_client_send(&clients[i], text, 8000);
	}
	free(text);
	expect_read(daemon);
	crash(daemon);
	for (i = 0; i < FULL; i++) {
		test_client_send_text(&clients[i], "\r\n\r\n");
		test_client_expect(&clients[i], "GET", 200, "Hello, you!\n");
		test_client_close(&clients[i]);
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- where it came from ---- */

static bool
has_ipv6(void)
{
	const struct sockaddr_in6 address = {
		.sin6_family = AF_INET6,
		.sin6_addr = in6addr_loopback,
	};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has;

	has = fd != -1 &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	if (fd != -1)
		close(fd);
	return has;
}

/* Another address than all other tests have. */
static void
connect_from(struct test_client *client, const char *from, unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	memset(client, 0, sizeof(*client));
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, from, &address.sin_addr);
	ck_assert_int_eq(
	    bind(client->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((in_port_t)port);
	ck_assert_int_eq(
	    connect(client->fd, (struct sockaddr *)&address, sizeof(address)),
	    0);
}

/* Its line in the access log begins with who asked. */
static void
expect_logged(struct test_daemon *daemon, struct test_client *client,
    const char *peer, const char *target)
{
	char *path = strdup(test_daemon_path(daemon, "access"));
	char words[128], *text, *line;

	ck_assert_int_eq(test_client_status(client, target), 200);
	snprintf(words, sizeof(words), "\"GET %s ", target);
	test_file_wait(path, words);
	text = test_file_read(path, NULL);
	line = strstr(text, words);
	while (line > text && line[-1] != '\n')
		line--;
	snprintf(words, sizeof(words), "%s ", peer);
	ck_assert_msg(strncmp(line, words, strlen(words)) == 0, "%s", line);
	free(text);
	free(path);
}

START_TEST(listeners_and_peers_are_kept)
{
	char more[256];
	struct test_client there, local, six;
	struct test_daemon *daemon;
	int i;

	snprintf(more, sizeof(more),
	    "access_log = \"@/access\"\nlisten \"unix:@/socket\" {}\n%s",
	    has_ipv6() ? "listen \"[::1]:0\" {}\n" : "");
	daemon = test_crash_start(1, more);
	connect_from(&there, "127.1.2.3", test_daemon_port(daemon));
	expect_hello(&there);
	test_client_connect_unix(&local, test_daemon_path(daemon, "socket"));
	expect_hello(&local);
	if (has_ipv6()) {
		test_client_connect_to(
		    &six, "::1", test_daemon_port_of(daemon, "[::1]"));
		expect_hello(&six);
	}
	for (i = 0; i < 2; i++)
		crash(daemon);
	expect_logged(daemon, &there, "127.1.2.3", "/hello/there");
	expect_logged(daemon, &local, "unix", "/hello/local");
	test_client_close(&there);
	test_client_close(&local);
	if (has_ipv6()) {
		expect_logged(daemon, &six, "::1", "/hello/six");
		test_client_close(&six);
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- from one to the next ---- */

#define CLIENTS 30
#define CRASHES 6

START_TEST(it_goes_on_crash_after_crash)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client clients[CLIENTS];
	pid_t workers[CRASHES + 1];
	unsigned i, round;

	for (i = 0; i < CLIENTS; i++) {
		connect_to(daemon, &clients[i]);
		workers[0] = test_client_pid(&clients[i]);
	}
	for (round = 1; round <= CRASHES; round++) {
		crash(daemon);
		/* Half of them have nothing to say between crashes. */
		for (i = 0; i < CLIENTS; i += 2) {
			workers[round] = test_client_pid(&clients[i]);
			ck_assert_int_ne(workers[round], workers[round - 1]);
		}
	}
	for (i = 0; i < CLIENTS; i++) {
		ck_assert_int_eq(
		    test_client_pid(&clients[i]), workers[CRASHES]);
		test_client_close(&clients[i]);
	}
	ck_assert_uint_eq(test_daemon_count(daemon, " lost"), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* The worker of a cohort that a reload replaced crashes: what has moved lives
 * on, who waits is told, and nothing of a listener that went comes back. */
START_TEST(a_new_cohort_takes_over_from_an_old_one)
{
	struct test_daemon *daemon = test_crash_start(
	    1, "listen \"127.0.0.2:0\" {}\nlog_level = \"debug\"\n");
	struct test_client idle, removed, waiting;
	pid_t old;

	test_daemon_expect(daemon, " info: reload: reading");
	connect_to(daemon, &idle);
	old = test_client_pid(&idle);
	test_client_connect_to(
	    &removed, "127.0.0.2", test_daemon_port_of(daemon, "127.0.0.2"));
	expect_hello(&removed);
	connect_to(daemon, &waiting);
	test_client_send_text(
	    &waiting, "GET /wait/60000 HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_read(daemon);
	test_daemon_configure(daemon,
	    "workers = 1\nquarantine = off\n"
	    "listen \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { module = \"@/module_crash.so\" } }\n");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, " info: reloaded: cohort ");
	/* It has moved, and when the old worker is at rest behind that, nobody
	 * is to blame. */
	ck_assert_int_ne(test_client_pid(&idle), old);
	test_process_wait_state(old, 'S');
	ck_assert_int_eq(kill(old, SIGSEGV), 0);
	test_client_expect(&waiting, "GET", 503, NULL);
	ck_assert(test_client_is_closed(&removed));
	ck_assert(!is_last(&idle));
	test_daemon_wait(daemon, "cohort 1, retiring) was killed by SIGSEGV");
	test_client_close(&idle);
	test_client_close(&removed);
	test_client_close(&waiting);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("adoption");
	TCase *tcase = tcase_create("adoption");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, requests_are_counted_on);
	tcase_add_test(tcase, deadlines_are_kept);
	tcase_add_loop_test(
	    tcase, a_part_of_a_head_travels_unless_it_is_large, 0, PARTS);
	tcase_add_test(tcase, many_parts_travel);
	tcase_add_test(tcase, listeners_and_peers_are_kept);
	tcase_add_test(tcase, it_goes_on_crash_after_crash);
	tcase_add_test(tcase, a_new_cohort_takes_over_from_an_old_one);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
