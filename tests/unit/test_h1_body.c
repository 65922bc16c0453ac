/* SPDX-License-Identifier: ISC */
#include "test_unit.h"

#include <string.h>

#include "http1/h1_body.h"

static const struct h1_limits limits = {
	.max_fields = 100,
	.max_chunk_extension = 4096,
	.max_trailer = 8192,
};
static struct h1_body body;
static struct cohort_str piece;
static enum h1_fault fault;
static size_t used;

static void
begin(int64_t size)
{
	const struct h1_framing framing = { .body_size = size };

	memset(&body, 0xff, sizeof(body));
	h1_body_init(&body, &framing, &limits);
}

static enum h1_body_result
take(const char *text)
{
	return h1_body_read(&body, text, strlen(text), &used, &piece, &fault);
}

START_TEST(test_counted)
{
	begin(5);
	ck_assert_int_eq(take(""), H1_BODY_MORE);
	ck_assert_int_eq(take("abc"), H1_BODY_DATA);
	ck_assert_uint_eq(used, 3);
	ck_assert_uint_eq(piece.size, 3);
	ck_assert_int_eq(take("deGET"), H1_BODY_DATA);
	ck_assert_uint_eq(used, 2);
	ck_assert_uint_eq(piece.size, 2);
	ck_assert_int_eq(take("GET"), H1_BODY_END);
	ck_assert_uint_eq(used, 0);
	ck_assert_uint_eq(body.received, 5);
}
END_TEST

START_TEST(test_chunked)
{
	begin(-1);
	ck_assert_int_eq(take("3\r\nab"), H1_BODY_DATA);
	ck_assert_uint_eq(used, 5);
	ck_assert_int_eq(take("c\r\n0\r\n"), H1_BODY_DATA);
	ck_assert_uint_eq(used, 1);
	ck_assert_int_eq(take("\r\n0\r\n"), H1_BODY_MORE);
	ck_assert_int_eq(take("\r\nGET"), H1_BODY_END);
	ck_assert_uint_eq(used, 2);
	ck_assert_uint_eq(body.received, 3);
	begin(-1);
	ck_assert_int_eq(take("x"), H1_BODY_FAULT);
	ck_assert_int_eq(fault, H1_FAULT_CHUNK_SIZE);
}
END_TEST

START_TEST(test_can_be_drained)
{
	begin(H1_DRAIN_MAX);
	ck_assert(h1_body_can_be_drained(&body));
	begin(H1_DRAIN_MAX + 1);
	ck_assert(!h1_body_can_be_drained(&body));
	take("x");
	ck_assert(h1_body_can_be_drained(&body));
	begin(-1);
	ck_assert(h1_body_can_be_drained(&body));
	body.drained = H1_DRAIN_MAX + 1;
	ck_assert(!h1_body_can_be_drained(&body));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_body");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, test_counted);
	tcase_add_test(tcase, test_chunked);
	tcase_add_test(tcase, test_can_be_drained);
	return test_run(suite);
}
