/* SPDX-License-Identifier: ISC */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "test_log.h"
#include "test_process.h"

#define EXPECTED_MAX 64
#define LINES_MAX    8192

struct test_log {
	int fd;
	const char *const *fine;
	char partial[8192];
	size_t partial_size;
	char *lines[LINES_MAX];
	size_t line_count;
	size_t first_line; /* since test_log_open */
	size_t waited;     /* lines before it were waited for */
	bool matched[LINES_MAX];
	const char *expected[EXPECTED_MAX];
	size_t expected_count;
};

struct test_log *
test_log_new(const char *const *fine)
{
	struct test_log *log = calloc(1, sizeof(*log));

	ck_assert_ptr_nonnull(log);
	log->fd = -1;
	log->fine = fine;
	return log;
}

void
test_log_free(struct test_log **log_pointer)
{
	struct test_log *log = *log_pointer;
	size_t i;

	test_log_close(log);
	for (i = 0; i < log->line_count; i++)
		free(log->lines[i]);
	free(log);
	*log_pointer = NULL;
}

void
test_log_open(struct test_log *log, int fd)
{
	test_log_close(log);
	log->fd = fd;
	log->first_line = log->line_count;
}

void
test_log_close(struct test_log *log)
{
	if (log->fd != -1)
		close(log->fd);
	log->fd = -1;
}

static void
add_line(struct test_log *log, const char *text, size_t size)
{
	ck_assert_uint_lt(log->line_count, LINES_MAX);
	log->lines[log->line_count++] = strndup(text, size);
}

/* A line that fills the buffer is taken as it is. */
static void
split_lines(struct test_log *log)
{
	char *end;
	size_t size;

	while ((end = memchr(log->partial, '\n', log->partial_size)) != NULL) {
		size = (size_t)(end - log->partial);
		add_line(log, log->partial, size);
		log->partial_size -= size + 1;
		memmove(log->partial, end + 1, log->partial_size);
	}
	if (log->partial_size == sizeof(log->partial)) {
		add_line(log, log->partial, log->partial_size);
		log->partial_size = 0;
	}
}

enum log_read {
	LOG_NOTHING, /* within that time */
	LOG_MORE,
	LOG_END
};

static enum log_read
read_log(struct test_log *log, int ms)
{
	struct pollfd poll_fd = { .fd = log->fd, .events = POLLIN };
	ssize_t size;

	if (poll(&poll_fd, 1, ms) <= 0)
		return LOG_NOTHING;
	size = read(log->fd, log->partial + log->partial_size,
	    sizeof(log->partial) - log->partial_size);
	if (size <= 0)
		return LOG_END;
	log->partial_size += (size_t)size;
	split_lines(log);
	return LOG_MORE;
}

void
test_log_fail(struct test_log *log, const char *what, const char *text)
{
	size_t i;

	for (i = 0; i < log->line_count; i++)
		fprintf(stderr, "  log: %s\n", log->lines[i]);
	ck_abort_msg("%s: %s", what, text);
}

const char *
test_log_wait(struct test_log *log, const char *text)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	enum log_read last = LOG_MORE;
	size_t index;

	for (;;) {
		while (log->waited < log->line_count) {
			index = log->waited++;
			if (strstr(log->lines[index], text) == NULL)
				continue;
			log->matched[index] = true;
			return log->lines[index];
		}
		if (last == LOG_END)
			test_log_fail(log, "the log ended without", text);
		if (test_now_ms() >= until)
			test_log_fail(log, "no log line in time", text);
		last = read_log(log, TEST_DEADLINE_MS);
	}
}

void
test_log_expect(struct test_log *log, const char *text)
{
	ck_assert_uint_lt(log->expected_count, EXPECTED_MAX);
	log->expected[log->expected_count++] = text;
}

unsigned
test_log_count(struct test_log *log, const char *text)
{
	unsigned count = 0;
	size_t i;

	while (read_log(log, 0) == LOG_MORE)
		continue;
	for (i = 0; i < log->line_count; i++)
		if (strstr(log->lines[i], text) != NULL)
			count++;
	return count;
}

void
test_log_wait_count(struct test_log *log, const char *text, unsigned count)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	enum log_read last = LOG_MORE;

	while (test_log_count(log, text) < count) {
		if (last == LOG_END)
			test_log_fail(log, "the log ended without", text);
		if (test_now_ms() >= until)
			test_log_fail(log, "too few log lines in time", text);
		last = read_log(log, TEST_DEADLINE_MS);
	}
}

void
test_log_wait_end(struct test_log *log)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;

	while (read_log(log, TEST_DEADLINE_MS) != LOG_END)
		if (test_now_ms() >= until)
			test_log_fail(log, "still running", "no exit");
}

const char *
test_log_last(const struct test_log *log, const char *text)
{
	const char *found = NULL;
	size_t i;

	for (i = log->first_line; i < log->line_count; i++)
		if (strstr(log->lines[i], text) != NULL)
			found = log->lines[i];
	return found;
}

static bool
is_expected(const struct test_log *log, size_t index)
{
	const char *line = log->lines[index];
	size_t i;

	if (log->matched[index])
		return true;
	for (i = 0; log->fine[i] != NULL; i++)
		if (strstr(line, log->fine[i]) != NULL)
			return true;
	for (i = 0; i < log->expected_count; i++)
		if (strstr(line, log->expected[i]) != NULL)
			return true;
	return false;
}

void
test_log_check(struct test_log *log)
{
	size_t i;

	if (log->partial_size > 0)
		add_line(log, log->partial, log->partial_size);
	log->partial_size = 0;
	for (i = 0; i < log->line_count; i++)
		if (!is_expected(log, i))
			test_log_fail(
			    log, "unexpected log line", log->lines[i]);
}
