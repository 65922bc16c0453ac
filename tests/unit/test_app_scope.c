/* SPDX-License-Identifier: ISC */
/*
 * What set-up functions keep and what they refuse (cohort/app.h).
 */
#include <stdio.h>
#include <unistd.h>

#include "base/base_log.h"
#include "test_app_setup.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

enum cohort_verdict test_public_handler(
    struct cohort_request *request, void *context);

static enum cohort_verdict
handler(struct cohort_request *request, void *context)
{
	return COHORT_DONE;
}

enum cohort_verdict
test_public_handler(struct cohort_request *request, void *context)
{
	return COHORT_DONE;
}

static bool
guard(const struct cohort_request *request, void *context)
{
	return true;
}

static void
editor(struct cohort_request *request, void *context)
{
}

static struct app *
make(int (*setup)(struct cohort_app *app))
{
	const struct test_mount mount = { .setup = setup };
	struct error error;
	struct app *app;

	ck_assert_msg(
	    test_app_new(&mount, 1, &app, &error) == 0, "%s", error.text);
	return app;
}

static struct cohort_route *
route_number(struct app *app, unsigned order)
{
	struct cohort_route *route;
	struct list_link *link;

	LIST_FOREACH (link, &app->routes) {
		route = LIST_OBJECT(link, struct cohort_route, link);
		if (route->order == order)
			return route;
	}
	ck_abort_msg("no route %u", order);
	return NULL;
}

static struct cohort_app *
scope_number(struct app *app, unsigned index)
{
	struct cohort_app *scope;
	struct list_link *link;

	LIST_FOREACH (link, &app->scopes) {
		scope = LIST_OBJECT(link, struct cohort_app, link);
		if (scope->index == index)
			return scope;
	}
	ck_abort_msg("no scope %u", index);
	return NULL;
}

/* Errors. */

static int
fail_pattern(struct cohort_app *app)
{
	return cohort_get(app, "/a/{x", handler, NULL);
}

static int
fail_pattern_in_scope(struct cohort_app *app)
{
	cohort_get(cohort_scope(app, "/s/{x}"), "/{x}", handler, NULL);
	return 0;
}

static int
fail_pattern_without_slash(struct cohort_app *app)
{
	return cohort_get(cohort_scope(app, "/s"), "a", handler, NULL);
}

static int
fail_methods(struct cohort_app *app)
{
	return cohort_route(app, "GET get", "/", handler, NULL) == NULL;
}

static int
fail_no_method(struct cohort_app *app)
{
	return cohort_route(app, " ", "/", handler, NULL) == NULL;
}

static int
fail_bad_method(struct cohort_app *app)
{
	return cohort_route(app, "GET,POST", "/", handler, NULL) == NULL;
}

static int
fail_any_method_and_more(struct cohort_app *app)
{
	return cohort_route(app, "GET *", "/", handler, NULL) == NULL;
}

static int
fail_no_handler(struct cohort_app *app)
{
	return cohort_post(app, "/", NULL, NULL);
}

static int
fail_no_pattern(struct cohort_app *app)
{
	return cohort_put(app, NULL, handler, NULL);
}

static int
fail_scope_slash(struct cohort_app *app)
{
	return cohort_scope(app, "/a/") == NULL;
}

static int
fail_scope_tail(struct cohort_app *app)
{
	return cohort_scope(app, "/a/{b}*") == NULL;
}

static int
fail_scope_without_slash(struct cohort_app *app)
{
	return cohort_scope(cohort_scope(app, "/a"), "b") == NULL;
}

static int
fail_scope_null(struct cohort_app *app)
{
	return cohort_scope(app, NULL) == NULL;
}

static int
fail_guard(struct cohort_app *app)
{
	return cohort_guard(app, NULL, NULL);
}

static int
fail_route_guard(struct cohort_app *app)
{
	return cohort_route_guard(
	    cohort_route(app, "GET", "/", handler, NULL), NULL, NULL);
}

static int
fail_before(struct cohort_app *app)
{
	return cohort_before(app, NULL, NULL);
}

static int
fail_after(struct cohort_app *app)
{
	return cohort_after(app, NULL, NULL);
}

static int
fail_page_status(struct cohort_app *app)
{
	return cohort_error_page(app, 200, handler, NULL);
}

static int
fail_page_twice(struct cohort_app *app)
{
	cohort_error_page(app, 4, handler, NULL);
	return cohort_error_page(app, 4, handler, NULL);
}

static int
fail_default_twice(struct cohort_app *app)
{
	cohort_default(cohort_scope(app, ""), handler, NULL);
	cohort_default(app, handler, NULL);
	return cohort_default(app, handler, NULL);
}

static int
fail_option(struct cohort_app *app)
{
	return cohort_option(app, "timeout", "30");
}

static int
fail_route_option(struct cohort_app *app)
{
	return cohort_route_option(
	    cohort_route(app, "GET", "/a", handler, NULL), "x", "y");
}

static int
fail_start_hook(struct cohort_app *app)
{
	return cohort_on_start(app, NULL, NULL);
}

static int
fail_stop_hook(struct cohort_app *app)
{
	return cohort_on_stop(app, NULL, NULL);
}

static int
fail_state_key(struct cohort_app *app)
{
	return cohort_state_set(app, NULL, NULL, NULL);
}

static int
fail_state_twice(struct cohort_app *app)
{
	static char key;

	cohort_state_set(app, &key, NULL, NULL);
	return cohort_state_set(app, &key, NULL, NULL);
}

static int
fail_in_own_words(struct cohort_app *app)
{
	return cohort_setup_error(app, "greeting \"%s\" is rude", "x");
}

static int
fail_silently(struct cohort_app *app)
{
	return -1;
}

/* The first error stands, and what follows from it does not matter. */
static int
fail_often(struct cohort_app *app)
{
	struct cohort_app *scope = cohort_scope(app, "/{}");
	struct cohort_route *route;

	ck_assert_ptr_null(scope);
	ck_assert_ptr_null(cohort_scope(scope, "/a"));
	route = cohort_route(scope, "GET", "/", handler, NULL);
	ck_assert_ptr_null(route);
	ck_assert_int_eq(cohort_route_guard(route, guard, NULL), -1);
	ck_assert_int_eq(cohort_route_option(route, "name", "x"), -1);
	ck_assert_int_eq(cohort_get(scope, "/", handler, NULL), -1);
	ck_assert_int_eq(cohort_default(scope, handler, NULL), -1);
	ck_assert_int_eq(cohort_guard(scope, guard, NULL), -1);
	ck_assert_int_eq(cohort_before(scope, handler, NULL), -1);
	ck_assert_int_eq(cohort_after(scope, editor, NULL), -1);
	ck_assert_int_eq(cohort_error_page(scope, 0, handler, NULL), -1);
	ck_assert_int_eq(cohort_option(scope, "timeout", "1s"), -1);
	ck_assert_ptr_null(cohort_setting(scope, "a", "b"));
	ck_assert_int_eq(cohort_on_start(scope, NULL, NULL), -1);
	ck_assert_int_eq(cohort_on_stop(scope, NULL, NULL), -1);
	ck_assert_int_eq(cohort_setup_error(scope, "second"), -1);
	ck_assert_int_eq(cohort_setup_error(app, "third"), -1);
	ck_assert_int_eq(cohort_get(app, "/fine", handler, NULL), 0);
	return 0;
}

static const struct {
	int (*setup)(struct cohort_app *app);
	const char *words; /* behind the place */
} failures[] = {
	{ fail_pattern, "route \"GET /a/{x\": \"{x\": \"}\" is missing" },
	{ fail_pattern_in_scope,
	    "route \"GET /s/{x}/{x}\": \"x\": two parameters have this name" },
	{ fail_pattern_without_slash,
	    "route \"GET /sa\": \"a\" does not begin with \"/\"" },
	{ fail_methods,
	    "route \"GET get /\": method \"get\": methods are case-sensitive: "
	    "\"GET\"" },
	{ fail_no_method, "route \"  /\": no method given" },
	{ fail_bad_method,
	    "route \"GET,POST /\": method \"GET,POST\": method names between "
	    "spaces, or \"*\" alone for any" },
	{ fail_any_method_and_more, "route \"GET * /\": method \"*\": " },
	{ fail_no_handler, "cohort_post: no handler given" },
	{ fail_no_pattern, "cohort_put: no pattern given" },
	{ fail_scope_slash, "scope \"/a/\": a prefix does not end in \"/\"" },
	{ fail_scope_tail, "scope \"/a/{b}*\": a prefix has no \"{name}*\"" },
	{ fail_scope_without_slash,
	    "scope \"/ab\": does not begin with \"/\"" },
	{ fail_scope_null, "cohort_scope: no prefix given" },
	{ fail_guard, "cohort_guard: no function given" },
	{ fail_route_guard,
	    "route \"/\": cohort_route_guard: no function given" },
	{ fail_before, "cohort_before: no function given" },
	{ fail_after, "cohort_after: no function given" },
	{ fail_page_status,
	    "cohort_error_page: 200: a status from 400 to 599, 4, 5 or 0" },
	{ fail_page_twice, "cohort_error_page: 4 has a page already" },
	{ fail_default_twice, "cohort_default: there is one already" },
	{ fail_option, "option timeout: \"30\": " },
	{ fail_route_option, "route \"/a\": option \"x\": there is none" },
	{ fail_start_hook, "cohort_on_start: no function given" },
	{ fail_stop_hook, "cohort_on_stop: no function given" },
	{ fail_state_key, "cohort_state_set: no key given" },
	{ fail_state_twice,
	    "cohort_state_set: this app has a state of this key already" },
	{ fail_in_own_words, "greeting \"x\" is rude" },
	{ fail_silently, "its setup failed and did not say why" },
	{ fail_often, "scope \"/{}\": \"{}\": a parameter needs a name" },
};

START_TEST(keeps_the_first_error)
{
	static const char place[] = "test.conf:1: mount \"/\": ";
	const struct test_mount mount = { .setup = failures[_i].setup };
	const char *words = failures[_i].words;
	struct app *app = NULL;
	struct error error;

	ck_assert_int_eq(test_app_new(&mount, 1, &app, &error), -1);
	ck_assert_ptr_null(app);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_msg(strncmp(error.text, place, strlen(place)) == 0 &&
		strncmp(error.text + strlen(place), words, strlen(words)) == 0,
	    "%s", error.text);
}
END_TEST

/* What is kept. */

static int contexts[4];

static int
declare_much(struct cohort_app *app)
{
	struct cohort_app *scope = cohort_scope(app, "/s/{a}");
	struct cohort_app *inner = cohort_scope(scope, "/");
	struct cohort_route *route;

	route = cohort_route(
	    inner, "PUT PURGE", "/{b}/{c}*", test_public_handler, &contexts[0]);
	ck_assert_int_eq(cohort_route_guard(route, guard, &contexts[1]), 0);
	ck_assert_int_eq(cohort_route_option(route, "name", "user"), 0);
	ck_assert_int_eq(cohort_route_option(route, "timeout", "2s"), 0);
	ck_assert_int_eq(cohort_get(app, "", handler, NULL), 0);
	ck_assert_int_eq(cohort_default(inner, handler, NULL), 0);
	/* Later than the routes, and still theirs. */
	ck_assert_int_eq(cohort_option(app, "timeout", "5s"), 0);
	ck_assert_int_eq(cohort_option(scope, "body_limit", "2k"), 0);
	return 0;
}

START_TEST(routes_know_what_was_declared)
{
	struct app *app = make(declare_much);
	const struct cohort_route *route = route_number(app, 0);

	ck_assert_str_eq(route->pattern, "/s/{a}/{b}/{c}*");
	ck_assert_uint_eq(route->methods, 1u << HTTP_METHOD_PUT);
	ck_assert_uint_eq(route->other_count, 1);
	ck_assert_str_eq(route->other_methods[0], "PURGE");
	ck_assert_uint_eq(route->prefix_segments, 2);
	ck_assert_uint_eq(route->param_count, 3);
	ck_assert_str_eq(route->param_names[0], "a");
	ck_assert_str_eq(route->param_names[1], "b");
	ck_assert_str_eq(route->param_names[2], "c");
	ck_assert(route->step.handler == test_public_handler);
	ck_assert_ptr_eq(route->step.context, &contexts[0]);
	ck_assert_uint_eq(route->guard_count, 1);
	ck_assert_ptr_eq(route->guards[0].context, &contexts[1]);
	ck_assert_uint_eq(route->scope->depth, 2);
	ck_assert_str_eq(route->scope->prefix, "/s/{a}");
	app_free(&app);
}
END_TEST

START_TEST(default_knows_the_parameters_of_its_prefix)
{
	struct app *app = make(declare_much);
	const struct cohort_route *route = route_number(app, 2);

	ck_assert(route->is_default);
	ck_assert_str_eq(route->pattern, "/s/{a} (default)");
	ck_assert_uint_eq(route->param_count, 1);
	ck_assert_str_eq(route->param_names[0], "a");
	app_free(&app);
}
END_TEST

START_TEST(options_come_down_whatever_the_order)
{
	struct app *app = make(declare_much);
	const struct app_options *options = &route_number(app, 0)->options;

	ck_assert_str_eq(options->name, "user");
	ck_assert_uint_eq(options->timeout_ms, 2000);
	ck_assert_uint_eq(options->body_limit, 2048);
	options = &route_number(app, 1)->options;
	ck_assert_ptr_null(options->name);
	ck_assert_uint_eq(options->timeout_ms, 5000);
	ck_assert_uint_eq(options->body_limit, 1000);
	options = &scope_number(app, 2)->options;
	ck_assert_uint_eq(options->timeout_ms, 5000);
	ck_assert_uint_eq(options->body_limit, 2048);
	app_free(&app);
}
END_TEST

START_TEST(static_functions_have_no_name)
{
	struct app *app = make(declare_much);

	/* Whether the other has one depends on how the program is linked;
	 * it never has the name of a neighbour. */
	ck_assert_ptr_null(route_number(app, 1)->handler_name);
	if (route_number(app, 0)->handler_name != NULL)
		ck_assert_str_eq(
		    route_number(app, 0)->handler_name, "test_public_handler");
	app_free(&app);
}
END_TEST

static int
declare_texts_on_the_stack(struct cohort_app *app)
{
	char text[] = "/abc", name[] = "abc", method[] = "PURGE";
	struct cohort_app *scope = cohort_scope(app, text);
	struct cohort_route *route;
	const char *setting;

	route = cohort_route(scope, method, text, handler, NULL);
	cohort_route_option(route, "name", name);
	setting = cohort_setting(app, "absent", text);
	memset(text, 'x', 4);
	memset(name, 'x', 3);
	memset(method, 'x', 5);
	ck_assert_str_eq(setting, "/abc");
	return 0;
}

START_TEST(texts_are_copied)
{
	struct app *app = make(declare_texts_on_the_stack);
	const struct cohort_route *route = route_number(app, 0);

	ck_assert_str_eq(route->pattern, "/abc/abc");
	ck_assert_str_eq(route->other_methods[0], "PURGE");
	ck_assert_str_eq(route->options.name, "abc");
	app_free(&app);
}
END_TEST

static int
declare_middleware(struct cohort_app *app)
{
	struct cohort_app *scope = cohort_scope(app, "/a");

	cohort_before(app, handler, &contexts[0]);
	cohort_before(scope, handler, &contexts[1]);
	cohort_before(app, handler, &contexts[2]);
	cohort_after(scope, editor, &contexts[0]);
	cohort_after(scope, editor, &contexts[1]);
	cohort_guard(scope, guard, &contexts[0]);
	return 0;
}

START_TEST(middleware_is_kept_in_order)
{
	struct app *app = make(declare_middleware);
	const struct cohort_app *mount = scope_number(app, 0);
	const struct cohort_app *scope = scope_number(app, 1);

	ck_assert_uint_eq(app->before_count, 3);
	ck_assert_uint_eq(mount->before_count, 2);
	ck_assert_uint_eq(mount->befores[0].index, 0);
	ck_assert_uint_eq(mount->befores[1].index, 2);
	ck_assert_ptr_eq(mount->befores[1].step.context, &contexts[2]);
	ck_assert_uint_eq(scope->before_count, 1);
	ck_assert_uint_eq(scope->befores[0].index, 1);
	ck_assert_uint_eq(scope->after_count, 2);
	ck_assert_ptr_eq(scope->afters[0].context, &contexts[0]);
	ck_assert_ptr_eq(scope->afters[1].context, &contexts[1]);
	ck_assert_uint_eq(scope->guard_count, 1);
	ck_assert_uint_eq(mount->guard_count, 0);
	app_free(&app);
}
END_TEST

/* Pages. */

static int
declare_pages(struct cohort_app *app)
{
	struct cohort_app *scope = cohort_scope(app, "/a");

	cohort_error_page(app, 0, handler, &contexts[0]);
	cohort_error_page(app, 404, handler, &contexts[1]);
	cohort_error_page(scope, 4, handler, &contexts[2]);
	cohort_error_page(scope, 403, handler, &contexts[3]);
	cohort_scope(scope, "");
	return 0;
}

static const struct {
	unsigned scope;
	int status, context; /* -1: none */
} pages[] = {
	{ 0, 404, 1 },
	{ 0, 403, 0 },
	{ 0, 500, 0 },
	{ 1, 404, 2 },
	{ 1, 403, 3 },
	{ 1, 500, 0 },
	{ 2, 403, 3 },
	{ 2, 499, 2 },
};

START_TEST(nearest_page_wins_then_the_most_exact)
{
	struct app *app = make(declare_pages);
	const struct app_handler *page;

	page = app_scope_page(
	    scope_number(app, pages[_i].scope), pages[_i].status);
	ck_assert_ptr_nonnull(page);
	ck_assert_ptr_eq(page->context, &contexts[pages[_i].context]);
	app_free(&app);
}
END_TEST

static int
declare_page_of_class(struct cohort_app *app)
{
	return cohort_error_page(app, 5, handler, NULL);
}

START_TEST(no_page_is_found_where_none_fits)
{
	struct app *app = make(declare_page_of_class);

	ck_assert_ptr_null(app_scope_page(scope_number(app, 0), 404));
	ck_assert_ptr_nonnull(app_scope_page(scope_number(app, 0), 503));
	ck_assert_ptr_null(app_scope_page(NULL, 404));
	app_free(&app);
}
END_TEST

/* State. */

static char freed[16];

static void
note_free(void *state)
{
	strcat(freed, state);
}

static char key_a, key_b, state_1[] = "1", state_2[] = "2", state_3[] = "3";

static int
declare_states(struct cohort_app *app)
{
	struct cohort_app *scope = cohort_scope(app, "/a");

	cohort_state_set(app, &key_a, state_1, note_free);
	cohort_state_set(scope, &key_a, state_2, note_free);
	cohort_state_set(app, &key_b, state_3, note_free);
	return 0;
}

START_TEST(nearest_state_wins)
{
	struct app *app = make(declare_states);

	ck_assert_ptr_eq(
	    app_scope_state(scope_number(app, 0), &key_a), state_1);
	ck_assert_ptr_eq(
	    app_scope_state(scope_number(app, 1), &key_a), state_2);
	ck_assert_ptr_eq(
	    app_scope_state(scope_number(app, 1), &key_b), state_3);
	ck_assert_ptr_null(app_scope_state(scope_number(app, 1), &contexts));
	ck_assert_ptr_null(app_scope_state(NULL, &key_a));
	app_free(&app);
}
END_TEST

START_TEST(states_are_freed_in_reverse)
{
	struct app *app = make(declare_states);

	ck_assert_str_eq(freed, "");
	app_free(&app);
	ck_assert_str_eq(freed, "321");
}
END_TEST

static int
declare_refused_states(struct cohort_app *app)
{
	cohort_state_set(NULL, &key_a, state_1, note_free);
	ck_assert_str_eq(freed, "1");
	cohort_state_set(app, &key_a, state_2, note_free);
	cohort_state_set(app, &key_a, state_3, note_free);
	ck_assert_str_eq(freed, "13");
	cohort_state_set(app, NULL, state_3, NULL);
	return 0;
}

START_TEST(a_state_that_is_refused_is_freed_at_once)
{
	const struct test_mount mount = { .setup = declare_refused_states };
	struct error error;
	struct app *app;

	ck_assert_int_eq(test_app_new(&mount, 1, &app, &error), -1);
	ck_assert_str_eq(freed, "132");
}
END_TEST

/* After set-up. */

START_TEST(nothing_is_declared_after_setup)
{
	struct app *app = make(declare_much);
	struct cohort_app *mount = scope_number(app, 0);
	struct cohort_route *route = route_number(app, 0);
	FILE *file = tmpfile();
	char text[4000] = "";

	log_open("test", LOG_TARGET_FILE, fileno(file), LOG_LEVEL_INFO);
	ck_assert_int_eq(cohort_get(mount, "/late", handler, NULL), -1);
	ck_assert_ptr_null(cohort_scope(mount, "/late"));
	ck_assert_int_eq(cohort_route_guard(route, guard, NULL), -1);
	ck_assert_int_eq(cohort_setup_error(mount, "x"), -1);
	ck_assert_int_eq(
	    cohort_state_set(mount, &key_a, state_1, note_free), -1);
	ck_assert_str_eq(freed, "1");
	ck_assert(pread(fileno(file), text, sizeof(text) - 1, 0) > 0);
	ck_assert_ptr_nonnull(strstr(text, "error: cohort_get: called from "));
	ck_assert_ptr_nonnull(strstr(text, "error: cohort_scope: called "));
	ck_assert_ptr_nonnull(strstr(text, "error: cohort_route_guard: "));
	ck_assert_ptr_nonnull(strstr(text, "error: cohort_setup_error: "));
	ck_assert_ptr_nonnull(strstr(text, "error: cohort_state_set: "));
	ck_assert_uint_eq(app->route_count, 3);
	app_free(&app);
	fclose(file);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_scope");
	TCase *tcase = tcase_create("scope");

	tcase_add_loop_test(tcase, keeps_the_first_error, 0, ROWS(failures));
	tcase_add_test(tcase, routes_know_what_was_declared);
	tcase_add_test(tcase, default_knows_the_parameters_of_its_prefix);
	tcase_add_test(tcase, options_come_down_whatever_the_order);
	tcase_add_test(tcase, static_functions_have_no_name);
	tcase_add_test(tcase, texts_are_copied);
	tcase_add_test(tcase, middleware_is_kept_in_order);
	tcase_add_loop_test(
	    tcase, nearest_page_wins_then_the_most_exact, 0, ROWS(pages));
	tcase_add_test(tcase, no_page_is_found_where_none_fits);
	tcase_add_test(tcase, nearest_state_wins);
	tcase_add_test(tcase, states_are_freed_in_reverse);
	tcase_add_test(tcase, a_state_that_is_refused_is_freed_at_once);
	tcase_add_test(tcase, nothing_is_declared_after_setup);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
