/* SPDX-License-Identifier: ISC */
/*
 * Slow clients: connections that are kept alive and take their time, driven
 * by a thread of its own.  Half of them send a body bit by bit to
 * /count, the others read a response that comes bit by bit from
 * /drip/PIECES/MS, one after another (module_slow answers both).  Whatever
 * is not the whole and right answer, or ends a connection, is counted.
 */
#ifndef TEST_SLOW_H
#define TEST_SLOW_H

#include <stddef.h>

struct test_slow;

struct test_slow_result {
	unsigned long whole;    /* transfers that were right to the byte */
	unsigned long failures; /* wrong, or cut */
	unsigned long closed;   /* connections that ended */
	unsigned long closing;  /* "Connection: close" */
	char first[256];        /* what went wrong first */
};

/* Each transfer takes about that long, which is a multiple of 100. */
struct test_slow *test_slow_start(
    unsigned port, size_t connections, unsigned ms);

/* Lets each finish what it has begun, closes, frees; fails the test unless
 * everything was right. */
void test_slow_stop(struct test_slow **slow, struct test_slow_result *result_r);

#endif
