/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/http_status.h"
#include "test_unit.h"

static const struct {
	int status;
	const char *reason;
	const char *line;
	bool final, no_body;
} cases[] = {
	/* clang-format off */
	{ 100, "Continue", "HTTP/1.1 100 Continue\r\n", false, true },
	{ 101, "Switching Protocols", "HTTP/1.1 101 Switching Protocols\r\n",
	    false, true },
	{ 200, "OK", "HTTP/1.1 200 OK\r\n", true, false },
	{ 204, "No Content", "HTTP/1.1 204 No Content\r\n", true, true },
	{ 205, "Reset Content", "HTTP/1.1 205 Reset Content\r\n", true, false },
	{ 304, "Not Modified", "HTTP/1.1 304 Not Modified\r\n", true, false },
	{ 404, "Not Found", "HTTP/1.1 404 Not Found\r\n", true, false },
	{ 511, "Network Authentication Required",
	    "HTTP/1.1 511 Network Authentication Required\r\n", true, false },
	{ 199, "Informational", "", false, true },
	{ 299, "Successful", "", true, false },
	{ 399, "Redirection", "", true, false },
	{ 499, "Client Error", "", true, false },
	{ 599, "Server Error", "", true, false },
	{ 99, "Unknown", "", false, false },
	{ 600, "Unknown", "", false, false },
	{ 0, "Unknown", "", false, false },
	{ -1, "Unknown", "", false, false },
	{ 0x7fffffff, "Unknown", "", false, false },
	{ -0x7fffffff - 1, "Unknown", "", false, false },
	/* clang-format on */
};

START_TEST(each_status_has_its_words)
{
	struct cohort_str line = http_status_line(cases[_i].status);

	ck_assert_str_eq(
	    http_status_reason(cases[_i].status), cases[_i].reason);
	ck_assert_str_eq(line.data, cases[_i].line);
	ck_assert_uint_eq(line.size, strlen(cases[_i].line));
}
END_TEST

START_TEST(each_status_has_its_class)
{
	ck_assert_int_eq(
	    http_status_is_final(cases[_i].status), cases[_i].final);
	ck_assert_int_eq(
	    http_status_has_no_body(cases[_i].status), cases[_i].no_body);
}
END_TEST

/* The table once more, so that a number listed twice shows. */
START_TEST(every_listed_status_is_found)
{
#define HTTP_STATUS(number, text)                           \
	ck_assert_str_eq(http_status_reason(number), text); \
	ck_assert_str_eq(http_status_line(number).data,     \
	    "HTTP/1.1 " #number " " text "\r\n");
#include "http/http_status.tbl"
#undef HTTP_STATUS
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_status");
	TCase *all = tcase_create("all");
	int count = sizeof(cases) / sizeof(*cases);

	tcase_add_loop_test(all, each_status_has_its_words, 0, count);
	tcase_add_loop_test(all, each_status_has_its_class, 0, count);
	tcase_add_test(all, every_listed_status_is_found);
	suite_add_tcase(suite, all);
	return test_run(suite);
}
