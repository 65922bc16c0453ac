/* SPDX-License-Identifier: ISC */
/*
 * The whole protocol over a fake connection, byte by byte.
 */
#include "test_network.h"
#include "test_unit.h"

#include <sys/mman.h>

#include "test_h1_fake.h"

#define SERVER "Server: cohort\r\n"
#define HELLO                                                    \
	"HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 5\r\n\r\n" \
	"hello"
#define HELLO_CLOSE                                          \
	"HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 5\r\n" \
	"Connection: close\r\n\r\nhello"
#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"
#define PAGE(size, status)                                              \
	"HTTP/1.1 " status "\r\n" SERVER "Content-Length: " size "\r\n" \
	"Connection: close\r\nContent-Type: text/html\r\n\r\n"          \
	"<!DOCTYPE html>\n<title>" status "</title>\n<h1>" status "</h1>\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

static struct fake fake;

static void
setup(void)
{
	fake_init(&fake);
	fake_start(&fake);
}

static void
teardown(void)
{
	fake_fini(&fake);
}

static void
feed(const char *text)
{
	fake_feed_all(fake.conn, text, strlen(text));
}

static void
expect_output(const char *text)
{
	ck_assert_str_eq(fake_take_output(fake.conn), text);
}

static void
expect_notes(const char *text)
{
	ck_assert_str_eq(fake_text(&fake.notes), text);
	buffer_clear(&fake.notes);
}

static void
expect_records(const char *text)
{
	ck_assert_str_eq(fake_text(&fake.records), text);
	buffer_clear(&fake.records);
}

static void
expect_open(void)
{
	ck_assert(!conn_is_ending(fake.conn));
}

static void
expect_closed(enum conn_close reason)
{
	ck_assert(fake.conn->is_closed);
	ck_assert_int_eq(fake.conn->reason, reason);
}

static void
send_head(int status, int64_t size)
{
	const struct http_response response = {
		.status = status,
		.size = size,
	};

	fake.exchange->functions->send_head(fake.exchange, &response);
}

static void
send_bytes(const char *text)
{
	fake.exchange->functions->send_bytes(fake.exchange, text, strlen(text));
}

static void
send_end(void)
{
	fake.exchange->functions->send_end(fake.exchange);
}

/* ---- requests ---- */

START_TEST(test_hello)
{
	feed(GET("/hello"));
	expect_output(HELLO);
	expect_notes("head GET /hello\nend /hello sent\n");
	expect_records("GET /hello 200 5 sent\n");
	expect_open();
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_IDLE);
	ck_assert_uint_eq(fake.conn->writes, 1);
}
END_TEST

START_TEST(test_every_split)
{
	static const char text[] =
	    "\r\nPOST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
	    "POST /q HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n"
	    "\r\n3;x=\"y\"\r\ndef\r\n1\r\ng\r\n0\r\nT: t\r\n\r\n" GET("/hello");
	size_t split;

	for (split = 0; split < sizeof(text); split++) {
		fake_feed_all(fake.conn, text, split);
		feed(text + split);
		expect_output(
		    "HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 23\r\n\r\n"
		    "POST /p host a body abc"
		    "HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 24\r\n\r\n"
		    "POST /q host b body defg" HELLO);
		expect_open();
		ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_IDLE);
		fake_restart(&fake);
	}
}
END_TEST

START_TEST(test_byte_by_byte)
{
	static const char text[] = GET("/hello") GET("/hello?x");
	size_t i;

	for (i = 0; i + 1 < sizeof(text); i++)
		fake_feed(fake.conn, text + i, 1);
	expect_output(HELLO HELLO);
	expect_records("GET /hello 200 5 sent\nGET /hello?x 200 5 sent\n");
}
END_TEST

START_TEST(test_pipeline_is_one_write)
{
	feed(GET("/hello") GET("/hello") GET("/hello"));
	expect_output(HELLO HELLO HELLO);
	ck_assert_uint_eq(fake.conn->writes, 1);
}
END_TEST

/* Those behind it may have been sent when that turn had begun. */
START_TEST(test_the_first_of_a_pipeline_is_early)
{
	feed(GET("/hello"));
	ck_assert_uint_eq(fake.early_count, 1);
	feed(GET("/hello") GET("/hello") GET("/hello"));
	ck_assert_uint_eq(fake.early_count, 2);
	feed("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" GET(
	    "/hello"));
	ck_assert_uint_eq(fake.early_count, 3);
}
END_TEST

START_TEST(test_pipeline_is_bounded)
{
	struct buffer text;
	size_t i;

	buffer_init(&text, 0);
	for (i = 0; i < 200; i++)
		buffer_append_text(&text, GET("/hello"));
	fake.conn->room = 0;
	fake_feed_all(fake.conn, text.data, text.size);
	ck_assert_uint_eq(fake.server.next_id, 1 + 64);
	fake.conn->room = SIZE_MAX / 2;
	fake_settle(fake.conn);
	ck_assert_uint_eq(fake.server.next_id, 1 + 200);
	ck_assert_uint_eq(
	    strlen(fake_take_output(fake.conn)), 200 * strlen(HELLO));
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_IDLE);
	buffer_fini(&text);
}
END_TEST

START_TEST(test_pipeline_of_one)
{
	fake_fini(&fake);
	fake_init(&fake);
	fake.settings.max_pipelined = 1;
	fake_start(&fake);
	fake.conn->room = 0;
	fake_feed_all(fake.conn, GET("/hello") GET("/hello") GET("/hello"),
	    3 * strlen(GET("/hello")));
	ck_assert_uint_eq(fake.server.next_id, 1 + 1);
	fake.conn->room = fake.conn->queued;
	fake_settle(fake.conn);
	ck_assert_uint_eq(fake.server.next_id, 1 + 2);
	fake.conn->room = SIZE_MAX / 2;
	fake_settle(fake.conn);
	expect_output(HELLO HELLO HELLO);
}
END_TEST

/* One read(2) full of requests for something large. */
START_TEST(test_pipeline_stops_at_full_output)
{
	struct buffer text;
	size_t i;

	buffer_init(&text, 0);
	for (i = 0; i < 60; i++)
		buffer_append_text(&text, GET("/hello"));
	fake.conn->room = 0;
	fake.conn->output_limit = 5 * strlen(HELLO);
	fake_feed_all(fake.conn, text.data, text.size);
	ck_assert_uint_gt(fake.conn->queued, fake.conn->output_limit);
	ck_assert_uint_lt(fake.server.next_id, 1 + 8);
	fake.conn->room = SIZE_MAX / 2;
	fake_settle(fake.conn);
	ck_assert_uint_eq(fake.server.next_id, 1 + 60);
	ck_assert_uint_eq(
	    strlen(fake_take_output(fake.conn)), 60 * strlen(HELLO));
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_IDLE);
	buffer_fini(&text);
}
END_TEST

START_TEST(test_pipeline_waits_for_later)
{
	feed(GET("/later") GET("/hello"));
	expect_notes("head GET /later\n");
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_NONE);
	ck_assert(fake.conn->is_busy);
	fake_answer(fake.exchange, 200, "hello");
	fake_settle(fake.conn);
	expect_output(HELLO HELLO);
	expect_notes("head GET /hello\n"
		     "end /later sent\nend /hello sent\n");
}
END_TEST

START_TEST(test_answered_in_order)
{
	fake.conn->room = 0;
	feed(GET("/hello?1") GET("/hello?2"));
	expect_notes("head GET /hello?1\nhead GET /hello?2\n");
	ck_assert_int_ne(fake.conn->wait, CONN_DEADLINE_IDLE);
	fake.conn->room = strlen(HELLO) + HTTP_DATE_LINE_SIZE;
	fake_settle(fake.conn);
	expect_notes("end /hello?1 sent\n");
	ck_assert(fake.conn->is_busy);
	fake_close(fake.conn, CONN_CLOSE_WRITE_TIMEOUT);
	expect_notes("end /hello?2 timeout\n");
	expect_records("GET /hello?1 200 5 sent\n"
		       "GET /hello?2 200 5 timeout\n");
}
END_TEST

/* ---- what an idle connection keeps ---- */

START_TEST(test_idle_keeps_nothing)
{
	ck_assert_ptr_null(conn_state(fake.conn));
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_HEAD);
	feed("GET /hello HTTP/1.1\r\nHo");
	ck_assert_ptr_nonnull(conn_state(fake.conn));
	/* The wait began with the connection. */
	ck_assert_uint_eq(fake.conn->wait_count, 1);
	feed("st: a\r\n\r\n");
	ck_assert_ptr_null(conn_state(fake.conn));
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_IDLE);
	h1_protocol.retire(fake.conn, false);
	ck_assert_ptr_null(conn_state(fake.conn));
	feed(GET("/later"));
	ck_assert_ptr_nonnull(conn_state(fake.conn));
	fake_answer(fake.exchange, 200, "hello");
	fake_settle(fake.conn);
	ck_assert_ptr_null(conn_state(fake.conn));
	expect_output(HELLO HELLO);
	fake_pass_deadline(fake.conn);
	expect_closed(CONN_CLOSE_IDLE);
}
END_TEST

START_TEST(test_unsent_answers_are_kept)
{
	fake.conn->room = 0;
	feed(GET("/hello"));
	ck_assert_ptr_nonnull(conn_state(fake.conn));
	fake.conn->room = 1000;
	fake_settle(fake.conn);
	ck_assert_ptr_null(conn_state(fake.conn));
}
END_TEST

/* ---- keep-alive ---- */

static const struct {
	const char *head;
	const char *output;
	bool stays_open;
} persistence[] = {
	{ "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	    HELLO_CLOSE, false },
	{ "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: x,\tClose\r\n\r\n",
	    HELLO_CLOSE, false },
	{ "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n"
	  "Connection: close\r\n\r\n",
	    HELLO_CLOSE, false },
	{ "GET /hello HTTP/1.0\r\n\r\n", HELLO_CLOSE, false },
	{ "GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 5\r\n"
	    "Connection: keep-alive\r\n\r\nhello",
	    true },
	{ "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"
	  "Upgrade: websocket\r\n\r\n",
	    HELLO, true },
};

START_TEST(test_persistence)
{
	feed(persistence[_i].head);
	expect_output(persistence[_i].output);
	ck_assert_int_eq(
	    !conn_is_ending(fake.conn), persistence[_i].stays_open);
	if (persistence[_i].stays_open)
		return;
	expect_closed(CONN_CLOSE_ANSWERED);
	ck_assert(!fake.conn->lingers);
}
END_TEST

START_TEST(test_nothing_behind_close)
{
	feed("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET(
	    "/hello"));
	expect_output(HELLO_CLOSE);
	expect_notes("head GET /hello\nend /hello sent\n");
	ck_assert(fake.conn->lingers);
}
END_TEST

START_TEST(test_max_requests)
{
	fake_fini(&fake);
	fake_init(&fake);
	fake.settings.max_requests = 2;
	fake_start(&fake);
	feed(GET("/hello") GET("/hello") GET("/hello"));
	expect_output(HELLO HELLO_CLOSE);
	expect_closed(CONN_CLOSE_ANSWERED);
	ck_assert(fake.conn->lingers);
}
END_TEST

START_TEST(test_no_keep_alive)
{
	fake_fini(&fake);
	fake_init(&fake);
	fake.settings.keep_alive_ms = 0;
	fake.settings.server = "";
	fake_start(&fake);
	feed(GET("/hello"));
	expect_output("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
		      "Connection: close\r\n\r\nhello");
	expect_closed(CONN_CLOSE_ANSWERED);
}
END_TEST

/* ---- request bodies ---- */

#define POST(target, fields) \
	"POST " target " HTTP/1.1\r\nHost: a\r\n" fields "\r\n"

START_TEST(test_continue)
{
	feed(POST("/p", "Content-Length: 2\r\nExpect: 100-Continue\r\n"));
	expect_output(CONTINUE);
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_BODY);
	feed("ab");
	expect_output("HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 22\r\n"
		      "\r\nPOST /p host a body ab");
	expect_open();
}
END_TEST

START_TEST(test_continue_not_needed)
{
	feed(POST("/p", "Content-Length: 2\r\nExpect: 100-continue\r\n") "a");
	expect_output("");
	feed("b");
	expect_output("HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 22\r\n"
		      "\r\nPOST /p host a body ab");
}
END_TEST

START_TEST(test_continue_in_1_0)
{
	feed("POST /p HTTP/1.0\r\nContent-Length: 2\r\n"
	     "Expect: 100-continue\r\n\r\n");
	expect_output("");
}
END_TEST

START_TEST(test_continue_refused)
{
	feed(POST("/early", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
	expect_output("HTTP/1.1 403 Forbidden\r\n" SERVER
		      "Content-Length: 2\r\nConnection: close\r\n\r\nno");
	expect_closed(CONN_CLOSE_ANSWERED);
	ck_assert(fake.conn->lingers);
}
END_TEST

START_TEST(test_early_answer_drains)
{
	feed(POST("/early", "Content-Length: 8\r\n") "1234");
	expect_output(
	    "HTTP/1.1 403 Forbidden\r\n" SERVER "Content-Length: 2\r\n\r\nno");
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_BODY);
	feed("5678" GET("/hello"));
	expect_output(HELLO);
	expect_notes("head POST /early\nend /early sent\n"
		     "head GET /hello\nend /hello sent\n");
}
END_TEST

START_TEST(test_early_answer_drains_chunked)
{
	feed(POST("/early", "Transfer-Encoding: chunked\r\n") "4\r\n12");
	feed("34\r\n0\r\n\r\n" GET("/hello"));
	expect_output("HTTP/1.1 403 Forbidden\r\n" SERVER
		      "Content-Length: 2\r\n\r\nno" HELLO);
}
END_TEST

START_TEST(test_early_answer_to_large_body)
{
	feed(POST("/early", "Content-Length: 65537\r\n"));
	expect_output("HTTP/1.1 403 Forbidden\r\n" SERVER
		      "Content-Length: 2\r\nConnection: close\r\n\r\nno");
	expect_closed(CONN_CLOSE_ANSWERED);
	ck_assert(fake.conn->lingers);
}
END_TEST

START_TEST(test_early_answer_to_endless_body)
{
	static char chunk[8192];
	size_t i;

	memset(chunk, 'x', sizeof(chunk));
	feed(POST("/early", "Transfer-Encoding: chunked\r\n"));
	for (i = 0; i < 8; i++) {
		expect_open();
		feed("2000\r\n");
		fake_feed_all(fake.conn, chunk, sizeof(chunk));
		feed("\r\n");
	}
	expect_closed(CONN_CLOSE_ANSWERED);
	ck_assert(fake.conn->lingers);
}
END_TEST

START_TEST(test_drain_deadline)
{
	unsigned count;

	feed(POST("/early", "Content-Length: 8\r\n") "1234");
	count = fake.conn->wait_count;
	feed("5");
	ck_assert_uint_eq(fake.conn->wait_count, count);
	fake_pass_deadline(fake.conn);
	expect_closed(CONN_CLOSE_BODY_TIMEOUT);
}
END_TEST

START_TEST(test_body_waits_until_wanted)
{
	feed(POST("/later", "Content-Length: 4\r\n") "abcd" GET("/hello"));
	expect_notes("head POST /later\n");
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_NONE);
	fake.exchange->functions->want_body(fake.exchange, 4);
	expect_notes("");
	fake_settle(fake.conn);
	expect_notes("body end 4\n");
	ck_assert_str_eq(fake.body.data, "abcd");
	fake_answer(fake.exchange, 200, "hello");
	fake_settle(fake.conn);
	expect_output(HELLO HELLO);
}
END_TEST

START_TEST(test_want_body_without_body)
{
	feed(GET("/later"));
	fake.exchange->functions->want_body(fake.exchange, 4);
	fake.exchange->functions->want_body(fake.exchange, 4);
	fake_settle(fake.conn);
	expect_notes("head GET /later\nbody end 0\n");
}
END_TEST

START_TEST(test_declared_too_large)
{
	feed(POST("/p", "Content-Length: 100001\r\nExpect: 100-continue\r\n"));
	expect_notes("head POST /p\ntoo large\nend /p sent\n");
	expect_output("HTTP/1.1 413 Content Too Large\r\n" SERVER
		      "Content-Length: 5\r\nConnection: close\r\n\r\nlarge");
	expect_closed(CONN_CLOSE_ANSWERED);
}
END_TEST

START_TEST(test_chunked_too_large)
{
	feed(POST("/later", "Transfer-Encoding: chunked\r\n"));
	fake.exchange->functions->want_body(fake.exchange, 6);
	feed("4\r\nabcd\r\n");
	expect_notes("head POST /later\n");
	feed("4\r\nefgh\r\n");
	expect_notes("too large\n");
	ck_assert_str_eq(fake.body.data, "abcd");
	fake_answer(fake.exchange, 413, "large");
	fake_settle(fake.conn);
	feed("0\r\n\r\n" GET("/hello"));
	expect_output("HTTP/1.1 413 Content Too Large\r\n" SERVER
		      "Content-Length: 5\r\n\r\nlarge" HELLO);
}
END_TEST

START_TEST(test_bad_chunk)
{
	feed(POST("/p", "Transfer-Encoding: chunked\r\n") "1\r\naX\n");
	expect_output(PAGE("72", "400 Bad Request"));
	expect_notes("head POST /p\nend /p gone\n");
	expect_records("POST /p 400 72 gone\n");
	expect_closed(CONN_CLOSE_REFUSED);
	ck_assert(fake.conn->lingers);
}
END_TEST

START_TEST(test_bad_chunk_behind_head)
{
	feed(POST("/later", "Transfer-Encoding: chunked\r\n"));
	fake.exchange->functions->want_body(fake.exchange, 6);
	send_head(200, 10);
	fake_settle(fake.conn);
	feed("x");
	expect_closed(CONN_CLOSE_REFUSED);
	ck_assert(fake.conn->hard);
	expect_notes("head POST /later\nend /later gone\n");
}
END_TEST

/* The application does not know yet that its request was refused. */
START_TEST(test_calls_behind_refusal)
{
	struct http_exchange *exchange;

	feed(POST("/later", "Transfer-Encoding: chunked\r\n"));
	exchange = fake.exchange;
	exchange->functions->want_body(exchange, 6);
	fake.conn->room = 0;
	feed("x");
	fake_answer(exchange, 200, "late");
	exchange->functions->want_body(exchange, 6);
	exchange->functions->want_room(exchange, 6);
	exchange->functions->cut(exchange);
	fake.conn->room = SIZE_MAX / 2;
	fake_settle(fake.conn);
	expect_output(PAGE("72", "400 Bad Request"));
	expect_notes("head POST /later\nend /later gone\n");
}
END_TEST

/* ---- refusals ---- */

START_TEST(test_refused_head)
{
	feed(GET("/hello") "GET /x HTTP/1.1\r\n\r\n" GET("/hello"));
	expect_output(HELLO PAGE("72", "400 Bad Request"));
	expect_notes("head GET /hello\nend /hello sent\n");
	expect_records("GET /hello 200 5 sent\nGET /x 400 72 sent\n");
	expect_closed(CONN_CLOSE_REFUSED);
	ck_assert(fake.conn->lingers);
}
END_TEST

START_TEST(test_refused_target)
{
	feed(GET("/../x"));
	expect_output(PAGE("72", "400 Bad Request"));
	expect_records("GET /../x 400 72 sent\n");
	expect_notes("");
}
END_TEST

START_TEST(test_refused_line)
{
	feed("\x16\x03\x01");
	expect_output(PAGE("72", "400 Bad Request"));
	expect_records("  400 72 sent\n");
}
END_TEST

/* Also where the line itself is at fault. */
static const char *const head_requests[] = {
	"HEAD /x HTTP/1.1\r\n\r\n",
	"\r\nHEAD /#x HTTP/1.1\r\n\r\n",
	"HEAD  / HTTP/1.1\r\n\r\n",
	"HEAD /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
	"HEAD ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
};

START_TEST(test_refused_head_request)
{
	feed(head_requests[_i]);
	expect_output("HTTP/1.1 400 Bad Request\r\n" SERVER
		      "Content-Length: 72\r\nConnection: close\r\n"
		      "Content-Type: text/html\r\n\r\n");
}
END_TEST

/* The application's 403 does not come in front of it. */
START_TEST(test_early_answer_to_a_bad_body)
{
	feed("POST /early HTTP/1.1\r\nHost: a\r\n"
	     "Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n");
	expect_output(PAGE("72", "400 Bad Request"));
	expect_records("POST /early 400 72 gone\n");
	expect_closed(CONN_CLOSE_REFUSED);
}
END_TEST

START_TEST(test_line_too_long)
{
	char line[8300];

	memset(line, 'a', sizeof(line));
	memcpy(line, "GET /", 5);
	fake_feed_all(fake.conn, line, 8193);
	expect_open();
	fake_feed_all(fake.conn, line, 1);
	expect_output(PAGE("74", "414 URI Too Long"));
}
END_TEST

START_TEST(test_head_too_large)
{
	static char field[1000];
	size_t i;

	memset(field, 'a', sizeof(field));
	memcpy(field, "A: ", 3);
	memcpy(field + sizeof(field) - 2, "\r\n", 2);
	feed("GET / HTTP/1.1\r\nHost: a\r\n");
	for (i = 0; i < 65; i++)
		ck_assert_uint_eq(
		    fake_feed_all(fake.conn, field, sizeof(field)),
		    sizeof(field));
	expect_open();
	fake_feed_all(fake.conn, field, sizeof(field));
	expect_output(PAGE("112", "431 Request Header Fields Too Large"));
}
END_TEST

START_TEST(test_no_memory)
{
	char value[5000];

	memset(value, 'a', sizeof(value));
	fake_fini(&fake);
	fake_init(&fake);
	fake.server.arena_limit = 8192;
	fake_start(&fake);
	feed("GET / HTTP/1.1\r\nHost: a\r\nA: ");
	fake_feed_all(fake.conn, value, sizeof(value));
	feed("\r\n\r\n");
	expect_output(PAGE("112", "431 Request Header Fields Too Large"));
}
END_TEST

/* ---- responses ---- */

START_TEST(test_chunked_response)
{
	feed(GET("/later"));
	send_head(200, HTTP_SIZE_UNKNOWN);
	fake_settle(fake.conn);
	expect_output(
	    "HTTP/1.1 200 OK\r\n" SERVER "Transfer-Encoding: chunked\r\n\r\n");
	send_bytes("0123456789abcdefg");
	send_bytes("");
	fake.exchange->functions->send_copy(fake.exchange, "xyz", 3);
	fake_settle(fake.conn);
	expect_output("11\r\n0123456789abcdefg\r\n3\r\nxyz\r\n");
	send_end();
	fake_settle(fake.conn);
	expect_output("0\r\n\r\n");
	expect_records("GET /later 200 20 sent\n");
	expect_open();
}
END_TEST

START_TEST(test_unknown_size_in_1_0)
{
	feed("GET /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	send_head(200, HTTP_SIZE_UNKNOWN);
	send_bytes("abc");
	send_end();
	fake_settle(fake.conn);
	expect_output(
	    "HTTP/1.1 200 OK\r\n" SERVER "Connection: close\r\n\r\nabc");
	expect_closed(CONN_CLOSE_ANSWERED);
}
END_TEST

static const struct {
	const char *method;
	int status;
	int64_t size;
	const char *output;
} bodiless[] = {
	{ "HEAD", 200, 3,
	    "HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 3\r\n\r\n" },
	{ "HEAD", 200, HTTP_SIZE_UNKNOWN, "HTTP/1.1 200 OK\r\n" SERVER "\r\n" },
	{ "GET", 204, 3, "HTTP/1.1 204 No Content\r\n" SERVER "\r\n" },
	{ "GET", 304, 3, "HTTP/1.1 304 Not Modified\r\n" SERVER "\r\n" },
};

START_TEST(test_bodiless_response)
{
	feed(bodiless[_i].method);
	feed(" /later HTTP/1.1\r\nHost: a\r\n\r\n");
	send_head(bodiless[_i].status, bodiless[_i].size);
	send_bytes("abc");
	send_end();
	fake_settle(fake.conn);
	expect_output(bodiless[_i].output);
	expect_open();
}
END_TEST

START_TEST(test_surplus_is_dropped)
{
	log_open(
	    "test", LOG_TARGET_FILE, memfd_create("log", 0), LOG_LEVEL_INFO);
	feed(GET("/later"));
	send_head(200, 5);
	send_bytes("hel");
	send_bytes("lo, world");
	send_bytes("!");
	send_end();
	fake_settle(fake.conn);
	expect_output(HELLO);
	expect_closed(CONN_CLOSE_ANSWERED);
	ck_assert_int_gt(lseek(log_descriptor(), 0, SEEK_CUR), 0);
}
END_TEST

START_TEST(test_shortfall_is_cut)
{
	log_open(
	    "test", LOG_TARGET_FILE, memfd_create("log", 0), LOG_LEVEL_INFO);
	feed(GET("/later"));
	send_head(200, 5);
	send_bytes("hel");
	send_end();
	fake_settle(fake.conn);
	expect_closed(CONN_CLOSE_CUT);
	ck_assert(fake.conn->hard);
	expect_notes("head GET /later\nend /later failed\n");
	ck_assert_int_gt(lseek(log_descriptor(), 0, SEEK_CUR), 0);
}
END_TEST

START_TEST(test_end_without_head_is_cut)
{
	log_open(
	    "test", LOG_TARGET_FILE, memfd_create("log", 0), LOG_LEVEL_INFO);
	feed(GET("/later"));
	send_end();
	fake_settle(fake.conn);
	expect_closed(CONN_CLOSE_CUT);
}
END_TEST

START_TEST(test_cut)
{
	feed(GET("/later"));
	send_head(200, HTTP_SIZE_UNKNOWN);
	send_bytes("abc");
	fake_settle(fake.conn);
	fake.exchange->functions->cut(fake.exchange);
	send_bytes("def");
	send_end();
	fake_settle(fake.conn);
	expect_output("HTTP/1.1 200 OK\r\n" SERVER
		      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	expect_closed(CONN_CLOSE_CUT);
	ck_assert(fake.conn->hard);
	expect_notes("head GET /later\nend /later failed\n");
}
END_TEST

START_TEST(test_cut_of_a_whole_answer_not_taken)
{
	feed(GET("/later"));
	fake.conn->room = 10;
	send_head(200, 6);
	send_bytes("abcdef");
	send_end();
	fake_settle(fake.conn);
	fake.exchange->functions->cut(fake.exchange);
	fake.conn->room = SIZE_MAX / 2;
	fake_settle(fake.conn);
	expect_output("HTTP/1.1 2");
	expect_closed(CONN_CLOSE_CUT);
	ck_assert(fake.conn->hard);
}
END_TEST

START_TEST(test_file)
{
	int fd = memfd_create("file", 0);

	ck_assert_int_eq(write(fd, "0123456789", 10), 10);
	feed(GET("/later"));
	send_head(200, 4);
	fake.exchange->functions->send_file(fake.exchange, fd, 3, 4);
	send_end();
	fake_settle(fake.conn);
	expect_output("HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 4\r\n"
		      "\r\n3456");
	feed(GET("/later"));
	send_head(200, HTTP_SIZE_UNKNOWN);
	fake.exchange->functions->send_file(fake.exchange, fd, 8, 2);
	send_end();
	fake_settle(fake.conn);
	expect_output(
	    "HTTP/1.1 200 OK\r\n" SERVER "Transfer-Encoding: chunked\r\n\r\n"
	    "2\r\n89\r\n0\r\n\r\n");
	close(fd);
}
END_TEST

START_TEST(test_room)
{
	fake.conn->room = 0;
	feed(GET("/later"));
	send_head(200, 1000);
	fake_settle(fake.conn);
	send_bytes("0123456789");
	ck_assert_uint_gt(fake.exchange->functions->unsent(fake.exchange), 10);
	fake.exchange->functions->want_room(fake.exchange, 4);
	fake.conn->room = conn_queued_total(fake.conn) - 5;
	fake_settle(fake.conn);
	ck_assert_uint_eq(fake.exchange->functions->unsent(fake.exchange), 5);
	expect_notes("head GET /later\n");
	fake.conn->room = 1;
	fake_settle(fake.conn);
	expect_notes("room\n");
	fake.conn->room = 100;
	fake_settle(fake.conn);
	expect_notes("");
	/* Already there: told from the loop, not from the call. */
	fake.exchange->functions->want_room(fake.exchange, 4);
	expect_notes("");
	fake_settle(fake.conn);
	expect_notes("room\n");
}
END_TEST

/* ---- the client's end ---- */

START_TEST(test_fin_idle)
{
	fake.conn->room = 0;
	feed(GET("/hello"));
	fake_end_input(fake.conn);
	ck_assert(conn_is_ending(fake.conn));
	fake.conn->room = SIZE_MAX / 2;
	fake_settle(fake.conn);
	expect_output(HELLO);
	expect_notes("head GET /hello\nend /hello sent\n");
	expect_closed(CONN_CLOSE_CLIENT);
	ck_assert(!fake.conn->lingers);
}
END_TEST

START_TEST(test_fin_with_request)
{
	fake.conn->input_ended = true;
	feed(GET("/hello") GET("/hello"));
	expect_output(HELLO HELLO);
	expect_closed(CONN_CLOSE_CLIENT);
}
END_TEST

START_TEST(test_fin_in_head)
{
	feed("GET /hello HT");
	fake_end_input(fake.conn);
	expect_output("");
	expect_closed(CONN_CLOSE_RESET);
	expect_records("");
}
END_TEST

START_TEST(test_fin_in_body)
{
	feed(POST("/p", "Content-Length: 4\r\n") "ab");
	fake.exchange->functions->keep_half_closed(fake.exchange, true);
	fake_end_input(fake.conn);
	expect_output("");
	expect_closed(CONN_CLOSE_RESET);
	expect_notes("head POST /p\nend /p gone\n");
}
END_TEST

START_TEST(test_fin_later)
{
	feed(GET("/hello") GET("/later"));
	fake_end_input(fake.conn);
	expect_output(HELLO);
	expect_closed(CONN_CLOSE_RESET);
	expect_notes("head GET /hello\nhead GET /later\n"
		     "end /hello sent\nend /later gone\n");
}
END_TEST

START_TEST(test_fin_streaming_lets_answers_out)
{
	fake.conn->room = 0;
	feed(GET("/hello") GET("/later"));
	send_head(200, 100);
	fake_settle(fake.conn);
	fake_end_input(fake.conn);
	expect_open();
	fake.conn->room = SIZE_MAX / 2;
	fake_settle(fake.conn);
	expect_closed(CONN_CLOSE_RESET);
	ck_assert(fake.conn->hard);
	ck_assert_int_eq(
	    strncmp(fake_take_output(fake.conn), HELLO, strlen(HELLO)), 0);
	expect_notes("head GET /hello\nhead GET /later\n"
		     "end /hello sent\nend /later gone\n");
}
END_TEST

/* Abandoned while an answer was on its way, and complete after all: whoever
 * gets its state next is not abandoned. */
START_TEST(test_fin_streaming_is_forgotten)
{
	struct conn *first = fake.conn, *second;

	first->room = 0;
	feed(GET("/hello") GET("/later"));
	send_head(200, 5);
	fake_end_input(first);
	expect_open();
	send_bytes("12345");
	send_end();
	first->room = SIZE_MAX / 2;
	fake_write(first);
	fake_call(first, h1_protocol.on_writable);
	ck_assert_ptr_null(first->state);

	second = fake_conn_new(fake.h1);
	fake_feed_all(second, GET("/later"), strlen(GET("/later")));
	send_head(200, 10);
	send_bytes("12345");
	fake_settle(second);
	ck_assert(!second->is_closed);
	fake_conn_free(second);
}
END_TEST

START_TEST(test_fin_kept)
{
	feed(GET("/later"));
	fake.exchange->functions->keep_half_closed(fake.exchange, true);
	fake_end_input(fake.conn);
	expect_open();
	fake_answer(fake.exchange, 200, "hello");
	fake_settle(fake.conn);
	expect_output(HELLO);
	expect_closed(CONN_CLOSE_CLIENT);
	expect_notes("head GET /later\nend /later sent\n");
}
END_TEST

START_TEST(test_lost)
{
	feed(GET("/later"));
	send_head(200, 100);
	fake_close(fake.conn, CONN_CLOSE_RESET);
	expect_notes("head GET /later\nend /later gone\n");
}
END_TEST

/* ---- deadlines ---- */

START_TEST(test_silent_client)
{
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_HEAD);
	fake_pass_deadline(fake.conn);
	expect_output("");
	expect_closed(CONN_CLOSE_HEAD_TIMEOUT);
	expect_records("");
}
END_TEST

START_TEST(test_head_timeout)
{
	feed("GET /hello HTTP/1.1\r\n");
	ck_assert_uint_eq(fake.conn->wait_count, 1);
	fake_pass_deadline(fake.conn);
	expect_output(PAGE("80", "408 Request Timeout"));
	expect_closed(CONN_CLOSE_HEAD_TIMEOUT);
	expect_records("GET /hello 408 80 sent\n");
}
END_TEST

START_TEST(test_second_head_timeout)
{
	unsigned count;

	feed(GET("/hello"));
	feed("G");
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_HEAD);
	count = fake.conn->wait_count;
	feed("E");
	ck_assert_uint_eq(fake.conn->wait_count, count);
	fake_pass_deadline(fake.conn);
	expect_output(HELLO PAGE("80", "408 Request Timeout"));
}
END_TEST

/* As long as the client does not take the answer before, nobody looks
 * whether it sends. */
START_TEST(test_body_waits_for_output)
{
	fake.conn->room = 0;
	feed(GET("/hello") POST("/later", "Content-Length: 8\r\n") "1234");
	fake.exchange->functions->want_body(fake.exchange, 100);
	fake_settle(fake.conn);
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_BODY);
	fake.conn->output_limit = 1;
	fake_pass_deadline(fake.conn);
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_BODY);
	fake.conn->room = SIZE_MAX / 2;
	fake_settle(fake.conn);
	expect_output(HELLO);
	fake_pass_deadline(fake.conn);
	expect_output(PAGE("80", "408 Request Timeout"));
}
END_TEST

/* An empty line is no request that could be answered. */
START_TEST(test_empty_line_timeout)
{
	feed("\r\n");
	fake_pass_deadline(fake.conn);
	expect_output("");
	expect_closed(CONN_CLOSE_HEAD_TIMEOUT);
	fake_restart(&fake);
	feed(GET("/hello") "\r\n");
	fake_pass_deadline(fake.conn);
	expect_output(HELLO);
	expect_closed(CONN_CLOSE_IDLE);
	fake_restart(&fake);
	feed(GET("/hello") "\r\n");
	fake_end_input(fake.conn);
	expect_output(HELLO);
	expect_closed(CONN_CLOSE_CLIENT);
}
END_TEST

START_TEST(test_body_timeout)
{
	unsigned count;

	feed(POST("/p", "Content-Length: 4\r\n"));
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_BODY);
	count = fake.conn->wait_count;
	feed("a");
	ck_assert_uint_eq(fake.conn->wait_count, count + 1);
	fake_pass_deadline(fake.conn);
	expect_output(PAGE("80", "408 Request Timeout"));
	expect_closed(CONN_CLOSE_BODY_TIMEOUT);
	expect_notes("head POST /p\nend /p timeout\n");
}
END_TEST

START_TEST(test_body_that_drips)
{
	unsigned count;

	fake_fini(&fake);
	fake_init(&fake);
	fake.settings.body_progress = 3;
	fake_start(&fake);
	feed(POST("/p", "Content-Length: 10\r\n"));
	count = fake.conn->wait_count;
	feed("a");
	feed("b");
	ck_assert_uint_eq(fake.conn->wait_count, count);
	feed("c");
	ck_assert_uint_eq(fake.conn->wait_count, count + 1);
	feed("defg");
	ck_assert_uint_eq(fake.conn->wait_count, count + 2);
	feed("h");
	ck_assert_uint_eq(fake.conn->wait_count, count + 2);
	fake_pass_deadline(fake.conn);
	expect_output(PAGE("80", "408 Request Timeout"));
	expect_closed(CONN_CLOSE_BODY_TIMEOUT);
}
END_TEST

START_TEST(test_idle_timeout)
{
	feed(GET("/hello"));
	fake_pass_deadline(fake.conn);
	expect_output(HELLO);
	expect_closed(CONN_CLOSE_IDLE);
}
END_TEST

/* A deadline that began before the state changed means nothing. */
START_TEST(test_stale_deadline)
{
	fake.conn->room = 0;
	feed(GET("/hello"));
	h1_protocol.on_deadline(fake.conn, CONN_DEADLINE_HEAD);
	h1_protocol.on_deadline(fake.conn, CONN_DEADLINE_IDLE);
	expect_open();
	fake.conn->room = SIZE_MAX / 2;
	fake_settle(fake.conn);
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_IDLE);
	expect_open();
}
END_TEST

/* ---- retirement ---- */

START_TEST(test_retire_idle)
{
	feed(GET("/hello"));
	fake.conn->is_retiring = true;
	h1_protocol.retire(fake.conn, false);
	fake_settle(fake.conn);
	expect_open();
	h1_protocol.retire(fake.conn, true);
	fake_settle(fake.conn);
	expect_closed(CONN_CLOSE_RETIRED);
}
END_TEST

START_TEST(test_retire_at_next_request)
{
	fake.conn->is_retiring = true;
	feed(GET("/hello") GET("/hello"));
	expect_output(HELLO_CLOSE);
	expect_closed(CONN_CLOSE_RETIRED);
	ck_assert(fake.conn->lingers);
}
END_TEST

START_TEST(test_retire_busy)
{
	feed(GET("/later"));
	fake.conn->is_retiring = true;
	h1_protocol.retire(fake.conn, true);
	fake_settle(fake.conn);
	expect_notes("head GET /later\nretire\n");
	expect_open();
	fake_close(fake.conn, CONN_CLOSE_SHUTDOWN);
	expect_notes("end /later retired\n");
}
END_TEST

/* ---- requests as the application sees them ---- */

START_TEST(test_request)
{
	const struct http_request *request;

	feed("PUT http://Example.org:80/a%20b?c=d HTTP/1.1\r\nHost: other\r\n"
	     "X-Empty:\r\nX-Space: \t a b \t \r\nContent-Length: 7\r\n\r\n");
	request = &fake.exchange->request;
	ck_assert_int_eq(request->method, HTTP_METHOD_PUT);
	ck_assert_str_eq(request->method_name, "PUT");
	ck_assert_str_eq(
	    request->target.data, "http://Example.org:80/a%20b?c=d");
	ck_assert_str_eq(request->uri.path.data, "/a b");
	ck_assert_str_eq(request->uri.query.data, "c=d");
	ck_assert_uint_eq(request->version, 0x0101);
	ck_assert_str_eq(request->scheme, "http");
	ck_assert_str_eq(request->host, "Example.org:80");
	ck_assert_uint_eq(request->field_count, 4);
	ck_assert_str_eq(request->fields[0].name.data, "Host");
	ck_assert_str_eq(request->fields[0].value.data, "Example.org:80");
	ck_assert_str_eq(request->fields[1].value.data, "");
	ck_assert_uint_eq(request->fields[1].value.size, 0);
	ck_assert_str_eq(request->fields[2].value.data, "a b");
	ck_assert_uint_eq(request->fields[2].value.size, 3);
	ck_assert_int_eq(request->body_size, 7);
	network_expect(&request->peer->address, "192.0.2.1");
}
END_TEST

/* In both, as an application in the place of one that is trusted. */
START_TEST(test_forwarded_request)
{
	static const char text[] = "POST /later HTTP/1.1\r\nHost: a\r\n"
				   "X-Forwarded-For: 198.51.100.7:80\r\n"
				   "X-Forwarded-Proto: https\r\n"
				   "X-Forwarded-Host: b\r\n"
				   "Content-Length: 7\r\n\r\n";
	const struct http_request *request;

	fake.conn->is_trusted = _i == 1;
	feed(text);
	ck_assert_ptr_nonnull(fake.exchange);
	request = &fake.exchange->request;
	network_expect(
	    &request->peer->address, _i == 1 ? "198.51.100.7" : "192.0.2.1");
	ck_assert_uint_eq(request->peer->port, _i == 1 ? 80 : 0);
	ck_assert_str_eq(request->scheme, _i == 1 ? "https" : "http");
	ck_assert_str_eq(request->host, _i == 1 ? "b" : "a");
	ck_assert_uint_eq(request->field_count, 5);
	ck_assert_str_eq(request->fields[0].value.data, "a");
	network_expect(&conn_peer(fake.conn)->address, "192.0.2.1");
}
END_TEST

/* RFC 9110, 7.4: 421 where it is not for this connection's scheme, unless a
 * gateway that is believed passes it on. */
START_TEST(test_scheme_of_target)
{
	fake.conn->is_trusted = _i == 1;
	feed("POST https://a/later HTTP/1.1\r\nHost: a\r\n"
	     "Content-Length: 7\r\n\r\n");
	if (_i == 0) {
		ck_assert_ptr_null(fake.exchange);
		ck_assert_ptr_nonnull(
		    strstr(fake_text(&fake.conn->output), "HTTP/1.1 421 "));
		return;
	}
	ck_assert_ptr_nonnull(fake.exchange);
	ck_assert_str_eq(fake.exchange->request.scheme, "https");
}
END_TEST

/* ---- containment: what the connection's row would say ---- */

static void
expect_exchange(enum ipc_row_exchange expected)
{
	ck_assert_int_eq(fake.conn->exchange, expected);
}

START_TEST(test_row_of_an_exchange)
{
	feed(GET("/later"));
	expect_exchange(IPC_ROW_UNANSWERED);
	ck_assert_uint_eq(fake.conn->exchange_id, fake.exchange->id);
	ck_assert(!fake.conn->is_head_only);
	ck_assert_uint_eq(fake.conn->request_count, 1);
	send_head(200, 5);
	expect_exchange(IPC_ROW_ANSWERING);
	fake.exchange->functions->send_copy(fake.exchange, "hello", 5);
	expect_exchange(IPC_ROW_ANSWERING);
	fake.exchange->functions->send_end(fake.exchange);
	expect_exchange(IPC_ROW_NONE);
	fake_settle(fake.conn);
	feed("HEAD /later HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_exchange(IPC_ROW_UNANSWERED);
	ck_assert(fake.conn->is_head_only);
	ck_assert_uint_eq(fake.conn->request_count, 2);
}
END_TEST

/* While its body comes, and behind 100 Continue, it is unanswered. */
START_TEST(test_row_while_the_body_comes)
{
	feed("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
	     "Expect: 100-continue\r\n\r\n");
	expect_output(CONTINUE);
	expect_exchange(IPC_ROW_UNANSWERED);
	feed("he");
	expect_exchange(IPC_ROW_UNANSWERED);
}
END_TEST

/* The rest of the body belongs to the exchange. */
START_TEST(test_row_while_draining)
{
	feed("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
	expect_output(HELLO);
	expect_exchange(IPC_ROW_ANSWERING);
	feed("llo");
	expect_exchange(IPC_ROW_NONE);
	expect_open();
}
END_TEST

START_TEST(test_row_of_a_refusal)
{
	feed("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
	ck_assert_uint_eq(fake.conn->exchange_count, 1);
	ck_assert_uint_eq(fake.conn->request_count, 1);
}
END_TEST

/* A batch is one exchange behind the other. */
START_TEST(test_row_of_a_pipeline)
{
	feed(GET("/hello") GET("/hello") GET("/later"));
	ck_assert_uint_eq(fake.conn->exchange_count, 3);
	ck_assert_uint_eq(fake.conn->exchange_id, fake.exchange->id);
	expect_exchange(IPC_ROW_UNANSWERED);
}
END_TEST

/* ---- adopted connections ---- */

static void
adopt(uint32_t request_count, enum conn_deadline_class class, const char *input)
{
	fake_conn_free(fake.conn);
	fake.conn = fake_conn_make(fake.h1);
	fake.conn->is_adopted = true;
	fake.conn->request_count = request_count;
	fake.conn->wait = class;
	fake_move_input(fake.conn, input, strlen(input));
	h1_protocol.open(fake.conn);
	fake.conn->woken = *input != '\0';
	fake_settle(fake.conn);
}

static const struct {
	uint32_t request_count;
	enum conn_deadline_class class;
	const char *input;
	enum conn_deadline_class expected;
	unsigned wait_count; /* how many waits begin here */
} adoptions[] = {
	/* What it waited for goes on. */
	{ 0, CONN_DEADLINE_HEAD, "", CONN_DEADLINE_HEAD, 0 },
	{ 3, CONN_DEADLINE_IDLE, "", CONN_DEADLINE_IDLE, 0 },
	{ 0, CONN_DEADLINE_HEAD, "GET", CONN_DEADLINE_HEAD, 0 },
	{ 3, CONN_DEADLINE_HEAD, "GET", CONN_DEADLINE_HEAD, 0 },
	/* It had not begun. */
	{ 0, CONN_DEADLINE_NONE, "", CONN_DEADLINE_HEAD, 1 },
	{ 3, CONN_DEADLINE_NONE, "", CONN_DEADLINE_IDLE, 1 },
	{ 3, CONN_DEADLINE_IDLE, "GET", CONN_DEADLINE_HEAD, 1 },
	/* It cannot have been for that. */
	{ 3, CONN_DEADLINE_HEAD, "", CONN_DEADLINE_IDLE, 1 },
	{ 0, CONN_DEADLINE_IDLE, "", CONN_DEADLINE_HEAD, 1 },
	{ 3, CONN_DEADLINE_BODY, "", CONN_DEADLINE_IDLE, 1 },
};

/* And ends as such a wait does. */
START_TEST(test_adopted_wait)
{
	adopt(adoptions[_i].request_count, adoptions[_i].class,
	    adoptions[_i].input);
	ck_assert_int_eq(fake.conn->wait, adoptions[_i].expected);
	ck_assert_uint_eq(fake.conn->wait_count, adoptions[_i].wait_count);
	expect_open();
	fake_pass_deadline(fake.conn);
	expect_closed(adoptions[_i].expected == CONN_DEADLINE_IDLE ?
		CONN_CLOSE_IDLE :
		CONN_CLOSE_HEAD_TIMEOUT);
}
END_TEST

START_TEST(test_adopted_goes_on)
{
	adopt(3, CONN_DEADLINE_HEAD, "GET /hello HTTP/1.1\r\nHo");
	expect_output("");
	feed("st: a\r\n\r\n");
	expect_output(HELLO);
	ck_assert_uint_eq(fake.conn->request_count, 4);
	ck_assert_int_eq(fake.conn->wait, CONN_DEADLINE_IDLE);
	expect_open();
}
END_TEST

START_TEST(test_adopted_has_used_up_its_requests)
{
	fake_fini(&fake);
	fake_init(&fake);
	fake.settings.max_requests = 4;
	fake_start(&fake);
	adopt(3, CONN_DEADLINE_IDLE, "");
	feed(GET("/hello"));
	expect_output(HELLO_CLOSE);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_protocol");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_hello);
	tcase_add_test(tcase, test_every_split);
	tcase_add_test(tcase, test_byte_by_byte);
	tcase_add_test(tcase, test_pipeline_is_one_write);
	tcase_add_test(tcase, test_the_first_of_a_pipeline_is_early);
	tcase_add_test(tcase, test_pipeline_is_bounded);
	tcase_add_test(tcase, test_pipeline_of_one);
	tcase_add_test(tcase, test_pipeline_stops_at_full_output);
	tcase_add_test(tcase, test_pipeline_waits_for_later);
	tcase_add_test(tcase, test_answered_in_order);
	tcase_add_test(tcase, test_idle_keeps_nothing);
	tcase_add_test(tcase, test_unsent_answers_are_kept);
	tcase_add_loop_test(tcase, test_persistence, 0,
	    sizeof(persistence) / sizeof(*persistence));
	tcase_add_test(tcase, test_nothing_behind_close);
	tcase_add_test(tcase, test_max_requests);
	tcase_add_test(tcase, test_no_keep_alive);
	tcase_add_test(tcase, test_continue);
	tcase_add_test(tcase, test_continue_not_needed);
	tcase_add_test(tcase, test_continue_in_1_0);
	tcase_add_test(tcase, test_continue_refused);
	tcase_add_test(tcase, test_early_answer_drains);
	tcase_add_test(tcase, test_early_answer_drains_chunked);
	tcase_add_test(tcase, test_early_answer_to_large_body);
	tcase_add_test(tcase, test_early_answer_to_endless_body);
	tcase_add_test(tcase, test_drain_deadline);
	tcase_add_test(tcase, test_body_waits_until_wanted);
	tcase_add_test(tcase, test_want_body_without_body);
	tcase_add_test(tcase, test_declared_too_large);
	tcase_add_test(tcase, test_chunked_too_large);
	tcase_add_test(tcase, test_bad_chunk);
	tcase_add_test(tcase, test_bad_chunk_behind_head);
	tcase_add_test(tcase, test_calls_behind_refusal);
	tcase_add_test(tcase, test_refused_head);
	tcase_add_test(tcase, test_refused_target);
	tcase_add_test(tcase, test_refused_line);
	tcase_add_loop_test(tcase, test_refused_head_request, 0,
	    sizeof(head_requests) / sizeof(*head_requests));
	tcase_add_test(tcase, test_early_answer_to_a_bad_body);
	tcase_add_test(tcase, test_line_too_long);
	tcase_add_test(tcase, test_head_too_large);
	tcase_add_test(tcase, test_no_memory);
	tcase_add_test(tcase, test_chunked_response);
	tcase_add_test(tcase, test_unknown_size_in_1_0);
	tcase_add_loop_test(tcase, test_bodiless_response, 0,
	    sizeof(bodiless) / sizeof(*bodiless));
	tcase_add_test(tcase, test_surplus_is_dropped);
	tcase_add_test(tcase, test_shortfall_is_cut);
	tcase_add_test(tcase, test_end_without_head_is_cut);
	tcase_add_test(tcase, test_cut);
	tcase_add_test(tcase, test_cut_of_a_whole_answer_not_taken);
	tcase_add_test(tcase, test_file);
	tcase_add_test(tcase, test_room);
	tcase_add_test(tcase, test_fin_idle);
	tcase_add_test(tcase, test_fin_with_request);
	tcase_add_test(tcase, test_fin_in_head);
	tcase_add_test(tcase, test_fin_in_body);
	tcase_add_test(tcase, test_fin_later);
	tcase_add_test(tcase, test_fin_streaming_lets_answers_out);
	tcase_add_test(tcase, test_fin_streaming_is_forgotten);
	tcase_add_test(tcase, test_fin_kept);
	tcase_add_test(tcase, test_lost);
	tcase_add_test(tcase, test_silent_client);
	tcase_add_test(tcase, test_head_timeout);
	tcase_add_test(tcase, test_second_head_timeout);
	tcase_add_test(tcase, test_body_waits_for_output);
	tcase_add_test(tcase, test_empty_line_timeout);
	tcase_add_test(tcase, test_body_timeout);
	tcase_add_test(tcase, test_body_that_drips);
	tcase_add_test(tcase, test_idle_timeout);
	tcase_add_test(tcase, test_stale_deadline);
	tcase_add_test(tcase, test_retire_idle);
	tcase_add_test(tcase, test_retire_at_next_request);
	tcase_add_test(tcase, test_retire_busy);
	tcase_add_test(tcase, test_request);
	tcase_add_loop_test(tcase, test_forwarded_request, 0, 2);
	tcase_add_loop_test(tcase, test_scheme_of_target, 0, 2);
	tcase_add_test(tcase, test_row_of_an_exchange);
	tcase_add_test(tcase, test_row_while_the_body_comes);
	tcase_add_test(tcase, test_row_while_draining);
	tcase_add_test(tcase, test_row_of_a_refusal);
	tcase_add_test(tcase, test_row_of_a_pipeline);
	tcase_add_loop_test(tcase, test_adopted_wait, 0,
	    sizeof(adoptions) / sizeof(*adoptions));
	tcase_add_test(tcase, test_adopted_goes_on);
	tcase_add_test(tcase, test_adopted_has_used_up_its_requests);
	return test_run(suite);
}
