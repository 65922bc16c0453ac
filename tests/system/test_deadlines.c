/* SPDX-License-Identifier: ISC */
/*
 * Every wait that a client can make a worker have, once, with short settings:
 * when it ends, what the client hears, and why the connection was closed.
 */
#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "test_client.h"
#include "test_ctl.h"
#include "test_daemon.h"
#include "test_unit.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n"
#define POST(more)  "POST /echo HTTP/1.1\r\nHost: a\r\n" more "\r\n"

#define WAIT_MS 300
#define DRIP_MS 50

enum reading {
	READS,         /* all that comes, and closes at its end */
	READS_ON,      /* the same without closing */
	READS_ONE,     /* a byte for each drip */
	READS_NOTHING, /* but looks when all is over */
};

static const struct wait_case {
	const char *name;
	const char *http;  /* options */
	const char *begin; /* sent at once */
	const char *drip;  /* then, each DRIP_MS, so many times */
	unsigned drips;    /* 0: until the end */
	enum reading reading;
	const char *statuses; /* of all responses, in order */
	const char *reason;
} cases[] = {
	/* The first head: from the accept on. */
	{ "silent", "head_timeout = \"300ms\"", "", NULL, 0, READS, "",
	    "head-timeout" },
	{ "head begun", "head_timeout = \"300ms\"", "G", NULL, 0, READS, " 408",
	    "head-timeout" },
	{ "fields begun", "head_timeout = \"300ms\"", GET("/hello/a"), NULL, 0,
	    READS, " 408", "head-timeout" },
	{ "request line in drips", "head_timeout = \"300ms\"", "GET /hello/",
	    "a", 0, READS, " 408", "head-timeout" },
	{ "fields in drips", "head_timeout = \"300ms\"", GET("/hello/a"),
	    "A: b\r\n", 0, READS, " 408", "head-timeout" },
	{ "empty lines", "head_timeout = \"300ms\"", "", "\r\n", 4, READS, "",
	    "head-timeout" },
	{ "empty lines and a head",
	    "head_timeout = \"300ms\" keep_alive = \"20s\"", "\r\n\r\nG", "E",
	    0, READS, " 408", "head-timeout" },
	/* Later heads: from their first byte on. */
	{ "later head begun", "head_timeout = \"300ms\"",
	    GET("/hello/a") "\r\nGET /", NULL, 0, READS, " 200 408",
	    "head-timeout" },
	{ "later head in drips", "head_timeout = \"300ms\"",
	    GET("/hello/a") "\r\nGET /", "a", 0, READS, " 200 408",
	    "head-timeout" },
	{ "later head behind a body", "head_timeout = \"300ms\"",
	    POST("Content-Length: 1\r\n") "xGET /", "a", 0, READS, " 200 408",
	    "head-timeout" },
	/* Between requests nobody is owed an answer. */
	{ "idle", "keep_alive = \"300ms\"", GET("/hello/a") "\r\n", NULL, 0,
	    READS, " 200", "idle" },
	{ "later empty lines",
	    "keep_alive = \"300ms\" head_timeout = \"300ms\"",
	    GET("/hello/a") "\r\n", "\r\n", 4, READS, " 200", "idle" },
	{ "half an empty line", "keep_alive = \"20s\" head_timeout = \"300ms\"",
	    GET("/hello/a") "\r\n\r", NULL, 0, READS, " 200", "idle" },
	/* Bodies. */
	{ "body begun", "body_timeout = \"300ms\"",
	    POST("Content-Length: 10\r\n") "x", NULL, 0, READS, " 408",
	    "body-timeout" },
	{ "body in drips", "body_timeout = \"300ms\"",
	    POST("Content-Length: 100000\r\n"), "x", 0, READS, " 408",
	    "body-timeout" },
	{ "chunks in drips", "body_timeout = \"300ms\"",
	    POST("Transfer-Encoding: chunked\r\n"), "1\r\nx\r\n", 0, READS,
	    " 408", "body-timeout" },
	{ "chunk extension in drips", "body_timeout = \"300ms\"",
	    POST("Transfer-Encoding: chunked\r\n") "1;a", "aaaaaaaaaaaaaaaaa",
	    0, READS, " 408", "body-timeout" },
	{ "trailer in drips", "body_timeout = \"300ms\"",
	    POST("Transfer-Encoding: chunked\r\n") "1\r\nx\r\n0\r\n",
	    "Aaaaaaaaaaaaaaa: b\r\n", 0, READS, " 408", "body-timeout" },
	{ "a body for nobody in drips", "body_timeout = \"300ms\"",
	    GET("/nothing") "Content-Length: 60000\r\n\r\n", "xxxxxxxxxxxxxx",
	    0, READS, " 404", "body-timeout" },
	{ "a body that is expected", "body_timeout = \"300ms\"",
	    POST("Expect: 100-continue\r\nContent-Length: 1\r\n"), NULL, 0,
	    READS, " 100 408", "body-timeout" },
	/* Responses. */
	{ "a handler that does not answer",
	    "handler_timeout = \"300ms\" keep_alive = \"300ms\"",
	    GET("/forever") "\r\n", NULL, 0, READS, " 503", "idle" },
	{ "a stream that stands still", "stream_idle = \"300ms\"",
	    GET("/events") "\r\n", NULL, 0, READS, " 200", "cut" },
	{ "nothing is read", "write_timeout = \"300ms\"",
	    GET("/large") "\r\n" GET("/large") "\r\n" GET("/large") "\r\n",
	    NULL, 0, READS_NOTHING, NULL, "write-timeout" },
	{ "a byte is read", "write_timeout = \"300ms\"",
	    GET("/large") "\r\n" GET("/large") "\r\n" GET("/large") "\r\n", "",
	    0, READS_ONE, NULL, "write-timeout" },
	{ "nothing is read, with an end",
	    "write_timeout = \"300ms\" max_requests = 3",
	    GET("/large") "\r\n" GET("/large") "\r\n" GET("/large") "\r\n",
	    NULL, 0, READS_NOTHING, NULL, "write-timeout" },
	/* Behind the last response. */
	{ "no end", "linger_timeout = \"300ms\" max_requests = 1",
	    GET("/hello/a") "\r\n", NULL, 0, READS_ON, " 200",
	    "linger-timeout" },
	{ "no end of input", "linger_timeout = \"300ms\"",
	    "GET / HTTP/3.0\r\n\r\n", "x", 0, READS_ON, " 505", "refused" },
	{ "linger for a response that nobody reads",
	    "linger_timeout = \"150ms\" write_timeout = \"300ms\" "
	    "max_requests = 1",
	    GET("/stream/1500") "\r\n", NULL, 0, READS_NOTHING, NULL,
	    "write-timeout" },
};

/* ---- a client that does as a case says ---- */

/* What it has read. */
static char received[1 << 16];
static size_t received_size;

/* With a small buffer of its own. */
static void
connect_small(struct test_client *client, unsigned port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int room = 16384;

	memset(client, 0, sizeof(*client));
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
	    setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)),
	    0);
	ck_assert_int_eq(
	    connect(client->fd, (struct sockaddr *)&address, sizeof(address)),
	    0);
}

/* As much as there is; true at the end of all. */
static bool
take(struct test_client *client, size_t most)
{
	size_t room = sizeof(received) - 1 - received_size;
	ssize_t size = 1;

	while (room > 0 && most > 0) {
		size = recv(client->fd, received + received_size,
		    most < room ? most : room, MSG_DONTWAIT);
		if (size <= 0)
			break;
		received_size += (size_t)size;
		room -= (size_t)size;
		most -= (size_t)size;
	}
	received[received_size] = '\0';
	return size == 0 || (size == -1 && errno != EAGAIN);
}

static void
step(struct test_client *client, const struct wait_case *wait, unsigned number)
{
	if (wait->drip != NULL && (wait->drips == 0 || number < wait->drips))
		send(client->fd, wait->drip, strlen(wait->drip),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	if (wait->reading != READS_NOTHING &&
	    take(client, wait->reading == READS_ONE ? 1 : SIZE_MAX) &&
	    wait->reading == READS)
		test_client_close(client);
	test_quiet(DRIP_MS);
}

/* Of all responses: " 200 408". */
static const char *
find_statuses(void)
{
	static const char mark[] = "HTTP/1.1";
	static char text[256];
	const char *next = received;
	size_t size = 0;

	text[0] = '\0';
	while ((next = strstr(next, mark)) != NULL && size < 200) {
		next += strlen(mark);
		size += (size_t)snprintf(
		    text + size, sizeof(text) - size, "%.4s", next);
	}
	return text;
}

START_TEST(every_wait_ends)
{
	const struct wait_case *wait = &cases[_i];
	struct test_daemon *daemon = test_daemon_new();
	struct test_client client;
	unsigned number = 0;
	long long begun;

	test_daemon_configure(daemon,
	    TEST_CONTROL "workers = 1\nhttp { %s }\n"
			 "listen \"127.0.0.1:0\" { defer_accept = false }\n"
			 "host \"*\" { mount \"/\" { module = \"%s\" } }\n",
	    wait->http, test_daemon_module(daemon, "module_test"));
	test_daemon_expect(daemon, "gave no reply within its timeout");
	test_daemon_expect(daemon, "stream cut: idle");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	begun = test_now_ms();
	connect_small(&client, test_daemon_port(daemon));
	test_client_send_text(&client, wait->begin);
	while (test_ctl_closed(daemon, wait->reason) == 0) {
		ck_assert_msg(test_now_ms() - begun < TEST_DEADLINE_MS,
		    "%s: no end, after%s", wait->name, find_statuses());
		step(&client, wait, number++);
	}
	ck_assert_msg(test_now_ms() - begun >= WAIT_MS, "%s: after %lld ms",
	    wait->name, test_now_ms() - begun);
	if (wait->statuses != NULL)
		ck_assert_msg(strcmp(find_statuses(), wait->statuses) == 0,
		    "%s: statuses%s", wait->name, find_statuses());
	if (client.fd != -1)
		test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- who is slow enough ---- */

#define STEADY_MS 4000

/*
 * It makes no room in the daemon's kernel for much longer than write_timeout:
 * that has megabytes, and asks for more when a third of them is gone.
 */
START_TEST(who_reads_slowly_and_steadily_is_not_cut)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_client client;
	size_t total = 0;
	long long begun;
	int i;

	test_daemon_configure(daemon,
	    TEST_CONTROL "workers = 1\nhttp { write_timeout = \"1s\" }\n"
			 "listen \"127.0.0.1:0\" {}\n"
			 "host \"*\" { mount \"/\" { module = \"%s\" } }\n",
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	connect_small(&client, test_daemon_port(daemon));
	for (i = 0; i < 4; i++)
		test_client_send_text(&client, GET("/large") "\r\n");
	begun = test_now_ms();
	while (test_now_ms() - begun < STEADY_MS) {
		received_size = 0;
		ck_assert(!take(&client, 8192));
		total += received_size;
		test_quiet(DRIP_MS);
	}
	ck_assert_uint_gt(total, 100000);
	ck_assert_uint_eq(test_ctl_closed(daemon, "write-timeout"), 0);
	test_client_close(&client);
	test_ctl_wait_closed(daemon, "reset", 1);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("deadlines");
	TCase *tcase = tcase_create("deadlines");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(
	    tcase, every_wait_ends, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tcase, who_reads_slowly_and_steadily_is_not_cut);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
