/* SPDX-License-Identifier: ISC */
#include "test_app_module.h"

static enum cohort_verdict
show(struct cohort_request *request, void *context)
{
	struct cohort_str target = cohort_target(request);

	return cohort_reply_text(request, 200, "%s|%s|%s|%.*s|%s|%s|%s|%d|%x",
	    cohort_method(request), cohort_path(request), cohort_mount(request),
	    (int)target.size, target.data, cohort_scheme(request),
	    cohort_host(request), cohort_peer(request),
	    cohort_peer_port(request), (unsigned)cohort_version(request));
}

static const char *
or_null(const char *text)
{
	return text == NULL ? "NULL" : text;
}

static enum cohort_verdict
show_params(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%s|%s|%s",
	    or_null(cohort_path_param(request, "tenant")),
	    or_null(cohort_path_param(request, "name")),
	    or_null(cohort_path_param(request, "rest")));
}

static const char names[][2] = { "a", "b", "c" };

/* The first a, b and c, the second a, then all items; a NUL shows as '0'. */
static enum cohort_verdict
show_part(struct cohort_request *request, void *context)
{
	enum cohort_part part = *(const enum cohort_part *)context;
	struct cohort_pair pair;
	char text[512] = "";
	size_t i, j;

	for (i = 0; i < 3; i++) {
		strcat(text, or_null(cohort_value(request, part, names[i], 0)));
		strcat(text, "|");
	}
	strcat(text, or_null(cohort_value(request, part, "a", 1)));
	for (i = 0; cohort_item(request, part, i, &pair); i++) {
		ck_assert_int_eq(pair.name.data[pair.name.size], '\0');
		ck_assert_int_eq(pair.value.data[pair.value.size], '\0');
		strcat(text, i == 0 ? "|" : "&");
		strcat(text, pair.name.data);
		strcat(text, "=");
		for (j = 0; j < pair.value.size; j++) {
			const char byte[] = { pair.value.data[j], '\0' };

			strcat(text, byte[0] == '\0' ? "0" : byte);
		}
	}
	return cohort_reply_text(request, 200, "%s", text);
}

static enum cohort_verdict
show_first(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%s|%s|%s",
	    or_null(cohort_query(request, "q")),
	    or_null(cohort_header(request, "x-Q")),
	    or_null(cohort_cookie(request, "q")));
}

static enum cohort_verdict
show_unknown(struct cohort_request *request, void *context)
{
	struct cohort_pair pair;
	int part;

	for (part = -1; part < 8; part++)
		if (part < COHORT_PATH || part > COHORT_COOKIE)
			ck_assert(!cohort_item(
			    request, (enum cohort_part)part, 0, &pair));
	return cohort_reply_text(request, 200, "%s|%zu",
	    cohort_request_id(request), cohort_body(request).size);
}

static const enum cohort_part path = COHORT_PATH, query = COHORT_QUERY,
			      header = COHORT_HEADER, cookie = COHORT_COOKIE;

static int
set_up(struct cohort_app *app)
{
	struct cohort_app *scope = cohort_scope(app, "/api/{tenant}");

	cohort_get(app, "/show/{rest}*", show, NULL);
	cohort_get(scope, "/show", show, NULL);
	cohort_get(scope, "/{name}/{rest}*", show_params, NULL);
	cohort_get(app, "/path/{a}/{b}", show_part, TEXT(&path));
	cohort_get(app, "/query", show_part, TEXT(&query));
	cohort_get(app, "/header", show_part, TEXT(&header));
	cohort_get(app, "/cookie", show_part, TEXT(&cookie));
	cohort_get(app, "/first", show_first, NULL);
	cohort_get(app, "/unknown", show_unknown, NULL);
	return 0;
}

static const struct {
	const char *target, *headers, *body;
} heads[] = {
	{ "/show/%2e/a%20b//c?x=%20", NULL,
	    "GET|/show/a b/c||/show/%2e/a%20b//c?x=%20|http|localhost|"
	    "127.0.0.1|50000|101" },
	{ "/api/t%2Fx/show", "Host: example.org:80\n",
	    "GET|/api/t/x/show|/api/t/x|/api/t%2Fx/show|http|example.org:80|"
	    "127.0.0.1|50000|101" },
	{ "/api/t%2Fx/n%20m/a/b", NULL, "t/x|n m|a/b" },
	{ "/api/t/n", NULL, "t|n|" },
	{ "/path/1/%32", NULL, "1|2|NULL|NULL|a=1&b=2" },
	{ "/query", NULL, "NULL|NULL|NULL|NULL" },
	{ "/query?", NULL, "NULL|NULL|NULL|NULL" },
	{ "/query?a=1&b=x+y%2B%zz&a=2&d", NULL,
	    "1|x y+%zz|NULL|2|a=1&b=x y+%zz&a=2&d=" },
	{ "/query?a=admin%00x&a=b", NULL, "NULL|NULL|NULL|b|a=admin0x&a=b" },
	{ "/header", "Host: h\nA: 1\nB:\na: 2\n",
	    "1||NULL|2|Host=h&A=1&B=&a=2" },
	{ "/cookie", NULL, "NULL|NULL|NULL|NULL" },
	{ "/cookie", "Cookie: a=1; b=\"x=y\" ;c; ;A=4\nX: a=9\ncookie: a=2\n",
	    "1|\"x=y\"|NULL|2|a=1&b=\"x=y\"&A=4&a=2" },
	{ "/first?q=1&q=2", "X-Q: 3\nX-Q: 4\nCookie: q=5; q=6\n", "1|3|5" },
	{ "/unknown", NULL, "0000000000000001|0" },
};

START_TEST(getters_tell_what_was_asked)
{
	expect(ask("GET", heads[_i].target, heads[_i].headers), 200,
	    heads[_i].body);
}
END_TEST

/* More than is kept is none, and costs no worker. */
START_TEST(too_many_are_none)
{
	char *target = malloc(20000), *end;
	int i;

	end = stpcpy(target, "/query?a=1");
	for (i = 0; i < 1024; i++)
		end = stpcpy(end, "&b=2");
	expect(get(target), 200, "NULL|NULL|NULL|NULL");
	EXPECT_LOG("warn: query of 1025 parameters ignored: too large, ");
	end[-4] = '\0';
	ck_assert_int_eq(cohort_test_status(get("/query?b=2")), 200);
	end = stpcpy(target, "Cookie: a=1");
	for (i = 0; i < 1024; i++)
		end = stpcpy(end, ";b=2");
	stpcpy(end, "\n");
	expect(ask("GET", "/cookie", target), 200, "NULL|NULL|NULL|NULL");
	EXPECT_LOG("warn: cookies ignored: too many, ");
	free(target);
}
END_TEST

static const struct {
	const char *text;
	int64_t min, max;
	int result;
	int64_t number;
} numbers[] = {
	{ "12", 0, 20, 0, 12 },
	{ "-12", -20, 20, 0, -12 },
	{ "21", 0, 20, -1, 7 },
	{ "-1", 0, 20, -1, 7 },
	{ " 1", 0, 20, -1, 7 },
	{ "1x", 0, 20, -1, 7 },
	{ "", 0, 20, -1, 7 },
	{ NULL, 0, 20, -1, 7 },
};

START_TEST(numbers_are_strict)
{
	int64_t number = 7;

	ck_assert_int_eq(cohort_number(numbers[_i].text, numbers[_i].min,
			     numbers[_i].max, &number),
	    numbers[_i].result);
	ck_assert_int_eq(number, numbers[_i].number);
}
END_TEST

static void
open_head(void)
{
	open_test(set_up);
}

int
main(void)
{
	Suite *suite = suite_create("app_head");
	TCase *tcase = tcase_create("head");

	tcase_add_checked_fixture(tcase, open_head, close_test);
	tcase_add_loop_test(tcase, getters_tell_what_was_asked, 0,
	    sizeof(heads) / sizeof(heads[0]));
	tcase_add_test(tcase, too_many_are_none);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("number");
	tcase_add_loop_test(
	    tcase, numbers_are_strict, 0, sizeof(numbers) / sizeof(numbers[0]));
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
