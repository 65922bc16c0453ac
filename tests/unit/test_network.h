/* SPDX-License-Identifier: ISC */
/*
 * Addresses as text, for tests of what holds them as bytes.
 */
#ifndef TEST_NETWORK_H
#define TEST_NETWORK_H

#include <check.h>
#include <string.h>

#include "base/base_network.h"

static inline struct network_address
network_of(const char *text)
{
	struct network_address address;

	if (strcmp(text, "unix") == 0)
		return (struct network_address) { .family = NETWORK_UNIX };
	ck_assert_msg(network_address_parse(text, strlen(text), &address) == 0,
	    "%s", text);
	return address;
}

static inline void
network_expect(const struct network_address *address, const char *expected)
{
	char text[NETWORK_TEXT_SIZE];

	network_address_format(address, text);
	ck_assert_str_eq(text, expected);
}

#endif
