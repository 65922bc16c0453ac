/* SPDX-License-Identifier: ISC */
/*
 * Why something failed, in words for the person who will read them.  A
 * function that can fail returns 0 or -1 and fills a struct error that its
 * caller owns (it lives on the stack; it holds no memory).  Whoever detects
 * describes, whoever passes it on may put words before it (error_wrap),
 * whoever decides logs or prints.  The text is one line, without a full
 * stop: "listen 127.0.0.1:80: bind: Permission denied".
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>

/* What kind of failure: main turns it into the exit code (ipc_exit.tbl). */
enum error_kind {
	ERROR_NONE,
	ERROR_RUNTIME, /* failed at run time */
	ERROR_CONFIG,  /* the operator's mistake */
	ERROR_SYSTEM   /* the kernel said no */
};

struct error {
	enum error_kind kind;
	int number; /* errno at the cause, or 0 */
	char text[1024];
};

/* Each returns -1, so that "return error_set(...)" reads well. */
int error_set(struct error *error, enum error_kind kind, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Appends ": " and strerror(errno); kind ERROR_SYSTEM. */
int error_set_errno(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts the words and ": " before the text; keeps kind and number. */
int error_wrap(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void error_clear(struct error *error);

#endif
