/* SPDX-License-Identifier: ISC */
/*
 * max_client_connections: who counts, and what the next one hears.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>

#include "test_client.h"
#include "test_ctl.h"
#include "test_daemon.h"
#include "test_unit.h"

#define MOST  3
#define PROXY "127.0.0.9"

/* Every address of 127.0.0.0/8 is a client; more goes into http. */
static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    TEST_CONTROL
	    "workers = 1\nmax_client_connections = %d\nhttp { %s }\n"
	    "listen \"0.0.0.0:0\" { defer_accept = false\n"
	    "	proxy_protocol = \"" PROXY "\" }\n"
	    "listen \"unix:@/socket\" {}\n"
	    "host \"*\" { mount \"/\" { module = \"%s\" } }\n",
	    MOST, more, test_daemon_module(daemon, "module_test"));
	test_daemon_expect(daemon, "max_client_connections already");
	test_daemon_expect(daemon, " info: reload: reading");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
connect_from(
    struct test_daemon *daemon, const char *address, struct test_client *client)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(client, 0, sizeof(*client));
	client->fd = fd;
	ck_assert_int_eq(inet_pton(AF_INET, address, &name.sin_addr), 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	name.sin_port = htons((uint16_t)test_daemon_port_of(daemon, "0.0.0.0"));
	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
}

/* Those that the worker serves. */
static void
connect_most(struct test_daemon *daemon, const char *address,
    struct test_client *clients)
{
	int i;

	for (i = 0; i < MOST; i++) {
		connect_from(daemon, address, &clients[i]);
		test_client_pid(&clients[i]);
	}
}

static void
close_most(struct test_client *clients)
{
	int i;

	for (i = 0; i < MOST; i++)
		test_client_close(&clients[i]);
}

/* It need not ask to be told. */
static void
expect_refused(struct test_daemon *daemon, const char *address)
{
	struct test_response response;
	struct test_client client;

	connect_from(daemon, address, &client);
	test_client_read(&client, "GET", &response);
	ck_assert_int_eq(response.status, 429);
	ck_assert_str_eq(test_response_field(&response, "Connection"), "close");
	ck_assert_ptr_nonnull(test_response_field(&response, "Retry-After"));
	test_response_free(&response);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
}

START_TEST(one_more_of_a_client_is_refused)
{
	struct test_daemon *daemon = start("");
	struct test_client clients[MOST], other, local[MOST + 1];
	unsigned i;

	connect_most(daemon, "127.0.0.1", clients);
	for (i = 1; i <= 20; i++)
		expect_refused(daemon, "127.0.0.1");
	ck_assert_uint_eq(test_ctl_closed(daemon, "client-limit"), 20);
	/* One line a second. */
	ck_assert_uint_lt(
	    test_daemon_count(daemon, "max_client_connections already"), 20);
	/* Others are not concerned. */
	connect_from(daemon, "127.0.0.2", &other);
	test_client_pid(&other);
	test_client_close(&other);
	for (i = 0; i < MOST + 1; i++) {
		test_client_connect_unix(
		    &local[i], test_daemon_path(daemon, "socket"));
		test_client_pid(&local[i]);
	}
	for (i = 0; i < MOST + 1; i++)
		test_client_close(&local[i]);
	/* Who is served is served on, and who goes makes room. */
	for (i = 0; i < MOST; i++)
		test_client_pid(&clients[i]);
	test_client_close(&clients[0]);
	test_ctl_wait_closed(daemon, "client", MOST + 3);
	connect_from(daemon, "127.0.0.1", &clients[0]);
	test_client_pid(&clients[0]);
	expect_refused(daemon, "127.0.0.1");
	close_most(clients);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(trusted_proxies_have_no_limit)
{
	struct test_daemon *daemon =
	    start("trusted_proxies = \"127.0.0.2 ::1\"");
	struct test_client clients[MOST], more[MOST];

	connect_most(daemon, "127.0.0.2", clients);
	connect_most(daemon, "127.0.0.2", more);
	close_most(clients);
	connect_most(daemon, "127.0.0.1", clients);
	expect_refused(daemon, "127.0.0.1");
	close_most(clients);
	close_most(more);
	test_daemon_stop(&daemon);
}
END_TEST

static void
connect_for(
    struct test_daemon *daemon, const char *told, struct test_client *client)
{
	connect_from(daemon, PROXY, client);
	test_client_send_format(
	    client, "PROXY TCP4 %s 192.0.2.1 5000 80\r\n", told);
}

START_TEST(whom_a_header_names_is_the_client)
{
	struct test_daemon *daemon = start("");
	struct test_client clients[MOST], more;
	struct test_response response;
	int i;

	for (i = 0; i < MOST; i++) {
		connect_for(daemon, "198.51.100.1", &clients[i]);
		test_client_pid(&clients[i]);
	}
	connect_for(daemon, "198.51.100.1", &more);
	test_client_read(&more, "GET", &response);
	ck_assert_int_eq(response.status, 429);
	test_response_free(&response);
	test_client_close(&more);
	connect_for(daemon, "198.51.100.2", &more);
	test_client_pid(&more);
	test_client_close(&more);
	close_most(clients);
	test_daemon_stop(&daemon);
}
END_TEST

/* Those that were handed over count, and are not refused. */
START_TEST(a_reload_refuses_nobody)
{
	struct test_daemon *daemon = start("");
	struct test_client clients[MOST];
	pid_t before;
	int i;

	connect_most(daemon, "127.0.0.1", clients);
	before = test_client_pid(&clients[0]);
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, " info: reloaded: cohort ");
	test_ctl_wait_closed(daemon, "handed-over", MOST);
	for (i = 0; i < MOST; i++)
		ck_assert_int_ne(test_client_pid(&clients[i]), before);
	expect_refused(daemon, "127.0.0.1");
	close_most(clients);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("client_limit");
	TCase *tcase = tcase_create("client_limit");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, one_more_of_a_client_is_refused);
	tcase_add_test(tcase, trusted_proxies_have_no_limit);
	tcase_add_test(tcase, whom_a_header_names_is_the_client);
	tcase_add_test(tcase, a_reload_refuses_nobody);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
