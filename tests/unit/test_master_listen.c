/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "master/master_private.h"
#include "master/master_socket.h"
#include "test_unit.h"

static char directory[] = "/tmp/cohort-test-XXXXXX";
static struct master master;
static struct master_cohort cohort;
static bool is_return;
static struct error error;

static void
set_up(void)
{
	master = (struct master) { .magic = MASTER_MAGIC };
	list_init(&master.listeners);
	cohort = (struct master_cohort) { .master = &master };
	list_init(&cohort.workers);
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void
tear_down(void)
{
	master_listen_release(&cohort);
	rmdir(directory);
}

/* The settings last no longer: what is done with sections is not tried. */
static int
open_both(struct master_cohort *of, const char *first, const char *second)
{
	struct settings_listener both[2];
	struct settings settings = {
		.listeners = both,
		.listener_count = second == NULL ? 1 : 2,
	};
	size_t i;
	int result;

	for (i = 0; i < 2; i++)
		both[i] = (struct settings_listener) {
			.place = memory_copy_text("test"),
			.address = memory_copy_text(i == 0 ? first : second),
			.backlog = 1,
			.mode = 0600,
		};
	of->settings = &settings;
	result = master_listen_open(of, is_return, &error);
	of->settings = NULL;
	for (i = 0; i < 2; i++) {
		memory_free(both[i].place);
		memory_free(both[i].address);
	}
	return result;
}

START_TEST(two_names_of_one_address_are_one_listener)
{
	error_clear(&error);
	ck_assert_msg(open_both(&cohort, "127.0.0.1:0", "localhost:0") == 0,
	    "%s", error.text);
	ck_assert_uint_ge(cohort.listener_count, 1);
	ck_assert_uint_eq(cohort.listeners[0]->users, 1);
}
END_TEST

/* ---- what accepted sockets inherit ---- */

static int
option_of(int fd, int level, int option)
{
	socklen_t size = sizeof(int);
	int value;

	ck_assert_int_eq(getsockopt(fd, level, option, &value, &size), 0);
	return value;
}

/* One that is accepted now; the caller's. */
static int
accept_one(int listener, int *client_r)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int fd;

	ck_assert_int_eq(
	    getsockname(listener, (struct sockaddr *)&address, &size), 0);
	*client_r = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
	    connect(*client_r, (struct sockaddr *)&address, size), 0);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ne(fd, -1);
	return fd;
}

static const struct {
	uint64_t tcp_keepalive, tcp_user_timeout;
	int keepalive, idle, interval; /* idle 0: not looked at */
} patiences[] = {
	{ 30000, 60000, 1, 30, 10 },
	{ 0, 0, 0, 0, 0 },
	{ 1001, 1500, 1, 2, 2 },
	{ 1, 1, 1, 1, 1 },
	{ 7200000, 3600000, 1, 7200, 10 },
	{ 0, 5000, 0, 0, 0 },
};

/* Also when they change, as in a reload. */
START_TEST(patience_is_inherited)
{
	struct settings_listener adjusted = { .backlog = 1 };
	int listener, client, fd;
	size_t i;

	ck_assert_int_eq(open_both(&cohort, "127.0.0.1:0", NULL), 0);
	listener = cohort.listeners[0]->fd;
	for (i = 0; i < sizeof(patiences) / sizeof(*patiences); i++) {
		adjusted.tcp_keepalive = patiences[i].tcp_keepalive;
		adjusted.tcp_user_timeout = patiences[i].tcp_user_timeout;
		ck_assert_int_eq(
		    master_socket_adjust(listener, &adjusted, &error), 0);
		fd = accept_one(listener, &client);
		ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_KEEPALIVE),
		    patiences[i].keepalive);
		ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT),
		    patiences[i].tcp_user_timeout);
		if (patiences[i].idle != 0) {
			ck_assert_int_eq(
			    option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE),
			    patiences[i].idle);
			ck_assert_int_eq(
			    option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL),
			    patiences[i].interval);
			ck_assert_int_eq(
			    option_of(fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
		}
		close(fd);
		close(client);
	}
}
END_TEST

/* How much the kernel takes before it has sent it. */
START_TEST(room_for_output_is_inherited)
{
	static const int sizes[] = { 262144, 4096, 0 };
	struct settings_listener adjusted = { .backlog = 1 };
	int client, fd;
	size_t i;

	ck_assert_int_eq(open_both(&cohort, "127.0.0.1:0", NULL), 0);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		adjusted.tcp_unsent = (uint64_t)sizes[i];
		ck_assert_int_eq(master_socket_adjust(cohort.listeners[0]->fd,
				     &adjusted, &error),
		    0);
		fd = accept_one(cohort.listeners[0]->fd, &client);
		ck_assert_int_eq(
		    option_of(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), sizes[i]);
		close(fd);
		close(client);
	}
}
END_TEST

/* Whoever may write there could else have any file's mode set. */
START_TEST(a_link_in_a_sockets_place_is_not_followed)
{
	char *path = memory_format("%s/socket", directory);
	char *victim = memory_format("%s/victim", directory);
	char *name = memory_format("unix:%s", path);
	const struct settings_listener adjusted = {
		.address = name, .backlog = 1, .mode = 0600
	};
	struct stat status;

	ck_assert_int_eq(open_both(&cohort, name, NULL), 0);
	fclose(fopen(victim, "we"));
	ck_assert_int_eq(chmod(victim, 0640), 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink(victim, path), 0);
	ck_assert_int_eq(
	    master_socket_adjust(cohort.listeners[0]->fd, &adjusted, &error),
	    -1);
	ck_assert_int_eq(stat(victim, &status), 0);
	ck_assert_int_eq(status.st_mode & 0777, 0640);
	unlink(victim);
	memory_free(path);
	memory_free(victim);
	memory_free(name);
}
END_TEST

/* What a reload took away may be another's by the time of a return. */
START_TEST(a_return_passes_over_what_cannot_be_opened)
{
	ck_assert_int_eq(open_both(&cohort, "127.0.0.1:0", "192.0.2.1:80"), -1);
	ck_assert_uint_eq(cohort.listener_count, 0);
	is_return = true;
	ck_assert_int_eq(open_both(&cohort, "127.0.0.1:0", "192.0.2.1:80"), 0);
	ck_assert_uint_eq(cohort.listener_count, 1);
	master_listen_release(&cohort);
	ck_assert_int_eq(open_both(&cohort, "192.0.2.1:80", NULL), -1);
	is_return = false;
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_listen");
	TCase *tests = tcase_create("listen");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, two_names_of_one_address_are_one_listener);
	tcase_add_test(tests, a_return_passes_over_what_cannot_be_opened);
	tcase_add_test(tests, patience_is_inherited);
	tcase_add_test(tests, room_for_output_is_inherited);
	tcase_add_test(tests, a_link_in_a_sockets_place_is_not_followed);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
