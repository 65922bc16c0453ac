/* SPDX-License-Identifier: ISC */
/*
 * For tests of services: requests without a socket (cohort/test.h).  The
 * test's setup function mounts what it tests.
 */
#ifndef TEST_SERVICE_MOUNT_H
#define TEST_SERVICE_MOUNT_H

#include <check.h>
#include <string.h>

#include <cohort/cohort.h>
#include <cohort/test.h>

static struct cohort_test *test;

static inline struct cohort_test_reply *
test_ask(const char *method, const char *target, const char *headers)
{
	return cohort_test_request(test, method, target, headers, NULL, 0);
}

static inline struct cohort_test_reply *
test_get(const char *target)
{
	return test_ask("GET", target, NULL);
}

/* value NULL: there is no such field. */
static inline void
test_expect_field(
    const struct cohort_test_reply *reply, const char *name, const char *value)
{
	const char *found = cohort_test_header(reply, name, 0);

	if (value == NULL)
		ck_assert_msg(found == NULL, "%s: %s", name, found);
	else
		ck_assert_msg(found != NULL && strcmp(found, value) == 0,
		    "%s: %s, not %s", name, found, value);
	ck_assert_ptr_null(cohort_test_header(reply, name, 1));
}

static inline void
test_expect_body(const struct cohort_test_reply *reply, const char *body)
{
	ck_assert_str_eq(cohort_test_body(reply).data, body);
	ck_assert_uint_eq(cohort_test_body(reply).size, strlen(body));
}

#endif
