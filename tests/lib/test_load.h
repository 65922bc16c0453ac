/* SPDX-License-Identifier: ISC */
/*
 * Many clients at once: connections that are kept alive, each with one
 * request after another, driven by a thread of its own while the test does
 * other things.  Every third request is a POST to /echo, the others are GETs
 * of /hello/TOKEN, as module_crash and module_test answer them; each has a
 * token of its own, and its answer must be the right one to the byte.
 *
 * A connection that the server closed is counted, and replaced.
 */
#ifndef TEST_LOAD_H
#define TEST_LOAD_H

#include <stddef.h>

struct test_load;

struct test_load_result {
	unsigned long requests; /* answered rightly */
	unsigned long failures; /* answered otherwise, or never */
	unsigned long refused;  /* of those: with 503 */
	unsigned long closed;   /* connections that ended */
	unsigned long closing;  /* right answers with "Connection: close" */
	long long slowest_ms;   /* of the right answers */
	char first[512];        /* what went wrong first */
};

/*
 * Connects them all to 127.0.0.1, and begins.  rate bounds the requests per
 * second of all together; 0: none.
 */
struct test_load *test_load_start(
    unsigned port, size_t connections, unsigned long rate);

/* Waits until each connection has had an answer, right or wrong, to a request
 * made after this call. */
void test_load_wait(struct test_load *load);

/* So far, without those that wait; failures only grow. */
void test_load_look(struct test_load *load, struct test_load_result *result_r);

/* Fails the test unless all requests were answered rightly and all
 * connections live on. */
void test_load_expect_whole(struct test_load *load);

/* Waits for the answers that are due, closes, frees. */
void test_load_stop(struct test_load **load, struct test_load_result *result_r);

#endif
