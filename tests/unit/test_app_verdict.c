/* SPDX-License-Identifier: ISC */
/*
 * What follows from a verdict, right or wrong, given at once or later, in a
 * handler or before it.
 */
#include "test_app_module.h"

/* What a step does, and returns. */
struct step {
	const char *target;
	enum {
		NOTHING,
		REPLY,
		STREAM,
		TIMER,
		REFUSE,
		FAIL,
		NO_FAILURE
	} action;
	int verdict;
	/* Of a handler: what the client gets, and the log. */
	int status;
	const char *body, *log;
	/* How it ends where a stream has begun before. */
	enum cohort_end stream_end;
};

#define PAGE_500 "500 Internal Server Error\n"

static struct step steps[] = {
	{ "/reply-done", REPLY, COHORT_DONE, 200, "reply", NULL,
	    COHORT_END_SENT },
	{ "/done", NOTHING, COHORT_DONE, 500, PAGE_500,
	    "error: handler /done returned DONE without a reply",
	    COHORT_END_SENT },
	{ "/later", NOTHING, COHORT_LATER, 500, PAGE_500,
	    "error: handler /later returned LATER with nothing armed",
	    COHORT_END_FAILED },
	{ "/reply-later", REPLY, COHORT_LATER, 500, PAGE_500,
	    "error: handler /reply-later returned LATER although it replied",
	    COHORT_END_FAILED },
	{ "/zero", REPLY, 0, 500, PAGE_500,
	    "error: handler /zero returned 0, which is no verdict",
	    COHORT_END_FAILED },
	{ "/five", NOTHING, 5, 500, PAGE_500,
	    "error: handler /five returned 5, which is no verdict",
	    COHORT_END_FAILED },
	{ "/declined", NOTHING, COHORT_DECLINED, 404, "404 Not Found\n", NULL,
	    COHORT_END_FAILED },
	{ "/reply-declined", REPLY, COHORT_DECLINED, 500, PAGE_500,
	    "error: handler /reply-declined returned DECLINED although it "
	    "replied",
	    COHORT_END_FAILED },
	{ "/stream-declined", STREAM, COHORT_DECLINED, 500, PAGE_500,
	    "error: handler /stream-declined returned DECLINED although it "
	    "replied",
	    COHORT_END_FAILED },
	{ "/failed", NOTHING, COHORT_FAILED, 500, PAGE_500,
	    "error: handler /failed failed", COHORT_END_FAILED },
	{ "/reply-failed", REPLY, COHORT_FAILED, 500, PAGE_500,
	    "error: handler /reply-failed failed", COHORT_END_FAILED },
	{ "/stream-failed", STREAM, COHORT_FAILED, 500, PAGE_500,
	    "error: handler /stream-failed failed", COHORT_END_FAILED },
	{ "/refuse", REFUSE, COHORT_FAILED, 409, "not <you>",
	    "info: not <you>, ", COHORT_END_FAILED },
	{ "/refuse-done", REFUSE, COHORT_DONE, 409, "not <you>",
	    "info: not <you>, ", COHORT_END_FAILED },
	{ "/fail", FAIL, COHORT_FAILED, 503, "503 Service Unavailable\n",
	    "error: a secret, ", COHORT_END_FAILED },
	{ "/fail-done", FAIL, COHORT_DONE, 503, "503 Service Unavailable\n",
	    "error: a secret, ", COHORT_END_FAILED },
	{ "/no-failure", NO_FAILURE, COHORT_FAILED, 500, PAGE_500,
	    "error: cohort_fail: status 200 is none of a failure",
	    COHORT_END_FAILED },
	{ "/stream-done", STREAM, COHORT_DONE, 200, "stream", NULL,
	    COHORT_END_SENT },
	{ "/timer-done", TIMER, COHORT_DONE, 500, PAGE_500,
	    "error: handler /timer-done returned DONE without a reply",
	    COHORT_END_SENT },
	{ "/timer-declined", TIMER, COHORT_DECLINED, 404, "404 Not Found\n",
	    NULL, COHORT_END_FAILED },
};

#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))

static enum cohort_verdict
never(struct cohort_request *request, void *context)
{
	ck_abort_msg("what was armed ran");
	return COHORT_DONE;
}

static enum cohort_verdict
run_step(struct cohort_request *request, void *context)
{
	const struct step *step = context;

	switch (step->action) {
	case REPLY:
		cohort_reply_text(request, 200, "reply");
		break;
	case STREAM:
		if (cohort_stream(request, 200, NULL, -1) == 0)
			cohort_write(request, "stream", 6);
		break;
	case TIMER:
		ck_assert_int_eq(
		    cohort_await_time(request, 5, never, NULL), COHORT_LATER);
		break;
	case REFUSE:
		cohort_refuse(request, 409, "not %s", "<you>");
		break;
	case FAIL:
		cohort_fail(request, 503, "a %s", "secret");
		break;
	case NO_FAILURE:
		cohort_fail(request, 200, "fine");
		break;
	default:
		break;
	}
	return (enum cohort_verdict)step->verdict;
}

static enum cohort_verdict
run_later(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, 10, run_step, context);
}

static enum cohort_verdict
run_in_stream(struct cohort_request *request, void *context)
{
	cohort_stream(request, 200, NULL, -1);
	cohort_write(request, "begun", 5);
	return run_later(request, context);
}

static enum cohort_verdict
run_before(struct cohort_request *request, void *context)
{
	const char *wanted = cohort_header(request, "Before");
	size_t i;

	for (i = 0; wanted != NULL && i < STEP_COUNT; i++)
		if (strcmp(steps[i].target, wanted) == 0)
			return run_step(request, &steps[i]);
	return COHORT_DECLINED;
}

static int
set_up(struct cohort_app *app)
{
	struct cohort_app *later = cohort_scope(app, "/later");
	struct cohort_app *stream = cohort_scope(app, "/stream");
	struct cohort_route *route;
	size_t i;

	cohort_before(app, run_before, NULL);
	for (i = 0; i < STEP_COUNT; i++) {
		cohort_get(app, steps[i].target, run_step, &steps[i]);
		cohort_get(later, steps[i].target, run_later, &steps[i]);
		cohort_get(stream, steps[i].target, run_in_stream, &steps[i]);
	}
	route = cohort_route(app, "GET", "/named", run_step, &steps[1]);
	cohort_route_option(route, "name", "a name");
	return 0;
}

/* The log begins so; steps that are not the handler's own are not named. */
static void
expect_begin(const char *expected)
{
	const char *log = cohort_test_log(test);

	if (expected == NULL)
		ck_assert_str_eq(log, "");
	else
		ck_assert_msg(
		    strncmp(log, expected, strlen(expected)) == 0, "%s", log);
}

START_TEST(verdicts_of_handlers)
{
	const struct step *step = &steps[_i];

	expect(get(step->target), step->status, step->body);
	expect_begin(step->log);
}
END_TEST

START_TEST(verdicts_of_continuations)
{
	const struct step *step = &steps[_i];
	char target[64];

	strcat(strcpy(target, "/later"), step->target);
	expect(get(target), step->status, step->body);
	if (step->log == NULL)
		expect_begin(NULL);
	else
		ck_assert_str_ne(cohort_test_log(test), "");
}
END_TEST

/* The head has gone: what is wrong can only be cut. */
START_TEST(verdicts_in_streams)
{
	const struct step *step = &steps[_i];
	struct cohort_test_reply *got;
	char target[64];

	strcat(strcpy(target, "/stream"), step->target);
	got = get(target);
	expect_end(got, 200, NULL, step->stream_end);
	ck_assert_int_eq(strncmp(cohort_test_body(got).data, "begun", 5), 0);
	cohort_test_log(test);
}
END_TEST

START_TEST(verdicts_before_handlers)
{
	static const struct {
		const char *step;
		int status;
		const char *body, *log;
	} befores[] = {
		{ "/reply-done", 200, "reply", NULL },
		{ "/done", 500, PAGE_500,
		    "error: a before function of \"/\" returned DONE without" },
		{ "/later", 500, PAGE_500,
		    "error: a before function of \"/\" returned LATER with" },
		{ "/declined", 200, "stream", NULL },
		{ "/timer-declined", 200, "stream", NULL },
		{ "/failed", 500, PAGE_500,
		    "error: a before function of \"/\" failed" },
		{ "/refuse", 409, "not <you>", "info: not <you>" },
		{ "/zero", 500, PAGE_500,
		    "error: a before function of \"/\" returned 0, which" },
		{ "/stream-failed", 500, PAGE_500,
		    "error: cohort_stream: called from a before function" },
	};
	char headers[64];
	size_t i;

	for (i = 0; i < sizeof(befores) / sizeof(befores[0]); i++) {
		strcpy(headers, "Before: ");
		strcat(strcat(headers, befores[i].step), "\n");
		expect(ask("GET", "/stream-done", headers), befores[i].status,
		    befores[i].body);
		expect_begin(befores[i].log);
	}
}
END_TEST

START_TEST(a_route_has_its_name)
{
	expect(get("/named"), 500, NULL);
	expect_begin("error: handler a name returned DONE without a reply");
}
END_TEST

static void
open_verdicts(void)
{
	open_test(set_up);
}

int
main(void)
{
	Suite *suite = suite_create("app_verdict");
	TCase *tcase = tcase_create("verdict");

	tcase_add_checked_fixture(tcase, open_verdicts, close_test);
	tcase_add_loop_test(tcase, verdicts_of_handlers, 0, STEP_COUNT);
	tcase_add_loop_test(tcase, verdicts_of_continuations, 0, STEP_COUNT);
	tcase_add_loop_test(tcase, verdicts_in_streams, 0, STEP_COUNT);
	tcase_add_test(tcase, verdicts_before_handlers);
	tcase_add_test(tcase, a_route_has_its_name);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
