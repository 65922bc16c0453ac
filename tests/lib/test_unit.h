/* SPDX-License-Identifier: ISC */
/*
 * What every Check program of tests/unit shares.
 */
#ifndef TEST_UNIT_H
#define TEST_UNIT_H

#include <check.h>

/*
 * A moment for others to run: only within a loop that has a deadline, over
 * a condition that nobody announces (shared memory, /proc).
 */
void test_pause(void);

/* Runs the suite, frees it, returns what main returns. */
int test_run(Suite *suite);

#endif
