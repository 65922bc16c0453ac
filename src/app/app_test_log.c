/* SPDX-License-Identifier: ISC */
/*
 * The log knows descriptors only, so its lines go to a file in memory and
 * are read back from there.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/app_test_private.h"
#include "base/base_fd.h"
#include "base/base_log.h"

#define PROGRAM "cohort-test"

int
app_test_log_open(struct app_test_log *log, struct error *error)
{
	buffer_init(&log->lines, 0);
	log->taken = 0;
	log->fd = memfd_create("cohort-test-log", MFD_CLOEXEC);
	if (log->fd == -1)
		return error_set_errno(error, "memfd_create");
	log_open(PROGRAM, LOG_TARGET_FILE, log->fd, LOG_LEVEL_INFO);
	return 0;
}

void
app_test_log_close(struct app_test_log *log)
{
	if (log->fd != -1 && log_descriptor() == log->fd)
		log_open(PROGRAM, LOG_TARGET_STDERR, -1, LOG_LEVEL_INFO);
	fd_close(&log->fd);
	buffer_fini(&log->lines);
}

/* Reads what was written since; a line is one write, so lines are whole. */
static void
read_lines(struct app_test_log *log, struct buffer *raw)
{
	char part[4096];
	ssize_t got;

	while ((got = pread(log->fd, part, sizeof(part), log->taken)) != 0) {
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			break;
		buffer_append(raw, part, (size_t)got);
		log->taken += got;
	}
}

/* "2026-11-23T21:09:20.123Z cohort-test[4711] error: words" */
static const char *
behind_process(const char *line, const char *end)
{
	static const char mark[] = "] ";
	const char *found =
	    memmem(line, (size_t)(end - line), mark, sizeof(mark) - 1);

	return found == NULL ? line : found + sizeof(mark) - 1;
}

const char *
app_test_log_take(struct app_test_log *log)
{
	const char *line, *next;
	struct buffer raw;

	buffer_clear(&log->lines);
	buffer_init(&raw, 0);
	read_lines(log, &raw);
	for (line = raw.data; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		next = next == NULL ? raw.data + raw.size : next + 1;
		line = behind_process(line, next);
		buffer_append(&log->lines, line, (size_t)(next - line));
	}
	buffer_fini(&raw);
	return log->lines.data == NULL ? "" : log->lines.data;
}
