/* SPDX-License-Identifier: ISC */
/*
 * Behind a proxy: what it tells, by a PROXY header or by fields, is what
 * application, log and records see; what others tell is not.  Clients come
 * from 127.0.0.1, which has to send a header to the first listener, or from
 * elsewhere in 127.0.0.0/8.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

#define LINE     "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n"
#define GET_PEER "GET /peer HTTP/1.1\r\nHost: a\r\n\r\n"
#define TOLD     "192.0.2.1 5000 http a"

/* more: further options; http: those of its section. */
static struct test_daemon *
start(const char *more, const char *http)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_expect(daemon, " info: a worker starts");
	test_daemon_expect(daemon, " info: reload: reading");
	test_daemon_configure(daemon,
	    "workers = 1\nquarantine = off\nlog_level = \"debug\"\n"
	    "access_log = \"@/access\"\n%s"
	    "listen \"127.0.0.1:0\" { proxy_protocol = \"127.0.0.1\" }\n"
	    "listen \"127.0.0.2:0\" {}\n"
	    "listen \"unix:@/socket\" { proxy_protocol = \"10.0.0.0/8 unix\" "
	    "}\n"
	    "http { %s }\n"
	    "host \"other.example\" { mount \"/\" { redirect = \"/there\" } }\n"
	    "host \"*\" { mount \"/\" { module = \"%s\" } }\n",
	    more, http, test_daemon_module(daemon, "module_crash"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
connect_from(struct test_client *client, const char *own, unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const int on = 1;

	*client = (struct test_client) { .fd = socket(AF_INET,
					     SOCK_STREAM | SOCK_CLOEXEC, 0) };
	inet_pton(AF_INET, own, &address.sin_addr);
	ck_assert_int_eq(
	    bind(client->fd, (void *)&address, sizeof(address)), 0);
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	address.sin_port = htons((uint16_t)port);
	ck_assert_int_eq(
	    connect(client->fd, (void *)&address, sizeof(address)), 0);
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* As one that has to begin with a header. */
static void
connect_to(struct test_daemon *daemon, struct test_client *client)
{
	connect_from(client, "127.0.0.1", test_daemon_port(daemon));
}

static void
connect_plainly(struct test_daemon *daemon, struct test_client *client)
{
	connect_from(client, "127.1.2.3", test_daemon_port(daemon));
}

static void
expect_peer(struct test_client *client, const char *words)
{
	test_client_send_text(client, GET_PEER);
	test_client_expect(client, "GET", 200, words);
}

/* The worker has read whatever was sent before. */
static void
expect_read(struct test_daemon *daemon)
{
	struct test_client other;
	int i;

	connect_plainly(daemon, &other);
	for (i = 0; i < 3; i++)
		test_client_pid(&other);
	test_client_close(&other);
}

/* ---- headers ---- */

#define SIGNATURE   "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *header;
	size_t size;
	const char *peer; /* NULL: the connection's own */
} headers[] = {
	{ BYTES(LINE), "192.0.2.1 5000" },
	{ BYTES("PROXY TCP6 2001:db8::1 ::1 5000 80\r\n"), "2001:db8::1 5000" },
	{ BYTES("PROXY UNKNOWN\r\n"), NULL },
	{ BYTES(SIGNATURE "\x21\x11\x00\x0c\xc0\x00\x02\x01\x7f\x00\x00\x01"
			  "\x13\x88\x00\x50"),
	    "192.0.2.1 5000" },
	{ BYTES(SIGNATURE "\x21\x21\x00\x28"
			  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
			  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
			  "\x13\x88\x00\x50\x04\x00\x01x"),
	    "2001:db8::1 5000" },
	{ BYTES(SIGNATURE "\x20\x00\x00\x00"), NULL },
	{ BYTES(SIGNATURE "\x21\x00\x00\x00"), NULL },
};

static void
make_words(const struct test_client *client, const char *peer, char *words_r)
{
	struct sockaddr_in own;
	socklen_t size = sizeof(own);

	getsockname(client->fd, (void *)&own, &size);
	if (peer == NULL)
		sprintf(words_r, "127.0.0.1 %d http a", ntohs(own.sin_port));
	else
		sprintf(words_r, "%s http a", peer);
}

/* In one packet with a request, before it, or byte by byte. */
START_TEST(a_header_tells_who_it_is)
{
	struct test_daemon *daemon = start("", "");
	struct test_client client;
	char words[128], both[512];
	size_t size, i;
	int how;

	for (how = 0; how < 3; how++) {
		connect_to(daemon, &client);
		make_words(&client, headers[_i].peer, words);
		size = headers[_i].size;
		memcpy(both, headers[_i].header, size);
		memcpy(both + size, GET_PEER, sizeof(GET_PEER));
		size += sizeof(GET_PEER) - 1;
		if (how == 0)
			test_client_send(&client, both, size);
		for (i = 0; how == 1 && i < size; i++)
			test_client_send(&client, both + i, 1);
		if (how == 2) {
			test_client_send(&client, both, headers[_i].size);
			expect_read(daemon);
			test_client_send_text(&client, GET_PEER);
		}
		test_client_expect(&client, "GET", 200, words);
		expect_peer(&client, words);
		test_client_close(&client);
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(over_a_unix_socket_too)
{
	struct test_daemon *daemon = start("", "");
	struct test_client client;

	test_client_connect_unix(&client, test_daemon_path(daemon, "socket"));
	test_client_send_text(&client, LINE);
	expect_peer(&client, TOLD);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(what_is_none_is_closed_without_a_word)
{
	static const struct {
		const char *text, *fault;
	} others[] = {
		{ GET_PEER, "no PROXY header" },
		{ "PROXY TCP4 192.0.2.1 192.0.2.2 05000 80\r\n" GET_PEER,
		    "malformed" },
		{ "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\n" GET_PEER,
		    "without CR" },
	};
	struct test_daemon *daemon = start("", "");
	struct test_client client;
	char words[64];
	int i;

	for (i = 0; i < ROWS(others); i++) {
		connect_to(daemon, &client);
		test_client_send_text(&client, others[i].text);
		ck_assert(test_client_is_closed(&client));
		snprintf(words, sizeof(words), " debug: refused: %s",
		    i == 0 ? others[i].fault : "a line of version 1");
		ck_assert_ptr_nonnull(
		    strstr(test_daemon_wait(daemon, words), others[i].fault));
		test_daemon_wait(daemon, " debug: closed: proxy-header");
		test_client_close(&client);
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* By the rules of HTTP a PROXY line is no request. */
START_TEST(others_may_not_send_one)
{
	struct test_daemon *daemon = start("", "");
	struct test_client client;
	char words[64];

	connect_plainly(daemon, &client);
	test_client_send_text(&client, GET_PEER);
	make_words(&client, NULL, words);
	memcpy(words, "127.1.2.3", strlen("127.1.2.3"));
	test_client_expect(&client, "GET", 200, words);
	test_client_send_text(&client, LINE GET_PEER);
	test_client_expect(&client, "GET", 400, NULL);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_client_connect_to(
	    &client, "127.0.0.2", test_daemon_port_of(daemon, "127.0.0.2"));
	test_client_send_text(&client, LINE GET_PEER);
	test_client_expect(&client, "GET", 400, NULL);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

#define WAIT_MS 400

/* However slowly it comes, a byte now and then is no progress. */
START_TEST(it_has_to_come_in_time)
{
	struct test_daemon *daemon = start("", "head_timeout = \"400ms\"");
	struct test_client silent, slow;
	long long begun = test_now_ms(), took;
	int i;

	test_client_connect_unix(&silent, test_daemon_path(daemon, "socket"));
	connect_to(daemon, &slow);
	for (i = 0; i < 3; i++) {
		test_client_send(&slow, &LINE[i], 1);
		test_quiet(100);
	}
	ck_assert(test_client_is_closed(&silent));
	ck_assert(test_client_is_closed(&slow));
	took = test_now_ms() - begun;
	ck_assert_int_ge(took, WAIT_MS - 10);
	ck_assert_int_lt(took, 10 * WAIT_MS);
	test_daemon_wait(daemon, " debug: closed: head-timeout");
	test_daemon_wait(daemon, " debug: closed: head-timeout");
	test_client_close(&silent);
	test_client_close(&slow);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- with another worker ---- */

static void
reload(struct test_daemon *daemon)
{
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "cohort 1 is gone");
}

static void
crash(struct test_daemon *daemon)
{
	struct test_client client;
	const char *line;

	connect_to(daemon, &client);
	test_client_send_text(
	    &client, LINE "GET /crash/null HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 500, NULL);
	test_client_close(&client);
	line = test_daemon_wait(daemon, "was killed by SIGSEGV");
	ck_assert_msg(
	    strstr(line, "\"GET /crash/null\" from 192.0.2.1") != NULL, "%s",
	    line);
}

/* Each has sent so many bytes of a header before, the last one a request. */
START_TEST(what_was_told_is_kept)
{
	struct test_daemon *daemon =
	    start("", "trusted_proxies = \"192.0.2.9\"");
	static const size_t sizes[] = { 1, 5, sizeof(LINE) - 2,
		sizeof(LINE) - 1, sizeof(LINE) - 1 };
	struct test_client clients[ROWS(sizes)], local, trusted;
	int i;

	for (i = 0; i < ROWS(sizes); i++) {
		connect_to(daemon, &clients[i]);
		test_client_send(&clients[i], LINE, sizes[i]);
	}
	expect_peer(&clients[ROWS(sizes) - 1], TOLD);
	test_client_connect_unix(&local, test_daemon_path(daemon, "socket"));
	test_client_send_text(&local, "PROXY TCP6 2001:db8::1 ::1 7 8\r\n");
	expect_peer(&local, "2001:db8::1 7 http a");
	connect_to(daemon, &trusted);
	test_client_send_text(
	    &trusted, "PROXY TCP4 192.0.2.9 192.0.2.2 5000 80\r\n");
	expect_peer(&trusted, "192.0.2.9 5000 http a");
	expect_read(daemon);
	if (_i == 0)
		reload(daemon);
	else
		crash(daemon);
	for (i = 0; i < ROWS(sizes); i++) {
		ck_assert(test_client_is_quiet(&clients[i]));
		test_client_send_text(&clients[i], LINE + sizes[i]);
		expect_peer(&clients[i], TOLD);
		expect_peer(&clients[i], TOLD);
		test_client_close(&clients[i]);
	}
	expect_peer(&local, "2001:db8::1 7 http a");
	test_client_send_text(&trusted,
	    "GET /peer HTTP/1.1\r\nHost: a\r\n"
	    "X-Forwarded-For: 192.0.2.8\r\n\r\n");
	test_client_expect(&trusted, "GET", 200, "192.0.2.8 0 http a");
	test_client_close(&local);
	test_client_close(&trusted);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- fields ---- */

#define FORWARDED_FOR "X-Forwarded-For: 9.9.9.9, 192.0.2.7, 192.0.2.3\r\n"
#define FIELDS                                                   \
	FORWARDED_FOR "X-Forwarded-Proto: https\r\n"             \
		      "X-Forwarded-Host: front.example:8443\r\n" \
		      "Forwarded: for=8.8.8.8;proto=http;host=b\r\n"

static const struct {
	const char *http, *fields, *words;
} tellings[] = {
	{ "trusted_proxies = \"192.0.2.1 192.0.2.3\"", FIELDS,
	    "192.0.2.7 0 https front.example:8443" },
	{ "trusted_proxies = \"192.0.2.1 192.0.2.3\" "
	  "proxy_fields = \"forwarded\"",
	    FIELDS, "8.8.8.8 0 http b" },
	{ "trusted_proxies = \"192.0.2.1\"", FIELDS,
	    "192.0.2.3 0 https front.example:8443" },
	{ "trusted_proxies = \"192.0.2.1\"", "", TOLD },
	{ "trusted_proxies = \"192.0.2.1\"",
	    "X-Forwarded-Host: a b\r\nX-Forwarded-Proto: ftp\r\n", TOLD },
	{ "trusted_proxies = \"127.0.0.1 192.0.2.3\"", FIELDS, TOLD },
	{ "", FIELDS, TOLD },
};

START_TEST(trusted_proxies_are_believed)
{
	struct test_daemon *daemon = start("", tellings[_i].http);
	struct test_client client;

	connect_to(daemon, &client);
	test_client_send_text(&client, LINE);
	test_client_send_format(&client,
	    "GET /peer HTTP/1.1\r\nHost: a\r\n%s\r\n", tellings[_i].fields);
	test_client_expect(&client, "GET", 200, tellings[_i].words);
	/* It is the request's, not the connection's. */
	expect_peer(&client, TOLD);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* Mounts, log and record. */
START_TEST(all_see_the_same)
{
	struct test_daemon *daemon =
	    start("", "trusted_proxies = \"127.0.0.0/8\"");
	struct test_client client;
	const char *line;
	char *log;

	connect_plainly(daemon, &client);
	test_client_send_text(&client,
	    "GET /crash/null HTTP/1.1\r\nHost: a\r\n"
	    "X-Forwarded-For: 192.0.2.7\r\n\r\n");
	test_client_expect(&client, "GET", 500, NULL);
	test_client_close(&client);
	line = test_daemon_wait(daemon, "was killed by SIGSEGV");
	ck_assert_msg(
	    strstr(line, "\"GET /crash/null\" from 192.0.2.7") != NULL, "%s",
	    line);
	connect_plainly(daemon, &client);
	test_client_send_text(&client,
	    "GET /elsewhere HTTP/1.1\r\nHost: a\r\n"
	    "X-Forwarded-For: 192.0.2.7\r\n"
	    "X-Forwarded-Host: other.example\r\n\r\n");
	test_client_expect(&client, "GET", 308, NULL);
	test_client_close(&client);
	connect_to(daemon, &client);
	test_client_send_text(&client, LINE);
	expect_peer(&client, TOLD);
	test_client_close(&client);
	test_daemon_signal(daemon, SIGTERM);
	test_daemon_wait_exit(daemon);
	log = test_file_read(test_daemon_path(daemon, "access"), NULL);
	ck_assert_msg(strstr(log, "\n192.0.2.1 - - [") != NULL, "%s", log);
	line = strstr(log, "192.0.2.7 - - [");
	ck_assert_msg(
	    line != NULL && strstr(line, "GET /elsewhere") != NULL, "%s", log);
	free(log);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- others' programs ---- */

static void
run_curl(const char *const *arguments, const char *words)
{
	struct test_output output;

	test_run_command(arguments, NULL, NULL, &output);
	ck_assert_msg(
	    WIFEXITED(output.status) && WEXITSTATUS(output.status) == 0,
	    "curl: wait status %#x: %s", (unsigned)output.status, output.text);
	ck_assert_msg(
	    strncmp(output.text, words, strlen(words)) == 0, "%s", output.text);
	test_output_free(&output);
}

START_TEST(curl_sends_one)
{
	struct test_daemon *daemon;
	char url[64];
	const char *const arguments[] = { "curl", "-sS", "--fail",
		"--haproxy-protocol", url, NULL };

	if (!test_program_is_there("curl"))
		return;
	daemon = start("", "");
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/peer",
	    test_daemon_port(daemon));
	run_curl(arguments, "127.0.0.1 ");
	test_daemon_stop(&daemon);
}
END_TEST

/* Its ports are bound here, and inherited, so nobody has to wait for it. */
enum front {
	FRONT_V1,
	FRONT_V2,
	FRONT_FIELDS,
	FRONT_BOTH,
	FRONT_COUNT
};

#define FRONT_FD 10 /* of the first */

struct proxy {
	pid_t pid;
	unsigned ports[FRONT_COUNT];
	int sockets[FRONT_COUNT];
};

static int
listen_somewhere(unsigned *port_r)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (void *)&address, size), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	getsockname(fd, (void *)&address, &size);
	*port_r = ntohs(address.sin_port);
	return fd;
}

static void
run_proxy(const struct proxy *proxy, const char *configuration)
{
	const char *const arguments[] = { "haproxy", "-q", "-db", "-f",
		configuration, NULL };
	int copies[FRONT_COUNT], i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < FRONT_COUNT; i++)
		copies[i] =
		    fcntl(proxy->sockets[i], F_DUPFD_CLOEXEC, 2 * FRONT_FD);
	for (i = 0; i < FRONT_COUNT; i++)
		dup2(copies[i], FRONT_FD + i);
	test_exec(arguments);
}

static void
proxy_start(struct proxy *proxy, struct test_daemon *daemon)
{
	unsigned first = test_daemon_port(daemon),
		 plain = test_daemon_port_of(daemon, "127.0.0.2");
	char text[2048];
	const char *configuration;
	int i;

	snprintf(text, sizeof(text),
	    "defaults\n mode tcp\n timeout connect 5s\n timeout client 30s\n"
	    " timeout server 30s\n"
	    "listen v1\n bind fd@%d\n server a 127.0.0.1:%u send-proxy\n"
	    "listen v2\n bind fd@%d\n"
	    " server a 127.0.0.1:%u send-proxy-v2 check inter 50ms\n"
	    "listen fields\n bind fd@%d\n mode http\n option forwardfor\n"
	    " http-request set-header X-Forwarded-Proto https\n"
	    " http-request set-header X-Forwarded-Host %%[req.hdr(host)]\n"
	    " http-request set-header Host inner\n"
	    " server a 127.0.0.2:%u\n"
	    "listen both\n bind fd@%d\n mode http\n option forwardfor\n"
	    " server a 127.0.0.1:%u send-proxy-v2\n",
	    FRONT_FD, first, FRONT_FD + 1, first, FRONT_FD + 2, plain,
	    FRONT_FD + 3, first);
	configuration = test_daemon_write(daemon, "haproxy", text);
	for (i = 0; i < FRONT_COUNT; i++)
		proxy->sockets[i] = listen_somewhere(&proxy->ports[i]);
	proxy->pid = fork();
	ck_assert_int_ne(proxy->pid, -1);
	if (proxy->pid == 0)
		run_proxy(proxy, configuration);
	for (i = 0; i < FRONT_COUNT; i++)
		close(proxy->sockets[i]);
}

static void
proxy_stop(struct proxy *proxy)
{
	kill(proxy->pid, SIGTERM);
	ck_assert_int_eq(waitpid(proxy->pid, NULL, 0), proxy->pid);
}

/* The address it comes from, and through haproxy to cohortd. */
static void
connect_through(
    const struct proxy *proxy, enum front front, struct test_client *client)
{
	connect_from(client, "127.1.2.3", proxy->ports[front]);
}

static void
make_own_words(
    const struct test_client *client, const char *rest, char *words_r)
{
	struct sockaddr_in own;
	socklen_t size = sizeof(own);

	getsockname(client->fd, (void *)&own, &size);
	sprintf(words_r, "127.1.2.3 %d %s", ntohs(own.sin_port), rest);
}

START_TEST(haproxy_tells)
{
	struct test_client clients[FRONT_COUNT];
	char words[FRONT_COUNT][64];
	struct test_daemon *daemon;
	struct proxy proxy;
	int i, round;

	if (!test_program_is_there("haproxy"))
		return;
	daemon = start("", "trusted_proxies = \"127.0.0.1\"");
	proxy_start(&proxy, daemon);
	for (i = 0; i < FRONT_COUNT; i++)
		connect_through(&proxy, (enum front)i, &clients[i]);
	make_own_words(&clients[FRONT_V1], "http a", words[FRONT_V1]);
	make_own_words(&clients[FRONT_V2], "http a", words[FRONT_V2]);
	/* Fields have no port; those behind a header are a client's. */
	strcpy(words[FRONT_FIELDS], "127.1.2.3 0 https a");
	make_own_words(&clients[FRONT_BOTH], "http a", words[FRONT_BOTH]);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < FRONT_COUNT; i++) {
			test_client_send_text(&clients[i],
			    "GET /peer HTTP/1.1\r\nHost: a\r\n"
			    "X-Forwarded-For: 9.9.9.9\r\n\r\n");
			test_client_expect(&clients[i], "GET", 200, words[i]);
		}
		if (round == 0)
			reload(daemon);
		else if (round == 1)
			crash(daemon);
	}
	for (i = 0; i < FRONT_COUNT; i++)
		test_client_close(&clients[i]);
	proxy_stop(&proxy);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("proxy");
	TCase *tests = tcase_create("proxy");

	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, a_header_tells_who_it_is, 0, ROWS(headers));
	tcase_add_test(tests, over_a_unix_socket_too);
	tcase_add_test(tests, what_is_none_is_closed_without_a_word);
	tcase_add_test(tests, others_may_not_send_one);
	tcase_add_test(tests, it_has_to_come_in_time);
	tcase_add_loop_test(tests, what_was_told_is_kept, 0, 2);
	tcase_add_loop_test(
	    tests, trusted_proxies_are_believed, 0, ROWS(tellings));
	tcase_add_test(tests, all_see_the_same);
	tcase_add_test(tests, curl_sends_one);
	tcase_add_test(tests, haproxy_tells);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
