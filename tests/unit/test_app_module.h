/* SPDX-License-Identifier: ISC */
/*
 * For tests of the request side: a module, linked in, whose setup is a
 * function of the test, run by <cohort/test.h>.  One test is open at a time.
 */
#ifndef TEST_APP_MODULE_H
#define TEST_APP_MODULE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "test_unit.h"

#include <cohort/cohort.h>
#include <cohort/test.h>

/* A text as context. */
#define TEXT(literal) ((void *)(uintptr_t)(literal))

static struct cohort_test *test;
static int (*test_setup)(struct cohort_app *app);

static int
setup(struct cohort_app *app)
{
	return test_setup(app);
}

COHORT_MODULE("test", setup);

static inline void
open_test(int (*setup_function)(struct cohort_app *app))
{
	test_setup = setup_function;
	test = cohort_test_open(NULL);
	ck_assert_ptr_nonnull(test);
}

/* Nothing may be left behind, and no line of the log unread. */
static inline void
close_test(void)
{
	ck_assert_str_eq(cohort_test_log(test), "");
	ck_assert_int_eq(cohort_test_close(&test), 0);
}

static inline struct cohort_test_reply *
ask(const char *method, const char *target, const char *headers)
{
	return cohort_test_request(test, method, target, headers, NULL, 0);
}

static inline struct cohort_test_reply *
get(const char *target)
{
	return ask("GET", target, NULL);
}

static inline struct cohort_test_reply *
begin(const char *target)
{
	return cohort_test_begin(test, "GET", target, NULL, NULL, 0);
}

/* It ended, so; body NULL: any. */
static inline void
expect_end(struct cohort_test_reply *reply, int status, const char *body,
    enum cohort_end expected)
{
	enum cohort_end end;

	ck_assert(cohort_test_ended(reply, &end));
	ck_assert_int_eq(cohort_test_status(reply), status);
	if (body != NULL)
		ck_assert_str_eq(cohort_test_body(reply).data, body);
	ck_assert_int_eq(end, expected);
}

static inline void
expect(struct cohort_test_reply *reply, int status, const char *body)
{
	expect_end(reply, status, body, COHORT_END_SENT);
}

/* The lines since the last call begin with these, one each; NULL ends. */
static inline void
expect_log(const char *const *lines)
{
	const char *log = cohort_test_log(test), *line = log;

	for (; *lines != NULL; lines++) {
		ck_assert_msg(strncmp(line, *lines, strlen(*lines)) == 0,
		    "\"%s\" is not in place in:\n%s", *lines, log);
		line = strchr(line, '\n');
		ck_assert_ptr_nonnull(line);
		line++;
	}
	ck_assert_msg(*line == '\0', "more than expected:\n%s", log);
}

#define EXPECT_LOG(...) expect_log((const char *const[]) { __VA_ARGS__, NULL })

#endif
