/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn_proxy.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* Of exactly as many bytes, so that the address sanitizer sees a step too
 * far. */
static enum conn_proxy_result
parse(const void *data, size_t size, struct conn_proxy_header *header_r,
    const char **fault_r)
{
	char *copy = malloc(size);
	enum conn_proxy_result result;

	if (size > 0)
		memcpy(copy, data, size);
	*fault_r = NULL;
	result = conn_proxy_parse(copy, size, header_r, fault_r);
	free(copy);
	ck_assert_int_eq(*fault_r != NULL, result == CONN_PROXY_FAULT);
	return result;
}

/* With every part of it more is wanted, and what comes behind is not its. */
static void
expect_header(const char *data, size_t size, const char *client, uint16_t port)
{
	struct conn_proxy_header header;
	char longer[CONN_PROXY_SIZE_MAX + 16], text[NETWORK_TEXT_SIZE];
	const char *fault;
	size_t i;

	for (i = 0; i < size; i++)
		ck_assert_msg(
		    parse(data, i, &header, &fault) == CONN_PROXY_MORE,
		    "%zu of %zu: %s", i, size, fault);
	memcpy(longer, data, size);
	memcpy(longer + size, "GET / HTTP/1.1\r\n", 16);
	for (i = size; i <= size + 16; i++) {
		ck_assert_msg(
		    parse(longer, i, &header, &fault) == CONN_PROXY_HEADER,
		    "%zu of %zu: %s", i, size, fault);
		ck_assert_uint_eq(header.size, size);
		network_address_format(&header.client, text);
		ck_assert_str_eq(text, client);
		ck_assert_uint_eq(header.port, port);
	}
}

/* At no part of it does it pass, and from the byte at which it is known on
 * the fault stays. */
static void
expect_fault(const char *data, size_t size, const char *words)
{
	struct conn_proxy_header header;
	enum conn_proxy_result result = CONN_PROXY_MORE, next;
	const char *fault;
	size_t i;

	for (i = 0; i <= size; i++) {
		next = parse(data, i, &header, &fault);
		ck_assert_int_ne(next, CONN_PROXY_HEADER);
		ck_assert(next == result || result == CONN_PROXY_MORE);
		result = next;
	}
	ck_assert_int_eq(result, CONN_PROXY_FAULT);
	ck_assert_msg(
	    strstr(fault, words) != NULL, "%s is not %s", fault, words);
}

/* ---- version 1 ---- */

#define LONGEST "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

static const struct {
	const char *line, *client;
	uint16_t port;
} lines[] = {
	{ "TCP4 192.168.0.1 192.168.0.11 56324 443", "192.168.0.1", 56324 },
	{ "TCP4 255.255.255.255 255.255.255.255 65535 65535", "255.255.255.255",
	    65535 },
	{ "TCP4 0.0.0.0 0.0.0.0 0 0", "0.0.0.0", 0 },
	{ "TCP6 2001:db8::1 ::1 1 2", "2001:db8::1", 1 },
	{ "TCP6 " LONGEST " " LONGEST " 65535 65535", LONGEST, 65535 },
	{ "TCP6 2001:DB8::A ::1 1 2", "2001:db8::a", 1 },
	/* As HAProxy has an IPv4 client of an IPv6 frontend. */
	{ "TCP6 ::ffff:192.0.2.1 ::1 5 6", "192.0.2.1", 5 },
	{ "UNKNOWN", "", 0 },
	{ "UNKNOWN ", "", 0 },
	{ "UNKNOWN whatever  stands\there", "", 0 },
	{ "UNKNOWN " LONGEST " " LONGEST " 65535 65535", "", 0 },
};

START_TEST(a_line_tells_the_client)
{
	char data[128];

	snprintf(data, sizeof(data), "PROXY %s\r\n", lines[_i].line);
	expect_header(data, strlen(data), lines[_i].client, lines[_i].port);
}
END_TEST

static const struct {
	const char *data, *words;
} wrong_lines[] = {
	{ "GET / HTTP/1.1\r\n", "no PROXY header" },
	{ "\n", "no PROXY header" },
	{ "\r\n\r\n\r\n", "no PROXY header" },
	{ "proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "no PROXY header" },
	{ " PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "no PROXY header" },
	{ "PROXY\tTCP4 1.1.1.1 1.1.1.1 1 1\r\n", "no PROXY header" },
	{ "PROXY\r\n", "no PROXY header" },
	{ "PROXY \r\n", "malformed" },
	{ "PROXY TCP4\r\n", "malformed" },
	{ "PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1  1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 1  1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 1 \r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1\t1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY tcp4 1.1.1.1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY UNKNOWNS 1.1.1.1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP4 01.1.1.1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.256 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.x 1 1\r\n", "malformed" },
	{ "PROXY TCP4 ::1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 ::1 1 1\r\n", "malformed" },
	{ "PROXY TCP6 1.1.1.1 ::1 1 1\r\n", "malformed" },
	{ "PROXY TCP6 ::1 1.1.1.1 1 1\r\n", "malformed" },
	{ "PROXY TCP6 [::1] [::1] 1 1\r\n", "malformed" },
	{ "PROXY TCP6 1::2::3 ::1 1 1\r\n", "malformed" },
	{ "PROXY TCP6 fe80::1%lo ::1 1 1\r\n", "malformed" },
	{ "PROXY TCP6 00001::1 ::1 1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 1 00\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 +1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 0x1 1\r\n", "malformed" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n", "without CR" },
	{ "PROXY UNKNOWN\n", "without CR" },
	{ "PROXY UNKNOWN\r\r\n", "a CR in" },
	{ "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\rGET", "a CR in" },
	{ "PROXY UNKNOWN " LONGEST " " LONGEST " 65535 655355\r\n",
	    "too long" },
	{ "PROXY UNKNOWN 34567890123456789012345678901234567890"
	  "1234567890123456789012345678901234567890123456789012345",
	    "too long" },
};

START_TEST(a_wrong_line_is_refused)
{
	const char *data = wrong_lines[_i].data;

	expect_fault(data, strlen(data), wrong_lines[_i].words);
}
END_TEST

START_TEST(a_nul_is_no_end)
{
	static const char line[] = "PROXY TCP4 1.1.1.1\0 1.1.1.1 1 1\r\n";

	expect_fault(line, sizeof(line) - 1, "malformed");
}
END_TEST

/* ---- version 2 ---- */

#define SIGNATURE   "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(text) text, sizeof(text) - 1

#define IPV4_ENDS "\xc0\x00\x02\x01\xc0\x00\x02\x02\x13\x88\x00\x50"
#define IPV6_END  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define IPV6_ENDS IPV6_END IPV6_END "\x13\x88\x00\x50"
#define MAPPED_ENDS                                             \
	"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x09" IPV6_END \
	"\x13\x88\x00\x50"
#define TLV            \
	"\x03\x00\x04" \
	"abcd"         \
	"\x04\x00\x00"

static const struct {
	const char *behind; /* the signature */
	size_t behind_size, zeroes;
	const char *client;
	uint16_t port;
} blocks[] = {
	{ BYTES("\x21\x11\x00\x0c" IPV4_ENDS), 0, "192.0.2.1", 5000 },
	{ BYTES("\x21\x11\x00\x16" IPV4_ENDS TLV), 0, "192.0.2.1", 5000 },
	{ BYTES("\x21\x11\x0f\xf0" IPV4_ENDS), 4068, "192.0.2.1", 5000 },
	{ BYTES("\x21\x21\x00\x24" IPV6_ENDS), 0, "2001:db8::1", 5000 },
	{ BYTES("\x21\x21\x00\x2e" IPV6_ENDS TLV), 0, "2001:db8::1", 5000 },
	{ BYTES("\x21\x21\x00\x24" MAPPED_ENDS), 0, "192.0.2.9", 5000 },
	{ BYTES("\x21\x31\x00\xd8"), 216, "unix", 0 },
	{ BYTES("\x21\x31\x00\xe2"), 226, "unix", 0 },
	/* Of nothing that is a stream with addresses. */
	{ BYTES("\x21\x00\x00\x00"), 0, "", 0 },
	{ BYTES("\x21\x00\x00\x03"), 3, "", 0 },
	{ BYTES("\x21\x01\x00\x00"), 0, "", 0 },
	{ BYTES("\x21\x02\x00\x00"), 0, "", 0 },
	{ BYTES("\x21\x10\x00\x0c" IPV4_ENDS), 0, "", 0 },
	{ BYTES("\x21\x12\x00\x0c" IPV4_ENDS), 0, "", 0 },
	{ BYTES("\x21\x20\x00\x24" IPV6_ENDS), 0, "", 0 },
	{ BYTES("\x21\x22\x00\x24" IPV6_ENDS), 0, "", 0 },
	{ BYTES("\x21\x30\x00\xd8"), 216, "", 0 },
	{ BYTES("\x21\x32\x00\xd8"), 216, "", 0 },
	/* LOCAL, whatever family it says. */
	{ BYTES("\x20\x00\x00\x00"), 0, "", 0 },
	{ BYTES("\x20\x11\x00\x0c" IPV4_ENDS), 0, "", 0 },
	{ BYTES("\x20\x11\x00\x00"), 0, "", 0 },
	{ BYTES("\x20\x21\x00\x05"), 5, "", 0 },
	{ BYTES("\x20\xff\x00\x00"), 0, "", 0 },
	{ BYTES("\x20\x00\x0f\xf0"), 4080, "", 0 },
};

static size_t
make_block(char *data, const char *behind, size_t size, size_t zeroes)
{
	memcpy(data, BYTES(SIGNATURE));
	memcpy(data + 12, behind, size);
	memset(data + 12 + size, 0, zeroes);
	return 12 + size + zeroes;
}

START_TEST(a_block_tells_the_client)
{
	char data[CONN_PROXY_SIZE_MAX];
	size_t size = make_block(
	    data, blocks[_i].behind, blocks[_i].behind_size, blocks[_i].zeroes);

	expect_header(data, size, blocks[_i].client, blocks[_i].port);
}
END_TEST

static const struct {
	const char *behind;
	size_t behind_size;
	const char *words;
} wrong_blocks[] = {
	{ BYTES("\x11\x11\x00\x0c" IPV4_ENDS), "version" },
	{ BYTES("\x01\x11\x00\x0c" IPV4_ENDS), "version" },
	{ BYTES("\x31\x11\x00\x0c" IPV4_ENDS), "version" },
	{ BYTES("\x22\x11\x00\x0c" IPV4_ENDS), "command" },
	{ BYTES("\x2f\x11\x00\x0c" IPV4_ENDS), "command" },
	{ BYTES("\x21\x41\x00\x0c" IPV4_ENDS), "family" },
	{ BYTES("\x21\xf1\x00\x0c" IPV4_ENDS), "family" },
	{ BYTES("\x21\x13\x00\x0c" IPV4_ENDS), "family" },
	{ BYTES("\x21\x1f\x00\x0c" IPV4_ENDS), "family" },
	{ BYTES("\x21\x03\x00\x00"), "family" },
	{ BYTES("\x21\x11\x00\x0b" IPV4_ENDS), "cut short" },
	{ BYTES("\x21\x11\x00\x00"), "cut short" },
	{ BYTES("\x21\x12\x00\x0b" IPV4_ENDS), "cut short" },
	{ BYTES("\x21\x21\x00\x23" IPV6_ENDS), "cut short" },
	{ BYTES("\x21\x21\x00\x0c" IPV4_ENDS), "cut short" },
	{ BYTES("\x21\x31\x00\xd7" IPV6_ENDS), "cut short" },
	{ BYTES("\x21\x11\x0f\xf1" IPV4_ENDS), "too long" },
	{ BYTES("\x21\x11\xff\xff" IPV4_ENDS), "too long" },
	{ BYTES("\x20\x00\x0f\xf1"), "too long" },
};

START_TEST(a_wrong_block_is_refused)
{
	char data[256];
	size_t size = make_block(
	    data, wrong_blocks[_i].behind, wrong_blocks[_i].behind_size, 0);

	expect_fault(data, size, wrong_blocks[_i].words);
}
END_TEST

/* Each byte of it, changed, is refused at once. */
START_TEST(a_wrong_signature_is_refused_at_once)
{
	struct conn_proxy_header header;
	const char *fault;
	char data[12];

	memcpy(data, BYTES(SIGNATURE));
	data[_i] ^= 0x20;
	ck_assert_int_eq(
	    parse(data, (size_t)_i, &header, &fault), CONN_PROXY_MORE);
	ck_assert_int_eq(
	    parse(data, (size_t)_i + 1, &header, &fault), CONN_PROXY_FAULT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_proxy");
	TCase *tests = tcase_create("proxy");

	tcase_add_loop_test(tests, a_line_tells_the_client, 0, ROWS(lines));
	tcase_add_loop_test(
	    tests, a_wrong_line_is_refused, 0, ROWS(wrong_lines));
	tcase_add_test(tests, a_nul_is_no_end);
	tcase_add_loop_test(tests, a_block_tells_the_client, 0, ROWS(blocks));
	tcase_add_loop_test(
	    tests, a_wrong_block_is_refused, 0, ROWS(wrong_blocks));
	tcase_add_loop_test(tests, a_wrong_signature_is_refused_at_once, 0, 12);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
