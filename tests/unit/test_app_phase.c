/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/app_phase.h"
#include "base/base_log.h"
#include "test_unit.h"

/* Permissions in the order of the columns of cohort.h's table, "y" or "-":
 * declare, set state, head, body, reply, await, worker. */
static const struct {
	enum app_phase phase;
	const char *permissions;
} rows[] = {
	{ APP_PHASE_NONE, "-------" },
	{ APP_PHASE_SETUP, "yy-----" },
	{ APP_PHASE_START, "-y----y" },
	{ APP_PHASE_STOP, "-y----y" },
	{ APP_PHASE_WORKER, "------y" },
	{ APP_PHASE_GUARD, "--y----" },
	{ APP_PHASE_BEFORE, "--y-yyy" },
	{ APP_PHASE_HANDLER, "--yyyyy" },
	{ APP_PHASE_BLOCKING, "--yyy--" },
	{ APP_PHASE_JOB, "-------" },
	{ APP_PHASE_AFTER, "--y-y--" },
	{ APP_PHASE_PAGE, "--y-y--" },
	{ APP_PHASE_END, "--y---y" },
	{ APP_PHASE_FREE, "------y" },
};

START_TEST(allows_what_the_public_header_says)
{
	FILE *file = tmpfile();
	int permission;

	log_open("test", LOG_TARGET_FILE, fileno(file), LOG_LEVEL_INFO);
	ck_assert_uint_eq(sizeof(rows) / sizeof(rows[0]), APP_PHASE_COUNT);
	for (permission = 0; permission < APP_PERMISSION_COUNT; permission++)
		ck_assert_int_eq(
		    app_phase_allows(rows[_i].phase,
			(enum app_permission)permission, "cohort_x"),
		    rows[_i].permissions[permission] == 'y');
	fclose(file);
}
END_TEST

START_TEST(logs_function_and_phase_when_it_refuses)
{
	FILE *file = tmpfile();
	char text[500] = "";

	log_open("test", LOG_TARGET_FILE, fileno(file), LOG_LEVEL_INFO);
	ck_assert(
	    !app_phase_allows(APP_PHASE_GUARD, APP_MAY_REPLY, "cohort_x"));
	ck_assert(pread(fileno(file), text, sizeof(text) - 1, 0) > 0);
	ck_assert_ptr_nonnull(strstr(text, "error: cohort_x: "));
	ck_assert_ptr_nonnull(strstr(text, "a guard"));
	fclose(file);
}
END_TEST

START_TEST(logs_nothing_when_it_allows)
{
	FILE *file = tmpfile();

	log_open("test", LOG_TARGET_FILE, fileno(file), LOG_LEVEL_DEBUG);
	ck_assert(
	    app_phase_allows(APP_PHASE_HANDLER, APP_MAY_REPLY, "cohort_x"));
	ck_assert_int_eq(lseek(fileno(file), 0, SEEK_END), 0);
	fclose(file);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_phase");
	TCase *tcase = tcase_create("phase");

	tcase_add_loop_test(tcase, allows_what_the_public_header_says, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, logs_function_and_phase_when_it_refuses);
	tcase_add_test(tcase, logs_nothing_when_it_allows);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
