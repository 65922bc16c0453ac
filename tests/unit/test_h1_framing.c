/* SPDX-License-Identifier: ISC */
#include "test_h1_text.h"
#include "test_unit.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/http_field.h"
#include "http1/h1_framing.h"

static const struct {
	const char *fields; /* "Name:value|..." */
	unsigned version;
	enum h1_fault fault;
	int64_t body_size;
	bool is_persistent, expects_continue;
} framings[] = {
	{ "Host:a", 0x0101, H1_FAULT_NONE, 0, true, false },
	{ "", 0x0100, H1_FAULT_NONE, 0, false, false },
	{ "", 0x0101, H1_FAULT_HOST_MISSING, 0, false, false },
	{ "HOST:a|hosT:a", 0x0101, H1_FAULT_HOST_REPEATED, 0, false, false },
	{ "Hosts:b|Host:a", 0x0101, H1_FAULT_NONE, 0, true, false },
	{ "Host:a b", 0x0101, H1_FAULT_HOST_SYNTAX, 0, false, false },
	{ "Connection:keep-alive", 0x0100, H1_FAULT_NONE, 0, true, false },
	{ "Connection:keep-alive|Connection:x, close", 0x0100, H1_FAULT_NONE, 0,
	    false, false },
	{ "Content-Length:7", 0x0100, H1_FAULT_NONE, 7, false, false },
	{ "Content-Length:9223372036854775807", 0x0100, H1_FAULT_NONE,
	    INT64_MAX, false, false },
	{ "Content-Length:9223372036854775808", 0x0100, H1_FAULT_LENGTH_SYNTAX,
	    0, false, false },
	{ "Content-Length:7|Content-Length:7", 0x0100, H1_FAULT_LENGTH_REPEATED,
	    0, false, false },
	{ "Host:a|Transfer-Encoding:chunked", 0x0101, H1_FAULT_NONE, -1, true,
	    false },
	{ "Host:a|Transfer-Encoding:,chunked,", 0x0101, H1_FAULT_NONE, -1, true,
	    false },
	{ "Transfer-Encoding:chunked", 0x0100, H1_FAULT_CODING_IN_1_0, 0, false,
	    false },
	{ "Host:|Transfer-Encoding:chunked|Content-Length:1", 0x0101,
	    H1_FAULT_LENGTH_AND_CODING, 0, false, false },
	{ "Content-Length:1|Transfer-Encoding:chunked", 0x0101,
	    H1_FAULT_LENGTH_AND_CODING, 0, false, false },
	{ "Host:a|Transfer-Encoding:chunked|Content-Length:1", 0x0101,
	    H1_FAULT_LENGTH_AND_CODING, 0, false, false },
	{ "Host:a|Transfer-Encoding:a, chunked", 0x0101,
	    H1_FAULT_CODING_UNKNOWN, 0, false, false },
	{ "Host:a|Transfer-Encoding:a|Transfer-Encoding:chunked", 0x0101,
	    H1_FAULT_CODING_UNKNOWN, 0, false, false },
	{ "Host:a|Transfer-Encoding:a", 0x0101, H1_FAULT_CODING_NOT_FINAL, 0,
	    false, false },
	{ "Host:a|Transfer-Encoding:chunked, a", 0x0101,
	    H1_FAULT_CODING_NOT_FINAL, 0, false, false },
	{ "Host:a|Transfer-Encoding:", 0x0101, H1_FAULT_CODING_NOT_FINAL, 0,
	    false, false },
	{ "Host:a|Transfer-Encoding:chunked|Transfer-Encoding:chunked", 0x0101,
	    H1_FAULT_CODING_REPEATED, 0, false, false },
	{ "Host:a|Transfer-Encoding:chunked ;a=b", 0x0101,
	    H1_FAULT_CODING_SYNTAX, 0, false, false },
	{ "Host:a|Transfer-Encoding:\"chunked\"", 0x0101,
	    H1_FAULT_CODING_SYNTAX, 0, false, false },
	{ "Host:a|Expect:100-Continue|Content-Length:1", 0x0101, H1_FAULT_NONE,
	    1, true, true },
	{ "Host:a|Expect:100-continue", 0x0101, H1_FAULT_NONE, 0, true, false },
	{ "Expect:100-continue|Content-Length:1", 0x0100, H1_FAULT_NONE, 1,
	    false, false },
	{ "Host:a|Expect:x", 0x0101, H1_FAULT_EXPECTATION, 0, false, false },
};

static size_t
cut_fields(const char *text, struct h1_field *to)
{
	const char *at = text;
	size_t count = 0;

	while (*at != '\0') {
		size_t name = strcspn(at, ":"), value;

		value = strcspn(at + name + 1, "|");
		to[count++] = (struct h1_field) {
			.name = { (uint32_t)(at - text), (uint32_t)name },
			.value = { (uint32_t)(at + name + 1 - text),
			    (uint32_t)value },
		};
		at += name + 1 + value;
		at += *at == '|';
	}
	return count;
}

START_TEST(test_framing)
{
	struct h1_framing framing;
	struct h1_field cut[8];
	size_t count = cut_fields(framings[_i].fields, cut);

	ck_assert_int_eq(h1_framing_read(framings[_i].fields,
			     framings[_i].version, cut, count, &framing),
	    framings[_i].fault);
	if (framings[_i].fault != H1_FAULT_NONE)
		return;
	ck_assert_int_eq(framing.body_size, framings[_i].body_size);
	ck_assert_int_eq(framing.is_persistent, framings[_i].is_persistent);
	ck_assert_int_eq(
	    framing.expects_continue, framings[_i].expects_continue);
}
END_TEST

/* Each known field, with a value that shows that it was read. */
static const struct {
	const char *name, *value;
} known[] = {
	{ "host", "[" },
	{ "expect", "x" },
	{ "connection", "keep-alive" },
	{ "content-length", "x" },
	{ "transfer-encoding", "@" },
};

static bool
is_read(const char *name, const char *value)
{
	struct h1_framing framing;
	struct h1_field cut[1];
	char text[64];

	snprintf(text, sizeof(text), "%s:%s", name, value);
	cut_fields(text, cut);
	return h1_framing_read(text, 0x0100, cut, 1, &framing) !=
	    H1_FAULT_NONE ||
	    framing.is_persistent;
}

/* Each tchar at each place of the names, and names that are too short or too
 * long. */
START_TEST(test_names)
{
	const char *name = known[_i].name, *value = known[_i].value;
	size_t size = strlen(name), place;
	char other[32];
	int byte;

	for (place = 0; place < size; place++) {
		for (byte = 1; byte < 256; byte++) {
			char tchar = (char)byte;

			if (byte == ':' || !http_token_is_valid(&tchar, 1))
				continue;
			strcpy(other, name);
			other[place] = tchar;
			ck_assert_msg(is_read(other, value) ==
				(strcasecmp(other, name) == 0),
			    "\"%s\"", other);
		}
	}
	strcpy(other, name);
	strcat(other, "s");
	ck_assert(!is_read(other, value));
	ck_assert(!is_read(name + 1, value));
	other[size - 1] = '\0';
	ck_assert(!is_read(other, value));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_framing");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_framing, 0, COUNT(framings));
	tcase_add_loop_test(tcase, test_names, 0, COUNT(known));
	return test_run(suite);
}
