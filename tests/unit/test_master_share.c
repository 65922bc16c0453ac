/* SPDX-License-Identifier: ISC */
#include "master/master_share.h"

#include <check.h>
#include <stddef.h>

#include "test_unit.h"

#define WORKERS_MOST 4

static const struct {
	uint64_t workers, open[WORKERS_MOST];
	uint64_t excess; /* of the first */
} cases[] = {
	{ 1, { 1000 }, 0 },
	{ 2, { 0, 0 }, 0 },
	{ 2, { 64, 0 }, 0 },
	{ 2, { 65, 0 }, 16 },
	{ 2, { 1000, 0 }, 250 },
	{ 2, { 0, 1000 }, 0 },
	{ 2, { 264, 100 }, 0 },
	{ 2, { 265, 100 }, 41 },
	{ 4, { 364, 100, 150, 200 }, 0 },
	{ 4, { 365, 100, 150, 200 }, 81 },
};

START_TEST(excess_is_as_the_table_says)
{
	struct master_share share = { .workers = cases[_i].workers };
	size_t i;

	for (i = 0; i < share.workers; i++)
		share.total += cases[_i].open[i];
	ck_assert_uint_eq(
	    master_share_excess(&share, cases[_i].open[0]), cases[_i].excess);
}
END_TEST

/* What workers say may have changed since it was added up. */
START_TEST(more_than_all_is_no_share)
{
	const struct master_share share = { .total = 100, .workers = 2 };

	ck_assert_uint_eq(master_share_excess(&share, 1000), 0);
}
END_TEST

/* It comes to rest, near the mean, and nothing is given back. */
START_TEST(looks_come_to_rest)
{
	struct master_share share = { .total = 5000, .workers = 2 };
	uint64_t open[2] = { 5000, 0 }, excess;
	unsigned looks = 0;

	while ((excess = master_share_excess(&share, open[0])) > 0) {
		ck_assert_uint_eq(master_share_excess(&share, open[1]), 0);
		open[0] -= excess;
		open[1] += excess;
		ck_assert_uint_lt(++looks, 10);
	}
	ck_assert_uint_ge(open[0], 2500);
	ck_assert_uint_le(open[0], 3400);
	ck_assert_uint_eq(master_share_excess(&share, open[1]), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_share");
	TCase *tcase = tcase_create("share");

	tcase_add_loop_test(tcase, excess_is_as_the_table_says, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tcase, more_than_all_is_no_share);
	tcase_add_test(tcase, looks_come_to_rest);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
