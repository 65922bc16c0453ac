/* SPDX-License-Identifier: ISC */
/*
 * What every Check program of tests/unit shares.
 */
#ifndef TEST_UNIT_H
#define TEST_UNIT_H

#include <check.h>

/* Runs the suite, frees it, returns what main returns. */
int test_run(Suite *suite);

#endif
