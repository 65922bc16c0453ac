/* SPDX-License-Identifier: ISC */
/*
 * Cohort's public types: what all other public headers build on.
 *
 * Binary promise: layouts of struct cohort_str, struct cohort_pair and
 * cohort_ticket are frozen for ever, struct cohort_module (module.h) only
 * grows at its end, everything else is opaque.  Callback types are final,
 * enumerators keep their values and only join at the end; enums are as wide
 * as int whatever the compiler's flags.
 *
 * All public headers are C99 and C++11.
 */
#ifndef COHORT_TYPES_H
#define COHORT_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The release these headers belong to. */
#define COHORT_VERSION "0.1.0"

/* The binary interface: 0 until the first release, which freezes it as 1. */
#define COHORT_ABI 0

/*
 * The state of the interface within its ABI, one higher with each change of
 * these headers.  While COHORT_ABI is 0 module and library must agree on it.
 */
#define COHORT_API 1

#if defined(__GNUC__)
/* What libcohort, or a module, shows to the outside. */
#define COHORT_EXPORT __attribute__((__visibility__("default")))
/* Arguments checked as printf's; first is 0 where they are a va_list. */
#define COHORT_PRINTF(text, first) \
	__attribute__((__format__(__printf__, text, first)))
/* The result is a verdict that has to be returned. */
#define COHORT_MUST_CHECK __attribute__((__warn_unused_result__))
#else
#define COHORT_EXPORT
#define COHORT_PRINTF(text, first)
#define COHORT_MUST_CHECK
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Where things are declared: a mounted application, or a scope within it. */
struct cohort_app;
struct cohort_route;

/* The process a module runs in; valid from start hooks to stop hooks. */
struct cohort_worker;
struct cohort_timer;
struct cohort_watch;

/*
 * One request with its reply.  The pointer is valid while a function that
 * was given it runs; never store it.  What may be stored is a
 * cohort_ticket (wait.h).
 */
struct cohort_request;

/*
 * Bytes.  data is never NULL, and data[size] is 0, unless said otherwise;
 * the bytes themselves may hold a NUL.
 */
struct cohort_str {
	const char *data;
	size_t size;
};

struct cohort_pair {
	struct cohort_str name;
	struct cohort_str value;
};

/*
 * Names a request for later; stops working, safely, when the request ends.
 * A struct, so that no other number is taken for one.
 */
typedef struct {
	uint64_t id;
} cohort_ticket;

/*
 * What a handler returns.  Each is checked: DONE without a reply, LATER
 * with nothing armed, 0 and unknown values become a 500 and a log line that
 * names the handler.
 */
enum cohort_verdict {
	/* A reply was given; after cohort_stream: the stream is complete. */
	COHORT_DONE = 1,
	/* Something is armed that will continue this request. */
	COHORT_LATER = 2,
	/* Not mine: on to the next middleware, route, mount.  Refused, as a
	 * 500, once a reply began. */
	COHORT_DECLINED = 3,
	/* 500, or what cohort_fail or cohort_refuse said; in the middle of a
	 * stream: cut, so that the client sees it. */
	COHORT_FAILED = 4,
	COHORT_VERDICT_MAX = 0x7fffffff
};

/* How a request ended; an unknown one counts as GONE. */
enum cohort_end {
	COHORT_END_SENT = 1,    /* all of the reply went to the kernel */
	COHORT_END_GONE = 2,    /* the client went away */
	COHORT_END_TIMEOUT = 3, /* a deadline passed */
	COHORT_END_RETIRED = 4, /* the worker had to stop */
	COHORT_END_FAILED = 5,  /* cut, as the handler failed in mid-reply */
	COHORT_END_MAX = 0x7fffffff
};

/* Where a request's named values stand. */
enum cohort_part {
	COHORT_PATH = 1,   /* parameters of the matched pattern */
	COHORT_QUERY = 2,  /* the target behind its '?' */
	COHORT_HEADER = 3, /* header fields; names compare without case */
	COHORT_COOKIE = 4, /* the Cookie fields, RFC 6265 section 4.2 */
	COHORT_PART_MAX = 0x7fffffff
};

enum cohort_level {
	COHORT_DEBUG = 1, /* for developers; off by default */
	COHORT_INFO = 2,  /* what an operator wants to see once */
	COHORT_WARN = 3,  /* handled, but worth a look */
	COHORT_ERROR = 4, /* failed, and should not have */
	COHORT_LEVEL_MAX = 0x7fffffff
};

/* Events of a descriptor, or'ed together. */
enum {
	COHORT_READ = 1, /* also end-of-file and errors */
	COHORT_WRITE = 2
};

/* What cohort_write took the bytes with; -1 is failure. */
enum {
	COHORT_ROOM = 0, /* there is room for more */
	COHORT_FULL = 1  /* taken, but await room before the next */
};

/*
 * Everything that runs for a request: handler, middleware, error page, and
 * every continuation.  They are function types, so that
 * "static cohort_handler hello;" declares one.  context is what was given
 * along with the function.
 */
typedef enum cohort_verdict cohort_handler(
    struct cohort_request *request, void *context);

/* A guard: does this route, or scope, want the request?  No side effect. */
typedef bool cohort_predicate(
    const struct cohort_request *request, void *context);

/* An `after` middleware: edits or replaces the reply. */
typedef void cohort_editor(struct cohort_request *request, void *context);

/* Releases what was taken; called exactly once for it. */
typedef void cohort_free(void *pointer);

#ifdef __cplusplus
}
#endif

#endif
