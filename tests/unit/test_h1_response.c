/* SPDX-License-Identifier: ISC */
#include "test_unit.h"

#include <string.h>

#include "base/base_memory.h"
#include "http1/h1_response.h"

static struct http_date_cache date;
static struct h1_texts texts = { .date = &date };

static void
setup(void)
{
	texts.server = (struct cohort_str) { "Server: x\r\n", 11 };
}

static const struct {
	enum http_method method;
	unsigned version;
	int status;
	int64_t size;
	bool without_body;
	enum h1_delivery delivery;
	int64_t length;
} plans[] = {
	{ HTTP_METHOD_GET, 0x0101, 200, 5, false, H1_DELIVERY_COUNTED, 5 },
	{ HTTP_METHOD_GET, 0x0101, 200, 0, false, H1_DELIVERY_COUNTED, 0 },
	{ HTTP_METHOD_GET, 0x0101, 200, -1, false, H1_DELIVERY_CHUNKED, -1 },
	{ HTTP_METHOD_GET, 0x0100, 200, -1, false, H1_DELIVERY_UNTIL_CLOSE,
	    -1 },
	{ HTTP_METHOD_GET, 0x0100, 200, 5, false, H1_DELIVERY_COUNTED, 5 },
	{ HTTP_METHOD_HEAD, 0x0101, 200, 5, false, H1_DELIVERY_NONE, 5 },
	{ HTTP_METHOD_GET, 0x0101, 200, 5, true, H1_DELIVERY_NONE, 5 },
	{ HTTP_METHOD_HEAD, 0x0100, 200, -1, true, H1_DELIVERY_NONE, -1 },
	{ HTTP_METHOD_GET, 0x0101, 204, 5, false, H1_DELIVERY_NONE, -1 },
	{ HTTP_METHOD_GET, 0x0101, 205, 5, false, H1_DELIVERY_COUNTED, 0 },
	{ HTTP_METHOD_GET, 0x0101, 304, 5, true, H1_DELIVERY_NONE, -1 },
	{ HTTP_METHOD_HEAD, 0x0101, 204, 5, true, H1_DELIVERY_NONE, -1 },
};

START_TEST(test_plan)
{
	const struct http_request request = {
		.method = plans[_i].method,
		.version = plans[_i].version,
	};
	const struct http_response response = {
		.status = plans[_i].status,
		.size = plans[_i].size,
		.without_body = plans[_i].without_body,
	};
	struct h1_plan plan;

	h1_response_plan(&request, &response, &plan);
	ck_assert_int_eq(plan.delivery, plans[_i].delivery);
	ck_assert_int_eq(plan.length, plans[_i].length);
}
END_TEST

/* The head without its Date line. */
static void
expect_head(unsigned version, const struct http_response *response,
    const struct h1_plan *plan, const char *expected)
{
	char *head = memory_alloc(h1_response_most(&texts, response) + 1), *at;
	char *end;

	head[h1_response_write(head, &texts, version, response, plan)] = '\0';
	at = strstr(head, "\r\nDate: ") + 2;
	end = strstr(at, "\r\n") + 2;
	ck_assert_int_eq(end - at, HTTP_DATE_LINE_SIZE);
	memmove(at, end, strlen(end) + 1);
	ck_assert_str_eq(head, expected);
	memory_free(head);
}

START_TEST(test_write)
{
	static const struct cohort_pair fields[] = {
		{ { "A", 1 }, { "b", 1 } },
		{ { "Empty", 5 }, { "", 0 } },
	};
	const struct http_response response = {
		.status = 200,
		.fields = fields,
		.field_count = 2,
	};
	struct h1_plan plan = { H1_DELIVERY_COUNTED, 12345, false };

	expect_head(0x0101, &response, &plan,
	    "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 12345\r\n"
	    "A: b\r\nEmpty: \r\n\r\n");
	plan.is_last = true;
	expect_head(0x0101, &response, &plan,
	    "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 12345\r\n"
	    "Connection: close\r\nA: b\r\nEmpty: \r\n\r\n");
	plan = (struct h1_plan) { H1_DELIVERY_CHUNKED, -1, false };
	expect_head(0x0101, &response, &plan,
	    "HTTP/1.1 200 OK\r\nServer: x\r\n"
	    "Transfer-Encoding: chunked\r\nA: b\r\nEmpty: \r\n\r\n");
}
END_TEST

START_TEST(test_write_1_0)
{
	const struct http_response response = { .status = 404 };
	struct h1_plan plan = { H1_DELIVERY_COUNTED, 0, true };

	texts.server = (struct cohort_str) { "", 0 };
	expect_head(0x0100, &response, &plan,
	    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n");
	plan.is_last = false;
	expect_head(0x0100, &response, &plan,
	    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
	    "Connection: keep-alive\r\n\r\n");
}
END_TEST

START_TEST(test_write_unlisted)
{
	const struct http_response response = { .status = 299 };
	const struct h1_plan plan = { H1_DELIVERY_NONE, -1, false };

	texts.server = (struct cohort_str) { "", 0 };
	expect_head(
	    0x0101, &response, &plan, "HTTP/1.1 299 Successful\r\n\r\n");
}
END_TEST

/* The longest of everything stays within what was measured. */
START_TEST(test_write_longest)
{
	static char value[20000];
	const struct cohort_pair field = {
		{ "Name", 4 },
		{ memset(value, 'v', sizeof(value)), sizeof(value) },
	};
	const struct http_response response = {
		.status = 431,
		.fields = &field,
		.field_count = 1,
	};
	const struct h1_plan plan = { H1_DELIVERY_COUNTED, INT64_MAX, true };
	size_t most = h1_response_most(&texts, &response);
	char *head = memory_alloc(most);
	size_t size = h1_response_write(head, &texts, 0x0101, &response, &plan);

	ck_assert_uint_gt(size, sizeof(value));
	ck_assert_uint_le(size, most);
	memory_free(head);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_response");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(
	    tcase, test_plan, 0, (int)(sizeof(plans) / sizeof(*plans)));
	tcase_add_test(tcase, test_write);
	tcase_add_test(tcase, test_write_1_0);
	tcase_add_test(tcase, test_write_unlisted);
	tcase_add_test(tcase, test_write_longest);
	return test_run(suite);
}
