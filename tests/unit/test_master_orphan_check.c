/* SPDX-License-Identifier: ISC */
/*
 * What a worker may hand over, and all that it may not.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "master/master_private.h"
#include "test_network.h"
#include "test_unit.h"

static struct ipc_orphan orphan;
static struct master_listener listener;
static int client = -1, other = -1;

static void
set_up(void)
{
	orphan = (struct ipc_orphan) {
		.listener = 1,
		.kind = IPC_ORPHAN_IDLE,
		.peer = { NETWORK_IPV4, { 127, 0, 0, 1 } },
	};
	listener = (struct master_listener) {
		.magic = MASTER_LISTENER_MAGIC,
		.fd = -1,
		.id = 1,
		.is_tcp = true,
	};
}

static void
tear_down(void)
{
	fd_close(&listener.fd);
	fd_close(&client);
	fd_close(&other);
}

static int
listen_at(const void *address, socklen_t size)
{
	const struct sockaddr *any = address;
	int fd = socket(any->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, any, size), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

static int
listen_ipv4(uint32_t address)
{
	const struct sockaddr_in place = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(address),
	};

	return listen_at(&place, sizeof(place));
}

/* A connection of that listening socket; the client's end is static. */
static int
accept_at(int listening)
{
	struct sockaddr_storage place;
	socklen_t size = sizeof(place);
	int fd;

	getsockname(listening, (struct sockaddr *)&place, &size);
	fd_close(&client);
	client = socket(place.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&place, size), 0);
	fd = accept(listening, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static enum master_orphan_check
check(int fd)
{
	return master_orphan_check(fd, &orphan, &listener);
}

/* Takes fd. */
static void
expect_wrong(int fd)
{
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_WRONG);
	close(fd);
}

START_TEST(an_accepted_one_is_good)
{
	int fd;

	listener.fd = listen_ipv4(INADDR_LOOPBACK);
	fd = accept_at(listener.fd);
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_GOOD);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
}
END_TEST

START_TEST(a_wildcard_has_any_address)
{
	int fd;

	listener.fd = listen_ipv4(INADDR_ANY);
	fd = accept_at(listener.fd);
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_GOOD);
	close(fd);
}
END_TEST

START_TEST(a_dual_stack_listener_has_mapped_ones)
{
	const struct sockaddr_in6 place = { .sin6_family = AF_INET6 };
	struct sockaddr_in6 own;
	struct sockaddr_in dialed = { .sin_family = AF_INET };
	socklen_t size = sizeof(own);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return;
	listener.fd = fd;
	if (bind(fd, (const void *)&place, sizeof(place)) == -1)
		return;
	ck_assert_int_eq(listen(fd, 8), 0);
	getsockname(fd, (void *)&own, &size);
	dialed.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	dialed.sin_port = own.sin6_port;
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
	    connect(client, (const void *)&dialed, sizeof(dialed)), 0);
	fd = accept(listener.fd, NULL, NULL);
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_GOOD);
	close(fd);
}
END_TEST

START_TEST(what_is_no_connection_is_wrong)
{
	int ends[2];

	listener.fd = listen_ipv4(INADDR_LOOPBACK);
	expect_wrong(open("/dev/null", O_RDWR | O_CLOEXEC));
	expect_wrong(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	expect_wrong(ends[0]);
	expect_wrong(ends[1]);
	expect_wrong(dup(listener.fd));
	expect_wrong(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	expect_wrong(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	expect_wrong(ends[0]);
	expect_wrong(ends[1]);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	expect_wrong(ends[0]);
	expect_wrong(ends[1]);
	/* And it listens on, for others. */
	close(accept_at(listener.fd));
}
END_TEST

START_TEST(one_of_another_listener_is_wrong)
{
	int fd;

	listener.fd = listen_ipv4(INADDR_LOOPBACK);
	other = listen_ipv4(INADDR_LOOPBACK);
	expect_wrong(accept_at(other));
	/* Of ours, but the client's end. */
	fd = accept_at(listener.fd);
	ck_assert_int_eq(check(client), MASTER_ORPHAN_WRONG);
	ck_assert_int_eq(
	    master_orphan_check(fd, &orphan, NULL), MASTER_ORPHAN_WRONG);
	close(fd);
}
END_TEST

START_TEST(one_that_ended_is_no_nonsense)
{
	const struct linger reset = { .l_onoff = 1 };
	struct pollfd poll_fd = { .events = POLLIN };
	int fd;

	listener.fd = listen_ipv4(INADDR_LOOPBACK);
	fd = accept_at(listener.fd);
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	fd_close(&client);
	poll_fd.fd = fd;
	ck_assert_int_eq(poll(&poll_fd, 1, 10000), 1);
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_ENDED);
	close(fd);
}
END_TEST

START_TEST(a_client_that_only_shut_down_is_good)
{
	int fd;

	listener.fd = listen_ipv4(INADDR_LOOPBACK);
	fd = accept_at(listener.fd);
	shutdown(client, SHUT_WR);
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_GOOD);
	close(fd);
}
END_TEST

/* Until the queue is full. */
static void
fill_queue(int fd)
{
	static const char bytes[65536];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	ck_assert_int_eq(errno, EAGAIN);
}

/* Also where it is of no listener of ours. */
START_TEST(to_close_it_does_not_wait)
{
	const struct linger wait = { .l_onoff = 1, .l_linger = 30 };
	uint64_t begin;
	int fd;

	listener.fd = listen_ipv4(INADDR_LOOPBACK);
	other = listen_ipv4(INADDR_LOOPBACK);
	fd = accept_at(_i == 0 ? listener.fd : other);
	fill_queue(fd);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &wait, sizeof(wait));
	begin = clock_monotonic_ms();
	ck_assert_int_eq(
	    check(fd), _i == 0 ? MASTER_ORPHAN_GOOD : MASTER_ORPHAN_WRONG);
	close(fd);
	ck_assert_uint_lt(clock_monotonic_ms() - begin, 5000);
}
END_TEST

START_TEST(a_unix_socket_has_its_path)
{
	char directory[] = "/tmp/cohort-test-XXXXXX";
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	int fd, ends[2];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(place.sun_path, sizeof(place.sun_path), "%s/s", directory);
	listener.fd = listen_at(&place, sizeof(place));
	listener.is_tcp = false;
	fd = accept_at(listener.fd);
	unlink(place.sun_path);
	rmdir(directory);
	orphan.peer.family = NETWORK_NONE;
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_WRONG);
	orphan.peer = network_of("unix");
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_GOOD);
	/* The client of a proxy that came over it. */
	orphan.peer = network_of("192.0.2.1");
	orphan.kind = IPC_ORPHAN_PROXY;
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_GOOD);
	close(fd);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	expect_wrong(ends[0]);
	expect_wrong(ends[1]);
	expect_wrong(dup(client));
}
END_TEST

START_TEST(facts_must_make_sense)
{
	const struct ipc_orphan good = orphan;
	int fd;

	listener.fd = listen_ipv4(INADDR_LOOPBACK);
	fd = accept_at(listener.fd);
	orphan.kind = 0;
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_WRONG);
	orphan.kind = IPC_ORPHAN_PROXY + 1;
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_WRONG);
	orphan = good;
	orphan.deadline_class = UINT32_MAX;
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_WRONG);
	orphan = good;
	orphan.input_size = IPC_ORPHAN_INPUT_MAX + 1;
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_WRONG);
	orphan = good;
	orphan.peer.family = NETWORK_SELF;
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_WRONG);
	orphan = good;
	orphan.peer.bytes[4] = 1;
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_WRONG);
	orphan.peer = network_of("2001:db8::1");
	ck_assert_int_eq(check(fd), MASTER_ORPHAN_GOOD);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_orphan_check");
	TCase *tests = tcase_create("check");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_accepted_one_is_good);
	tcase_add_test(tests, a_wildcard_has_any_address);
	tcase_add_test(tests, a_dual_stack_listener_has_mapped_ones);
	tcase_add_test(tests, what_is_no_connection_is_wrong);
	tcase_add_test(tests, one_of_another_listener_is_wrong);
	tcase_add_test(tests, one_that_ended_is_no_nonsense);
	tcase_add_test(tests, a_client_that_only_shut_down_is_good);
	tcase_add_loop_test(tests, to_close_it_does_not_wait, 0, 2);
	tcase_add_test(tests, a_unix_socket_has_its_path);
	tcase_add_test(tests, facts_must_make_sense);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
