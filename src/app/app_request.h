/* SPDX-License-Identifier: ISC */
/*
 * struct cohort_request: one request on its way through the application,
 * from the complete head until its exchange ended.  What the files on the
 * request side of app/ share; nobody else includes this.  Loop thread.
 *
 * The exchange owns what came in and the arena; the request owns the rest,
 * and is recycled.  A stage says what is done next; stage is written by
 * app_dispatch.c only.
 */
#ifndef APP_REQUEST_H
#define APP_REQUEST_H

#include "app/app_body.h"
#include "app/app_private.h"
#include "app/app_reply.h"
#include "app/app_stream.h"
#include "base/base_object.h"
#include "http/http_exchange.h"

struct app_job;

enum app_stage {
	APP_STAGE_CANDIDATE, /* find the next route that may answer */
	APP_STAGE_BEFORE,    /* its scopes' before functions */
	APP_STAGE_BODY,      /* the whole body */
	APP_STAGE_HANDLER,
	APP_STAGE_REPLY, /* send the reply */
	APP_STAGE_SENT,  /* wait for the exchange's end */
	APP_STAGE_COUNT,
	APP_STAGE_STAY = APP_STAGE_COUNT /* nothing now; something follows */
};

/* A list of named values that were decoded at first use. */
struct app_pairs {
	struct cohort_pair *pairs;
	size_t count;
};

#define COHORT_REQUEST_MAGIC       0x50763280u
#define COHORT_REQUEST_SPARE_MAGIC 0x5f4bd1fdu

struct cohort_request {
	unsigned magic;
	struct app *app;
	struct http_exchange *exchange;
	struct cohort_request *next_spare;
	struct list_link link;       /* in app->requests */
	struct list_link ready_link; /* in app->ready */

	/* What app_request_new clears begins here. */
	enum app_stage stage;
	bool waiting;   /* LATER: something continues it */
	bool head_sent; /* the reply's */
	bool body_complete;
	bool half_closed_kept; /* what the protocol was told */
	bool is_overloaded;    /* the pool had no room for a job */
	bool fitted;           /* some route took it, and declined */
	bool deadline_is_own;  /* cohort_deadline, not the route's */
	bool has_id;
	unsigned parts_read; /* bit for each enum cohort_part */

	unsigned candidate; /* the next one to try */
	unsigned missed_count;
	uint64_t befores_run; /* bits, of the first 64 */
	uint64_t *more_befores_run;
	const struct cohort_route *route; /* NULL: none answers */
	const struct cohort_app *scope;   /* the route's, else match's */
	struct app_end_step *end_steps;   /* last in first out */
	struct app_handler retire;
	const char *peer; /* as text; NULL: not asked for yet */
	/* And ends here. */

	/* What means nothing before it is set. */
	struct app_match match;
	const struct cohort_str *params;       /* of route */
	const char *mount;                     /* decoded; NULL: not yet */
	struct app_candidate *missed;          /* routes with other methods */
	const struct cohort_app *before_scope; /* of the last before function */
	struct app_pairs path_pairs, query_pairs, cookie_pairs;
	char id[HTTP_ID_SIZE];

	/* What is empty, or 0, when it begins, and again when it ends. */
	struct app_handler room;
	cohort_ticket ticket;
	struct app_host_timer *deadline;
	struct app_attachment *attachments; /* last in first out */
	struct app_job *lent;           /* the blocking handler that has it */
	struct app_job *job;            /* it is the copy which that has */
	struct list waits, spare_waits; /* app_wait.c */
	struct list resumes;            /* app_queue.c */
	struct list jobs, loans;        /* app_job: undelivered; returned */
	struct list finished;           /* app_task, of jobs to be delivered */
	struct app_body body;
	struct app_stream stream;

	struct log_scope log;
	bool is_entered; /* log is in the thread's chain of scopes */
	struct app_reply reply;
};

/* Is there anything to disarm?  A ticket is not. */
static inline bool
app_request_is_armed(const struct cohort_request *request)
{
	return request->room.handler != NULL || request->deadline != NULL ||
	    request->stream.timer != NULL ||
	    list_is_linked(&request->ready_link) ||
	    !list_is_empty(&request->waits) ||
	    !list_is_empty(&request->resumes) || !list_is_empty(&request->jobs);
}

/*
 * Lists, ticket table, queue and worker of the app.  The calling thread is
 * the loop's from now on.  Once, before any set-up function runs.
 */
void app_requests_init(struct app *app);

/* No exchange is left: runs what is queued, then frees everything. */
void app_requests_fini(struct app *app);

/* Requests learn that the worker retires. */
void app_requests_retire(struct app *app);

struct cohort_request *app_request_new(
    struct app *app, struct http_exchange *exchange);

/* Runs all that runs at the end.  The request is gone. */
void app_request_end(struct cohort_request *request, enum cohort_end end);

/*
 * At the start of every public function: may it be called now for that
 * request?  Panics on a dead request or a wrong thread; false, with a log
 * line, if the phase does not allow it.
 */
bool app_request_may(const struct cohort_request *request,
    enum app_permission permission, const char *function);

/* Of the module's code that runs now, if it runs for that request. */
enum app_phase app_request_phase(const struct cohort_request *request);

/* Panics in any thread but that of the request's functions. */
void app_request_check_thread(
    const struct cohort_request *request, const char *function);

/* Around everything that is done for a request: log context, and the host's
 * knowledge of what runs. */
void app_request_enter(struct cohort_request *request);
void app_request_rename(struct cohort_request *request);
void app_request_leave(struct cohort_request *request);

/* Around a single function of a module. */
struct app_frame {
	struct cohort_request *request;
	enum app_phase phase;
};

struct app_frame app_frame_enter(
    struct app *app, struct cohort_request *request, enum app_phase phase);
void app_frame_leave(struct app *app, struct app_frame frame);

enum cohort_verdict app_request_run(struct cohort_request *request,
    enum app_phase phase, struct app_handler step);

/* [any thread] Calls a module's free function, unless it is NULL. */
void app_call_free(struct app *app, cohort_free *function, void *pointer);

/* For the log: the route's handler, or where else the request is. */
const char *app_request_handler_name(const struct cohort_request *request);

#endif
