/* SPDX-License-Identifier: ISC */
/*
 * Listeners: unix sockets, several at once, names with several addresses,
 * "*", IPv6, sockets that a service manager passes.
 */
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

static const char redirect[] =
    "host \"*\" { mount \"/\" { redirect = \"http://a/\" } }\n";

static void
expect_redirect(struct test_client *client)
{
	struct test_response response;

	test_client_get(client, "/x?y", &response);
	ck_assert_int_eq(response.status, 308);
	ck_assert_str_eq(
	    test_response_field(&response, "Location"), "http://a/x?y");
	test_response_free(&response);
	test_client_close(client);
}

static void
expect_listening(struct test_daemon *daemon, const char *host)
{
	struct test_client client;
	char address[128];
	unsigned port = test_daemon_port_of(daemon, host);

	snprintf(address, sizeof(address), "%.*s",
	    (int)strcspn(host + (host[0] == '['), "]"),
	    host + (host[0] == '['));
	test_client_connect_to(&client, address, port);
	expect_redirect(&client);
}

static bool
has_ipv6(void)
{
	struct sockaddr_in6 address = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

	if (fd == -1)
		return false;
	result = bind(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	return result == 0;
}

START_TEST(a_unix_socket_has_its_mode_and_a_stale_one_is_replaced)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_client client;
	struct stat status;
	char path[256];
	int round;

	snprintf(
	    path, sizeof(path), "%s/socket", test_daemon_directory(daemon));
	test_daemon_configure(daemon,
	    "workers = 1\nlisten \"unix:@/socket\" { mode = \"0604\" }\n%s",
	    redirect);
	test_daemon_expect(daemon, "the master is gone: retiring");
	for (round = 0; round < 2; round++) {
		test_daemon_start(daemon, "-c", "@/conf", NULL);
		ck_assert_int_eq(stat(path, &status), 0);
		ck_assert_uint_eq(status.st_mode & 0777, 0604);
		test_client_connect_unix(&client, path);
		expect_redirect(&client);
		if (round == 1)
			break;
		/* The master is killed: its socket stays behind. */
		test_daemon_signal(daemon, SIGKILL);
		test_daemon_wait_exit(daemon);
		ck_assert_int_eq(stat(path, &status), 0);
		test_daemon_restart(daemon);
	}
	test_daemon_stop(&daemon);
	ck_assert_int_eq(stat(path, &status), -1);
}
END_TEST

START_TEST(a_unix_socket_in_use_is_left_alone)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;
	struct test_client client;
	char path[256];

	snprintf(
	    path, sizeof(path), "%s/socket", test_daemon_directory(daemon));
	test_daemon_configure(
	    daemon, "workers = 1\nlisten \"unix:@/socket\" {}\n%s", redirect);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	ck_assert_int_eq(
	    test_daemon_run(daemon, &output, "-f", "-c", "@/conf", NULL), 1);
	ck_assert_ptr_nonnull(strstr(output.text, "in use"));
	test_output_free(&output);
	test_client_connect_unix(&client, path);
	expect_redirect(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(an_address_in_use_is_a_failed_start)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;
	char address[64];

	test_daemon_start(
	    daemon, "-l", "127.0.0.1:0", "-w", "1", "-r", "@", NULL);
	snprintf(
	    address, sizeof(address), "127.0.0.1:%u", test_daemon_port(daemon));
	ck_assert_int_eq(test_daemon_run(daemon, &output, "-f", "-l", address,
			     "-r", "@", NULL),
	    71);
	ck_assert_ptr_nonnull(strstr(output.text, address));
	ck_assert_ptr_nonnull(strstr(output.text, strerror(EADDRINUSE)));
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(several_listeners_serve_at_once)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_client client;
	char path[256];

	snprintf(
	    path, sizeof(path), "%s/socket", test_daemon_directory(daemon));
	test_daemon_configure(daemon,
	    "workers = 2\nlisten \"127.0.0.1:0\" {}\n"
	    "listen \"127.0.0.2:0\" { backlog = 16 }\n"
	    "listen \"127.0.0.3:0\" { defer_accept = false }\n"
	    "listen \"unix:@/socket\" {}\n%s%s",
	    has_ipv6() ? "listen \"[::1]:0\" {}\n" : "", redirect);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	expect_listening(daemon, "127.0.0.1");
	expect_listening(daemon, "127.0.0.2");
	expect_listening(daemon, "127.0.0.3");
	if (has_ipv6())
		expect_listening(daemon, "[::1]");
	test_client_connect_unix(&client, path);
	expect_redirect(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(an_asterisk_is_every_family)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_client client;

	test_daemon_configure(
	    daemon, "workers = 1\nlisten \"*:0\" {}\n%s", redirect);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_client_connect_to(
	    &client, "127.0.0.1", test_daemon_port_of(daemon, "0.0.0.0"));
	expect_redirect(&client);
	if (has_ipv6()) {
		test_client_connect_to(
		    &client, "::1", test_daemon_port_of(daemon, "[::]"));
		expect_redirect(&client);
	}
	test_daemon_stop(&daemon);
}
END_TEST

static void
expect_all_addresses(struct test_daemon *daemon, const char *name)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *entry;
	char host[NI_MAXHOST], text[NI_MAXHOST + 2];

	ck_assert_int_eq(getaddrinfo(name, NULL, &hints, &list), 0);
	for (entry = list; entry != NULL; entry = entry->ai_next) {
		ck_assert_int_eq(
		    getnameinfo(entry->ai_addr, entry->ai_addrlen, host,
			sizeof(host), NULL, 0, NI_NUMERICHOST),
		    0);
		snprintf(text, sizeof(text),
		    entry->ai_family == AF_INET6 ? "[%s]" : "%s", host);
		expect_listening(daemon, text);
	}
	freeaddrinfo(list);
}

START_TEST(a_name_is_all_its_addresses)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(
	    daemon, "workers = 1\nlisten \"localhost:0\" {}\n%s", redirect);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	expect_all_addresses(daemon, "localhost");
	test_daemon_stop(&daemon);
}
END_TEST

/* The daemon's own /etc/hosts, where root may have one. */
static void
use_own_hosts(void *context)
{
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount(context, "/etc/hosts", NULL, MS_BIND, NULL) == -1) {
		perror("a mount namespace");
		_exit(77);
	}
}

START_TEST(a_name_with_several_addresses_is_several_listeners)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;
	char hosts[256];
	int code;

	snprintf(hosts, sizeof(hosts), "%s",
	    test_daemon_write(daemon, "hosts",
		"127.0.0.1 many\n127.0.0.2 many\n127.0.0.3 many\n"));
	test_daemon_prepare(daemon, use_own_hosts, hosts);
	code = test_daemon_run(daemon, &output, "-v", NULL);
	test_output_free(&output);
	if (code == 0) {
		test_daemon_configure(
		    daemon, "workers = 1\nlisten \"many:0\" {}\n%s", redirect);
		test_daemon_start(daemon, "-c", "@/conf", NULL);
		expect_listening(daemon, "127.0.0.1");
		expect_listening(daemon, "127.0.0.2");
		expect_listening(daemon, "127.0.0.3");
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- LISTEN_FDS ---- */

struct passed {
	int fds[2];
	int count;
	bool is_for_other;
};

static int
listen_on(const char *address, unsigned *port_r)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(inet_pton(AF_INET, address, &name.sin_addr), 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, size), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &size), 0);
	*port_r = ntohs(name.sin_port);
	return fd;
}

/* From 3 on, as sd_listen_fds(3) has it. */
static void
pass_sockets(void *context)
{
	const struct passed *passed = context;
	char text[32];
	int i;

	for (i = 0; i < passed->count; i++)
		dup2(passed->fds[i], 100 + i);
	for (i = 0; i < passed->count; i++)
		dup2(100 + i, 3 + i);
	for (i = 0; i < passed->count; i++)
		close(100 + i);
	snprintf(
	    text, sizeof(text), "%d", passed->is_for_other ? 1 : (int)getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%d", passed->count);
	setenv("LISTEN_FDS", text, 1);
}

START_TEST(passed_sockets_are_used_for_their_addresses)
{
	struct test_daemon *daemon = test_daemon_new();
	struct passed passed = { .count = 2 };
	struct test_client client;
	unsigned ports[2];

	passed.fds[0] = listen_on("127.0.0.1", &ports[0]);
	passed.fds[1] = listen_on("127.0.0.2", &ports[1]);
	test_daemon_prepare(daemon, pass_sockets, &passed);
	test_daemon_configure(daemon,
	    "workers = 1\nlisten \"127.0.0.1:%u\" {}\n"
	    "listen \"127.0.0.3:0\" {}\n%s",
	    ports[0], redirect);
	test_daemon_launch(daemon, "-c", "@/conf", NULL);
	test_daemon_wait(daemon, "is in no listen section: closed");
	test_daemon_wait(daemon, " serves with ");
	close(passed.fds[0]);
	close(passed.fds[1]);
	test_client_connect(&client, ports[0]);
	expect_redirect(&client);
	expect_listening(daemon, "127.0.0.3");
	/* Bound by nobody: it was passed, not made. */
	ck_assert_uint_eq(
	    test_daemon_count(daemon, " listening on 127.0.0.1:"), 0);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_daemon_gets_what_its_command_was_passed)
{
	struct test_daemon *daemon = test_daemon_new();
	struct passed passed = { .count = 1 };
	struct test_output output;
	struct test_client client;
	unsigned port;

	passed.fds[0] = listen_on("127.0.0.1", &port);
	test_daemon_prepare(daemon, pass_sockets, &passed);
	test_daemon_configure(daemon,
	    "workers = 1\npid_file = \"@/pid\"\nerror_log = \"@/log\"\n"
	    "listen \"127.0.0.1:%u\" {}\n%s",
	    port, redirect);
	ck_assert_int_eq(
	    test_daemon_start_background(daemon, &output, "-c", "@/conf", NULL),
	    0);
	test_output_free(&output);
	close(passed.fds[0]);
	test_client_connect(&client, port);
	expect_redirect(&client);
	ck_assert_uint_eq(test_daemon_count(daemon, " listening on "), 0);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(sockets_passed_to_another_process_are_not_touched)
{
	struct test_daemon *daemon = test_daemon_new();
	struct passed passed = { .count = 1, .is_for_other = true };
	unsigned port;

	passed.fds[0] = listen_on("127.0.0.1", &port);
	test_daemon_prepare(daemon, pass_sockets, &passed);
	test_daemon_configure(
	    daemon, "workers = 1\nlisten \"127.0.0.2:0\" {}\n%s", redirect);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	expect_listening(daemon, "127.0.0.2");
	close(passed.fds[0]);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("listen");
	TCase *tcase = tcase_create("listen");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(
	    tcase, a_unix_socket_has_its_mode_and_a_stale_one_is_replaced);
	tcase_add_test(tcase, a_unix_socket_in_use_is_left_alone);
	tcase_add_test(tcase, an_address_in_use_is_a_failed_start);
	tcase_add_test(tcase, several_listeners_serve_at_once);
	tcase_add_test(tcase, an_asterisk_is_every_family);
	tcase_add_test(tcase, a_name_is_all_its_addresses);
	tcase_add_test(
	    tcase, a_name_with_several_addresses_is_several_listeners);
	tcase_add_test(tcase, passed_sockets_are_used_for_their_addresses);
	tcase_add_test(tcase, a_daemon_gets_what_its_command_was_passed);
	tcase_add_test(
	    tcase, sockets_passed_to_another_process_are_not_touched);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
