/* SPDX-License-Identifier: ISC */
/*
 * Listen addresses as written: "127.0.0.1:80", "[::1]:80", "*:80",
 * "name:80", "unix:/path".
 */
#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_error.h"

struct config_address {
	bool is_unix;
	char path[108]; /* unix */
	char name[256]; /* host, lower case; "" for "*": any */
	char port[6];   /* "0" to "65535" */
};

/* Syntax only; names are resolved where the listener is bound. */
int config_address_parse(
    const char *text, struct config_address *address_r, struct error *error);

/* Whether both say the same; two names of one host are not the same. */
bool config_address_equal(
    const struct config_address *one, const struct config_address *other);

#endif
