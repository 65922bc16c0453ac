/* SPDX-License-Identifier: ISC */
/*
 * What a service manager is told, message by message; a socket of the
 * test's own stands for the manager.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define SERVE "workers = 2\n" TEST_SERVE_MODULE

struct manager {
	struct test_daemon *daemon;
	int fd;
	char address[108];
	const char *watchdog; /* WATCHDOG_USEC, or NULL */
	char message[4096];
};

static void
set_environment(void *context)
{
	const struct manager *manager = context;
	char number[32];

	setenv("NOTIFY_SOCKET", manager->address, 1);
	if (manager->watchdog == NULL)
		return;
	setenv("WATCHDOG_USEC", manager->watchdog, 1);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("WATCHDOG_PID", number, 1);
}

/* address: "@" and a name, or "" for a path below the directory. */
static void
open_manager(struct manager *manager, const char *address)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t size;

	*manager = (struct manager) { .daemon = test_daemon_new() };
	snprintf(manager->address, sizeof(manager->address), "%s%s", address,
	    address[0] == '@' ? "" :
				test_daemon_path(manager->daemon, "notify"));
	size = strlen(manager->address);
	memcpy(name.sun_path, manager->address, size);
	if (address[0] == '@')
		name.sun_path[0] = '\0';
	manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
	    bind(manager->fd, (struct sockaddr *)&name,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)),
	    0);
	test_daemon_prepare(manager->daemon, set_environment, manager);
}

static void
configure(struct manager *manager)
{
	test_daemon_configure(manager->daemon, SERVE,
	    test_daemon_module(manager->daemon, "module_test"));
}

static void
start(struct manager *manager)
{
	configure(manager);
	test_daemon_start(manager->daemon, "-c", "@/conf", NULL);
}

static void
stop(struct manager *manager)
{
	test_daemon_stop(&manager->daemon);
	close(manager->fd);
}

static const char *
receive(struct manager *manager)
{
	struct pollfd poll_fd = { .fd = manager->fd, .events = POLLIN };
	ssize_t size;

	ck_assert_msg(poll(&poll_fd, 1, TEST_DEADLINE_MS) == 1, "no message");
	size = recv(
	    manager->fd, manager->message, sizeof(manager->message) - 1, 0);
	ck_assert_int_ge(size, 0);
	manager->message[size] = '\0';
	return manager->message;
}

static void
expect(struct manager *manager, const char *message)
{
	ck_assert_str_eq(receive(manager), message);
}

static void
expect_reloading(struct manager *manager, const char *status)
{
	long long before = test_now_ms(), time_us;
	char rest[256], text[256];

	ck_assert_int_eq(
	    sscanf(receive(manager),
		"RELOADING=1\nMONOTONIC_USEC=%lld\n%255[^\n]", &time_us, rest),
	    2);
	snprintf(text, sizeof(text), "STATUS=%s", status);
	ck_assert_str_eq(rest, text);
	ck_assert_int_le(llabs(time_us / 1000 - before), TEST_DEADLINE_MS);
}

static void
expect_nothing(struct manager *manager)
{
	struct pollfd poll_fd = { .fd = manager->fd, .events = POLLIN };

	ck_assert_int_eq(poll(&poll_fd, 1, 0), 0);
}

#define ONE "cohort 1 serves with 2 workers"

static void
fail_reload(struct manager *manager)
{
	test_daemon_configure(manager->daemon, "no_such_option = 1\n");
	test_daemon_signal(manager->daemon, SIGHUP);
	test_daemon_wait(manager->daemon, "reload failed, nothing was changed");
	expect_reloading(manager, ONE "; reloading");
	ck_assert_ptr_nonnull(strstr(receive(manager),
	    "READY=1\nSTATUS=" ONE "; the last reload failed: "));
	ck_assert_ptr_nonnull(strstr(manager->message, "no_such_option"));
}

static void
reload(struct manager *manager)
{
	configure(manager);
	test_daemon_signal(manager->daemon, SIGHUP);
	test_daemon_wait(manager->daemon, " info: reloaded: cohort 2 ");
	expect_reloading(manager, ONE "; reloading");
	expect(manager, "READY=1\nSTATUS=cohort 2 serves with 2 workers");
}

static void
expect_life(struct manager *manager)
{
	start(manager);
	test_daemon_expect(manager->daemon, " info: reload: reading");
	expect(manager, "READY=1\nSTATUS=" ONE);
	fail_reload(manager);
	reload(manager);
	test_daemon_signal(manager->daemon, SIGTERM);
	ck_assert_int_eq(test_daemon_wait_exit(manager->daemon), 0);
	expect(manager,
	    "STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000\nSTATUS=stopping");
	expect_nothing(manager);
	stop(manager);
}

START_TEST(each_state_is_told_once)
{
	struct manager manager;

	open_manager(&manager, "");
	expect_life(&manager);
}
END_TEST

START_TEST(an_abstract_socket_is_as_good)
{
	struct manager manager;
	char name[64];

	snprintf(name, sizeof(name), "@cohort-test-%d", (int)getpid());
	open_manager(&manager, name);
	expect_life(&manager);
}
END_TEST

START_TEST(the_status_follows_the_workers)
{
	struct manager manager;

	open_manager(&manager, "");
	start(&manager);
	test_daemon_expect(manager.daemon, " workers instead of ");
	test_daemon_expect(manager.daemon, "; HUP brings a new one");
	expect(&manager, "READY=1\nSTATUS=" ONE);
	test_daemon_signal(manager.daemon, SIGTTIN);
	expect(&manager, "STATUS=cohort 1 serves with 3 workers");
	test_daemon_signal(manager.daemon, SIGTTOU);
	expect(&manager, "STATUS=cohort 1 serves with 2 workers");
	test_daemon_signal(manager.daemon, SIGTTOU);
	expect(&manager, "STATUS=cohort 1 serves with 1 worker");
	test_daemon_signal(manager.daemon, SIGWINCH);
	expect(&manager, "STATUS=no cohort serves; HUP brings one");
	stop(&manager);
}
END_TEST

START_TEST(a_start_that_fails_says_why)
{
	struct manager manager;

	open_manager(&manager, "");
	test_daemon_configure(manager.daemon,
	    "listen \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { module = \"/nowhere.so\" } }\n");
	test_daemon_launch(manager.daemon, "-c", "@/conf", NULL);
	test_daemon_expect(manager.daemon, "/nowhere.so");
	ck_assert_int_ne(test_daemon_wait_exit(manager.daemon), 0);
	ck_assert_ptr_nonnull(strstr(receive(&manager), "STATUS="));
	ck_assert_ptr_nonnull(strstr(manager.message, "/nowhere.so"));
	ck_assert_ptr_null(strstr(manager.message, "READY"));
	expect_nothing(&manager);
	stop(&manager);
}
END_TEST

START_TEST(the_watchdog_is_fed)
{
	struct manager manager;
	int i;

	open_manager(&manager, "");
	manager.watchdog = "20000";
	start(&manager);
	while (strcmp(receive(&manager), "WATCHDOG=1") == 0)
		continue;
	ck_assert_str_eq(manager.message, "READY=1\nSTATUS=" ONE);
	for (i = 0; i < 3; i++)
		expect(&manager, "WATCHDOG=1");
	stop(&manager);
}
END_TEST

/* The new program has the manager's address from the old one. */
START_TEST(an_upgrade_goes_on_telling)
{
	struct manager manager;

	open_manager(&manager, "");
	start(&manager);
	expect(&manager, "READY=1\nSTATUS=" ONE);
	test_daemon_expect(manager.daemon, " info: upgrade: ");
	test_daemon_expect(manager.daemon, " info: reload: reading");
	test_daemon_expect(manager.daemon, " proven in ");
	test_daemon_signal(manager.daemon, SIGUSR2);
	test_daemon_wait(manager.daemon, " info: upgraded from ");
	test_daemon_wait(manager.daemon, " info: reloaded: cohort 2 ");
	expect(&manager, "READY=1\nSTATUS=" ONE);
	expect_reloading(&manager, ONE "; reloading");
	expect(&manager, "READY=1\nSTATUS=cohort 2 serves with 2 workers");
	stop(&manager);
}
END_TEST

START_TEST(one_who_does_not_read_holds_nobody_up)
{
	struct manager manager;
	struct test_response response;
	int i;

	open_manager(&manager, "");
	manager.watchdog = "2000";
	start(&manager);
	test_daemon_expect(manager.daemon, " info: reload: reading");
	/* Each is two messages; the kernel holds fewer by far. */
	for (i = 0; i < 20; i++) {
		test_daemon_signal(manager.daemon, SIGHUP);
		test_daemon_wait(manager.daemon, " info: reloaded: cohort ");
	}
	test_get(test_daemon_port(manager.daemon), "/hello/you", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
	/* What waited comes once there is room: the last words, at least. */
	while (strstr(receive(&manager), "cohort 21 serves") == NULL)
		continue;
	stop(&manager);
}
END_TEST

START_TEST(nobody_there_is_no_reason_not_to_serve)
{
	struct manager manager;

	open_manager(&manager, "");
	unlink(manager.address);
	configure(&manager);
	test_daemon_launch(manager.daemon, "-c", "@/conf", NULL);
	test_daemon_wait(manager.daemon, " warn: NOTIFY_SOCKET=");
	test_daemon_wait(manager.daemon, " serves with ");
	stop(&manager);
}
END_TEST

START_TEST(a_daemon_tells_its_pid)
{
	struct manager manager;
	struct test_output output;
	char text[128];

	open_manager(&manager, "");
	/* Of the process that is started, which does not stay. */
	manager.watchdog = "1000000000";
	test_daemon_configure(manager.daemon,
	    "pid_file = \"@/pid\"\nerror_log = \"@/log\"\n" SERVE,
	    test_daemon_module(manager.daemon, "module_test"));
	ck_assert_int_eq(test_daemon_start_background(
			     manager.daemon, &output, "-c", "@/conf", NULL),
	    0);
	test_output_free(&output);
	snprintf(text, sizeof(text), "READY=1\nMAINPID=%d\nSTATUS=" ONE,
	    (int)test_daemon_pid(manager.daemon));
	expect(&manager, text);
	stop(&manager);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("notify");
	TCase *tests = tcase_create("notify");

	tcase_add_test(tests, each_state_is_told_once);
	tcase_add_test(tests, an_abstract_socket_is_as_good);
	tcase_add_test(tests, the_status_follows_the_workers);
	tcase_add_test(tests, a_start_that_fails_says_why);
	tcase_add_test(tests, the_watchdog_is_fed);
	tcase_add_test(tests, an_upgrade_goes_on_telling);
	tcase_add_test(tests, one_who_does_not_read_holds_nobody_up);
	tcase_add_test(tests, nobody_there_is_no_reason_not_to_serve);
	tcase_add_test(tests, a_daemon_tells_its_pid);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
