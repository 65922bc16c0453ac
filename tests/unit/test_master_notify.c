/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/un.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "master/master_notify.h"
#include "test_process.h"
#include "test_unit.h"

static char directory[] = "/tmp/cohort-test-XXXXXX";
static char path[64], message[256];
static struct event_base *base;
static struct master_notify *notify;
static int manager;

static void
set_up(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/notify", directory);
	strcpy(name.sun_path, path);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(
	    bind(manager, (struct sockaddr *)&name, sizeof(name)), 0);
	base = event_base_new();
	setenv("NOTIFY_SOCKET", path, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void
tear_down(void)
{
	master_notify_free(&notify);
	event_base_free(base);
	close(manager);
	unlink(path);
	rmdir(directory);
}

static void
start(void)
{
	notify = master_notify_new();
	master_notify_start(notify, base);
}

/* The next message, or "". */
static const char *
received(void)
{
	ssize_t size = recv(manager, message, sizeof(message) - 1, 0);

	message[size < 0 ? 0 : size] = '\0';
	return message;
}

static void
send_number(int number)
{
	char text[32];

	snprintf(text, sizeof(text), "STATUS=%d", number);
	master_notify_send(notify, text);
}

START_TEST(the_variables_are_read_and_gone)
{
	setenv("WATCHDOG_USEC", "1000000", 1);
	start();
	ck_assert_ptr_nonnull(notify);
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	master_notify_send(notify, "READY=1");
	ck_assert_str_eq(received(), "READY=1");
}
END_TEST

START_TEST(a_successor_gets_them_back)
{
	char number[32];

	setenv("WATCHDOG_USEC", "1000000", 1);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("WATCHDOG_PID", number, 1);
	start();
	master_notify_export(notify);
	ck_assert_str_eq(getenv("NOTIFY_SOCKET"), path);
	ck_assert_str_eq(getenv("WATCHDOG_USEC"), "1000000");
	ck_assert_ptr_null(getenv("WATCHDOG_PID"));
}
END_TEST

START_TEST(without_a_manager_all_is_silent)
{
	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "1000", 1);
	start();
	ck_assert_ptr_null(notify);
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	master_notify_send(notify, "READY=1");
	master_notify_export(notify);
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
}
END_TEST

static const char *const unusable[] = {
	"vsock:2:1234",
	"relative/path",
	"/nowhere/notify",
	"/0123456789012345678901234567890123456789012345678901234567890123456"
	"789012345678901234567890123456789012345678901234567890",
};

START_TEST(an_unusable_address_harms_nobody)
{
	setenv("NOTIFY_SOCKET", unusable[_i], 1);
	start();
	ck_assert_ptr_nonnull(notify);
	master_notify_send(notify, "READY=1");
	ck_assert_str_eq(received(), "");
}
END_TEST

static const struct {
	const char *time, *pid;
	bool is_fed;
} watchdogs[] = {
	{ "2000", NULL, true },
	{ "1", NULL, true },
	{ "2000", "1", false },
	{ "2000", "", false },
	{ "0", NULL, false },
	{ "-5", NULL, false },
	{ "soon", NULL, false },
};

START_TEST(the_watchdog_is_fed_if_it_is_ours)
{
	long long end = test_now_ms() + TEST_DEADLINE_MS;

	setenv("WATCHDOG_USEC", watchdogs[_i].time, 1);
	if (watchdogs[_i].pid != NULL)
		setenv("WATCHDOG_PID", watchdogs[_i].pid, 1);
	start();
	/* Without one there is no event, and the loop ends at once. */
	if (!watchdogs[_i].is_fed)
		ck_assert_int_eq(event_base_dispatch(base), 1);
	while (watchdogs[_i].is_fed && received()[0] == '\0') {
		ck_assert_int_lt(test_now_ms(), end);
		event_base_loop(base, EVLOOP_ONCE);
	}
	ck_assert_str_eq(watchdogs[_i].is_fed ? message : received(),
	    watchdogs[_i].is_fed ? "WATCHDOG=1" : "");
}
END_TEST

/* Sends until the kernel takes no more, and then so many; how many it took. */
static int
fill(int more)
{
	int number = 0;

	while (event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED) == 0) {
		ck_assert_int_lt(number, 100000);
		send_number(number++);
	}
	/* The last one was not taken, and is the first that waits. */
	for (; more > 1; more--)
		send_number(number++);
	return number;
}

static void
expect_numbers(int first, int last)
{
	char text[32];

	for (; first < last; first++) {
		snprintf(text, sizeof(text), "STATUS=%d", first);
		ck_assert_str_eq(received(), text);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	ck_assert_str_eq(received(), "");
}

START_TEST(what_finds_no_room_comes_later_in_order)
{
	int count;

	start();
	count = fill(MASTER_NOTIFY_WAITING);
	expect_numbers(0, count);
	ck_assert_int_eq(
	    event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 0);
}
END_TEST

START_TEST(too_much_of_it_loses_the_oldest)
{
	int count, taken;

	start();
	count = fill(MASTER_NOTIFY_WAITING + 5);
	taken = count - MASTER_NOTIFY_WAITING - 5;
	for (count = 0; count < taken; count++)
		ck_assert_str_ne(received(), "");
	event_base_loop(base, EVLOOP_NONBLOCK);
	expect_numbers(taken + 5, taken + 5 + MASTER_NOTIFY_WAITING);
}
END_TEST

START_TEST(a_manager_that_went_is_left_alone)
{
	start();
	fill(3);
	close(manager);
	manager = -1;
	event_base_loop(base, EVLOOP_NONBLOCK);
	master_notify_send(notify, "STATUS=x");
	ck_assert_int_eq(
	    event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_notify");
	TCase *tests = tcase_create("notify");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_variables_are_read_and_gone);
	tcase_add_test(tests, a_successor_gets_them_back);
	tcase_add_test(tests, without_a_manager_all_is_silent);
	tcase_add_loop_test(tests, an_unusable_address_harms_nobody, 0,
	    sizeof(unusable) / sizeof(unusable[0]));
	tcase_add_loop_test(tests, the_watchdog_is_fed_if_it_is_ours, 0,
	    sizeof(watchdogs) / sizeof(watchdogs[0]));
	tcase_add_test(tests, what_finds_no_room_comes_later_in_order);
	tcase_add_test(tests, too_much_of_it_loses_the_oldest);
	tcase_add_test(tests, a_manager_that_went_is_left_alone);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
