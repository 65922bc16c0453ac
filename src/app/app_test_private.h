/* SPDX-License-Identifier: ISC */
/*
 * What the files app_test*.c share: <cohort/test.h> without socket, loop
 * and clock.  app_test.c opens and closes, and is the loop; app_test_host.c
 * is the app_host, on a virtual clock; app_test_exchange.c is the protocol,
 * and the client behind it, app_test_request.c what it asks for;
 * app_test_log.c reads the log back.  One thread, but for app_host.wake and
 * its thread_ functions.
 */
#ifndef APP_TEST_PRIVATE_H
#define APP_TEST_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "app/app_host.h"
#include "base/base_buffer.h"
#include "base/base_error.h"
#include "base/base_list.h"
#include "http/http_exchange.h"

#include <cohort/test.h>

struct app;
struct settings;

/* app_test_host.c */

struct app_test_host {
	struct app_host host; /* first: what the app sees */
	uint64_t now_ms;
	struct list timers; /* in the order they are due */
	struct list watches;
	int wake_fd;    /* an eventfd; or -1 */
	unsigned depth; /* of enter */
	atomic_uint pool_threads;
};

int app_test_host_init(struct app_test_host *host, struct error *error);

/* Frees what is left. */
void app_test_host_fini(struct app_test_host *host);

/* Was it woken since the last call? */
bool app_test_host_take_wake(struct app_test_host *host);

/* Runs due timers and ready descriptors; false if there was none. */
bool app_test_host_run(struct app_test_host *host);

/* Moves the clock to the next timer, at most to until_ms; false if none is
 * due by then, and it then stands at until_ms. */
bool app_test_host_jump(struct app_test_host *host, uint64_t until_ms);

/*
 * Lets happen what is next: jumps if only timers can, else waits for
 * descriptors, jobs if there are any, and threads of modules, and the clock
 * goes with the real one.  False: nothing can happen.
 */
bool app_test_host_wait(struct app_test_host *host, bool has_jobs);

/* app_test_exchange.c */

#define APP_TEST_REPLY_MAGIC 0xd05c31b7u

struct cohort_test_reply {
	unsigned magic;
	struct cohort_test *test;
	struct list_link link;         /* in test->replies */
	struct http_exchange exchange; /* until it ended */

	/* The request's body and how far it got. */
	char *upload;
	size_t upload_size, upload_given;
	uint64_t upload_limit;
	bool wants_body, upload_done;

	/* What the application sent and the client has not yet taken. */
	struct list pieces;
	uint64_t unsent;
	int64_t size_declared; /* HTTP_SIZE_UNKNOWN: not declared */
	bool head_sent, without_body, end_sent, cut;
	bool wants_room;
	size_t room_unsent; /* on_room when unsent is at most this */

	/* The client. */
	size_t room; /* takes that much; SIZE_MAX: all */
	bool hung_up;

	/* What it got. */
	int status;
	struct cohort_pair *fields;
	size_t field_count;
	struct buffer body;
	bool ended;
	enum cohort_end end;
};

/* Makes the request and tells the application of its head. */
struct cohort_test_reply *app_test_exchange_new(struct cohort_test *test,
    const char *method, const char *target, const char *headers,
    const void *body, size_t size);

/* Frees it; it has ended. */
void app_test_exchange_free(struct cohort_test_reply **reply);

/* What protocol and client do now; false if that is nothing. */
bool app_test_exchange_run(struct cohort_test_reply *reply);

/* Ends it as told, if it has not. */
void app_test_exchange_end(
    struct cohort_test_reply *reply, enum cohort_end end);

/* app_test_request.c */

/* Fills the exchange's request; false for what a protocol refuses itself. */
bool app_test_request_read(struct cohort_test_reply *reply, const char *method,
    const char *target, const char *headers, bool has_body);

/* app_test_log.c */

struct app_test_log {
	int fd;      /* a memfd; or -1 */
	off_t taken; /* so much of it was seen */
	struct buffer lines;
};

/* Lines of the whole process go into log from now on, one log at a time. */
int app_test_log_open(struct app_test_log *log, struct error *error);

/* They go to stderr again. */
void app_test_log_close(struct app_test_log *log);

/*
 * The lines since the last call, "level: words, context": without time and
 * process, which no test can foresee.  Valid until the next call.
 */
const char *app_test_log_take(struct app_test_log *log);

/* app_test.c */

#define COHORT_TEST_MAGIC 0x83e1960cu

struct cohort_test {
	unsigned magic;
	struct app_test_host host;
	struct app_test_log log;
	struct settings *settings;
	struct app *app;
	struct http_server server;
	struct http_peer peer;
	size_t window;       /* room of new replies */
	struct list replies; /* cohort_test_reply, oldest first */
};

/* Runs all that can run without time. */
void app_test_settle(struct cohort_test *test);

#endif
