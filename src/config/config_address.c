/* SPDX-License-Identifier: ISC */
/*
 * An IPv6 address without its brackets is refused instead of guessed at:
 * "::1:80" is an address of its own.
 */
#include "config/config_address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base_number.h"
#include "config/config_value.h"

#define ALLOWED                                                 \
	"ADDRESS:PORT, [IPv6 ADDRESS]:PORT, NAME:PORT, *:PORT " \
	"or unix:/PATH"
#define UNIX_PREFIX "unix:"
#define PORT_MAX    65535

static int
parse_unix(const char *path, struct config_address *address)
{
	if (path[0] != '/' || strlen(path) >= sizeof(address->path))
		return -1;
	address->is_unix = true;
	memcpy(address->path, path, strlen(path) + 1);
	return 0;
}

static int
parse_port(const char *text, struct config_address *address)
{
	uint64_t port;

	if (number_parse_bytes(text, strlen(text), PORT_MAX, &port) == -1)
		return -1;
	snprintf(address->port, sizeof(address->port), "%" PRIu64, port);
	return 0;
}

/* A host name or an IPv4 address. */
static bool
is_name(const char *text)
{
	const char *byte;

	for (byte = text; *byte != '\0'; byte++) {
		if (!isalnum((unsigned char)*byte) &&
		    strchr("-._", *byte) == NULL)
			return false;
	}
	return byte != text;
}

/* With a zone perhaps: "fe80::1%eth0". */
static bool
is_ipv6(const char *text)
{
	char address[INET6_ADDRSTRLEN];
	size_t size = strcspn(text, "%");
	struct in6_addr parsed;

	if (size >= sizeof(address) ||
	    (text[size] == '%' && !is_name(text + size + 1)))
		return false;
	memcpy(address, text, size);
	address[size] = '\0';
	return inet_pton(AF_INET6, address, &parsed) == 1;
}

/* Lower case, but for a zone: names of interfaces are as they are. */
static int
take_name(const char *text, size_t size, struct config_address *address)
{
	char *byte;

	if (size >= sizeof(address->name))
		return -1;
	memcpy(address->name, text, size);
	address->name[size] = '\0';
	for (byte = address->name; *byte != '\0' && *byte != '%'; byte++)
		*byte = (char)tolower((unsigned char)*byte);
	return 0;
}

static int
parse_inet(const char *text, struct config_address *address)
{
	const char *colon = strrchr(text, ':');
	const char *end = colon;
	bool bracketed = text[0] == '[';

	if (colon == NULL || parse_port(colon + 1, address) == -1)
		return -1;
	if (bracketed) {
		text++;
		end--;
		if (end < text || *end != ']')
			return -1;
	}
	if (take_name(text, (size_t)(end - text), address) == -1)
		return -1;
	if (bracketed)
		return is_ipv6(address->name) ? 0 : -1;
	if (strcmp(address->name, "*") == 0) {
		address->name[0] = '\0';
		return 0;
	}
	return is_name(address->name) ? 0 : -1;
}

int
config_address_parse(
    const char *text, struct config_address *address_r, struct error *error)
{
	size_t prefix = strlen(UNIX_PREFIX);
	int result;

	memset(address_r, 0, sizeof(*address_r));
	if (strncmp(text, UNIX_PREFIX, prefix) == 0)
		result = parse_unix(text + prefix, address_r);
	else
		result = parse_inet(text, address_r);
	return result == 0 ? 0 : config_value_refuse(text, ALLOWED, error);
}

bool
config_address_equal(
    const struct config_address *one, const struct config_address *other)
{
	return one->is_unix == other->is_unix &&
	    strcmp(one->path, other->path) == 0 &&
	    strcmp(one->name, other->name) == 0 &&
	    strcmp(one->port, other->port) == 0;
}
