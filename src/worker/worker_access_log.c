/* SPDX-License-Identifier: ISC */
/*
 * Owns the lines of the access log until they are written.  They are kept
 * until the loop has nothing else to do, a second has passed, or the room is
 * full, so that a busy worker writes many with one system call.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_object.h"
#include "worker/worker_access_format.h"
#include "worker/worker_private.h"

#define COMPLAIN_MS 60000

#define WORKER_ACCESS_LOG_MAGIC 0x7d3319b2u

struct worker_access_log {
	unsigned magic;
	struct http_recorder recorder;
	struct worker *worker;
	int fd; /* -1: counters only */
	const struct worker_access_format *format;
	struct buffer lines, line;
	size_t room;        /* of lines */
	struct event flush; /* active while there are lines */
	time_t second;      /* that date is of */
	char date[WORKER_ACCESS_DATE_SIZE];
	uint64_t complain_after_ms;
};

/* ---- writing ---- */

static void
complain(struct worker_access_log *log, int number)
{
	uint64_t now = clock_monotonic_ms();

	if (now < log->complain_after_ms)
		return;
	log->complain_after_ms = now + COMPLAIN_MS;
	log_error("access log: write: %s: lines are lost", strerror(number));
}

/* What was not written of size bytes. */
static size_t
write_out(struct worker_access_log *log, const char *data, size_t size)
{
	ssize_t written;

	while (size > 0) {
		written = write(log->fd, data, size);
		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1) {
			complain(log, errno);
			break;
		}
		data += written;
		size -= (size_t)written;
	}
	return size;
}

void
worker_access_log_flush(struct worker_access_log *log)
{
	size_t size = log->lines.size, left;
	bool is_torn;

	OBJECT_CHECK(log, WORKER_ACCESS_LOG_MAGIC);
	if (size == 0)
		return;
	event_del(&log->flush);
	left = write_out(log, log->lines.data, size);
	is_torn =
	    left > 0 && left < size && log->lines.data[size - left - 1] != '\n';
	buffer_clear(&log->lines);
	/* The next line is not to continue what is there of a torn one. */
	if (is_torn)
		buffer_append_byte(&log->lines, '\n');
}

static void
on_idle(evutil_socket_t fd, short events, void *context)
{
	struct worker_access_log *log;

	(void)fd;
	(void)events;
	OBJECT_CAST(log, context, WORKER_ACCESS_LOG_MAGIC);
	worker_access_log_flush(log);
}

static void
keep_line(struct worker_access_log *log)
{
	if (log->lines.size + log->line.size > log->room)
		worker_access_log_flush(log);
	buffer_append(&log->lines, log->line.data, log->line.size);
	buffer_clear(&log->line);
	if (log->lines.size >= log->room)
		worker_access_log_flush(log);
	else
		event_active(&log->flush, EV_TIMEOUT, 1);
}

/* Lines of an earlier second are not held back by a loop that is never
 * idle. */
static void
tick(struct worker_access_log *log)
{
	time_t now = clock_wall_seconds();
	struct tm date;

	if (now == log->second)
		return;
	log->second = now;
	gmtime_r(&now, &date);
	log->format->date(&date, log->date);
	worker_access_log_flush(log);
}

/* ---- recording ---- */

static void
count(struct worker_access_log *log, const struct http_exchange *exchange)
{
	struct ipc_slot *slot = log->worker->slot;
	unsigned class = (unsigned)exchange->status / 100;

	slot->exchanges++;
	slot->bytes_sent += exchange->body_sent;
	slot->statuses[class < 6 ? class : 0]++;
	log->worker->process->threads[IPC_THREAD_LOOP].current.exchanges++;
}

static void write_line(struct worker_access_log *log,
    const struct http_exchange *exchange, enum cohort_end end)
    __attribute__((noinline));

static void
write_line(struct worker_access_log *log, const struct http_exchange *exchange,
    enum cohort_end end)
{
	tick(log);
	log->format->line(&log->line, log->date, exchange, end);
	keep_line(log);
}

static void
record(struct http_recorder *recorder, const struct http_exchange *exchange,
    enum cohort_end end)
{
	struct worker_access_log *log =
	    LIST_OBJECT(recorder, struct worker_access_log, recorder);

	OBJECT_CHECK(log, WORKER_ACCESS_LOG_MAGIC);
	if (exchange->is_check)
		return;
	count(log, exchange);
	worker_quarantine_note_end(log->worker, exchange, end);
	if (log->fd != -1)
		write_line(log, exchange, end);
}

/* ---- life ---- */

/* Lines of several processes do not mix in a file that is appended to; in a
 * pipe, only up to that size. */
static void
measure(struct worker_access_log *log)
{
	struct stat status;

	log->room = WORKER_ACCESS_LINE_MAX;
	if (fstat(log->fd, &status) == 0 && !S_ISREG(status.st_mode))
		log->room = PIPE_BUF;
}

struct worker_access_log *
worker_access_log_new(struct worker *worker)
{
	const struct ipc_heritage *heritage = worker->heritage;
	struct worker_access_log *log;

	OBJECT_NEW(log, WORKER_ACCESS_LOG_MAGIC);
	log->worker = worker;
	log->fd = heritage->access_log;
	log->format =
	    worker_access_format_find(heritage->settings->access_format);
	log->recorder.record = record;
	log->recorder.wants_time = log->format->wants_time && log->fd != -1;
	buffer_init(&log->lines, 0);
	buffer_init(&log->line, 0);
	event_assign(&log->flush, worker->base, -1, 0, on_idle, log);
	event_priority_set(&log->flush, WORKER_PRIORITY_IDLE);
	measure(log);
	return log;
}

void
worker_access_log_free(struct worker_access_log **source)
{
	struct worker_access_log *log;

	if (*source == NULL)
		return;
	OBJECT_TAKE(log, source, WORKER_ACCESS_LOG_MAGIC);
	worker_access_log_flush(log);
	event_del(&log->flush);
	buffer_fini(&log->lines);
	buffer_fini(&log->line);
	fd_close(&log->fd);
	OBJECT_FREE(log);
}

struct http_recorder *
worker_access_log_recorder(struct worker_access_log *log)
{
	return &log->recorder;
}

void
worker_access_log_reopen(struct worker_access_log *log, int fd)
{
	OBJECT_CHECK(log, WORKER_ACCESS_LOG_MAGIC);
	if (log->fd == -1) {
		fd_close(&fd);
		return;
	}
	worker_access_log_flush(log);
	if (dup3(fd, log->fd, O_CLOEXEC) == -1)
		log_error("access log: dup3: %s", strerror(errno));
	fd_close(&fd);
	measure(log);
}
