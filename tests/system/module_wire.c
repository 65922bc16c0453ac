/* SPDX-License-Identifier: ISC */
/*
 * Answers with what it saw of the request, in the words of tests/wire.
 */
#include <string.h>

#include <cohort/cohort.h>

static cohort_handler mirror;

static enum cohort_verdict
mirror(struct cohort_request *request, void *context)
{
	struct cohort_str body = cohort_body(request);
	const char *host = cohort_host(request);

	return cohort_reply_text(request, 200, "%s %s%s%s%s%.*s",
	    cohort_method(request), cohort_target(request).data,
	    host != NULL ? " host " : "", host != NULL ? host : "",
	    body.size > 0 ? " body " : "", (int)body.size, body.data);
}

static int
setup(struct cohort_app *app)
{
	return cohort_route(app, "*", "/{path}*", mirror, NULL) == NULL ? -1 :
									  0;
}

COHORT_MODULE("wire", setup);
