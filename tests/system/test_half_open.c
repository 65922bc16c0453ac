/* SPDX-License-Identifier: ISC */
/*
 * Clients that are gone without a word: a filter on the client's own socket
 * drops all that comes, so that its kernel answers nothing any more.  They
 * are found by what accepted sockets inherit from the listener.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_ctl.h"
#include "test_daemon.h"
#include "test_unit.h"

/* What is not acknowledged its kernel would send again and again, and each
 * time tell the daemon that it is there. */
static void
wait_acknowledged(const struct test_client *client)
{
	long long deadline = test_now_ms() + TEST_DEADLINE_MS;
	int left = 1;

	for (;;) {
		ck_assert_int_eq(ioctl(client->fd, SIOCOUTQ, &left), 0);
		if (left == 0)
			return;
		ck_assert_int_lt(test_now_ms(), deadline);
		test_quiet(5);
	}
}

static void
vanish(const struct test_client *client)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	const struct sock_fprog filter = { .len = 1, .filter = code };

	ck_assert_int_eq(setsockopt(client->fd, SOL_SOCKET, SO_ATTACH_FILTER,
			     &filter, sizeof(filter)),
	    0);
}

static void
configure(struct test_daemon *daemon, const char *address, const char *options)
{
	test_daemon_configure(daemon,
	    TEST_CONTROL
	    "workers = 1\n"
	    "listen \"%s\" { defer_accept = false %s }\n"
	    "host \"*\" { mount \"/\" { module = \"@/module_test.so\" } "
	    "}\n",
	    address, options);
}

static void
reload(struct test_daemon *daemon)
{
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, " info: reloaded: cohort ");
}

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"
#define CLIENTS_MAX 2
#define LOOK_MS     100

static const struct {
	const char *options;
	const char *requests[CLIENTS_MAX]; /* of each client, after a first
					    * one, and before it is gone */
	int least_ms;                      /* until it is found */
} cases[] = {
	/* One is idle, and one's request waits: one second, and three of
	 * questions. */
	{ "tcp_keepalive = \"1s\" tcp_user_timeout = \"0\"",
	    { "", GET("/wait/60000") }, 3000 },
	/* With the response under way. */
	{ "tcp_keepalive = \"0\" tcp_user_timeout = \"1s\"",
	    { GET("/wait/500") }, 1000 },
};

static void
connect_and_vanish(
    struct test_client *client, struct test_daemon *daemon, const char *request)
{
	test_client_connect(client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(client, "/hello/a"), 200);
	test_client_send_text(client, request);
	if (request[0] != '\0')
		test_ctl_wait_busy(daemon, 1);
	wait_acknowledged(client);
	vanish(client);
}

/* The settings come by a reload, for a socket that is kept. */
START_TEST(who_is_gone_is_found)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_client clients[CLIENTS_MAX];
	unsigned count = 0;
	long long begun;

	test_daemon_module(daemon, "module_test");
	configure(daemon, "127.0.0.1:0",
	    "tcp_keepalive = \"0\" tcp_user_timeout = \"0\"");
	test_daemon_expect(daemon, " info: reload: reading");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	configure(daemon, "127.0.0.1:0", cases[_i].options);
	reload(daemon);
	begun = test_now_ms();
	for (; count < CLIENTS_MAX && cases[_i].requests[count] != NULL;
	     count++)
		connect_and_vanish(
		    &clients[count], daemon, cases[_i].requests[count]);
	while (test_now_ms() - begun < cases[_i].least_ms) {
		ck_assert_uint_eq(test_ctl_closed(daemon, "reset"), 0);
		test_quiet(LOOK_MS);
	}
	test_ctl_wait_closed(daemon, "reset", count);
	while (count > 0)
		test_client_close(&clients[--count]);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- a socket that was passed ---- */

static int
listen_on(unsigned *port_r)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, size), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &size), 0);
	*port_r = ntohs(name.sin_port);
	return fd;
}

static void
pass_socket(void *context)
{
	char text[32];

	dup2(*(int *)context, 3);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", "1", 1);
}

static void
expect_options(int fd, int idle, int user_timeout_ms)
{
	socklen_t size = sizeof(int);
	int value;

	ck_assert_int_eq(
	    getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
	ck_assert_int_eq(value, 1);
	ck_assert_int_eq(
	    getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, &size), 0);
	ck_assert_int_eq(value, idle);
	ck_assert_int_eq(
	    getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &size), 0);
	ck_assert_int_eq(value, user_timeout_ms);
}

START_TEST(passed_sockets_get_them_too)
{
	struct test_daemon *daemon = test_daemon_new();
	char address[64];
	unsigned port;
	int fd = listen_on(&port);

	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	test_daemon_module(daemon, "module_test");
	test_daemon_prepare(daemon, pass_socket, &fd);
	configure(daemon, address, "");
	test_daemon_expect(daemon, " info: reload: reading");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	expect_options(fd, 30, 60000);
	configure(daemon, address,
	    "tcp_keepalive = \"90s\" tcp_user_timeout = \"2m\"");
	reload(daemon);
	expect_options(fd, 90, 120000);
	close(fd);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("half_open");
	TCase *tcase = tcase_create("half_open");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, who_is_gone_is_found, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tcase, passed_sockets_get_them_too);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
