/* SPDX-License-Identifier: ISC */
/*
 * What all HTTP/1 connections of a worker share.  Exchanges, parsers and
 * what connections need during requests are kept when they are given back,
 * the last first out, so that a request in steady state finds warm ones and
 * never reaches malloc.
 */
#include "http1/h1.h"

#include <string.h>

#include "base/base_memory.h"
#include "base/base_object.h"
#include "http1/h1_exchange.h"
#include "http1/h1_private.h"

/* Kept for the next taker.  An exchange holds a block of the worker's arena
 * pool, hence fewer. */
#define EXCHANGES_KEPT   256
#define PARSES_KEPT      1024
#define CONNECTIONS_KEPT 1024

/* ---- pools ---- */

static struct list_link *
take(struct h1_pool *pool)
{
	struct list_link *link = pool->first;

	if (link != NULL) {
		pool->first = link->next;
		pool->count--;
	}
	return link;
}

/* False when there are enough. */
static bool
give(struct h1_pool *pool, struct list_link *link, size_t keep)
{
	if (pool->count >= keep)
		return false;
	link->next = pool->first;
	pool->first = link;
	pool->count++;
	return true;
}

struct h1_exchange *
h1_take_exchange(struct h1 *h1)
{
	struct list_link *link = take(&h1->exchanges);
	struct h1_exchange *exchange;

	if (link != NULL)
		return LIST_OBJECT(link, struct h1_exchange, link);
	exchange = memory_alloc(sizeof(*exchange));
	h1_exchange_init(exchange, h1->server);
	return exchange;
}

static void
free_exchange(struct h1_exchange *exchange)
{
	h1_exchange_fini(exchange);
	memory_free(exchange);
}

void
h1_give_exchange(struct h1 *h1, struct h1_exchange *exchange)
{
	if (!give(&h1->exchanges, &exchange->link, EXCHANGES_KEPT))
		free_exchange(exchange);
}

static void
clear_connection(struct h1 *h1, struct h1_connection *connection)
{
	memset(connection, 0, sizeof(*connection));
	connection->h1 = h1;
	list_init(&connection->answered);
}

struct h1_connection *
h1_take_connection(struct h1 *h1)
{
	struct list_link *link = take(&h1->connections);
	struct h1_connection *connection;

	if (link != NULL)
		return LIST_OBJECT(link, struct h1_connection, link);
	connection = memory_alloc(sizeof(*connection));
	clear_connection(h1, connection);
	return connection;
}

void
h1_give_connection(struct h1 *h1, struct h1_connection *connection)
{
	if (!give(&h1->connections, &connection->link, CONNECTIONS_KEPT))
		memory_free(connection);
}

void
h1_give_ended_connection(struct h1 *h1, struct h1_connection *connection)
{
	clear_connection(h1, connection);
	h1_give_connection(h1, connection);
}

struct h1_parse *
h1_take_parse(struct h1 *h1)
{
	struct list_link *link = take(&h1->parses);
	struct h1_parse *parse;

	if (link == NULL)
		return h1_parse_new(&h1->limits);
	parse = h1_parse_of_link(link);
	h1_parse_reset(parse);
	return parse;
}

void
h1_give_parse(struct h1 *h1, struct h1_parse *parse)
{
	if (!give(&h1->parses, h1_parse_link(parse), PARSES_KEPT))
		h1_parse_free(&parse);
}

static void
free_pools(struct h1 *h1)
{
	struct list_link *link;
	struct h1_parse *parse;

	while ((link = take(&h1->exchanges)) != NULL)
		free_exchange(LIST_OBJECT(link, struct h1_exchange, link));
	while ((link = take(&h1->connections)) != NULL)
		memory_free(LIST_OBJECT(link, struct h1_connection, link));
	while ((link = take(&h1->parses)) != NULL) {
		parse = h1_parse_of_link(link);
		h1_parse_free(&parse);
	}
}

/* ---- the whole ---- */

static struct cohort_str
make_server_line(const char *server)
{
	char *line;

	if (server == NULL || server[0] == '\0')
		return (struct cohort_str) { memory_copy_text(""), 0 };
	line = memory_format("Server: %s\r\n", server);
	return (struct cohort_str) { line, strlen(line) };
}

struct h1 *
h1_new(const struct h1_settings *settings, struct http_server *server)
{
	struct h1 *h1;

	OBJECT_NEW(h1, H1_MAGIC);
	h1->settings = *settings;
	h1->settings.server = NULL;
	h1->limits = settings->limits;
	if (h1->limits.max_request_line > h1->limits.max_head)
		h1->limits.max_request_line = h1->limits.max_head;
	h1->server = server;
	h1->texts.date = &h1->date;
	h1->texts.server = make_server_line(settings->server);
	return h1;
}

void
h1_free(struct h1 **source)
{
	struct h1 *h1;

	OBJECT_TAKE(h1, source, H1_MAGIC);
	free_pools(h1);
	memory_free((char *)(uintptr_t)h1->texts.server.data);
	OBJECT_FREE(h1);
}
