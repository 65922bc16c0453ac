/* SPDX-License-Identifier: ISC */
/* What the benchmark asks for: a few bytes, JSON made for each request, and
 * what was sent. */
#include <cohort/cohort.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 22 /* about a KiB */

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_static(
	    request, 200, "text/plain", "Hello, World!", 13);
}

static enum cohort_verdict
json(struct cohort_request *request, void *context)
{
	json_t *list = json_array();
	enum cohort_verdict verdict;
	char *text;
	int i;

	for (i = 0; i < ENTRIES; i++)
		json_array_append_new(list,
		    json_pack("{si ss sf}", "id", i, "name", "an entry",
			"price", i * 0.25));
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	verdict = cohort_reply_json(request, 200, text, strlen(text));
	free(text);
	return verdict;
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
