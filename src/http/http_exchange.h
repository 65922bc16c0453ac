/* SPDX-License-Identifier: ISC */
/*
 * The exchange: one request with its response, and the seam between the
 * protocol that carries it (http1, later http2, app_test in tests) and the
 * application that answers it (app).  Runs in workers, one thread.
 *
 *	protocol		application
 *	-- on_head ------------>	the head is complete
 *	<-- want_body ----------	or answer at once
 *	-- on_body... on_body_end ->
 *	<-- send_head, send_*, send_end
 *	-- on_end ------------->	everything went out, or never will
 *
 * Ownership: the protocol owns the exchange, its request and its arena, from
 * on_head until on_end has returned.  The application owns what it hangs on
 * state.  Bytes given to send_bytes and descriptors given to send_file stay
 * the application's and must live until on_end: then nothing reads them
 * any more.
 *
 * Re-entrancy: the functions of http_exchange_functions only queue.  None
 * of them calls back into the application; what follows from them comes
 * later from the loop.  So an application may call them at any time between
 * on_head and on_end, and an exchange never ends inside one.
 *
 * A connection lost is not an error of send_*: they do nothing then, and
 * on_end with COHORT_END_GONE follows.
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_arena.h"
#include "base/base_log.h"
#include "base/base_network.h"
#include "cohort/types.h"
#include "http/http_method.h"
#include "http/http_uri.h"

struct http_exchange;

/* Where the client is; lives as long as the connection, or as the exchange if
 * a trusted proxy told it. */
struct http_peer {
	struct network_address address;
	uint16_t port; /* 0: unix sockets, or not told */
};

#define HTTP_SIZE_UNKNOWN (-1)

struct http_request {
	enum http_method method;
	const char *method_name;  /* as received */
	struct cohort_str target; /* as received */
	struct http_uri uri;
	unsigned version;   /* 0x0100, 0x0101, 0x0200 */
	const char *scheme; /* "http", "https" */
	/* Host or :authority, or what a trusted proxy told; NULL if none. */
	const char *host;
	struct cohort_pair *fields; /* NUL-terminated, order of arrival */
	size_t field_count;
	int64_t body_size; /* 0: none; HTTP_SIZE_UNKNOWN: chunked */
	const struct http_peer *peer;
};

struct http_response {
	int status; /* final: 200 to 599 */
	/* Without Date, Server, Content-Length, Transfer-Encoding,
	 * Connection: those are the protocol's. */
	const struct cohort_pair *fields;
	size_t field_count;
	int64_t size;      /* of the body as GET would have it */
	bool without_body; /* HEAD or 304: size declares only */
};

/* What a protocol offers. */
struct http_exchange_functions {
	/* Once, before any other send.  The values may go afterwards. */
	void (*send_head)(struct http_exchange *exchange,
	    const struct http_response *response);
	/* Bytes that live until on_end. */
	void (*send_bytes)(
	    struct http_exchange *exchange, const void *data, size_t size);
	/* Bytes that are copied. */
	void (*send_copy)(
	    struct http_exchange *exchange, const void *data, size_t size);
	/* Part of a file whose descriptor lives until on_end. */
	void (*send_file)(struct http_exchange *exchange, int fd,
	    int64_t offset, int64_t size);
	/* The body is complete. */
	void (*send_end)(struct http_exchange *exchange);
	/* Ends the exchange so that the client sees it is incomplete. */
	void (*cut)(struct http_exchange *exchange);
	/* Bytes of this exchange given and not yet taken by the kernel. */
	size_t (*unsent)(const struct http_exchange *exchange);
	/* Calls on_room, once, when unsent has fallen to at most that. */
	void (*want_room)(struct http_exchange *exchange, size_t unsent);
	/*
	 * Lets the body come (100 Continue where it was asked for), at most
	 * limit bytes; a longer one ends in on_body_too_large.  Without it
	 * no byte of the body is read beyond the connection's buffer.
	 */
	void (*want_body)(struct http_exchange *exchange, uint64_t limit);
	/* May the client's FIN leave this exchange alive (half_close)? */
	void (*keep_half_closed)(struct http_exchange *exchange, bool keep);
};

/* What an application is told; its own data hang on context and state. */
struct http_application {
	void (*on_head)(struct http_exchange *exchange);
	void (*on_body)(
	    struct http_exchange *exchange, const void *data, size_t size);
	void (*on_body_end)(struct http_exchange *exchange);
	/* More than want_body's limit came; the rest is not delivered. */
	void (*on_body_too_large)(struct http_exchange *exchange);
	void (*on_room)(struct http_exchange *exchange);
	/* The worker retires; a long answer may finish politely. */
	void (*on_retire)(struct http_exchange *exchange);
	/* The last call; also when on_head never sent anything. */
	void (*on_end)(struct http_exchange *exchange, enum cohort_end end);
};

#define HTTP_EXCHANGE_MAGIC 0x5e8a21c7u

struct http_exchange {
	unsigned magic;
	const struct http_exchange_functions *functions;
	/* NULL: refused by the protocol, on_head never ran, on_end won't. */
	const struct http_application *application;
	void *context; /* the application's, per worker */
	void *state;   /* the application's, per exchange */
	struct http_request request;
	struct arena arena;
	struct log_scope scope; /* ", request ID METHOD "TARGET"" */
	/* How it ends, if the application, which made it end, knows better
	 * than the protocol (a deadline, retirement); 0: it does not. */
	enum cohort_end end;

	/* For the access log, the scoreboard and the crash record. */
	uint64_t id;         /* unique; shown as 16 hex digits */
	uint64_t started_us; /* monotonic; 0 if nobody asked */
	int status;          /* sent; 0 before the head */
	uint64_t body_sent;  /* body bytes queued, without framing */
	const char *route;   /* static text or NULL */
	const char *doing;   /* static text or NULL */
	uint16_t mount;      /* settings_mount_number; 0: none yet */
	uint32_t probe;      /* of what quarantine episode; 0: none */
	bool is_check;       /* the master's own: in no log and no counter, and
			* never refused */
	bool is_early;       /* its first byte was sent before the turn of the
			* loop in which it begins; false: perhaps not */
};

/*
 * Who wants to know of every exchange that ended, also those that a protocol
 * refused itself (400, 408, 431: method_name and target may then be "" ).
 */
struct http_recorder {
	void (*record)(struct http_recorder *recorder,
	    const struct http_exchange *exchange, enum cohort_end end);
	bool wants_time; /* started_us is to be filled in */
};

/*
 * What all exchanges of a worker share.  The worker makes one; protocols
 * keep a pointer to it.
 */
struct http_server {
	const struct http_application *application;
	void *context;
	struct http_recorder *recorder;
	struct arena_pool *arena_pool;
	size_t arena_limit; /* request_memory */
	uint64_t next_id;   /* starts at random */
};

/*
 * For many requests, one after the other: what stays the same for all of them
 * but functions, and the first block of the arena, which is the pool's until
 * fini.  In between each begin is followed by its end.
 */
void http_exchange_init(
    struct http_exchange *exchange, struct http_server *server);
void http_exchange_fini(struct http_exchange *exchange);

/* A request begins: takes an id, clears what is the request's own, but not
 * request itself.  server is that of init. */
void http_exchange_begin(
    struct http_exchange *exchange, struct http_server *server);

/* Records, calls the application's on_end, empties the arena. */
void http_exchange_end(struct http_exchange *exchange,
    struct http_server *server, enum cohort_end end);

/* The 16 hex digits and a NUL. */
#define HTTP_ID_SIZE 17
void http_exchange_id(
    const struct http_exchange *exchange, char text_r[HTTP_ID_SIZE]);

#endif
