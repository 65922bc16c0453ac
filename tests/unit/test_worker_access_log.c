/* SPDX-License-Identifier: ISC */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "test_unit.h"
#include "worker/worker_private.h"

static char format[] = "combined";
static char json_format[] = "json";
static struct settings settings = { .access_format = format };
static struct ipc_slot slot;
static struct ipc_process process;
static struct ipc_heritage heritage = {
	.settings = &settings,
	.access_log = -1,
};
static struct worker worker = {
	.heritage = &heritage, .slot = &slot, .process = &process
};
static struct worker_access_log *access_log;
static int reader = -1; /* of the same file, or pipe */
static struct http_exchange exchange;

static void
make_worker(void)
{
	worker.base = event_base_new();
	ck_assert_int_eq(
	    event_base_priority_init(worker.base, WORKER_PRIORITY_COUNT), 0);
	exchange.magic = HTTP_EXCHANGE_MAGIC;
	exchange.request.method_name = "GET";
	exchange.request.target = (struct cohort_str) { "/", 1 };
	exchange.request.version = 0x0101;
	exchange.status = 200;
	exchange.body_sent = 10;
}

static void
free_worker(void)
{
	worker_access_log_free(&access_log);
	fd_close(&reader);
	event_base_free(worker.base);
}

static void
open_file(void)
{
	reader = memfd_create("access", MFD_CLOEXEC);
	heritage.access_log = fcntl(reader, F_DUPFD_CLOEXEC, 3);
	access_log = worker_access_log_new(&worker);
}

static void
open_pipe(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	reader = ends[0];
	heritage.access_log = ends[1];
	access_log = worker_access_log_new(&worker);
}

static void
record(enum cohort_end end)
{
	struct http_recorder *recorder = worker_access_log_recorder(access_log);

	recorder->record(recorder, &exchange, end);
}

static off_t
file_size(void)
{
	return lseek(reader, 0, SEEK_END);
}

/* A fresh second, so that none passes in the middle of a test. */
static void
await_second(void)
{
	time_t now = clock_wall_seconds();

	while (clock_wall_seconds() == now)
		test_pause();
}

START_TEST(counters_count_without_a_file)
{
	access_log = worker_access_log_new(&worker);
	ck_assert(!worker_access_log_recorder(access_log)->wants_time);
	record(COHORT_END_SENT);
	exchange.status = 599;
	record(COHORT_END_SENT);
	exchange.status = 0;
	record(COHORT_END_GONE);
	exchange.status = 999;
	record(COHORT_END_GONE);
	ck_assert_uint_eq(slot.exchanges, 4);
	ck_assert_uint_eq(slot.bytes_sent, 40);
	ck_assert_uint_eq(slot.statuses[0], 2);
	ck_assert_uint_eq(slot.statuses[2], 1);
	ck_assert_uint_eq(slot.statuses[5], 1);
	ck_assert_uint_eq(
	    process.threads[IPC_THREAD_LOOP].current.exchanges, 4);
	ck_assert_int_eq(event_base_loop(worker.base, EVLOOP_NONBLOCK), 1);
}
END_TEST

START_TEST(time_is_wanted_only_for_json_lines)
{
	open_file();
	ck_assert(!worker_access_log_recorder(access_log)->wants_time);
	worker_access_log_free(&access_log);
	fd_close(&reader);
	settings.access_format = json_format;
	open_file();
	ck_assert(worker_access_log_recorder(access_log)->wants_time);
}
END_TEST

static struct event busy;

/* The loop has something better to do, five times. */
static void
record_again(evutil_socket_t fd, short events, void *context)
{
	int *left = context;

	record(COHORT_END_SENT);
	ck_assert_int_eq(file_size(), 0);
	if (--*left > 0)
		event_active(&busy, EV_TIMEOUT, 1);
}

START_TEST(lines_are_written_when_the_loop_is_idle)
{
	int left = 5;

	open_file();
	await_second();
	event_assign(&busy, worker.base, -1, EV_PERSIST, record_again, &left);
	event_active(&busy, EV_TIMEOUT, 1);
	event_base_loop(worker.base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(left, 0);
	ck_assert_int_gt(file_size(), 0);
	ck_assert_int_eq(file_size() % 5, 0);
}
END_TEST

/* Each write is of whole lines and of no more than the room. */
START_TEST(full_room_is_written)
{
	off_t before = 0, size;
	char end;
	int i, writes = 0;

	open_file();
	await_second();
	for (i = 0; i < 3000; i++) {
		record(COHORT_END_SENT);
		size = file_size();
		if (size == before)
			continue;
		ck_assert_int_le(size - before, 65536);
		ck_assert_int_eq(pread(reader, &end, 1, size - 1), 1);
		ck_assert_int_eq(end, '\n');
		before = size;
		writes++;
	}
	ck_assert_int_ge(writes, 2);
	ck_assert_int_le(writes, 5);
}
END_TEST

START_TEST(pipe_gets_no_more_than_it_takes_in_one)
{
	char bytes[PIPE_BUF + 1];
	ssize_t size, total = 0;
	int i;

	open_pipe();
	for (i = 0; i < 300; i++) {
		record(COHORT_END_SENT);
		size = read(reader, bytes, sizeof(bytes));
		if (size == -1)
			continue;
		ck_assert_int_le(size, PIPE_BUF);
		ck_assert_int_eq(bytes[size - 1], '\n');
		total += size;
	}
	ck_assert_int_gt(total, 3 * PIPE_BUF);
}
END_TEST

START_TEST(end_writes_what_is_left)
{
	open_file();
	await_second();
	record(COHORT_END_SENT);
	ck_assert_int_eq(file_size(), 0);
	worker_access_log_free(&access_log);
	ck_assert_int_gt(file_size(), 0);
}
END_TEST

START_TEST(reopened_file_gets_the_next_lines)
{
	int number, second, copy;
	off_t size;

	open_file();
	await_second();
	number = heritage.access_log;
	record(COHORT_END_SENT);
	second = memfd_create("second", MFD_CLOEXEC);
	copy = fcntl(second, F_DUPFD_CLOEXEC, 3);
	worker_access_log_reopen(access_log, copy);
	size = file_size();
	ck_assert_int_gt(size, 0);
	ck_assert_int_eq(fcntl(copy, F_GETFD), -1);
	ck_assert_int_eq(fcntl(number, F_GETFD), FD_CLOEXEC);
	record(COHORT_END_SENT);
	worker_access_log_flush(access_log);
	ck_assert_int_eq(file_size(), size);
	ck_assert_int_eq(lseek(second, 0, SEEK_END), size);
	fd_close(&second);
}
END_TEST

START_TEST(file_that_is_not_wanted_is_closed)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	access_log = worker_access_log_new(&worker);
	worker_access_log_reopen(access_log, fd);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	record(COHORT_END_SENT);
}
END_TEST

/* How many lines the error log has got. */
static int
count_complaints(int fd)
{
	char bytes[65536];
	ssize_t i, size;
	int count = 0;

	size = pread(fd, bytes, sizeof(bytes), 0);
	for (i = 0; i < size; i++)
		count += bytes[i] == '\n';
	return count;
}

START_TEST(failure_is_said_once)
{
	int error_log = memfd_create("errors", MFD_CLOEXEC), i;

	log_open("test", LOG_TARGET_FILE, error_log, LOG_LEVEL_INFO);
	heritage.access_log = open("/dev/full", O_WRONLY | O_CLOEXEC);
	access_log = worker_access_log_new(&worker);
	for (i = 0; i < 5; i++) {
		record(COHORT_END_SENT);
		worker_access_log_flush(access_log);
	}
	ck_assert_int_eq(count_complaints(error_log), 1);
	fd_close(&error_log);
}
END_TEST

static void
limit_files(rlim_t size)
{
	const struct rlimit limit = { size, RLIM_INFINITY };

	setrlimit(RLIMIT_FSIZE, &limit);
}

static void
write_line(void)
{
	record(COHORT_END_SENT);
	worker_access_log_flush(access_log);
}

/* In a child, as Check's own files would be limited, too. */
static void
write_torn_line(rlim_t limit)
{
	pid_t pid = fork();
	int status;

	if (pid != 0) {
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		return;
	}
	signal(SIGXFSZ, SIG_IGN);
	limit_files(limit);
	write_line();
	limit_files(RLIM_INFINITY);
	write_line();
	_exit(0);
}

START_TEST(torn_line_is_ended)
{
	char bytes[4096], *newline;
	off_t one;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	log_open("test", LOG_TARGET_FILE, null, LOG_LEVEL_INFO);
	open_file();
	write_line();
	one = file_size();
	write_torn_line((rlim_t)one * 2 - 5);
	ck_assert_int_eq(file_size(), one * 3 - 4);
	ck_assert_int_eq(pread(reader, bytes, sizeof(bytes), 0), one * 3 - 4);
	newline = memchr(bytes + one, '\n', (size_t)one);
	ck_assert_ptr_eq(newline, bytes + one * 2 - 5);
	ck_assert_mem_eq(newline + 1, bytes, 8);
	fd_close(&null);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_access_log");
	TCase *tests = tcase_create("log");

	tcase_add_checked_fixture(tests, make_worker, free_worker);
	tcase_add_test(tests, counters_count_without_a_file);
	tcase_add_test(tests, time_is_wanted_only_for_json_lines);
	tcase_add_test(tests, lines_are_written_when_the_loop_is_idle);
	tcase_add_test(tests, full_room_is_written);
	tcase_add_test(tests, pipe_gets_no_more_than_it_takes_in_one);
	tcase_add_test(tests, end_writes_what_is_left);
	tcase_add_test(tests, reopened_file_gets_the_next_lines);
	tcase_add_test(tests, file_that_is_not_wanted_is_closed);
	tcase_add_test(tests, failure_is_said_once);
	tcase_add_test(tests, torn_line_is_ended);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
