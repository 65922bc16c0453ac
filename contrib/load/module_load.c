/* SPDX-License-Identifier: ISC */
/* What the load runs ask for: a word, what was sent, and much. */
#include <cohort/cohort.h>

#define MUCH 4194304

static enum cohort_verdict
word(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "served\n");
}

static enum cohort_verdict
echo(struct cohort_request *request, void *context)
{
	struct cohort_str body = cohort_body(request);

	return cohort_reply_text(request, 200, "%zu bytes\n", body.size);
}

static enum cohort_verdict
much(struct cohort_request *request, void *context)
{
	static const char bytes[MUCH];

	return cohort_reply_static(
	    request, 200, "application/octet-stream", bytes, sizeof(bytes));
}

static int
setup(struct cohort_app *app)
{
	cohort_get(app, "/word", word, NULL);
	cohort_post(app, "/echo", echo, NULL);
	return cohort_get(app, "/much", much, NULL);
}

COHORT_MODULE("load", setup);
