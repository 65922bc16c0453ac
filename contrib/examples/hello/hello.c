/* SPDX-License-Identifier: ISC */
/*
 * hello: the smallest module.
 *
 *	make && cohortd -f -l 127.0.0.1:8080 -m ./hello.so
 *	curl http://127.0.0.1:8080/hello/world
 *
 * In cohort.conf it can be told how to greet:
 *
 *	mount "/" { module = "hello.so"  set { greeting = "Good morning" } }
 */
#include <cohort/cohort.h>

/* Whatever was given as context when the route was declared comes back. */
static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	const char *greeting = (const char *)context;

	return cohort_reply_text(request, 200, "%s, %s!\n", greeting,
	    cohort_path_param(request, "name"));
}

/* Says what the module consists of; runs once in each worker. */
static int
setup(struct cohort_app *app)
{
	const char *greeting = cohort_setting(app, "greeting", "Hello");

	return cohort_get(app, "/hello/{name}", hello, (void *)greeting);
}

/* With COHORT_MAIN instead this file is a server program of its own. */
COHORT_MODULE("hello", setup);
