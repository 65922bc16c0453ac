/* SPDX-License-Identifier: ISC */
/*
 * Sections are those of proxy-protocol.txt (2020/03/05 and later).  Nothing
 * is guessed and nothing tolerated: a header that is read in another way than
 * the proxy meant it names the wrong client.
 */
#include "conn/conn_proxy.h"

#include <string.h>

#include "base/base_number.h"

static const char signature_1[6] = "PROXY ";
static const char signature_2[12] = "\r\n\r\n\0\r\nQUIT\n";

/* ---- version 1: section 2.1 ---- */

#define LINE_SIZE_MAX 107 /* with CR LF */

static enum conn_proxy_result
refuse(const char **fault_r, const char *fault)
{
	*fault_r = fault;
	return CONN_PROXY_FAULT;
}

struct text {
	const char *data;
	size_t size;
};

static bool
is_text(struct text text, const char *expected)
{
	return text.size == strlen(expected) &&
	    memcmp(text.data, expected, text.size) == 0;
}

/* Up to the next space, which goes too: two of them have nothing between. */
static struct text
take_word(struct text *line)
{
	const char *space = memchr(line->data, ' ', line->size);
	struct text word = *line;

	if (space == NULL) {
		*line = (struct text) { line->data + line->size, 0 };
		return word;
	}
	word.size = (size_t)(space - line->data);
	line->data += word.size + 1;
	line->size -= word.size + 1;
	return word;
}

/* By its form: an IPv4 address may stand in IPv6's. */
static bool
read_address(struct text word, bool is_ipv6, struct network_address *address_r)
{
	return (memchr(word.data, ':', word.size) != NULL) == is_ipv6 &&
	    network_address_parse(word.data, word.size, address_r) == 0;
}

static bool
read_port(struct text word, uint16_t *port_r)
{
	uint64_t port;

	if ((word.size > 1 && word.data[0] == '0') ||
	    number_parse_bytes(word.data, word.size, UINT16_MAX, &port) == -1)
		return false;
	*port_r = (uint16_t)port;
	return true;
}

/* "ADDRESS ADDRESS PORT PORT": each a word, and nothing behind. */
static bool
read_ends(struct text line, bool is_ipv6, struct conn_proxy_header *header)
{
	size_t spaces = 0, i;
	struct network_address own;
	uint16_t own_port;

	for (i = 0; i < line.size; i++)
		spaces += line.data[i] == ' ';
	return spaces == 3 &&
	    read_address(take_word(&line), is_ipv6, &header->client) &&
	    read_address(take_word(&line), is_ipv6, &own) &&
	    read_port(take_word(&line), &header->port) &&
	    read_port(take_word(&line), &own_port);
}

/* Behind "PROXY ", without CR LF. */
static bool
read_line(struct text line, struct conn_proxy_header *header)
{
	struct text family = take_word(&line);

	if (is_text(family, "UNKNOWN"))
		return true;
	if (is_text(family, "TCP4"))
		return read_ends(line, false, header);
	return is_text(family, "TCP6") && read_ends(line, true, header);
}

static enum conn_proxy_result
parse_line(const char *data, size_t size, struct conn_proxy_header *header_r,
    const char **fault_r)
{
	size_t most = size < LINE_SIZE_MAX ? size : LINE_SIZE_MAX, end;

	for (end = 0; end < most && data[end] != '\r' && data[end] != '\n';
	     end++)
		continue;
	if (end + 2 > LINE_SIZE_MAX)
		return refuse(fault_r, "a line of version 1 that is too long");
	if (end < most && data[end] == '\n')
		return refuse(fault_r, "a line of version 1 without CR");
	if (end + 2 > size)
		return CONN_PROXY_MORE;
	if (data[end + 1] != '\n')
		return refuse(fault_r, "a CR in a line of version 1");
	header_r->size = end + 2;
	if (!read_line((struct text) { data + sizeof(signature_1),
			   end - sizeof(signature_1) },
		header_r))
		return refuse(fault_r, "a line of version 1 that is malformed");
	return CONN_PROXY_HEADER;
}

/* ---- version 2: section 2.2 ---- */

#define BLOCK_SIZE 16 /* before the addresses */

enum command {
	COMMAND_LOCAL,
	COMMAND_PROXY
};
enum family {
	FAMILY_UNSPEC,
	FAMILY_INET,
	FAMILY_INET6,
	FAMILY_UNIX
};
enum transport {
	TRANSPORT_UNSPEC,
	TRANSPORT_STREAM,
	TRANSPORT_DATAGRAM
};

static unsigned
read_number(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

/* Both ends' addresses, then both ends' ports. */
static size_t
size_of_ends(enum family family)
{
	static const size_t sizes[] = {
		[FAMILY_UNSPEC] = 0,
		[FAMILY_INET] = 2 * 4 + 2 * 2,
		[FAMILY_INET6] = 2 * 16 + 2 * 2,
		[FAMILY_UNIX] = 2 * 108,
	};

	return sizes[family];
}

static void
read_client(
    const uint8_t *ends, enum family family, struct conn_proxy_header *header)
{
	switch (family) {
	case FAMILY_INET:
		header->client = network_address_of_ipv4(ends);
		header->port = (uint16_t)read_number(ends + 2 * 4);
		break;
	case FAMILY_INET6:
		header->client = network_address_of_ipv6(ends);
		header->port = (uint16_t)read_number(ends + 2 * 16);
		break;
	case FAMILY_UNIX:
		header->client.family = NETWORK_UNIX;
		break;
	default:
		break;
	}
}

/* The 13th byte and the two behind it, as far as they have come. */
static const char *
find_fault(const uint8_t *block, size_t size)
{
	unsigned command;

	if (size <= 12)
		return NULL;
	command = block[12] & 0xf;
	if (block[12] >> 4 != 2)
		return "an unknown version";
	if (command > COMMAND_PROXY)
		return "an unknown command";
	/* That of LOCAL is to be ignored. */
	if (size > 13 && command == COMMAND_PROXY &&
	    (block[13] >> 4 > FAMILY_UNIX ||
		(block[13] & 0xf) > TRANSPORT_DATAGRAM))
		return "an unknown family";
	if (size >= BLOCK_SIZE &&
	    read_number(block + 14) > CONN_PROXY_SIZE_MAX - BLOCK_SIZE)
		return "a header that is too long";
	return NULL;
}

/* What stands behind the addresses says more, which nobody here asks for. */
static enum conn_proxy_result
parse_block(const uint8_t *block, size_t size,
    struct conn_proxy_header *header_r, const char **fault_r)
{
	const char *fault = find_fault(block, size);
	unsigned length, transport;
	enum family family;

	if (fault != NULL)
		return refuse(fault_r, fault);
	if (size < BLOCK_SIZE)
		return CONN_PROXY_MORE;
	length = read_number(block + 14);
	header_r->size = BLOCK_SIZE + length;
	family = (enum family)(block[13] >> 4);
	transport = block[13] & 0xf;
	if ((block[12] & 0xf) == COMMAND_LOCAL)
		family = FAMILY_UNSPEC;
	if (length < size_of_ends(family))
		return refuse(fault_r, "addresses that are cut short");
	if (size < header_r->size)
		return CONN_PROXY_MORE;
	if (transport == TRANSPORT_STREAM)
		read_client(block + BLOCK_SIZE, family, header_r);
	return CONN_PROXY_HEADER;
}

/* ---- either ---- */

static bool
begins_with(const char *data, size_t size, const char *signature, size_t most)
{
	return memcmp(data, signature, size < most ? size : most) == 0;
}

enum conn_proxy_result
conn_proxy_parse(const char *data, size_t size,
    struct conn_proxy_header *header_r, const char **fault_r)
{
	*header_r = (struct conn_proxy_header) { .size = 0 };
	if (size == 0)
		return CONN_PROXY_MORE;
	if (begins_with(data, size, signature_2, sizeof(signature_2)))
		return parse_block(
		    (const uint8_t *)data, size, header_r, fault_r);
	if (!begins_with(data, size, signature_1, sizeof(signature_1)))
		return refuse(fault_r, "no PROXY header");
	if (size < sizeof(signature_1))
		return CONN_PROXY_MORE;
	return parse_line(data, size, header_r, fault_r);
}
