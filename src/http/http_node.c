/* SPDX-License-Identifier: ISC */
/*
 * A port is judged although few ask for it: a node that is wrong anywhere was
 * not written by a proxy, so its address is not to be believed.
 */
#include "http/http_node.h"

#include <stdbool.h>
#include <string.h>

#include "base/base_number.h"
#include "http/http_field.h"

#define PORT_DIGITS_MAX 5

static bool
is_alphanumeric(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9');
}

/* RFC 7239, 6.3: obfnode and obfport. */
static bool
is_obfuscated(struct cohort_str text)
{
	size_t i;

	if (text.size < 2 || text.data[0] != '_')
		return false;
	for (i = 1; i < text.size; i++)
		if (!is_alphanumeric(text.data[i]) &&
		    (text.data[i] == '\0' ||
			strchr("._-", text.data[i]) == NULL))
			return false;
	return true;
}

/* ":PORT", or nothing. */
static bool
read_port(struct cohort_str text, uint16_t *port_r)
{
	uint64_t port;

	*port_r = 0;
	if (text.size == 0)
		return true;
	if (*text.data != ':')
		return false;
	text.data++;
	text.size--;
	if (is_obfuscated(text))
		return true;
	if (text.size > PORT_DIGITS_MAX ||
	    number_parse_bytes(text.data, text.size, UINT16_MAX, &port) == -1)
		return false;
	*port_r = (uint16_t)port;
	return true;
}

static const char *
find(struct cohort_str text, char byte)
{
	return text.size == 0 ? NULL : memchr(text.data, byte, text.size);
}

/* Cuts node into name and ":PORT"; brackets stay in the name. */
static bool
split_node(struct cohort_str node, struct cohort_str *name_r,
    struct cohort_str *port_r)
{
	const char *end = node.data + node.size, *cut;

	if (node.size > 0 && node.data[0] == '[') {
		cut = find(node, ']');
		if (cut == NULL)
			return false;
		cut++;
	} else {
		cut = find(node, ':');
		if (cut == NULL)
			cut = end;
	}
	*name_r = (struct cohort_str) { node.data, (size_t)(cut - node.data) };
	*port_r = (struct cohort_str) { cut, (size_t)(end - cut) };
	return true;
}

/* An IPv4 address, or an IPv6 address within brackets. */
static bool
read_name(struct cohort_str name, struct network_address *address_r)
{
	bool is_bracketed = name.size > 2 && name.data[0] == '[';

	if (is_bracketed) {
		name.data++;
		name.size -= 2;
	}
	return (find(name, ':') != NULL) == is_bracketed &&
	    network_address_parse(name.data, name.size, address_r) == 0;
}

enum http_node
http_node_read(
    struct cohort_str text, struct network_address *address_r, uint16_t *port_r)
{
	struct cohort_str name, port;

	if (!split_node(text, &name, &port) || !read_port(port, port_r))
		return HTTP_NODE_WRONG;
	if (read_name(name, address_r))
		return HTTP_NODE_ADDRESS;
	*port_r = 0;
	if (http_name_equals(name.data, name.size, "unknown") ||
	    is_obfuscated(name))
		return HTTP_NODE_NOBODY;
	return HTTP_NODE_WRONG;
}

static bool
is_bare_ipv6(struct cohort_str text)
{
	const char *colon = find(text, ':');

	return colon != NULL && text.data[0] != '[' &&
	    memchr(colon + 1, ':',
		(size_t)(text.data + text.size - colon - 1)) != NULL;
}

enum http_node
http_node_read_bare(
    struct cohort_str text, struct network_address *address_r, uint16_t *port_r)
{
	if (!is_bare_ipv6(text))
		return http_node_read(text, address_r, port_r);
	*port_r = 0;
	if (network_address_parse(text.data, text.size, address_r) == -1)
		return HTTP_NODE_WRONG;
	return HTTP_NODE_ADDRESS;
}
