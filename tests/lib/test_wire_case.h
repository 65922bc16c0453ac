/* SPDX-License-Identifier: ISC */
/*
 * The cases of tests/wire, read for unit and system tests.  What the files
 * say is told in tests/wire/README.
 */
#ifndef TEST_WIRE_CASE_H
#define TEST_WIRE_CASE_H

#include <stdbool.h>
#include <stddef.h>

/* Follows each of them. */
#define TEST_WIRE_SECOND        "GET /second HTTP/1.1\r\nHost: second\r\n\r\n"
#define TEST_WIRE_SECOND_ANSWER "200 GET /second host second\n"

/* What the expectations of the long ones are for. */
#define TEST_WIRE_MAX_REQUEST_LINE 1024
#define TEST_WIRE_MAX_HEAD         2048

struct test_wire_case {
	char *name; /* with the octet, if the file stands for several */
	char *data;
	size_t size;
	char *expected;  /* "200 GET / host a\n400\n" */
	size_t octet_at; /* of the first octet, or SIZE_MAX */
	bool is_valid;
	bool stays_open;
};

/* All of them, which live as long as the program; exits where that fails. */
const struct test_wire_case *test_wire_cases(size_t *count_r);

/* One response in the words of expect lines, with its line end; of the
 * status only 200 has a body there.  Free it. */
char *test_wire_words(int status, bool is_head, const char *body, size_t size);

#endif
