/* SPDX-License-Identifier: ISC */
/* What the benchmark asks for: a few bytes, JSON made for each request, and
 * what was sent. */
#include <cohort/cohort.h>

#include <stdio.h>
#include <stdlib.h>

#define WORDS                                                           \
	"It is a truth universally acknowledged, that a single man in " \
	"possession of a good fortune, must be in want of a wife. "     \
	"However little known the feelings or views of such a man may " \
	"be on his first entering a neighbourhood, this truth is so "

#define ENTRIES 4 /* about a KiB */

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_static(
	    request, 200, "text/plain", "Hello, World!", 13);
}

static enum cohort_verdict
json(struct cohort_request *request, void *context)
{
	char text[2048];
	size_t size = 0;
	int i;

	for (i = 0; i < ENTRIES; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size,
		    "%c{\"id\":%d,\"text\":\"%s\"}", i == 0 ? '[' : ',', i,
		    WORDS);
	text[size++] = ']';
	return cohort_reply_json(request, 200, text, size);
}

static enum cohort_verdict
echo(struct cohort_request *request, void *context)
{
	struct cohort_str body = cohort_body(request);

	return cohort_reply_copy(
	    request, 200, "application/octet-stream", body.data, body.size);
}

static enum cohort_verdict
fault(struct cohort_request *request, void *context)
{
	abort();
}

static int
setup(struct cohort_app *app)
{
	cohort_get(app, "/hello", hello, NULL);
	cohort_get(app, "/json", json, NULL);
	cohort_post(app, "/echo", echo, NULL);
	return cohort_get(app, "/fault", fault, NULL);
}

COHORT_MODULE("bench", setup);
