/* SPDX-License-Identifier: ISC */
/*
 * The order of things: guards, before functions, bodies, handlers, after
 * functions, and what a declined request meets next.
 */
#include "test_app_module.h"

/* What ran, in order, a letter each. */
static char trace[64];

static void
note(const void *context)
{
	const char letter[] = { *(const char *)context, '\0' };

	strcat(trace, letter);
}

static enum cohort_verdict
reply(struct cohort_request *request, void *context)
{
	note(context);
	return cohort_reply_text(request, 200, "%s", (const char *)context);
}

static enum cohort_verdict
decline(struct cohort_request *request, void *context)
{
	note(context);
	return COHORT_DECLINED;
}

static enum cohort_verdict
decline_late(struct cohort_request *request, void *context)
{
	note("l");
	return cohort_await_time(request, 5, decline, context);
}

static bool
guard(const struct cohort_request *request, void *context)
{
	note(context);
	return cohort_header(request, (const char *)context) == NULL;
}

static void
after(struct cohort_request *request, void *context)
{
	note(context);
	cohort_reply_add(request, "X-After", (const char *)context);
}

static enum cohort_verdict
page(struct cohort_request *request, void *context)
{
	note("p");
	return cohort_reply_text(request, cohort_reply_status(request), "%s %d",
	    (const char *)context, cohort_reply_status(request));
}

static void
expect_trace(const char *expected)
{
	ck_assert_str_eq(trace, expected);
	trace[0] = '\0';
}

static int
set_up_order(struct cohort_app *app)
{
	struct cohort_app *inner = cohort_scope(app, "/in");
	struct cohort_route *route;

	cohort_guard(app, guard, TEXT("g"));
	cohort_guard(inner, guard, TEXT("h"));
	cohort_before(app, decline, TEXT("a"));
	cohort_before(app, decline_late, TEXT("b"));
	cohort_before(inner, decline, TEXT("c"));
	cohort_after(app, after, TEXT("y"));
	cohort_after(app, after, TEXT("z"));
	cohort_after(inner, after, TEXT("x"));
	cohort_error_page(app, 0, page, TEXT("outer"));
	cohort_error_page(inner, 404, page, TEXT("inner"));
	route = cohort_route(inner, "GET", "/one", decline, TEXT("1"));
	cohort_route_guard(route, guard, TEXT("r"));
	cohort_route_guard(route, guard, TEXT("s"));
	cohort_get(inner, "/{name}", decline_late, TEXT("2"));
	cohort_post(inner, "/{name}", reply, TEXT("4"));
	cohort_default(inner, reply, TEXT("d"));
	cohort_get(inner, "/sub/{name}", decline, TEXT("5"));
	return 0;
}

START_TEST(order_is_outside_in_and_back)
{
	struct cohort_test_reply *got = get("/in/one");

	expect(got, 200, "d");
	/* Before functions run once, whoever declines. */
	expect_trace("ghrsalbc1ghl2ghdxyz");
	ck_assert_str_eq(cohort_test_header(got, "X-After", 0), "x");
	ck_assert_str_eq(cohort_test_header(got, "X-After", 1), "y");
	ck_assert_str_eq(cohort_test_header(got, "X-After", 2), "z");
}
END_TEST

START_TEST(a_guard_ends_the_attempt)
{
	expect(ask("GET", "/in/one", "s: 1\n"), 200, "d");
	expect_trace("ghrsghalbcl2ghdxyz");
	expect(ask("GET", "/in/one", "h: 1\n"), 404, "inner 404");
	expect_trace("ghghghghpxyz");
}
END_TEST

START_TEST(nothing_found_has_the_deepest_scope)
{
	expect(get("/nowhere"), 404, "outer 404");
	expect_trace("pyz");
	expect(ask("DELETE", "/in/two", "h: 1\n"), 404, "inner 404");
	trace[0] = '\0';
	expect(ask("DELETE", "/in/two", NULL), 405, "outer 405");
	expect_trace("ghghpxyz");
}
END_TEST

static int
set_up_methods(struct cohort_app *app)
{
	struct cohort_route *route;

	cohort_get(app, "/a", reply, TEXT("get"));
	cohort_put(app, "/a", reply, TEXT("put"));
	route = cohort_route(app, "POST", "/a", reply, TEXT("post"));
	cohort_route_guard(route, guard, TEXT("X-No-Post"));
	cohort_get(app, "/declined", decline, TEXT("1"));
	cohort_post(app, "/declined", reply, TEXT("2"));
	cohort_route(app, "*", "/any", reply, TEXT("any"));
	cohort_route(app, "BREW", "/pot", reply, TEXT("tea"));
	cohort_default(app, reply, TEXT("default"));
	return 0;
}

static const struct {
	const char *method, *target, *headers;
	int status;
	const char *body, *allow;
} methods[] = {
	{ "GET", "/a", NULL, 200, "get", NULL },
	{ "HEAD", "/a", NULL, 200, "", NULL },
	{ "PUT", "/a", NULL, 200, "put", NULL },
	{ "DELETE", "/a", NULL, 405, NULL, "GET, HEAD, POST, PUT, OPTIONS" },
	{ "DELETE", "/a", "X-No-Post: 1\n", 405, NULL,
	    "GET, HEAD, PUT, OPTIONS" },
	{ "OPTIONS", "/a", NULL, 204, "", "GET, HEAD, POST, PUT, OPTIONS" },
	{ "OPTIONS", "/any", NULL, 200, "any", NULL },
	{ "BREW", "/pot", NULL, 200, "tea", NULL },
	{ "BREW", "/any", NULL, 200, "any", NULL },
	{ "GET", "/declined", NULL, 200, "default", NULL },
	{ "PUT", "/declined", NULL, 405, NULL, "GET, HEAD, POST, OPTIONS" },
	{ "OPTIONS", "/none", NULL, 200, "default", NULL },
	{ "OPTIONS", "*", NULL, 204, "", NULL },
	{ "BREW", "/a", NULL, 405, NULL, "GET, HEAD, POST, PUT, OPTIONS" },
	{ "TRACE", "/a", NULL, 405, NULL, "GET, HEAD, POST, PUT, OPTIONS" },
	{ "get", "/a", NULL, 501, NULL, "GET, HEAD, POST, PUT, OPTIONS" },
	{ "MELT", "*", NULL, 501, NULL, NULL },
};

/* The methods of Allow, in whatever order. */
static void
expect_allow(const char *expected, const char *allow)
{
	char text[128], *word, *rest = text;
	size_t words = 0;

	if (expected == NULL) {
		ck_assert_ptr_null(allow);
		return;
	}
	ck_assert_ptr_nonnull(allow);
	ck_assert_uint_eq(strlen(expected), strlen(allow));
	strcpy(text, expected);
	while ((word = strsep(&rest, ", ")) != NULL) {
		ck_assert_ptr_nonnull(strstr(allow, word));
		words++;
	}
	ck_assert_uint_gt(words, 0);
}

START_TEST(methods_are_as_rfc_9110_has_them)
{
	struct cohort_test_reply *got =
	    ask(methods[_i].method, methods[_i].target, methods[_i].headers);

	expect(got, methods[_i].status, methods[_i].body);
	expect_allow(methods[_i].allow, cohort_test_header(got, "Allow", 0));
}
END_TEST

static enum cohort_verdict
echo(struct cohort_request *request, void *context)
{
	struct cohort_str body = cohort_body(request);

	note("h");
	ck_assert_int_eq(body.data[body.size], '\0');
	return cohort_reply_copy(request, 200, NULL, body.data, body.size);
}

static enum cohort_verdict
authorize(struct cohort_request *request, void *context)
{
	note("b");
	if (cohort_header(request, "X-Key") != NULL)
		return COHORT_DECLINED;
	return cohort_refuse(request, 401, "who is it?");
}

static int
set_up_bodies(struct cohort_app *app)
{
	struct cohort_route *route;

	cohort_before(app, authorize, NULL);
	route = cohort_route(app, "POST", "/small", echo, NULL);
	cohort_route_option(route, "body_limit", "10");
	route = cohort_route(app, "POST", "/large", echo, NULL);
	cohort_route_option(route, "body_limit", "3m");
	route = cohort_route(app, "POST", "/declined/a", decline, TEXT("1"));
	cohort_route_option(route, "body_limit", "1m");
	route = cohort_route(app, "POST", "/declined/{b}", echo, NULL);
	cohort_route_option(route, "body_limit", "10");
	return 0;
}

static struct cohort_test_reply *
post(const char *target, const char *headers, size_t size)
{
	char *body = malloc(size + 1);
	struct cohort_test_reply *got;

	memset(body, 'b', size);
	got = cohort_test_request(test, "POST", target, headers, body, size);
	free(body);
	return got;
}

/* The body is judged when it is announced, or when it has come. */
START_TEST(bodies_are_limited)
{
	static const char *const framings[] = {
		"X-Key: 1\n",
		"X-Key: 1\nTransfer-Encoding: chunked\n",
	};
	const char *headers = framings[_i];

	expect(post("/small", headers, 10), 200, "bbbbbbbbbb");
	expect_trace("bh");
	expect(post("/small", headers, 11), 413, NULL);
	expect_trace("b");
	expect(post("/large", headers, 3 * 1024 * 1024), 200, NULL);
	expect_trace("bh");
	expect(post("/large", headers, 3 * 1024 * 1024 + 1), 413, NULL);
	expect_trace("b");
	expect(post("/declined/a", headers, 10), 200, "bbbbbbbbbb");
	expect_trace("b1h");
	/* The second route has a limit of its own. */
	expect(post("/declined/a", headers, 11), 413, NULL);
	expect_trace("b1");
}
END_TEST

START_TEST(before_answers_before_the_body)
{
	expect(post("/large", NULL, 100), 401, "who is it?");
	expect_trace("b");
	EXPECT_LOG(
	    "info: who is it?, request 0000000000000001 POST \"/large\"");
}
END_TEST

static enum cohort_verdict
show_before(struct cohort_request *request, void *context)
{
	unsigned *count = context;

	(*count)++;
	return COHORT_DECLINED;
}

#define MANY_BEFORES 150

static unsigned before_counts[MANY_BEFORES];

static int
set_up_many_befores(struct cohort_app *app)
{
	size_t i;

	for (i = 0; i < MANY_BEFORES; i++)
		cohort_before(app, show_before, &before_counts[i]);
	cohort_get(app, "/a", decline, TEXT("1"));
	cohort_get(app, "/{b}", decline, TEXT("2"));
	cohort_default(app, reply, TEXT("3"));
	return 0;
}

START_TEST(each_of_many_before_functions_runs_once)
{
	size_t i;

	expect(get("/a"), 200, "3");
	expect_trace("123");
	for (i = 0; i < MANY_BEFORES; i++)
		ck_assert_uint_eq(before_counts[i], 1);
}
END_TEST

static void
open_order(void)
{
	open_test(set_up_order);
}

static void
open_methods(void)
{
	open_test(set_up_methods);
}

static void
open_bodies(void)
{
	open_test(set_up_bodies);
}

static void
open_many(void)
{
	open_test(set_up_many_befores);
}

int
main(void)
{
	Suite *suite = suite_create("app_dispatch");
	TCase *tcase = tcase_create("order");

	tcase_add_checked_fixture(tcase, open_order, close_test);
	tcase_add_test(tcase, order_is_outside_in_and_back);
	tcase_add_test(tcase, a_guard_ends_the_attempt);
	tcase_add_test(tcase, nothing_found_has_the_deepest_scope);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("methods");
	tcase_add_checked_fixture(tcase, open_methods, close_test);
	tcase_add_loop_test(tcase, methods_are_as_rfc_9110_has_them, 0,
	    sizeof(methods) / sizeof(methods[0]));
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("bodies");
	tcase_add_checked_fixture(tcase, open_bodies, close_test);
	tcase_add_loop_test(tcase, bodies_are_limited, 0, 2);
	tcase_add_test(tcase, before_answers_before_the_body);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("many");
	tcase_add_checked_fixture(tcase, open_many, close_test);
	tcase_add_test(tcase, each_of_many_before_functions_runs_once);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
