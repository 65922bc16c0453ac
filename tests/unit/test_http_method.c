/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "http/http_method.h"
#include "test_unit.h"

static const struct {
	const char *name;
	enum http_method method;
} cases[] = {
	{ "GET", HTTP_METHOD_GET },
	{ "HEAD", HTTP_METHOD_HEAD },
	{ "POST", HTTP_METHOD_POST },
	{ "PUT", HTTP_METHOD_PUT },
	{ "DELETE", HTTP_METHOD_DELETE },
	{ "CONNECT", HTTP_METHOD_CONNECT },
	{ "OPTIONS", HTTP_METHOD_OPTIONS },
	{ "TRACE", HTTP_METHOD_TRACE },
	{ "PATCH", HTTP_METHOD_PATCH },
	{ "", HTTP_METHOD_OTHER },
	{ "get", HTTP_METHOD_OTHER },
	{ "Get", HTTP_METHOD_OTHER },
	{ "GE", HTTP_METHOD_OTHER },
	{ "GETS", HTTP_METHOD_OTHER },
	{ "PUR", HTTP_METHOD_OTHER },
	{ "PURGE", HTTP_METHOD_OTHER },
	{ "OPTION", HTTP_METHOD_OTHER },
};

/* From exactly as many bytes as there are, so that ASan sees one more. */
START_TEST(methods_are_parsed)
{
	const char *name = cases[_i].name;
	size_t size = strlen(name);
	char *bytes = malloc(size == 0 ? 1 : size);

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, name, size);
	ck_assert_int_eq(http_method_parse(bytes, size), cases[_i].method);
	free(bytes);
}
END_TEST

START_TEST(only_size_bytes_count)
{
	ck_assert_int_eq(http_method_parse("GET /", 3), HTTP_METHOD_GET);
	ck_assert_int_eq(http_method_parse("GET /", 4), HTTP_METHOD_OTHER);
}
END_TEST

START_TEST(names_lead_back_to_methods)
{
	int method;

	ck_assert_ptr_null(http_method_name(HTTP_METHOD_OTHER));
	for (method = 1; method < HTTP_METHOD_COUNT; method++) {
		const char *name = http_method_name((enum http_method)method);

		ck_assert_ptr_nonnull(name);
		ck_assert_int_eq(http_method_parse(name, strlen(name)), method);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_method");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(
	    all, methods_are_parsed, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(all, only_size_bytes_count);
	tcase_add_test(all, names_lead_back_to_methods);
	suite_add_tcase(suite, all);
	return test_run(suite);
}
