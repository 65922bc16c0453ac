/* SPDX-License-Identifier: ISC */
/*
 * struct worker: what the files of worker/ share.  Nobody else includes
 * this.  Each part has a file of its own, named behind it.
 */
#ifndef WORKER_PRIVATE_H
#define WORKER_PRIVATE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "app/app.h"
#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_network.h"
#include "conn/conn_set.h"
#include "http/http_exchange.h"
#include "http1/h1.h"
#include "ipc/ipc_channel.h"
#include "ipc/ipc_heritage.h"
#include "ipc/ipc_quarantine.h"
#include "worker/worker.h"
#include "worker/worker_availability.h"

/* worker_state.c: the one writer of state */
enum worker_state {
	WORKER_STATE_STARTING,
	WORKER_STATE_READY,
	WORKER_STATE_SERVING,
	WORKER_STATE_RETIRING,
	WORKER_STATE_GONE,
	WORKER_STATE_COUNT
};

enum worker_event {
	WORKER_EVENT_SET_UP,  /* everything is loaded */
	WORKER_EVENT_SERVE,   /* the master's word */
	WORKER_EVENT_RETIRE,  /* the master's word, or its death */
	WORKER_EVENT_EMPTY,   /* nothing is left to finish */
	WORKER_EVENT_TIMEOUT, /* shutdown_timeout */
	WORKER_EVENT_COUNT
};

/* The loop's queues: libevent gives an event the middle one, and runs a
 * later one only when nothing else was ready. */
enum worker_priority {
	WORKER_PRIORITY_FIRST, /* the master's word */
	WORKER_PRIORITY_NORMAL,
	WORKER_PRIORITY_IDLE, /* flushing the access log */
	WORKER_PRIORITY_COUNT
};

struct worker_acceptor;
struct worker_access_log;
struct worker_host;

/* Application code that runs, on top of what it was called from. */
#define WORKER_DEPTH_MAX 2
struct worker_frame {
	const struct http_exchange *exchange; /* NULL: the worker's own */
	const char *what;                     /* then; static text */
	uint64_t since_ms;
};

#define WORKER_MAGIC 0x4b1e7d90u

struct worker {
	unsigned magic;
	enum worker_state state;
	const struct ipc_heritage *heritage;
	struct ipc_slot *slot;
	struct ipc_process *process; /* own mapping, until it ends */
	const struct ipc_quarantine *quarantine; /* NULL: off */
	uint64_t max_connections; /* what the descriptors suffice for */
	struct log_scope scope;   /* ", worker 3" */
	struct event_base *base;

	struct event channel; /* worker_channel.c */
	int channel_fd;
	struct ipc_packet *packet; /* what is being received */
	enum ipc_retire retire;

	struct worker_acceptor *acceptor; /* worker_accept.c */
	struct event shutdown_timer;      /* worker_retire.c */

	struct ipc_packet *departing; /* worker_hand.c; NULL: not needed yet */
	struct event hand_retry;

	struct network_list trusted_proxies;
	struct conn_set *connections;
	struct conn_origin *origins; /* one a listener */
	struct conn_origin check_origin;
	struct arena_pool *arena_pool;
	struct http_server server;
	struct h1 *h1;
	struct worker_access_log *access_log; /* worker_access_log.c */

	struct worker_host *host; /* worker_host.c: struct app_host */
	struct app *app;
	struct worker_frame frames[WORKER_DEPTH_MAX]; /* worker_running.c */
	unsigned depth;
};

/* worker_become.c: from a copy of the master to a process of its own:
 * signals, log, descriptors, title, limits. */
int worker_become(struct worker *worker, struct error *error);

/* worker_connections.c: the set of connections, and what their protocol is
 * made of.  fini also when it was not made; behind the end of the set, which
 * the caller frees, as it ends before the application does. */
void worker_connections_init(struct worker *worker);
void worker_connections_fini(struct worker *worker);

/* worker_state.c */
void worker_advance(struct worker *worker, enum worker_event event);

/* worker_channel.c */
int worker_channel_start(struct worker *worker, struct error *error);
void worker_channel_stop(struct worker *worker);
/* Best effort: a master that is gone hears nothing.  text may be NULL. */
void worker_channel_tell(
    struct worker *worker, enum ipc_message_type type, const char *text);
void worker_channel_tell_value(
    struct worker *worker, enum ipc_message_type type, uint64_t value);

/* worker_adopt.c: takes over a batch and acknowledges. */
void worker_adopt(struct worker *worker, struct ipc_packet *packet);

/* worker_self_check.c: answers the master's request on that descriptor. */
void worker_self_check(struct worker *worker, struct ipc_packet *packet);
/*
 * worker_hand.c: connections that leave.  send: one batch of those that
 * depart, or their end when there is no master; true when any is gone from
 * the set.  shed: the master wants so many idle ones for others.  forget: of
 * that listener nothing is accepted or handed over any more.
 */
void worker_hand_init(struct worker *worker);
void worker_hand_fini(struct worker *worker);
bool worker_hand_send(struct worker *worker);
void worker_hand_shed(struct worker *worker, uint64_t count);
void worker_hand_forget(struct worker *worker, uint64_t id);

/* worker_quarantine.c: maps it; struct app_host's function; and what is told
 * to the master when an exchange with a probe has ended. */
int worker_quarantine_open(struct worker *worker, struct error *error);
unsigned worker_quarantine_ask(
    struct worker *worker, struct http_exchange *exchange);
void worker_quarantine_note_end(struct worker *worker,
    const struct http_exchange *exchange, enum cohort_end end);

/* worker_accept.c */
void worker_acceptor_new(struct worker *worker);
void worker_acceptor_free(struct worker *worker);
void worker_acceptor_start(struct worker *worker); /* SERVE */
void worker_acceptor_stop(struct worker *worker);  /* closes listeners */
/* PAUSE: from then on, at any time of its life. */
void worker_acceptor_pause(struct worker *worker, bool on);
/* The listener with that index of the heritage goes: accepts who waits in its
 * queue, and closes it. */
void worker_acceptor_forget(struct worker *worker, size_t index);
/* A connection went away: maybe the gate opens. */
void worker_acceptor_review(struct worker *worker);

/* worker_retire.c; how: worker->retire */
void worker_retire_init(struct worker *worker);
void worker_retire_start(struct worker *worker);
void worker_retire_again(struct worker *worker); /* told once more */
/* The master is gone, and with it whoever could take connections over. */
void worker_retire_alone(struct worker *worker);
/* A connection went away: maybe that was the last. */
void worker_retire_review(struct worker *worker);
/* Time is over: closes what is idle and logs what is not. */
void worker_retire_cut(struct worker *worker);
void worker_retire_stop(struct worker *worker);

/* worker_access_log.c: a recorder of exchanges, counters and lines */
struct worker_access_log *worker_access_log_new(struct worker *worker);
void worker_access_log_free(struct worker_access_log **log);
struct http_recorder *worker_access_log_recorder(struct worker_access_log *log);
/* Writes out what is buffered. */
void worker_access_log_flush(struct worker_access_log *log);
/* The master's new file; the old one is closed after a flush. */
void worker_access_log_reopen(struct worker_access_log *log, int fd);

/* worker_host.c */
/* Sets worker->host, also when it fails. */
int worker_host_new(struct worker *worker, struct error *error);
void worker_host_free(struct worker_host **host);
struct app_host *worker_host_app(struct worker_host *host);
struct worker *worker_host_worker(struct app_host *host);

/* worker_running.c: functions of struct app_host, which say what runs. */
uint64_t worker_running_now_ms(const struct worker *worker);
void worker_running_enter(struct app_host *host,
    const struct http_exchange *exchange, const char *what);
void worker_running_rename(
    struct app_host *host, const struct http_exchange *exchange);
void worker_running_leave(struct app_host *host);
void worker_running_thread_enter(struct app_host *host, unsigned index,
    const struct http_exchange *exchange);
void worker_running_thread_rename(struct app_host *host, unsigned index,
    const struct http_exchange *exchange);
void worker_running_thread_leave(struct app_host *host, unsigned index);

#endif
