/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_buffer.h"
#include "http/http_forwarded.h"
#include "test_network.h"
#include "test_unit.h"

#define ROWS(table)  (int)(sizeof(table) / sizeof((table)[0]))
#define FIELDS_MAX   16
#define TRUSTED_NETS "10.0.0.0/8 fd00::/8"

/* "Name: value" lines, whose text is cut. */
static size_t
read_fields(char *lines, struct cohort_pair *fields)
{
	char *line, *colon, *state = NULL;
	size_t count = 0;

	for (line = strtok_r(lines, "\n", &state); line != NULL;
	     line = strtok_r(NULL, "\n", &state)) {
		colon = strchr(line, ':');
		*colon = '\0';
		fields[count].name = (struct cohort_str) { line, strlen(line) };
		colon += 2;
		fields[count++].value =
		    (struct cohort_str) { colon, strlen(colon) };
	}
	return count;
}

static void
read_lines(const char *lines, bool is_forwarded, struct http_forwarded *result)
{
	struct http_forwarding forwarding = { .is_forwarded = is_forwarded };
	struct cohort_pair fields[FIELDS_MAX];
	char *copy = strdup(lines);
	struct error error;

	ck_assert_int_eq(
	    network_list_parse(&forwarding.trusted, TRUSTED_NETS, &error), 0);
	http_forwarded_read(
	    &forwarding, fields, read_fields(copy, fields), result);
	network_list_fini(&forwarding.trusted);
	free(copy);
}

/* "CLIENT PORT SCHEME HOST", with "-" for what is not told. */
static const char *
words_of(const struct http_forwarded *forwarded)
{
	static char words[512];
	char client[NETWORK_TEXT_SIZE];

	network_address_format(&forwarded->client, client);
	snprintf(words, sizeof(words), "%s %u %s %s",
	    client[0] == '\0' ? "-" : client, forwarded->port,
	    forwarded->scheme == NULL ? "-" : forwarded->scheme,
	    forwarded->host[0] == '\0' ? "-" : forwarded->host);
	return words;
}

/* clang-format off */
struct row {
	const char *lines, *words;
};

#define FOR "X-Forwarded-For: "

static const struct row x_rows[] = {
	{ "Host: a",				"- 0 - -" },
	{ FOR "192.0.2.1",			"192.0.2.1 0 - -" },
	{ "x-forwarded-FOR: 192.0.2.1",		"192.0.2.1 0 - -" },
	/* From the end, past those that are trusted. */
	{ FOR "192.0.2.1, 192.0.2.2",		"192.0.2.2 0 - -" },
	{ FOR "192.0.2.1, 10.0.0.1",		"192.0.2.1 0 - -" },
	{ FOR "192.0.2.1, 10.0.0.1, 10.1.1.1",	"192.0.2.1 0 - -" },
	{ FOR "9.9.9.9, 192.0.2.1, 10.0.0.1",	"192.0.2.1 0 - -" },
	{ FOR "10.0.0.3, 192.0.2.1, 10.0.0.1",	"192.0.2.1 0 - -" },
	{ FOR "192.0.2.1, fd00::1",		"192.0.2.1 0 - -" },
	{ FOR "192.0.2.1, ::ffff:10.0.0.1",	"192.0.2.1 0 - -" },
	/* All of them: the one that is farthest. */
	{ FOR "10.0.0.1",			"10.0.0.1 0 - -" },
	{ FOR "10.0.0.1, 10.0.0.2, 10.0.0.3",	"10.0.0.1 0 - -" },
	/* All lines are one list. */
	{ FOR "192.0.2.1\n" FOR "10.0.0.1",	"192.0.2.1 0 - -" },
	{ FOR "192.0.2.1\n" FOR "192.0.2.2",	"192.0.2.2 0 - -" },
	{ FOR "192.0.2.1\nHost: a\n" FOR "10.0.0.1,10.0.0.2", "192.0.2.1 0 - -" },
	/* What makes no sense, or names nobody, stops the walk. */
	{ FOR "192.0.2.1, unknown",		"- 0 - -" },
	{ FOR "192.0.2.1, Unknown, 10.0.0.1",	"10.0.0.1 0 - -" },
	{ FOR "192.0.2.1, _hidden, 10.0.0.1",	"10.0.0.1 0 - -" },
	{ FOR "192.0.2.1, what?, 10.0.0.2, 10.0.0.1", "10.0.0.2 0 - -" },
	{ FOR "192.0.2.1, what?, 192.0.2.2",	"192.0.2.2 0 - -" },
	{ FOR "192.0.2.1, what?",		"- 0 - -" },
	{ FOR "unknown, 192.0.2.1, 10.0.0.1",	"192.0.2.1 0 - -" },
	{ FOR "192.0.2.1 10.0.0.1",		"- 0 - -" },
	{ FOR "\"192.0.2.1\"",			"- 0 - -" },
	{ FOR "unix",				"- 0 - -" },
	{ FOR "for=192.0.2.1",			"- 0 - -" },
	/* A quote swallows nothing. */
	{ FOR "\"9.9.9.9, 192.0.2.1",		"192.0.2.1 0 - -" },
	/* Empty elements are none. */
	{ FOR "",				"- 0 - -" },
	{ FOR ",192.0.2.1 ,\t, 10.0.0.1,,",	"192.0.2.1 0 - -" },
	/* Ports and brackets. */
	{ FOR "192.0.2.1:5000",			"192.0.2.1 5000 - -" },
	{ FOR "192.0.2.1:5000, 10.0.0.1:1",	"192.0.2.1 5000 - -" },
	{ FOR "192.0.2.1:0",			"192.0.2.1 0 - -" },
	{ FOR "192.0.2.1:65536",		"- 0 - -" },
	{ FOR "192.0.2.1:000001",		"- 0 - -" },
	{ FOR "192.0.2.1:",			"- 0 - -" },
	{ FOR "192.0.2.1:x",			"- 0 - -" },
	{ FOR "2001:db8::1",			"2001:db8::1 0 - -" },
	{ FOR "[2001:db8::1]",			"2001:db8::1 0 - -" },
	{ FOR "[2001:db8::1]:443",		"2001:db8::1 443 - -" },
	{ FOR "[2001:db8::1]443",		"- 0 - -" },
	{ FOR "[2001:db8::1",			"- 0 - -" },
	{ FOR "[192.0.2.1]",			"- 0 - -" },
	{ FOR "[]",				"- 0 - -" },
	{ FOR "[",				"- 0 - -" },
	{ FOR "fe80::1%eth0",			"- 0 - -" },
	/* Scheme and host: the last that is said. */
	{ "X-Forwarded-Proto: https",		"- 0 https -" },
	{ "X-Forwarded-Proto: HTTP",		"- 0 http -" },
	{ "X-Forwarded-Proto: http, https",	"- 0 https -" },
	{ "X-Forwarded-Proto: http\nX-Forwarded-Proto: https", "- 0 https -" },
	{ "X-Forwarded-Proto: https,",		"- 0 https -" },
	{ "X-Forwarded-Proto: https, wss",	"- 0 - -" },
	{ "X-Forwarded-Proto: javascript",	"- 0 - -" },
	{ "X-Forwarded-Proto: ",		"- 0 - -" },
	{ "X-Forwarded-Host: example.org:8080",	"- 0 - example.org:8080" },
	{ "X-Forwarded-Host: [::1]:80",		"- 0 - [::1]:80" },
	{ "X-Forwarded-Host: a, b",		"- 0 - b" },
	{ "X-Forwarded-Host: a, b c",		"- 0 - -" },
	{ "X-Forwarded-Host: a/b",		"- 0 - -" },
	{ "X-Forwarded-Host: user@a",		"- 0 - -" },
	{ "X-Forwarded-Host: ",			"- 0 - -" },
	{ FOR "192.0.2.1\nX-Forwarded-Proto: https\nX-Forwarded-Host: a",
						"192.0.2.1 0 https a" },
	/* The other field is not asked. */
	{ "Forwarded: for=192.0.2.1;proto=https;host=a", "- 0 - -" },
};

#define FORWARDED "Forwarded: "

static const struct row rows[] = {
	{ FORWARDED "for=192.0.2.1",		"192.0.2.1 0 - -" },
	{ FORWARDED "For=192.0.2.1;PROTO=HTTPS;by=10.0.0.1;host=a",
						"192.0.2.1 0 https a" },
	{ FORWARDED "for=\"192.0.2.1\"",	"192.0.2.1 0 - -" },
	{ FORWARDED "for=\"192.0.2.1:5000\"",	"192.0.2.1 5000 - -" },
	{ FORWARDED "for=\"192.0.2.1:_port\"",	"192.0.2.1 0 - -" },
	{ FORWARDED "for=\"192.0.2.1:_\"",	"- 0 - -" },
	{ FORWARDED "for=\"[2001:db8::1]\"",	"2001:db8::1 0 - -" },
	{ FORWARDED "for=\"[2001:db8::1]:443\"","2001:db8::1 443 - -" },
	{ FORWARDED "for=\"\\1\\92.0.2.1\"",	"192.0.2.1 0 - -" },
	{ FORWARDED "host=\"a:80\"",		"- 0 - a:80" },
	{ FORWARDED "ext=\"a;b\";for=192.0.2.1;x=y", "192.0.2.1 0 - -" },
	{ FORWARDED ";for=192.0.2.1;;",		"192.0.2.1 0 - -" },
	/* Against its grammar. */
	{ FORWARDED "for=192.0.2.1:5000",	"- 0 - -" },
	{ FORWARDED "for=[2001:db8::1]",	"- 0 - -" },
	{ FORWARDED "for=\"2001:db8::1\"",	"- 0 - -" },
	{ FORWARDED "for=2001:db8::1",		"- 0 - -" },
	{ FORWARDED "192.0.2.1",		"- 0 - -" },
	{ FORWARDED "for",			"- 0 - -" },
	{ FORWARDED "for=",			"- 0 - -" },
	{ FORWARDED "for=\"\"",			"- 0 - -" },
	{ FORWARDED "=192.0.2.1",		"- 0 - -" },
	{ FORWARDED "for =192.0.2.1",		"- 0 - -" },
	{ FORWARDED "for= 192.0.2.1",		"- 0 - -" },
	{ FORWARDED "for=192.0.2.1; proto=https", "- 0 - -" },
	{ FORWARDED "for=192.0.2.1 proto=https","- 0 - -" },
	{ FORWARDED "for=\"192.0.2.1\"x",	"- 0 - -" },
	{ FORWARDED "for=\"192.0.2.1",		"- 0 - -" },
	{ FORWARDED "for=\"192.0.2.1\\",	"- 0 - -" },
	{ FORWARDED "proto=https;x=\"",		"- 0 - -" },
	{ FORWARDED "for=192.0.2.1;for=192.0.2.1", "- 0 - -" },
	{ FORWARDED "for=192.0.2.1;proto=http;proto=https", "- 0 - -" },
	{ FORWARDED "for=192.0.2.1;host=a;Host=a", "- 0 - -" },
	{ FORWARDED "for=192.0.2.1;by=a;by=b",	"- 0 - -" },
	{ FORWARDED "for=192.0.2.1;proto=https;x=\001", "- 0 - -" },
	/* The walk. */
	{ FORWARDED "for=9.9.9.9, for=192.0.2.1, for=10.0.0.1",
						"192.0.2.1 0 - -" },
	{ FORWARDED "for=192.0.2.1\n" FORWARDED "for=10.0.0.1",
						"192.0.2.1 0 - -" },
	{ FORWARDED "for=192.0.2.1;bad=, for=10.0.0.2, for=10.0.0.1",
						"10.0.0.2 0 - -" },
	{ FORWARDED "for=192.0.2.1, for=_x, for=10.0.0.1", "10.0.0.1 0 - -" },
	{ FORWARDED "for=192.0.2.1, proto=http, for=10.0.0.1",
						"10.0.0.1 0 - -" },
	/* Scheme and host belong to the client's hop. */
	{ FORWARDED "for=192.0.2.1;proto=https;host=a, for=10.0.0.1;proto=http;host=b",
						"192.0.2.1 0 https a" },
	{ FORWARDED "for=192.0.2.1;proto=https;host=a, for=192.0.2.2;host=b",
						"192.0.2.2 0 - b" },
	{ FORWARDED "for=192.0.2.1, for=10.0.0.1;proto=https;host=b",
						"192.0.2.1 0 - -" },
	{ FORWARDED "for=9.9.9.9;proto=http, for=_x;proto=https;host=a, for=10.0.0.1;host=b",
						"10.0.0.1 0 - b" },
	{ FORWARDED "for=9.9.9.9;proto=http, for=unknown;proto=https;host=a",
						"- 0 https a" },
	{ FORWARDED "for=9.9.9.9, proto=https",	"- 0 https -" },
	{ FORWARDED "for=192.0.2.1;proto=ftp;host=\"a b\"", "192.0.2.1 0 - -" },
	{ FORWARDED "for=192.0.2.1;proto=\"https\"", "192.0.2.1 0 https -" },
	/* A quote that does not end swallows nothing. */
	{ FORWARDED "for=9.9.9.9;x=\", for=192.0.2.1", "192.0.2.1 0 - -" },
	{ FORWARDED "for=9.9.9.9;x=\"\n" FORWARDED "for=192.0.2.1",
						"192.0.2.1 0 - -" },
	{ FORWARDED "for=9.9.9.9;x=\", for=192.0.2.1;proto=\"https\"",
						"192.0.2.1 0 https -" },
	/* One with a comma within stops the walk. */
	{ FORWARDED "x=\"a, for=9.9.9.9\", for=10.0.0.1", "10.0.0.1 0 - -" },
	{ FORWARDED "x=\"a, for=9.9.9.9;y=\\\"\", for=10.0.0.1", "10.0.0.1 0 - -" },
	/* The others are not asked. */
	{ FOR "192.0.2.1\nX-Forwarded-Proto: https", "- 0 - -" },
};
/* clang-format on */

static void
check_row(const struct row *row, bool is_forwarded)
{
	struct http_forwarded forwarded;

	read_lines(row->lines, is_forwarded, &forwarded);
	ck_assert_msg(strcmp(words_of(&forwarded), row->words) == 0,
	    "%s: %s instead of %s", row->lines, words_of(&forwarded),
	    row->words);
}

START_TEST(x_forwarded_tells)
{
	check_row(&x_rows[_i], false);
}
END_TEST

START_TEST(forwarded_tells)
{
	check_row(&rows[_i], true);
}
END_TEST

/* Whatever fits into the text, and not one byte more. */
START_TEST(a_host_is_bounded)
{
	size_t size = HTTP_FORWARDED_TEXT_SIZE - 1 + (size_t)(_i & 1);
	struct http_forwarded forwarded;
	struct buffer lines;
	char host[HTTP_FORWARDED_TEXT_SIZE + 1];

	memset(host, 'a', size);
	host[size] = '\0';
	buffer_init(&lines, 0);
	buffer_format(&lines,
	    _i < 2 ? "X-Forwarded-Host: %s" : "Forwarded: host=%s", host);
	read_lines(lines.data, _i >= 2, &forwarded);
	ck_assert_str_eq(forwarded.host, (_i & 1) == 0 ? host : "");
	buffer_fini(&lines);
}
END_TEST

/* ---- into a request ---- */

static const struct {
	const char *lines, *peer, *scheme, *host;
	uint16_t port;
} requests[] = {
	{ FOR "192.0.2.1:7\nX-Forwarded-Proto: https\nX-Forwarded-Host: b",
	    "192.0.2.1", "https", "b", 7 },
	{ FOR "2001:db8::1", "2001:db8::1", "http", "a", 0 },
	{ FOR "unknown", "10.0.0.9", "http", "a", 5000 },
	{ "Accept: x", "10.0.0.9", "http", "a", 5000 },
};

START_TEST(a_request_is_given_what_was_told)
{
	const struct http_peer peer = { network_of("10.0.0.9"), 5000 };
	struct arena_pool *pool = arena_pool_new(4096, 4);
	struct http_forwarding forwarding = { .is_forwarded = false };
	struct cohort_pair fields[FIELDS_MAX];
	struct http_request request = {
		.peer = &peer,
		.scheme = "http",
		.host = "a",
		.fields = fields,
	};
	char *copy = strdup(requests[_i].lines);
	struct error error;
	struct arena arena;

	ck_assert_int_eq(
	    network_list_parse(&forwarding.trusted, TRUSTED_NETS, &error), 0);
	arena_init(&arena, pool, 65536);
	request.field_count = read_fields(copy, fields);
	http_forwarded_apply(&forwarding, &request, &arena);
	memset(copy, '#', strlen(copy));
	network_expect(&request.peer->address, requests[_i].peer);
	ck_assert_uint_eq(request.peer->port, requests[_i].port);
	ck_assert_str_eq(request.scheme, requests[_i].scheme);
	ck_assert_str_eq(request.host, requests[_i].host);
	network_list_fini(&forwarding.trusted);
	arena_reset(&arena);
	arena_pool_free(&pool);
	free(copy);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_forwarded");
	TCase *tests = tcase_create("forwarded");

	tcase_add_loop_test(tests, x_forwarded_tells, 0, ROWS(x_rows));
	tcase_add_loop_test(tests, forwarded_tells, 0, ROWS(rows));
	tcase_add_loop_test(tests, a_host_is_bounded, 0, 4);
	tcase_add_loop_test(
	    tests, a_request_is_given_what_was_told, 0, ROWS(requests));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
