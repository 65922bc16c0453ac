/* SPDX-License-Identifier: ISC */
#include <jansson.h>
#include <string.h>

#include "test_unit.h"
#include "worker/worker_access_format.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define TEXT(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}
#define DATE "23/Nov/2026:21:09:20 +0000"

static struct http_peer peer = { { NETWORK_IPV4, { 192, 0, 2, 1 } }, 5000 };
static struct buffer line;

static void
open_line(void)
{
	buffer_init(&line, 0);
}

static void
close_line(void)
{
	buffer_fini(&line);
}

struct request {
	const char *method;
	struct cohort_str target;
	unsigned version;
	struct cohort_str referer, agent; /* data NULL: none */
	int status;
	uint64_t sent;
};

static struct http_exchange exchange;
static struct cohort_pair fields[3];

static void
make_exchange(const struct request *from)
{
	size_t count = 0;

	memset(&exchange, 0, sizeof(exchange));
	exchange.request.method_name = from->method;
	exchange.request.target = from->target;
	exchange.request.version = from->version;
	exchange.request.peer = &peer;
	exchange.request.host = "example.org";
	fields[count].name = (struct cohort_str)TEXT("Host");
	fields[count++].value = (struct cohort_str)TEXT("example.org");
	if (from->referer.data != NULL) {
		fields[count].name = (struct cohort_str)TEXT("Referer");
		fields[count++].value = from->referer;
	}
	if (from->agent.data != NULL) {
		fields[count].name = (struct cohort_str)TEXT("USER-AGENT");
		fields[count++].value = from->agent;
	}
	exchange.request.fields = fields;
	exchange.request.field_count = count;
	exchange.id = 0xabc;
	exchange.status = from->status;
	exchange.body_sent = from->sent;
}

static void
print(const char *format, const char *date, enum cohort_end end)
{
	worker_access_format_find(format)->line(&line, date, &exchange, end);
}

/* clang-format off */
static const struct {
	struct request request;
	const char *line;
} cases[] = {
	{ { "GET", TEXT("/x"), 0x0101, TEXT("http://a/"), TEXT("curl/7"), 200, 123 },
	    "192.0.2.1 - - [" DATE "] \"GET /x HTTP/1.1\" 200 123"
	    " \"http://a/\" \"curl/7\"\n" },
	{ { "HEAD", TEXT("*"), 0x0100, { NULL, 0 }, { NULL, 0 }, 304, 0 },
	    "192.0.2.1 - - [" DATE "] \"HEAD * HTTP/1.0\" 304 0 \"-\" \"-\"\n" },
	{ { "GET", TEXT("/"), 0x0200, TEXT(""), TEXT(""), 200,
		UINT64_MAX },
	    "192.0.2.1 - - [" DATE "] \"GET / HTTP/2.0\" 200"
	    " 18446744073709551615 \"\" \"\"\n" },
	/* Refused before there was anything to show. */
	{ { "", TEXT(""), 0, { NULL, 0 }, { NULL, 0 }, 400, 0 },
	    "192.0.2.1 - - [" DATE "] \"-\" 400 0 \"-\" \"-\"\n" },
	{ { NULL, { NULL, 0 }, 0, { NULL, 0 }, { NULL, 0 }, 408, 0 },
	    "192.0.2.1 - - [" DATE "] \"-\" 408 0 \"-\" \"-\"\n" },
	{ { "GET", { NULL, 0 }, 0, { NULL, 0 }, { NULL, 0 }, 431, 9 },
	    "192.0.2.1 - - [" DATE "] \"GET \" 431 9 \"-\" \"-\"\n" },
	/* Never answered. */
	{ { "GET", TEXT("/"), 0x0101, { NULL, 0 }, { NULL, 0 }, 0, 0 },
	    "192.0.2.1 - - [" DATE "] \"GET / HTTP/1.1\" 000 0 \"-\" \"-\"\n" },
	/* Hostile. */
	{ { "GET", TEXT("/\"\r\n1.2.3.4 - - [x] \"GET"), 0x0101,
		TEXT("a\" \"b"), TEXT("\\\x1b[2J\x7f\xff\0."), 200, 1 },
	    "192.0.2.1 - - [" DATE "] "
	    "\"GET /\\\"\\x0d\\x0a1.2.3.4 - - [x] \\\"GET HTTP/1.1\" 200 1"
	    " \"a\\\" \\\"b\" \"\\\\\\x1b[2J\\x7f\\xff\\x00.\"\n" },
	{ { "G\"\nT", TEXT("/\t\xc3\xa9"), 0x0101, { NULL, 0 }, { NULL, 0 }, 501, 1 },
	    "192.0.2.1 - - [" DATE "] \"G\\\"\\x0aT /\\x09\\xc3\\xa9 HTTP/1.1\""
	    " 501 1 \"-\" \"-\"\n" },
};
/* clang-format on */

START_TEST(combined_line_is_as_expected)
{
	make_exchange(&cases[_i].request);
	print("combined", DATE, COHORT_END_SENT);
	ck_assert_str_eq(line.data, cases[_i].line);
}
END_TEST

static void
assert_member(const json_t *object, const char *name, const char *text)
{
	const json_t *member = json_object_get(object, name);

	ck_assert_msg(member != NULL, "no %s in %s", name, line.data);
	ck_assert_str_eq(json_string_value(member), text);
}

static json_t *
parse_line(void)
{
	json_error_t json_error;
	json_t *object;
	size_t i;

	ck_assert_uint_gt(line.size, 0);
	for (i = 0; i < line.size - 1; i++)
		ck_assert(line.data[i] >= 0x20 && line.data[i] < 0x7f);
	ck_assert_int_eq(line.data[line.size - 1], '\n');
	object = json_loadb(line.data, line.size, JSON_ALLOW_NUL, &json_error);
	ck_assert_msg(object != NULL, "%s: %s", json_error.text, line.data);
	return object;
}

START_TEST(json_line_says_everything)
{
	const struct request request = { "GET", TEXT("/x?y"), 0x0101,
		TEXT("http://a/"), TEXT("curl/7"), 200, 123 };
	json_t *object;

	make_exchange(&request);
	exchange.started_us = 1;
	print("json", "2026-11-23T21:09:20Z", COHORT_END_SENT);
	object = parse_line();
	assert_member(object, "time", "2026-11-23T21:09:20Z");
	assert_member(object, "id", "0000000000000abc");
	assert_member(object, "peer", "192.0.2.1");
	assert_member(object, "method", "GET");
	assert_member(object, "target", "/x?y");
	assert_member(object, "protocol", "HTTP/1.1");
	assert_member(object, "host", "example.org");
	assert_member(object, "referer", "http://a/");
	assert_member(object, "user_agent", "curl/7");
	assert_member(object, "end", "sent");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(object, "status")), 200);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(object, "bytes")), 123);
	ck_assert_int_gt(
	    json_integer_value(json_object_get(object, "duration_us")), 0);
	ck_assert_ptr_null(json_object_get(object, "cut"));
	json_decref(object);
}
END_TEST

START_TEST(json_line_leaves_out_what_is_not_there)
{
	const struct request request = { NULL, { NULL, 0 }, 0, { NULL, 0 },
		{ NULL, 0 }, 400, 0 };
	json_t *object;

	make_exchange(&request);
	exchange.request.host = NULL;
	exchange.request.peer = NULL;
	print("json", "now", (enum cohort_end)99);
	object = parse_line();
	assert_member(object, "peer", "-");
	assert_member(object, "end", "gone");
	ck_assert_ptr_null(json_object_get(object, "method"));
	ck_assert_ptr_null(json_object_get(object, "target"));
	ck_assert_ptr_null(json_object_get(object, "protocol"));
	ck_assert_ptr_null(json_object_get(object, "host"));
	ck_assert_ptr_null(json_object_get(object, "referer"));
	ck_assert_ptr_null(json_object_get(object, "duration_us"));
	json_decref(object);
}
END_TEST

static const struct {
	struct cohort_str sent;
	const char *shown;
} texts[] = {
	{ TEXT("plain"), "plain" },
	{ TEXT("a\"b\\c\nd"), "a\"b\\c\nd" },
	{ TEXT("\xc3\xa9"), "\xc3\xa9" },
	{ TEXT("\xff\n"), "\\xff\\x0a" },
	{ TEXT("\xc3"), "\\xc3" },
	{ TEXT(""), "" },
};

START_TEST(json_text_is_valid_whatever_was_sent)
{
	const struct request request = { "GET", TEXT("/"), 0x0101,
		texts[_i].sent, { NULL, 0 }, 200, 0 };
	json_t *object;

	make_exchange(&request);
	print("json", "now", COHORT_END_SENT);
	object = parse_line();
	assert_member(object, "referer", texts[_i].shown);
	json_decref(object);
}
END_TEST

/* The worst bytes for each format, far beyond every limit. */
static const struct {
	const char *format;
	unsigned char byte;
	const char *mark;
} floods[] = {
	{ "combined", 0x01, "..." },
	{ "combined", '"', "..." },
	{ "combined", 'a', "..." },
	{ "json", 0x01, "\"cut\":true" },
	{ "json", '"', "\"cut\":true" },
	{ "json", 0xff, "\"cut\":true" },
	{ "json", 0x80, "\"cut\":true" },
};

START_TEST(line_is_bounded)
{
	static char flood[100001];
	const struct cohort_str text = { flood, sizeof(flood) - 1 };
	const struct request request = { flood, text, 0x0101, text, text, 200,
		UINT64_MAX };

	memset(flood, floods[_i].byte, sizeof(flood) - 1);
	make_exchange(&request);
	exchange.request.host = flood;
	exchange.started_us = 1;
	print(floods[_i].format, DATE, COHORT_END_RETIRED);
	ck_assert_uint_lt(line.size, WORKER_ACCESS_LINE_MAX);
	ck_assert_uint_gt(line.size, 5000);
	ck_assert_ptr_eq(strchr(line.data, '\n'), line.data + line.size - 1);
	ck_assert_ptr_nonnull(strstr(line.data, floods[_i].mark));
}
END_TEST

START_TEST(character_is_not_cut_in_two)
{
	static char target[4096 + 2];
	const struct request request = { "GET", { target, sizeof(target) },
		0x0101, { NULL, 0 }, { NULL, 0 }, 200, 0 };
	json_t *object;
	const char *shown;

	/* Its last byte is the first beyond the limit. */
	memset(target, 'a', sizeof(target));
	memcpy(target + 4094, "\xe2\x82\xac", 3);
	make_exchange(&request);
	print("json", "now", COHORT_END_SENT);
	object = parse_line();
	shown = json_string_value(json_object_get(object, "target"));
	ck_assert_uint_eq(strlen(shown), 4094);
	ck_assert_uint_eq(strspn(shown, "a"), 4094);
	json_decref(object);
}
END_TEST

START_TEST(dates_are_as_the_formats_want_them)
{
	char text[WORKER_ACCESS_DATE_SIZE];
	const time_t when = 1795468160;
	struct tm date;

	gmtime_r(&when, &date);
	worker_access_format_find("combined")->date(&date, text);
	ck_assert_str_eq(text, "23/Nov/2026:21:09:20 +0000");
	worker_access_format_find("json")->date(&date, text);
	ck_assert_str_eq(text, "2026-11-23T21:09:20Z");
	ck_assert_str_eq(worker_access_format_find("?")->name, "combined");
	ck_assert(!worker_access_format_find("combined")->wants_time);
	ck_assert(worker_access_format_find("json")->wants_time);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_access_format");
	TCase *tests = tcase_create("format");

	tcase_add_checked_fixture(tests, open_line, close_line);
	tcase_add_loop_test(
	    tests, combined_line_is_as_expected, 0, ROWS(cases));
	tcase_add_test(tests, json_line_says_everything);
	tcase_add_test(tests, json_line_leaves_out_what_is_not_there);
	tcase_add_loop_test(
	    tests, json_text_is_valid_whatever_was_sent, 0, ROWS(texts));
	tcase_add_loop_test(tests, line_is_bounded, 0, ROWS(floods));
	tcase_add_test(tests, character_is_not_cut_in_two);
	tcase_add_test(tests, dates_are_as_the_formats_want_them);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
