/* SPDX-License-Identifier: ISC */
/*
 * A line is made on the stack, so that the log works when memory has run
 * out, and is no longer than PIPE_BUF, so that lines of many processes do
 * not mix in a pipe.  The words get three quarters of it: a client cannot
 * push the context out of the line by a long text.  Owns the sink and the
 * thread's current scope.
 */
#include "base/base_log.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/base_panic.h"

#define CUT_MARK    "..."
#define WORDS_END   (LOG_LINE_MAX / 4 * 3)
#define CONTEXT_END (LOG_LINE_MAX - sizeof(CUT_MARK "\n"))

_Static_assert(LOG_LINE_MAX <= PIPE_BUF, "a line is one atomic write");

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[LOG_LEVEL_COUNT] = {
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_WARN] = { "warn", LOG_WARNING },
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
};

static struct {
	_Atomic(const char *) program;
	atomic_int target;
	atomic_int descriptor;
	atomic_int least;
	atomic_bool journal; /* the descriptor ends in systemd's journal */
} sink = {
	.program = "cohortd",
	.target = LOG_TARGET_STDERR,
	.descriptor = STDERR_FILENO,
	.least = LOG_LEVEL_INFO,
};

static _Thread_local const struct log_scope *current;
static _Thread_local bool describing;

/* systemd.exec(5), JOURNAL_STREAM: "device:inode" of the journal's socket. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat status;

	if (stream == NULL || fstat(fd, &status) == -1)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev,
	    (uintmax_t)status.st_ino);
	return strcmp(stream, own) == 0;
}

void
log_open(
    const char *program, enum log_target target, int fd, enum log_level least)
{
	const int descriptors[] = {
		[LOG_TARGET_STDERR] = STDERR_FILENO,
		[LOG_TARGET_FILE] = fd,
		[LOG_TARGET_SYSLOG] = -1,
	};

	sink.program = program;
	sink.descriptor = descriptors[target];
	sink.journal = target == LOG_TARGET_STDERR && is_journal(STDERR_FILENO);
	sink.target = (int)target;
	sink.least = (int)least;
}

int
log_descriptor(void)
{
	return sink.descriptor;
}

bool
log_is_wanted(enum log_level level)
{
	return (int)level >= sink.least;
}

int
log_level_parse(const char *word, enum log_level *level_r)
{
	int level;

	for (level = 0; level < LOG_LEVEL_COUNT; level++)
		if (strcmp(word, levels[level].name) == 0) {
			*level_r = (enum log_level)level;
			return 0;
		}
	return -1;
}

void
log_enter(struct log_scope *scope)
{
	scope->parent = current;
	current = scope;
}

void
log_leave(struct log_scope *scope)
{
	if (current != scope)
		panic("log scope left that is not the current one");
	current = scope->parent;
}

static void
append_time(struct buffer *line)
{
	struct timespec now;
	struct tm date;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &date);
	buffer_format(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ ",
	    date.tm_year + 1900, date.tm_mon + 1, date.tm_mday, date.tm_hour,
	    date.tm_min, date.tm_sec, now.tv_nsec / 1000000);
}

static void
append_prefix(struct buffer *line, enum log_level level)
{
	if (sink.target != LOG_TARGET_SYSLOG) {
		if (sink.journal)
			buffer_format(line, "<%d>", levels[level].priority);
		else
			append_time(line);
		buffer_format(line, "%s[%d] ", sink.program, (int)getpid());
	}
	buffer_format(line, "%s: ", levels[level].name);
}

/* Without what could forge a line; a mark stands for what is beyond end. */
static void
append_clean(struct buffer *line, const struct buffer *text, size_t end)
{
	unsigned char byte;
	size_t i;

	for (i = 0; i < text->size; i++) {
		byte = (unsigned char)text->data[i];
		if (line->size + sizeof("\\xff") - 1 > end) {
			buffer_append_text(line, CUT_MARK);
			return;
		}
		if (byte < 0x20 || byte >= 0x7f)
			buffer_format(line, "\\x%02x", byte);
		else
			buffer_append_byte(line, (char)byte);
	}
}

static void
describe_scopes(const struct log_scope *scope, struct buffer *text)
{
	if (scope == NULL)
		return;
	describe_scopes(scope->parent, text);
	scope->describe(scope->object, text);
}

/* A line that is written while a scope describes itself has no context. */
static void
append_context(struct buffer *line)
{
	char storage[LOG_LINE_MAX];
	struct buffer text;

	if (describing)
		return;
	buffer_init_fixed(&text, storage, sizeof(storage));
	describing = true;
	describe_scopes(current, &text);
	describing = false;
	append_clean(line, &text, CONTEXT_END);
}

/* openlog(3) each time, because closelog(3) forgets the program's name. */
static void
send_to_syslog(const struct buffer *line, enum log_level level)
{
	openlog(sink.program, LOG_PID, LOG_DAEMON);
	syslog(levels[level].priority, "%s", line->data);
}

static void
send_line(struct buffer *line, enum log_level level)
{
	if (sink.target == LOG_TARGET_SYSLOG) {
		send_to_syslog(line, level);
		return;
	}
	buffer_append_byte(line, '\n');
	while (write(sink.descriptor, line->data, line->size) == -1 &&
	    errno == EINTR)
		;
}

void
log_write(enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (!log_is_wanted(level))
		return;
	va_start(arguments, format);
	log_write_v(level, format, arguments);
	va_end(arguments);
}

void
log_write_v(enum log_level level, const char *format, va_list arguments)
{
	char line_storage[LOG_LINE_MAX + 1], words_storage[LOG_LINE_MAX];
	struct buffer line, words;
	int number = errno;

	if (!log_is_wanted(level))
		return;
	buffer_init_fixed(&words, words_storage, sizeof(words_storage));
	buffer_format_v(&words, format, arguments);
	buffer_init_fixed(&line, line_storage, sizeof(line_storage));
	append_prefix(&line, level);
	append_clean(&line, &words, WORDS_END);
	append_context(&line);
	send_line(&line, level);
	errno = number;
}
