/* SPDX-License-Identifier: ISC */
/*
 * Crashes while those who would take over have no descriptors left: they may
 * lose connections, but live on.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include "test_crash.h"
#include "test_unit.h"

static const struct test_crash_kind null = { "null", "SIGSEGV" };
static const struct test_crash_place here = { "/crash", 500, false };

#define HELLO "GET /hello/you HTTP/1.1\r\nHost: a\r\n\r\n"

#define DESCRIPTORS 120
#define SPREAD      20

static void
connect_to(struct test_daemon *daemon, struct test_client *client)
{
	test_client_connect(client, test_daemon_port(daemon));
}

static struct test_daemon *
start_limited(unsigned workers, rlim_t limit)
{
	const struct rlimit both = { limit, limit };
	struct test_daemon *daemon;
	struct rlimit before;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	if (limit < before.rlim_max)
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &both), 0);
	daemon =
	    test_crash_start(workers, "max_connections = 50\nopen_files = 0\n");
	test_daemon_expect(daemon, "workers will hold fewer");
	return daemon;
}

/* A client of a worker that is not that one. */
static pid_t
connect_to_other(
    struct test_daemon *daemon, struct test_client *client, pid_t worker)
{
	pid_t found;

	for (;;) {
		connect_to(daemon, client);
		found = test_client_pid(client);
		if (found != worker)
			return found;
		test_client_close(client);
	}
}

/* Served, or closed, but not left alone; how many are served. */
static unsigned
count_served(struct test_client *clients, unsigned count)
{
	unsigned i, served = 0;

	for (i = 0; i < count; i++) {
		if (send(clients[i].fd, HELLO, sizeof(HELLO) - 1,
			MSG_NOSIGNAL) == sizeof(HELLO) - 1 &&
		    !test_client_is_closed(&clients[i])) {
			test_client_expect(
			    &clients[i], "GET", 200, "Hello, you!\n");
			served++;
		}
		test_client_close(&clients[i]);
	}
	return served;
}

START_TEST(an_adopter_without_descriptors_lives_on)
{
	struct test_daemon *daemon = start_limited(2, DESCRIPTORS);
	struct test_client clients[SPREAD], own, victim;
	pid_t adopter, other;
	unsigned i;

	test_daemon_expect(daemon, "no descriptors left for");
	test_daemon_expect(daemon, "pausing for");
	connect_to(daemon, &own);
	adopter = test_client_pid(&own);
	for (i = 0; i < SPREAD; i++)
		other = connect_to_other(daemon, &clients[i], adopter);
	ck_assert_int_eq(test_client_status(&own, "/hoard/3"), 200);
	ck_assert_int_eq(connect_to_other(daemon, &victim, adopter), other);
	test_crash_make(daemon, &victim, &here, &null, 1);
	count_served(clients, SPREAD);
	ck_assert_int_eq(test_client_pid(&own), adopter);
	connect_to_other(daemon, &victim, adopter);
	test_client_close(&victim);
	test_client_close(&own);
	ck_assert_uint_eq(test_daemon_count(daemon, "was killed by"), 1);
	test_daemon_stop(&daemon);
}
END_TEST

/* It takes in what it can, and makes a new worker as soon as it can. */
START_TEST(a_master_without_descriptors_lives_on)
{
	struct test_daemon *daemon = start_limited(1, DESCRIPTORS);
	struct rlimit few = { 0, DESCRIPTORS },
		      many = { DESCRIPTORS, DESCRIPTORS };
	struct test_client clients[SPREAD], victim;
	pid_t master = test_daemon_pid(daemon);
	unsigned i;

	test_daemon_expect(daemon, "no descriptors left for");
	test_daemon_expect(daemon, "cannot replace a worker: ");
	test_daemon_expect(daemon, "died before they served");
	for (i = 0; i < SPREAD; i++) {
		connect_to(daemon, &clients[i]);
		test_client_pid(&clients[i]);
	}
	connect_to(daemon, &victim);
	test_client_pid(&victim);
	ck_assert_int_eq(prlimit(master, RLIMIT_NOFILE, &few, NULL), 0);
	test_client_send_text(
	    &victim, "GET /crash/null HTTP/1.1\r\nHost: a\r\n\r\n");
	test_crash_expect_500(&victim, "GET");
	test_daemon_wait(daemon, "cannot replace a worker: ");
	ck_assert_int_eq(prlimit(master, RLIMIT_NOFILE, &many, NULL), 0);
	test_crash_expect_record(daemon, "SIGSEGV", "GET /crash/null");
	connect_to(daemon, &victim);
	ck_assert_int_eq(test_client_status(&victim, "/hello/you"), 200);
	test_client_close(&victim);
	count_served(clients, SPREAD);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("shortage");
	TCase *tcase = tcase_create("shortage");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, an_adopter_without_descriptors_lives_on);
	tcase_add_test(tcase, a_master_without_descriptors_lives_on);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
