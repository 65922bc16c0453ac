/* SPDX-License-Identifier: ISC */
/*
 * Answers whose cost is Cohort's.  /mark says where a work begins and ends:
 * it alone calls cohort_reply_empty.
 */
#include <cohort/cohort.h>

#define PIECE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static enum cohort_verdict
mark(struct cohort_request *request, void *context)
{
	return cohort_reply_empty(request, 204);
}

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_static(
	    request, 200, "text/plain", "Hello, World!", 13);
}

static enum cohort_verdict
json(struct cohort_request *request, void *context)
{
	static const char text[] = "{\"text\":\"" PIECE PIECE PIECE PIECE PIECE
	    PIECE PIECE PIECE PIECE PIECE PIECE PIECE PIECE PIECE PIECE "\"}";

	return cohort_reply_json(request, 200, text, sizeof(text) - 1);
}

static enum cohort_verdict
echo(struct cohort_request *request, void *context)
{
	struct cohort_str body = cohort_body(request);

	return cohort_reply_copy(
	    request, 200, "application/octet-stream", body.data, body.size);
}

static int
setup(struct cohort_app *app)
{
	cohort_get(app, "/mark", mark, NULL);
	cohort_get(app, "/hello", hello, NULL);
	cohort_get(app, "/json/{name}", json, NULL);
	return cohort_post(app, "/echo", echo, NULL);
}

COHORT_MODULE("speed", setup);
