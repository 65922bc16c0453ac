/* SPDX-License-Identifier: ISC */
/*
 * What the settings and the heritage are for conn/ and http1/, and who is
 * called back.
 */
#include "base/base_memory.h"
#include "base/base_object.h"
#include "base/base_panic.h"
#include "worker/worker_answer.h"
#include "worker/worker_private.h"

_Static_assert((int)CONN_CLOSE_COUNT <= IPC_CLOSE_MAX,
    "a slot has room for every close reason");
_Static_assert(SETTINGS_SEGMENTS_MAX == HTTP_SEGMENTS_MAX,
    "max_segments is what fits into a struct http_uri");

static void
on_closed(void *context)
{
	struct worker *worker;

	OBJECT_CAST(worker, context, WORKER_MAGIC);
	worker_acceptor_review(worker);
	worker_retire_review(worker);
}

static bool
on_departing(void *context)
{
	struct worker *worker;

	OBJECT_CAST(worker, context, WORKER_MAGIC);
	return worker_hand_send(worker);
}

/* Of a settings' text, which was checked when it was read. */
static struct network_list
networks_of(const char *text)
{
	struct network_list list;
	struct error error;

	if (network_list_parse(&list, text, &error) == -1)
		panic("%s", error.text);
	return list;
}

/* What a client has to take in write_timeout. */
static uint64_t
write_least(const struct settings_http *http)
{
	uint64_t bytes = http->write_rate * http->write_timeout / 1000;

	return bytes > 0 ? bytes : 1;
}

static const char client_refusal[] =
    WORKER_ANSWER_429_HEAD WORKER_ANSWER_429_PAGE;

static void
make_set(struct worker *worker)
{
	const struct settings *all = worker->heritage->settings;
	const struct settings_http *http = &all->http;
	struct ipc_slot *slot = worker->slot;
	struct ipc_process *process = worker->process;
	const struct conn_settings settings = {
		.trusted_proxies = worker->trusted_proxies,
		.timeouts_ms = {
			[CONN_DEADLINE_HEAD] = http->head_timeout,
			[CONN_DEADLINE_BODY] = http->body_timeout,
			[CONN_DEADLINE_WRITE] = http->write_timeout,
			[CONN_DEADLINE_IDLE] = http->keep_alive,
			[CONN_DEADLINE_LINGER] = http->linger_timeout,
		},
		.write_least = write_least(http),
		.output_limit = http->output_buffer,
		.client_max = all->max_client_connections,
		.client_refusal = client_refusal,
		.client_refusal_size = sizeof(client_refusal) - 1,
		.open = &slot->open,
		.busy = &slot->busy,
		.accepted = &slot->accepted,
		.adopted = &slot->adopted,
		.closed = slot->closed,
		.loop = &process->loop,
		.output = &process->output,
		.rows = process->rows,
		.row_count = process->row_count,
		.on_closed = on_closed,
		.on_departing = on_departing,
		.context = worker,
	};

	worker->connections = conn_set_new(worker->base, &settings);
}

static void
make_protocol(struct worker *worker)
{
	const struct settings_http *http = &worker->heritage->settings->http;
	const struct h1_settings settings = {
		.limits = {
			.max_request_line = http->max_request_line,
			.max_head = http->max_head,
			.max_fields = http->max_fields,
			.max_segments = http->max_segments,
			.max_chunk_extension = http->max_chunk_extension,
			.max_trailer = http->max_trailer,
		},
		.max_pipelined = (unsigned)http->max_pipelined,
		.max_requests = http->max_requests,
		.keep_alive_ms = http->keep_alive,
		.body_progress = http->body_rate * http->body_timeout / 1000,
		.keep_half_closed = settings_keeps_half_closed(http),
		.server = http->server,
		.forwarding = {
			.trusted = worker->trusted_proxies,
			.is_forwarded = settings_reads_forwarded(http),
		},
	};

	worker->h1 = h1_new(&settings, &worker->server);
}

static void
make_origins(struct worker *worker)
{
	const struct ipc_heritage *heritage = worker->heritage;
	size_t i;

	worker->origins = memory_alloc_array(
	    heritage->listener_count, sizeof(*worker->origins));
	for (i = 0; i < heritage->listener_count; i++)
		worker->origins[i] = (struct conn_origin) {
			.protocol = &h1_protocol,
			.context = worker->h1,
			.listener = heritage->listeners[i].id,
			.is_tcp = heritage->listeners[i].is_tcp,
			.proxies =
			    networks_of(heritage->listeners[i].proxy_protocol),
		};
	worker->check_origin = (struct conn_origin) {
		.protocol = &h1_protocol,
		.context = worker->h1,
		.is_check = true,
		.is_forgotten = true,
	};
}

static void
free_origins(struct worker *worker)
{
	size_t i;

	for (i = 0;
	     worker->origins != NULL && i < worker->heritage->listener_count;
	     i++)
		network_list_fini(&worker->origins[i].proxies);
	memory_free(worker->origins);
}

void
worker_connections_init(struct worker *worker)
{
	worker->trusted_proxies =
	    networks_of(worker->heritage->settings->http.trusted_proxies);
	make_set(worker);
	make_protocol(worker);
	make_origins(worker);
}

void
worker_connections_fini(struct worker *worker)
{
	network_list_fini(&worker->trusted_proxies);
	if (worker->h1 != NULL)
		h1_free(&worker->h1);
	free_origins(worker);
}
