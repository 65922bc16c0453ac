/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "test_app_module.h"

static enum cohort_verdict
fail_request(struct cohort_request *request, void *context)
{
	return cohort_fail(
	    request, atoi(cohort_path_param(request, "status")), "for the log");
}

static enum cohort_verdict
reply(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 404, "a handler's own");
}

static enum cohort_verdict
refuse(struct cohort_request *request, void *context)
{
	return cohort_refuse(request, 404, "a refusal");
}

static enum cohort_verdict
page(struct cohort_request *request, void *context)
{
	int status = cohort_reply_status(request);

	return cohort_reply_text(
	    request, status, "%s %d", (const char *)context, status);
}

static enum cohort_verdict
bad_page(struct cohort_request *request, void *context)
{
	switch (cohort_reply_status(request)) {
	case 410:
		return COHORT_DONE;
	case 411:
		return cohort_await_time(request, 1, page, NULL);
	case 412:
		cohort_reply_set(request, "X", "\n");
		return cohort_reply_text(request, 412, "x");
	case 413:
		return cohort_fail(request, 500, "the page fails");
	case 414:
		return cohort_reply_text(request, 200, "another status");
	default:
		cohort_reply_text(request, 415, "x");
		return COHORT_DECLINED;
	}
}

static int
set_up(struct cohort_app *app)
{
	struct cohort_app *inner = cohort_scope(app, "/inner");
	struct cohort_app *bad = cohort_scope(app, "/bad");

	cohort_error_page(app, 404, page, TEXT("outer exact"));
	cohort_error_page(app, 4, page, TEXT("outer class"));
	cohort_error_page(inner, 0, page, TEXT("inner any"));
	cohort_error_page(inner, 5, page, TEXT("inner class"));
	cohort_error_page(inner, 503, page, TEXT("inner exact"));
	cohort_error_page(bad, 0, bad_page, NULL);
	cohort_get(app, "/fail/{status}", fail_request, NULL);
	cohort_get(inner, "/fail/{status}", fail_request, NULL);
	cohort_get(bad, "/fail/{status}", fail_request, NULL);
	cohort_get(app, "/reply", reply, NULL);
	cohort_get(app, "/refuse", refuse, NULL);
	return 0;
}

static const struct {
	const char *target;
	int status;
	const char *body;
} pages[] = {
	{ "/none", 404, "outer exact 404" },
	{ "/inner/none", 404, "inner any 404" },
	{ "/fail/404", 404, "outer exact 404" },
	{ "/fail/410", 410, "outer class 410" },
	{ "/fail/500", 500, "500 Internal Server Error\n" },
	{ "/fail/599", 599, "599 Server Error\n" },
	{ "/inner/fail/404", 404, "inner any 404" },
	{ "/inner/fail/500", 500, "inner class 500" },
	{ "/inner/fail/503", 503, "inner exact 503" },
	{ "/reply", 404, "a handler's own" },
	{ "/refuse", 404, "a refusal" },
	{ "/bad/fail/410", 410, "410 Gone\n" },
	{ "/bad/fail/411", 411, "411 Length Required\n" },
	{ "/bad/fail/412", 412, "412 Precondition Failed\n" },
	{ "/bad/fail/413", 413, "413 Content Too Large\n" },
	{ "/bad/fail/414", 200, "another status" },
	{ "/bad/fail/415", 415, "415 Unsupported Media Type\n" },
};

START_TEST(the_nearest_page_words_an_error)
{
	struct cohort_test_reply *got = get(pages[_i].target);
	const char *log = cohort_test_log(test);

	expect(got, pages[_i].status, pages[_i].body);
	ck_assert_int_eq(strstr(log, "the error page for") != NULL,
	    strncmp(pages[_i].target, "/bad", 4) == 0 &&
		pages[_i].status != 200);
}
END_TEST

static const struct {
	const char *headers, *type;
} accepts[] = {
	{ NULL, "text/plain; charset=utf-8" },
	{ "Accept: */*\n", "text/plain; charset=utf-8" },
	{ "Accept: application/json\n", "text/plain; charset=utf-8" },
	{ "Accept: text/html,application/xml;q=0.9,*/*;q=0.8\n",
	    "text/html; charset=utf-8" },
};

START_TEST(browsers_get_html)
{
	struct cohort_test_reply *got =
	    ask("GET", "/fail/500", accepts[_i].headers);

	cohort_test_log(test);
	ck_assert_str_eq(
	    cohort_test_header(got, "Content-Type", 0), accepts[_i].type);
	ck_assert_ptr_nonnull(
	    strstr(cohort_test_body(got).data, "500 Internal Server Error"));
	ck_assert_int_eq(strstr(cohort_test_body(got).data, "</html>") != NULL,
	    strstr(accepts[_i].type, "html") != NULL);
}
END_TEST

/* 500 stands in http_status.tbl, 599 does not. */
START_TEST(html_is_worded_alike_for_every_status)
{
	const char *const targets[] = { "/fail/500", "/fail/599" };
	const char *const words[] = { "500 Internal Server Error",
		"599 Server Error" };
	char page[256];

	snprintf(page, sizeof(page),
	    "<!DOCTYPE html>\n<html lang=\"en\">\n"
	    "<head><title>%s</title></head>\n"
	    "<body><h1>%s</h1></body>\n</html>\n",
	    words[_i], words[_i]);
	ck_assert_str_eq(
	    cohort_test_body(ask("GET", targets[_i], "Accept: text/html\n"))
		.data,
	    page);
	cohort_test_log(test);
}
END_TEST

static void
open_pages(void)
{
	open_test(set_up);
}

int
main(void)
{
	Suite *suite = suite_create("app_page");
	TCase *tcase = tcase_create("page");

	tcase_add_checked_fixture(tcase, open_pages, close_test);
	tcase_add_loop_test(tcase, the_nearest_page_words_an_error, 0,
	    sizeof(pages) / sizeof(pages[0]));
	tcase_add_loop_test(
	    tcase, browsers_get_html, 0, sizeof(accepts) / sizeof(accepts[0]));
	tcase_add_loop_test(tcase, html_is_worded_alike_for_every_status, 0, 2);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
