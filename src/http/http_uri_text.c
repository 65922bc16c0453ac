/* SPDX-License-Identifier: ISC */
/*
 * The characters of URIs: what a host may hold, percent-encoding, and the
 * pairs of a query.  Digits and letters are judged by tables, because those
 * of ctype.h depend on the locale.
 */
#include "http/http_uri.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/base_buffer.h"
#include "base/base_number.h"
#include "base/base_rare.h"
#include "http/http_lanes.h"
#include "http/http_uri_private.h"

#define PORT_MAX 65535

/* clang-format off */
/* A hex digit's value and one, so that 0 is none. */
static const uint8_t hex_digits[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
	['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

enum { UNRESERVED = 1, SUB_DELIMITER = 2 };

/* RFC 3986, 2.2 and 2.3. */
static const uint8_t host_bytes[256] = {
	['a' ... 'z'] = UNRESERVED, ['A' ... 'Z'] = UNRESERVED,
	['0' ... '9'] = UNRESERVED, ['-'] = UNRESERVED, ['.'] = UNRESERVED,
	['_'] = UNRESERVED, ['~'] = UNRESERVED,
	['!'] = SUB_DELIMITER, ['$'] = SUB_DELIMITER, ['&'] = SUB_DELIMITER,
	['\''] = SUB_DELIMITER, ['('] = SUB_DELIMITER, [')'] = SUB_DELIMITER,
	['*'] = SUB_DELIMITER, ['+'] = SUB_DELIMITER, [','] = SUB_DELIMITER,
	[';'] = SUB_DELIMITER, ['='] = SUB_DELIMITER,
};
/* clang-format on */

int
http_uri_read_hex(const char *digits)
{
	unsigned high = hex_digits[(unsigned char)digits[0]];
	unsigned low = high == 0 ? 0 : hex_digits[(unsigned char)digits[1]];

	return low == 0 ? -1 : (int)((high - 1) << 4 | (low - 1));
}

void *
http_uri_claim(struct arena *arena, size_t size)
{
	return size <= arena_left(arena) ? arena_alloc_raw(arena, size) : NULL;
}

static bool
is_ipv6(const char *data, size_t size)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (size >= sizeof(text))
		return false;
	memcpy(text, data, size);
	text[size] = '\0';
	return strlen(text) == size && inet_pton(AF_INET6, text, &address) == 1;
}

/* "v1.x": well-formed, and no address of ours. */
static bool
is_ip_future(const char *data, size_t size)
{
	const char *end = data + size, *begin;

	if (size == 0 || (*data | 0x20) != 'v')
		return false;
	for (begin = ++data; data < end; data++)
		if (hex_digits[(unsigned char)*data] == 0)
			break;
	if (data == begin || data == end || *data != '.')
		return false;
	for (begin = ++data; data < end; data++)
		if (host_bytes[(unsigned char)*data] == 0 && *data != ':')
			break;
	return data > begin && data == end;
}

/* With its brackets. */
static bool
is_ip_literal(const char *data, size_t size)
{
	return is_ipv6(data + 1, size - 2) || is_ip_future(data + 1, size - 2);
}

/* Nearly all hosts consist of letters, digits, hyphens and dots. */
static http_lanes
ends_plain_host(http_lanes bytes)
{
	return ~(http_lanes_letters(bytes) | http_lanes_digits(bytes) |
	    (http_lanes)(bytes - '-' < 2));
}

/* How many bytes of a registered name stand behind the first, which do. */
static RARE size_t
name_size_from(const char *data, size_t size, size_t at)
{
	for (;;) {
		while (at < size && host_bytes[(unsigned char)data[at]] != 0)
			at++;
		if (size - at < 3 || data[at] != '%' ||
		    http_uri_read_hex(data + at + 1) <= 0)
			return at;
		at += 3;
	}
}

static size_t
name_size(const char *data, size_t size)
{
	size_t at = http_lanes_span(data, size, ends_plain_host);

	return at == size || data[at] == ':' ? at :
					       name_size_from(data, size, at);
}

/* 0: it is none. */
static RARE size_t
literal_size(const char *data, size_t size)
{
	const char *bracket = memchr(data, ']', size);

	if (bracket == NULL ||
	    !is_ip_literal(data, (size_t)(bracket - data) + 1))
		return 0;
	return (size_t)(bracket - data) + 1;
}

/* RFC 3986, 3.2.2; 0: it is none. */
static size_t
host_size(const char *data, size_t size)
{
	return data[0] == '[' ? literal_size(data, size) :
				name_size(data, size);
}

/* Empty means the scheme's own (RFC 3986, 3.2.3). */
static RARE bool
is_port(const char *data, size_t size)
{
	uint64_t port;

	return size == 0 ||
	    number_parse_bytes(data, size, PORT_MAX, &port) == 0;
}

bool
http_uri_is_authority(const char *data, size_t size)
{
	size_t host;

	if (size == 0)
		return false;
	host = host_size(data, size);
	if (host == 0 || host == size)
		return host > 0;
	return data[host] == ':' && is_port(data + host + 1, size - host - 1);
}

size_t
http_uri_decode(char *to, const char *data, size_t size, bool plus)
{
	const char *end = data + size;
	char *begin = to;

	while (data < end) {
		char byte = *data++;
		int decoded;

		if (byte == '+' && plus) {
			byte = ' ';
		} else if (byte == '%' && end - data >= 2 &&
		    (decoded = http_uri_read_hex(data)) >= 0) {
			byte = (char)decoded;
			data += 2;
		}
		*to++ = byte;
	}
	*to = '\0';
	return (size_t)(to - begin);
}

void
http_uri_encode(struct buffer *buffer, const char *data, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *end = data + size, *begin;

	while (data < end) {
		unsigned char byte;

		for (begin = data; data < end; data++)
			if (host_bytes[(unsigned char)*data] != UNRESERVED)
				break;
		buffer_append(buffer, begin, (size_t)(data - begin));
		if (data == end)
			break;
		byte = (unsigned char)*data++;
		buffer_append_byte(buffer, '%');
		buffer_append_byte(buffer, digits[byte >> 4]);
		buffer_append_byte(buffer, digits[byte & 15]);
	}
}

/* The next part between '&'s that is not empty; false at the end. */
static bool
next_part(struct cohort_str *query, struct cohort_str *part_r)
{
	const char *begin = query->data, *end = query->data + query->size;
	const char *behind;

	while (begin < end && *begin == '&')
		begin++;
	if (begin == end)
		return false;
	behind = memchr(begin, '&', (size_t)(end - begin));
	if (behind == NULL)
		behind = end;
	*part_r = (struct cohort_str) { begin, (size_t)(behind - begin) };
	*query = (struct cohort_str) { behind, (size_t)(end - behind) };
	return true;
}

static size_t
count_parts(struct cohort_str query)
{
	struct cohort_str part;
	size_t count = 0;

	while (next_part(&query, &part))
		count++;
	return count;
}

/* Decodes to *to, which it moves behind the NUL. */
static struct cohort_str
decode_text(char **to, const char *data, size_t size)
{
	char *begin = *to;
	size_t decoded = http_uri_decode(begin, data, size, true);

	*to = begin + decoded + 1;
	return (struct cohort_str) { begin, decoded };
}

static struct cohort_pair
decode_pair(char **to, struct cohort_str part)
{
	const char *end = part.data + part.size;
	const char *sign = memchr(part.data, '=', part.size);
	struct cohort_pair pair = { .value = { "", 0 } };

	if (sign == NULL) {
		pair.name = decode_text(to, part.data, part.size);
		return pair;
	}
	pair.name = decode_text(to, part.data, (size_t)(sign - part.data));
	pair.value = decode_text(to, sign + 1, (size_t)(end - sign) - 1);
	return pair;
}

/* The NULs stand where '=' and '&' were, so size + 1 bytes hold all. */
int
http_uri_parse_query(struct arena *arena, struct cohort_str query, size_t max,
    struct cohort_pair **pairs_r, size_t *count_r)
{
	size_t count = count_parts(query), i;
	struct cohort_pair *pairs;
	struct cohort_str part;
	char *text;

	*pairs_r = NULL;
	*count_r = 0;
	if (count == 0)
		return 0;
	if (count > max || count > SIZE_MAX / sizeof(*pairs))
		return -1;
	if ((pairs = http_uri_claim(arena, count * sizeof(*pairs))) == NULL ||
	    (text = http_uri_claim(arena, query.size + 1)) == NULL)
		return -1;
	for (i = 0; next_part(&query, &part); i++)
		pairs[i] = decode_pair(&text, part);
	*pairs_r = pairs;
	*count_r = count;
	return 0;
}
