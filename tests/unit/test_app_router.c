/* SPDX-License-Identifier: ISC */
/*
 * The applications are tables of declarations; a match is described as text,
 * "MOUNT:PATTERN name=value ..." for each candidate, one after the other.
 */
#include <stdio.h>

#include "app/app_router.h"
#include "base/base_buffer.h"
#include "test_app_setup.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

struct declaration {
	unsigned mount;
	const char *scope;   /* prefix; NULL: the mount itself */
	const char *methods; /* NULL: cohort_default */
	const char *pattern;
	bool guarded;
};

static const struct declaration *declared;
static size_t declared_count;

static enum cohort_verdict
handler(struct cohort_request *request, void *context)
{
	return COHORT_DECLINED;
}

static bool
guard(const struct cohort_request *request, void *context)
{
	return true;
}

static int
declare(struct cohort_app *app)
{
	const struct declaration *row;
	struct cohort_app *scope;
	struct cohort_route *route;
	size_t i;

	for (i = 0; i < declared_count; i++) {
		row = &declared[i];
		if (row->mount != app->index)
			continue;
		scope =
		    row->scope != NULL ? cohort_scope(app, row->scope) : app;
		if (row->methods == NULL) {
			cohort_default(scope, handler, NULL);
			continue;
		}
		route = cohort_route(
		    scope, row->methods, row->pattern, handler, NULL);
		if (row->guarded)
			cohort_route_guard(route, guard, NULL);
	}
	return 0;
}

static struct arena_pool *pool;
static struct arena arena;

static void
start(void)
{
	pool = arena_pool_new(8192, 1);
	arena_init(&arena, pool, 1 << 20);
}

static void
stop(void)
{
	arena_reset(&arena);
	arena_pool_free(&pool);
}

static struct app *
make(const struct test_mount *mounts, size_t mount_count,
    const struct declaration *rows, size_t count)
{
	struct error error;
	struct app *app;

	declared = rows;
	declared_count = count;
	ck_assert_msg(test_app_new(mounts, mount_count, &app, &error) == 0,
	    "%s", error.text);
	return app;
}

static struct http_request
request_of(const char *method, const char *host, const char *target)
{
	struct http_request request = {
		.method = http_method_parse(method, strlen(method)),
		.method_name = method,
		.host = host,
	};

	ck_assert_int_eq(
	    http_uri_parse(&arena,
		(struct cohort_str) { target, strlen(target) }, &request.uri),
	    0);
	return request;
}

static void
describe(const struct app_match *match, struct buffer *to)
{
	const struct app_candidate *candidate;
	size_t i, j;

	for (i = 0; i < match->count; i++) {
		candidate = &match->candidates[i];
		buffer_format(to, "%s%u:%s", i > 0 ? " | " : "",
		    candidate->route->scope->mount->index,
		    candidate->route->pattern);
		for (j = 0; j < candidate->route->param_count; j++)
			buffer_format(to, " %s=%.*s",
			    candidate->route->param_names[j],
			    (int)candidate->params[j].size,
			    candidate->params[j].data);
	}
	buffer_append(to, "", 1);
}

static void
check(struct app *app, const char *method, const char *host, const char *target,
    const char *candidates, const char *scope)
{
	struct http_request request = request_of(method, host, target);
	struct app_match match;
	struct buffer text;

	buffer_init(&text, 0);
	app_router_match(app->router, &request, &arena, &match);
	describe(&match, &text);
	ck_assert_str_eq(text.data, candidates);
	ck_assert_pstr_eq(
	    match.scope != NULL ? match.scope->prefix : NULL, scope);
	buffer_fini(&text);
}

/* One mount at "/". */

static const struct test_mount one_mount[] = { { .setup = declare } };

static const struct declaration one[] = {
	{ 0, NULL, "GET", "/", false },
	{ 0, NULL, "GET", "/a", false },
	{ 0, NULL, "GET", "/a/", false },
	{ 0, NULL, "GET", "/{x}", false },
	{ 0, NULL, "GET", "/{y}/b", false },
	{ 0, NULL, "GET", "/a/b", false },
	{ 0, NULL, "POST", "/a/b", false },
	{ 0, NULL, "GET", "/a/{z}", false },
	{ 0, NULL, "GET", "/{p}/{q}/c", false },
	{ 0, NULL, "GET", "/files/{tail}*", false },
	{ 0, NULL, "GET", "/files/special", false },
	{ 0, NULL, "GET", "/with space/\xc3\xa4", false },
};

static const struct {
	const char *target, *candidates;
} paths[] = {
	{ "/", "0:/" },
	{ "//", "0:/" },
	{ "/?x=y", "0:/" },
	{ "/a", "0:/a | 0:/{x} x=a" },
	{ "/a?b=/c", "0:/a | 0:/{x} x=a" },
	{ "/%61", "0:/a | 0:/{x} x=a" },
	{ "/a/", "0:/a/" },
	{ "/b", "0:/{x} x=b" },
	{ "/b/", "" },
	{ "/A", "0:/{x} x=A" },
	{ "/a%2fb", "0:/{x} x=a/b" },
	{ "/a/b", "0:/a/b | 0:/a/b | 0:/a/{z} z=b | 0:/{y}/b y=a" },
	{ "/x/../a", "0:/a | 0:/{x} x=a" },
	{ "/a/x", "0:/a/{z} z=x" },
	{ "/x/b", "0:/{y}/b y=x" },
	{ "/x/y", "" },
	{ "/a/b/c", "0:/{p}/{q}/c p=a q=b" },
	{ "/a/b/c/d", "" },
	{ "/files", "0:/files/{tail}* tail= | 0:/{x} x=files" },
	{ "/files/", "0:/files/{tail}* tail=" },
	{ "/files/x", "0:/files/{tail}* tail=x" },
	{ "/files/x/y%20z/", "0:/files/{tail}* tail=x/y z/" },
	{ "/files/special",
	    "0:/files/special | 0:/files/{tail}* tail=special" },
	{ "/files/b", "0:/files/{tail}* tail=b | 0:/{y}/b y=files" },
	{ "/with%20space/%C3%A4", "0:/with space/\xc3\xa4" },
	{ "http://h/a", "0:/a | 0:/{x} x=a" },
	{ "/x/y/c", "0:/{p}/{q}/c p=x q=y" },
};

START_TEST(finds_candidates_in_order)
{
	struct app *app = make(one_mount, 1, one, ROWS(one));

	check(app, "GET", "h", paths[_i].target, paths[_i].candidates, "");
	app_free(&app);
}
END_TEST

START_TEST(nothing_is_at_asterisk)
{
	struct app *app = make(one_mount, 1, one, ROWS(one));

	check(app, "OPTIONS", "h", "*", "", NULL);
	app_free(&app);
}
END_TEST

START_TEST(finds_each_of_many_children)
{
	struct declaration rows[60];
	char patterns[60][70], expected[90];
	struct app *app;
	size_t i;

	for (i = 0; i < 60; i++) {
		snprintf(patterns[i], sizeof(patterns[i]), "/%0*zu",
		    (int)(i * 7 % 11) + 2, i);
		rows[i] =
		    (struct declaration) { 0, NULL, "GET", patterns[i], false };
	}
	app = make(one_mount, 1, rows, 60);
	for (i = 0; i < 60; i++) {
		snprintf(expected, sizeof(expected), "0:%.80s", patterns[i]);
		check(app, "GET", NULL, patterns[i], expected, "");
	}
	check(app, "GET", NULL, "/0", "", "");
	check(app, "GET", NULL, "/999999999999999", "", "");
	app_free(&app);
}
END_TEST

/* Several mounts, scopes and hosts. */

static const struct test_mount several_mounts[] = {
	{ .setup = declare },
	{ .setup = declare, .service = SETTINGS_SERVICE_FILES },
	{ .setup = declare, .prefix = "/app" },
	{ .setup = declare, .prefix = "/app" },
	{ .setup = declare, .host = "example.org" },
	{ .setup = declare, .host = "[::1]", .prefix = "/six" },
};

static const struct declaration several[] = {
	{ 0, NULL, "GET", "", false },
	{ 0, NULL, NULL, NULL, false },
	{ 1, NULL, "GET", "/{tail}*", false },
	{ 2, NULL, "GET", "/", false },
	{ 2, NULL, "GET", "/x", false },
	{ 2, NULL, NULL, NULL, false },
	{ 2, "/api/{t}", "GET", "", false },
	{ 2, "/api/{t}", NULL, NULL, false },
	{ 2, "/api/{t}", "GET", "/{u}", false },
	{ 2, "", "GET", "/grouped", false },
	{ 2, "/s", "POST", "/", false },
	{ 2, "/s", "GET", "", false },
	{ 3, NULL, "GET", "/x", false },
	{ 3, NULL, "GET", "/{any}*", false },
	{ 3, "/api/{other}", "GET", "/{last}", false },
	{ 4, NULL, "GET", "/", false },
	{ 5, NULL, "GET", "/", false },
};

static const struct {
	const char *host, *target, *candidates, *scope;
} places[] = {
	{ "h", "/", "0:/ | 0:/ (default) | 1:/{tail}* tail=", "" },
	{ "h", "/y", "0:/ (default) | 1:/{tail}* tail=y", "" },
	{ "h", "/app",
	    "2:/app/ | 2:/app (default) | 3:/app/{any}* any= | "
	    "0:/ (default) | 1:/{tail}* tail=app",
	    "/app" },
	{ "h", "/app/",
	    "2:/app/ | 2:/app (default) | 3:/app/{any}* any= | "
	    "0:/ (default) | 1:/{tail}* tail=app/",
	    "/app" },
	{ "h", "/app/x",
	    "2:/app/x | 3:/app/x | 2:/app (default) | 3:/app/{any}* any=x | "
	    "0:/ (default) | 1:/{tail}* tail=app/x",
	    "/app" },
	{ "h", "/app/grouped",
	    "2:/app/grouped | 2:/app (default) | 3:/app/{any}* any=grouped | "
	    "0:/ (default) | 1:/{tail}* tail=app/grouped",
	    "/app" },
	{ "h", "/app/api/1",
	    "2:/app/api/{t} t=1 | 2:/app/api/{t} (default) t=1 | "
	    "2:/app (default) | 3:/app/{any}* any=api/1 | "
	    "0:/ (default) | 1:/{tail}* tail=app/api/1",
	    "/app/api/{t}" },
	{ "h", "/app/api/1/2",
	    "2:/app/api/{t}/{u} t=1 u=2 | "
	    "3:/app/api/{other}/{last} other=1 last=2 | "
	    "2:/app/api/{t} (default) t=1 | "
	    "2:/app (default) | 3:/app/{any}* any=api/1/2 | "
	    "0:/ (default) | 1:/{tail}* tail=app/api/1/2",
	    "/app/api/{t}" },
	{ "h", "/application", "0:/ (default) | 1:/{tail}* tail=application",
	    "" },
	{ "h", "/app/s",
	    "2:/app/s | 2:/app/s/ | 2:/app (default) | 3:/app/{any}* any=s | "
	    "0:/ (default) | 1:/{tail}* tail=app/s",
	    "/app/s" },
	{ NULL, "/y", "0:/ (default) | 1:/{tail}* tail=y", "" },
	{ "", "/y", "0:/ (default) | 1:/{tail}* tail=y", "" },
	{ "*", "/y", "0:/ (default) | 1:/{tail}* tail=y", "" },
	{ "example.org", "/", "4:/", "" },
	{ "Example.ORG", "/", "4:/", "" },
	{ "example.org:8080", "/", "4:/", "" },
	{ "example.org.", "/", "4:/", "" },
	{ "example.org.:80", "/", "4:/", "" },
	{ "example.org", "/y", "", "" },
	{ "example.orgs", "/y", "0:/ (default) | 1:/{tail}* tail=y", "" },
	{ "www.example.org", "/y", "0:/ (default) | 1:/{tail}* tail=y", "" },
	{ "[::1]:80", "/six/", "5:/six/", "/six" },
	{ "[::1]", "/six", "5:/six/", "/six" },
	{ "[::1]", "/", "", NULL },
	{ "[::2]", "/", "0:/ | 0:/ (default) | 1:/{tail}* tail=", "" },
};

START_TEST(joins_mounts_scopes_and_hosts)
{
	struct app *app =
	    make(several_mounts, ROWS(several_mounts), several, ROWS(several));

	check(app, "GET", places[_i].host, places[_i].target,
	    places[_i].candidates, places[_i].scope);
	app_free(&app);
}
END_TEST

START_TEST(unknown_host_matches_nothing_without_asterisk)
{
	static const struct test_mount mounts[] = {
		{ .setup = declare, .host = "a" },
		{ .setup = declare, .host = "b" },
	};
	static const struct declaration rows[] = {
		{ 0, NULL, "GET", "/", false },
		{ 1, NULL, "GET", "/", false },
	};
	struct app *app = make(mounts, 2, rows, 2);
	char longest[400];

	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	check(app, "GET", "a", "/", "0:/", "");
	check(app, "GET", "b", "/", "1:/", "");
	check(app, "GET", "c", "/", "", NULL);
	check(app, "GET", NULL, "/", "", NULL);
	check(app, "GET", longest, "/", "", NULL);
	app_free(&app);
}
END_TEST

START_TEST(head_goes_to_who_names_it_within_its_mount)
{
	static const struct test_mount mounts[] = {
		{ .setup = declare },
		{ .setup = declare },
	};
	static const struct declaration rows[] = {
		{ 0, NULL, "GET", "/x", false },
		{ 0, "", "HEAD POST", "/x", false },
		{ 1, NULL, "GET", "/x", false },
		{ 1, NULL, "HEAD", "/x", false },
	};
	struct app *app = make(mounts, 2, rows, 4);
	struct http_request request = request_of("HEAD", NULL, "/x");
	struct app_match match;

	app_router_match(app->router, &request, &arena, &match);
	ck_assert_uint_eq(match.count, 4);
	ck_assert_uint_eq(match.candidates[0].route->order, 1);
	ck_assert_uint_eq(match.candidates[1].route->order, 0);
	ck_assert_uint_eq(match.candidates[2].route->order, 3);
	ck_assert_uint_eq(match.candidates[3].route->order, 2);
	request = request_of("GET", NULL, "/x");
	app_router_match(app->router, &request, &arena, &match);
	ck_assert_uint_eq(match.candidates[0].route->order, 0);
	ck_assert_uint_eq(match.candidates[1].route->order, 1);
	app_free(&app);
}
END_TEST

/* Methods. */

static const struct {
	const char *declared, *takes, *leaves; /* methods between spaces */
	const char *allow;
} methods[] = {
	{ "GET", "GET HEAD", "POST OPTIONS get PURGE", "GET, HEAD, OPTIONS" },
	{ "HEAD", "HEAD", "GET", "HEAD, OPTIONS" },
	{ "POST PUT", "POST PUT", "GET HEAD PATCH", "POST, PUT, OPTIONS" },
	{ " POST  PUT ", "POST PUT", "GET", "POST, PUT, OPTIONS" },
	{ "*", "GET HEAD POST OPTIONS PURGE x", "",
	    "GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH" },
	{ "PURGE GET PURGE", "GET HEAD PURGE", "POST purge PURG",
	    "GET, HEAD, OPTIONS, PURGE" },
	{ "OPTIONS", "OPTIONS", "GET", "OPTIONS" },
};

static void
check_takes(const struct cohort_route *route, const char *words, bool takes)
{
	char *copy = memory_copy_text(words), *rest = NULL, *word;
	struct http_request request;

	for (word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		request = request_of(word, NULL, "/");
		ck_assert_msg(
		    app_router_takes(route, &request) == takes, "%s", word);
	}
	memory_free(copy);
}

START_TEST(takes_its_methods_and_tells_them)
{
	const struct declaration row = { 0, NULL, methods[_i].declared, "/",
		false };
	struct app *app = make(one_mount, 1, &row, 1);
	struct http_request request = request_of("GET", NULL, "/");
	struct app_match match;

	app_router_match(app->router, &request, &arena, &match);
	ck_assert_uint_eq(match.count, 1);
	check_takes(match.candidates[0].route, methods[_i].takes, true);
	check_takes(match.candidates[0].route, methods[_i].leaves, false);
	ck_assert_str_eq(app_router_allow(&match, &arena), methods[_i].allow);
	app_free(&app);
}
END_TEST

START_TEST(allow_joins_candidates_without_defaults)
{
	static const struct declaration rows[] = {
		{ 0, NULL, "GET PURGE", "/a", false },
		{ 0, NULL, "PUT PURGE LOCK", "/{x}", false },
		{ 0, NULL, NULL, NULL, false },
	};
	struct app *app = make(one_mount, 1, rows, 3);
	struct http_request request = request_of("POST", NULL, "/a");
	struct app_match match;

	app_router_match(app->router, &request, &arena, &match);
	ck_assert_uint_eq(match.count, 3);
	ck_assert_str_eq(app_router_allow(&match, &arena),
	    "GET, HEAD, PUT, OPTIONS, PURGE, LOCK");
	app_free(&app);
}
END_TEST

/* What is refused, and what is not. */

static const struct {
	struct declaration rows[3];
	const char *words; /* NULL: accepted */
} conflicts[] = {
	{ { { 0, NULL, "GET", "/a", false }, { 0, NULL, "GET", "/a", false } },
	    "test.conf:1: mount \"/\": route \"/a\": the same pattern with "
	    "the same methods was declared before, and without a guard" },
	{ { { 0, NULL, "GET", "/{a}", false },
	      { 0, NULL, "GET", "/{b}", false } },
	    "test.conf:1: mount \"/\": route \"/{b}\": " },
	{ { { 0, NULL, "*", "/a", false }, { 0, NULL, "PUT", "/a", false } },
	    "test.conf:1: mount \"/\": route \"/a\": " },
	{ { { 0, NULL, "GET", "/a/{x}*", false },
	      { 0, "/a", "GET", "/{y}*", false } },
	    "test.conf:1: mount \"/\": route \"/a/{y}*\": " },
	{ { { 0, NULL, "PURGE", "/a", false },
	      { 0, NULL, "PURGE", "/a", false } },
	    "test.conf:1: mount \"/\": route \"/a\": " },
	{ { { 0, NULL, "GET", "/a", false }, { 0, NULL, "POST", "/a", false },
	      { 0, NULL, "GET POST", "/a", false } },
	    "test.conf:1: mount \"/\": route \"/a\": " },
	{ { { 0, NULL, "GET", "/a", true }, { 0, NULL, "GET", "/a", false } },
	    NULL },
	{ { { 0, NULL, "GET", "/a", false }, { 0, NULL, "GET", "/a", true } },
	    "test.conf:1: mount \"/\": route \"/a\": " },
	{ { { 0, NULL, "GET", "/a", false }, { 0, NULL, "POST", "/a", false } },
	    NULL },
	{ { { 0, NULL, "GET", "/a", false }, { 0, NULL, "HEAD", "/a", false } },
	    NULL },
	{ { { 0, NULL, "GET", "/a", false }, { 0, NULL, "*", "/a", false } },
	    NULL },
	{ { { 0, NULL, "GET", "/a", false },
	      { 0, NULL, "GET POST", "/a", false } },
	    NULL },
	{ { { 0, NULL, "GET", "/a", false }, { 0, NULL, "GET", "/a/", false } },
	    NULL },
	{ { { 0, "/s", "GET", "", false }, { 0, "/s", "GET", "/", false } },
	    NULL },
	{ { { 0, "/s", "GET", "/", false }, { 0, "/s", "GET", "/", false } },
	    "test.conf:1: mount \"/\": route \"/s/\": " },
	{ { { 0, NULL, NULL, NULL, false }, { 0, NULL, "*", "/{x}*", false } },
	    NULL },
};

START_TEST(refuses_what_cannot_be_reached)
{
	struct app *app = NULL;
	struct error error;
	int result;

	declared = conflicts[_i].rows;
	declared_count = conflicts[_i].rows[2].pattern != NULL ? 3 : 2;
	error_clear(&error);
	result = test_app_new(one_mount, 1, &app, &error);
	ck_assert_int_eq(result, conflicts[_i].words != NULL ? -1 : 0);
	if (conflicts[_i].words != NULL)
		ck_assert_msg(
		    strstr(error.text, conflicts[_i].words) == error.text, "%s",
		    error.text);
	if (app != NULL)
		app_free(&app);
}
END_TEST

/* A guard of the scope is as good as one of the route. */
static int
declare_guarded_scope(struct cohort_app *app)
{
	struct cohort_app *scope = cohort_scope(app, "");

	cohort_get(cohort_scope(scope, "/a"), "", handler, NULL);
	cohort_guard(scope, guard, NULL);
	return cohort_get(app, "/a", handler, NULL);
}

START_TEST(a_guarded_scope_leaves_room_for_the_same_pattern)
{
	static const struct test_mount mounts[] = {
		{ .setup = declare_guarded_scope },
	};
	struct app *app = make(mounts, 1, NULL, 0);

	check(app, "GET", NULL, "/a", "0:/a | 0:/a", "/a");
	app_free(&app);
}
END_TEST

START_TEST(bounds_the_candidates_of_a_path)
{
	struct declaration rows[APP_CANDIDATES_MAX + 1];
	struct app *app;
	struct error error;
	size_t i;

	for (i = 0; i < APP_CANDIDATES_MAX + 1; i++)
		rows[i] = (struct declaration) { 0, NULL, "GET",
			i % 2 == 0 ? "/a" : "/{x}", true };
	app = make(one_mount, 1, rows, APP_CANDIDATES_MAX);
	app_free(&app);
	declared_count++;
	ck_assert_int_eq(test_app_new(one_mount, 1, &app, &error), -1);
	ck_assert_str_eq(error.text,
	    "host \"*\": as many as 65 routes may match the same path, more "
	    "than 64");
}
END_TEST

START_TEST(sixteen_parameters_and_a_default_fit)
{
	static const struct declaration rows[] = {
		{ 0,
		    "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}"
		    "/{o}/{p}",
		    NULL, NULL, false },
	};
	struct app *app = make(one_mount, 1, rows, 1);

	check(app, "GET", NULL, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
	    "0:/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}"
	    "/{p} (default) a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9 j=10 k=11 "
	    "l=12 m=13 n=14 o=15 p=16",
	    "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}"
	    "/{p}");
	app_free(&app);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_router");
	TCase *tcase = tcase_create("router");

	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, finds_candidates_in_order, 0, ROWS(paths));
	tcase_add_test(tcase, nothing_is_at_asterisk);
	tcase_add_test(tcase, finds_each_of_many_children);
	tcase_add_loop_test(
	    tcase, joins_mounts_scopes_and_hosts, 0, ROWS(places));
	tcase_add_test(tcase, unknown_host_matches_nothing_without_asterisk);
	tcase_add_test(tcase, head_goes_to_who_names_it_within_its_mount);
	tcase_add_loop_test(
	    tcase, takes_its_methods_and_tells_them, 0, ROWS(methods));
	tcase_add_test(tcase, allow_joins_candidates_without_defaults);
	tcase_add_loop_test(
	    tcase, refuses_what_cannot_be_reached, 0, ROWS(conflicts));
	tcase_add_test(tcase, a_guarded_scope_leaves_room_for_the_same_pattern);
	tcase_add_test(tcase, bounds_the_candidates_of_a_path);
	tcase_add_test(tcase, sixteen_parameters_and_a_default_fit);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
