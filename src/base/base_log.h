/* SPDX-License-Identifier: ISC */
/*
 * The log sink, the one global of the tree besides the crash slot.
 *
 * A line is
 *   2026-11-23T21:09:20.123Z cohortd[4711] error: words, worker 3,
 *   connection 17 from 127.0.0.1:5000, request 4f2a-12 GET "/x", while Y
 * (on one line).  What stands behind the words comes from scopes: whoever
 * begins to work for a worker, a connection or a request enters a scope,
 * and everything logged below has its context.  No message spells its
 * context by hand.
 *
 * Whatever a line is made of, control characters and bytes of 0x7f and
 * above come out as \xNN, so nothing a client sends can forge a line.  A
 * line is one write(2); lines are cut at LOG_LINE_MAX, words first, so that
 * the context stays, and "..." stands for what is missing.  errno is saved.
 * Standard error that leads into systemd's journal gets "<priority>" instead
 * of the time.
 *
 * Levels: debug, for developers, off by default; info, what an operator
 * wants to see once (started, reloaded); warn, handled but worth a look;
 * error, something failed that should not have.  panic (base_panic.h) is
 * for our own bugs.  Any process, any thread; not in signal handlers.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/base_buffer.h"

#define LOG_LINE_MAX 4096

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_COUNT
};

/* One link of the context; lives on the stack or in its object. */
struct log_scope {
	const struct log_scope *parent;
	/* Appends ", words" to the line; called only when a line is made. */
	void (*describe)(const void *object, struct buffer *line);
	const void *object;
};

/* Where lines go. */
enum log_target {
	LOG_TARGET_STDERR, /* descriptor 2 */
	LOG_TARGET_FILE,   /* the descriptor given */
	LOG_TARGET_SYSLOG  /* syslog(3), facility daemon */
};

/*
 * Sets program name (static text), target and the least level shown.  fd is
 * used with LOG_TARGET_FILE only and stays the caller's.  Before the first
 * call lines go to stderr at level info.
 */
void log_open(
    const char *program, enum log_target target, int fd, enum log_level least);

/* The descriptor of LOG_TARGET_FILE, else 2, or -1 for syslog. */
int log_descriptor(void);

/* Is a line of that level wanted?  Ask before costly arguments. */
bool log_is_wanted(enum log_level level);

/* debug, info, warn, error; -1 when the word is none of them. */
int log_level_parse(const char *word, enum log_level *level_r);

/*
 * Makes scope, whose parent is set to the current one, the thread's current
 * scope.  log_leave makes its parent current again; scope must be the current
 * one.
 */
void log_enter(struct log_scope *scope);
void log_leave(struct log_scope *scope);

void log_write(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_write_v(enum log_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

#define log_debug(...)                                           \
	do {                                                     \
		if (log_is_wanted(LOG_LEVEL_DEBUG))              \
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__); \
	} while (0)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
