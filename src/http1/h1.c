/* SPDX-License-Identifier: ISC */
/*
 * What all HTTP/1 connections of a worker share.  Exchanges and parsers are
 * kept when they are given back, the last first out, so that a request in
 * steady state finds warm ones and never reaches malloc.
 */
#include "http1/h1.h"

#include <string.h>

#include "base/base_memory.h"
#include "base/base_object.h"
#include "http1/h1_private.h"

/* Of each kind, kept for the next taker. */
#define KEEP_MAX 1024

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
	list_init(&h1->exchanges);
	list_init(&h1->parses);
	return h1;
}

void
h1_free(struct h1 **source)
{
	struct h1 *h1;
	struct list_link *link;

	OBJECT_TAKE(h1, source, H1_MAGIC);
	while ((link = list_take_first(&h1->exchanges)) != NULL)
		memory_free(LIST_OBJECT(link, struct h1_exchange, link));
	while ((link = list_take_first(&h1->parses)) != NULL) {
		struct h1_parse *parse = h1_parse_of_link(link);

		h1_parse_free(&parse);
	}
	memory_free((char *)(uintptr_t)h1->texts.server.data);
	OBJECT_FREE(h1);
}

struct h1_exchange *
h1_take_exchange(struct h1 *h1)
{
	struct list_link *link = list_take_first(&h1->exchanges);
	struct h1_exchange *exchange;

	if (link != NULL) {
		exchange = LIST_OBJECT(link, struct h1_exchange, link);
		h1->exchange_count--;
	} else {
		exchange = memory_alloc(sizeof(*exchange));
	}
	http_exchange_init(&exchange->exchange, h1->server);
	return exchange;
}

void
h1_give_exchange(struct h1 *h1, struct h1_exchange *exchange)
{
	if (h1->exchange_count >= KEEP_MAX) {
		memory_free(exchange);
		return;
	}
	list_prepend(&h1->exchanges, &exchange->link);
	h1->exchange_count++;
}

struct h1_parse *
h1_take_parse(struct h1 *h1)
{
	struct list_link *link = list_take_first(&h1->parses);
	struct h1_parse *parse;

	if (link == NULL)
		return h1_parse_new(&h1->limits);
	h1->parse_count--;
	parse = h1_parse_of_link(link);
	h1_parse_reset(parse);
	return parse;
}

void
h1_give_parse(struct h1 *h1, struct h1_parse *parse)
{
	if (h1->parse_count >= KEEP_MAX) {
		h1_parse_free(&parse);
		return;
	}
	list_prepend(&h1->parses, h1_parse_link(parse));
	h1->parse_count++;
}
