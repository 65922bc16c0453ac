/* SPDX-License-Identifier: ISC */
/*
 * A few hundred requests for files, each with what RFC 9110 wants of the
 * answer (test_file_requests.tbl), and what must be true of every answer:
 * one date, true lengths, the fields that its status asks for, HEAD as GET
 * but for the body, and a connection that serves the next request.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define MODIFIED_SECONDS 784111777
#define MODIFIED         "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE           "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER            "Sun, 06 Nov 1994 08:49:38 GMT"

#define DIGITS "0123456789abcdefghijklmnopqrstuvwxyz"
#define HTML   "text/html; charset=utf-8"
#define TEXT   "text/plain; charset=utf-8"

#define TEN_TIMES(text) text text text text text text text text text text
#define MANY_TAGS       TEN_TIMES(TEN_TIMES("\"0123456789\",")) "W/\"x\""
#define LONG_NAME       TEN_TIMES(TEN_TIMES("abc"))
#define LONG_PATH       TEN_TIMES(LONG_NAME "/") TEN_TIMES(LONG_NAME "/")
#define EIGHT_ODDS      "1-1,3-3,5-5,7-7,9-9,11-11,13-13,15-15,"
#define SEVENTEEN_RANGES \
	EIGHT_ODDS "17-17,19-19,21-21,23-23,25-25,27-27,29-29,31-31,33-33"

#define MULTIPART "Content-Type: multipart/byteranges; boundary=$B\n"
#define FIRST(range, text)                                              \
	"--$B\r\nContent-Type: " TEXT "\r\nContent-Range: bytes " range \
	"\r\n\r\n" text
#define PART(range, text) "\r\n" FIRST(range, text)
#define END               "\r\n--$B--\r\n"

struct row {
	const char *section, *method, *target, *fields;
	int status;
	const char *expected, *body;
};

static const struct row rows[] = {
#define ROW(...) { __VA_ARGS__ },
#include "test_file_requests.tbl"
#undef ROW
};

/* ---- the site ---- */

#define SPARSE_SIZE ((off_t)5 << 30)
#define LARGE_SIZE  100000

static void
make_directory(struct test_daemon *daemon, const char *name)
{
	const char *path = test_daemon_path(daemon, name);

	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
}

static void
set_time(struct test_daemon *daemon, const char *name, time_t seconds)
{
	const struct timespec times[2] = { { seconds, 0 }, { seconds, 0 } };

	ck_assert_int_eq(
	    utimensat(AT_FDCWD, test_daemon_path(daemon, name), times, 0), 0);
}

static void
make_file(struct test_daemon *daemon, const char *name, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "root/%s", name);
	test_daemon_write(daemon, path, text);
	set_time(daemon, path, MODIFIED_SECONDS);
}

static void
make_link(struct test_daemon *daemon, const char *name, const char *target)
{
	ck_assert_int_eq(symlink(target, test_daemon_path(daemon, name)), 0);
}

static void
make_large(struct test_daemon *daemon)
{
	char *text = malloc(LARGE_SIZE + 1);
	size_t i;

	ck_assert_ptr_nonnull(text);
	for (i = 0; i < LARGE_SIZE; i++)
		text[i] = (char)('a' + i % 23);
	text[LARGE_SIZE] = '\0';
	make_file(daemon, "large", text);
	free(text);
}

static void
make_sparse(struct test_daemon *daemon)
{
	int fd;

	make_file(daemon, "sparse", "");
	fd = open(test_daemon_path(daemon, "root/sparse"), O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, "end\n", 4, SPARSE_SIZE - 4), 4);
	ck_assert_int_eq(close(fd), 0);
	set_time(daemon, "root/sparse", MODIFIED_SECONDS);
}

static void
make_socket(struct test_daemon *daemon, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    test_daemon_path(daemon, name));
	ck_assert_int_eq(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	ck_assert_int_eq(chmod(test_daemon_path(daemon, name), 0777), 0);
}

/* Files that hold their own names. */
static const char *const names[] = { "a b.txt", "a+b.txt", "\xc3\xa4.txt",
	"100%.txt", "%41.txt", "what?.txt", "hash#.txt", "\"'.txt",
	"semi;colon=1,2&3.txt", "-dash~tilde!", "<b>.txt", "new\nline",
	"style.css", "script.js", "data.json", "doc.xml", "image.png",
	"image.svg", "UPPER.TXT", "archive.tar.gz", "noext", "strange.zzz",
	"list/one.txt", "list/<two>&\"'.txt", "closed", "..digits" };

static void
make_odd_ones(struct test_daemon *daemon)
{
	make_link(daemon, "root/inside", "sub/index.html");
	make_link(daemon, "root/chain", "sub/../chain-2");
	make_link(daemon, "root/chain-2", "digits.txt");
	make_link(daemon, "root/dirlink", "sub");
	make_link(daemon, "root/out", "../secret");
	make_link(daemon, "root/absolute", test_daemon_path(daemon, "secret"));
	make_link(daemon, "root/loop", "loop");
	make_link(daemon, "root/dangling", "nowhere");
	ck_assert_int_eq(
	    mkfifo(test_daemon_path(daemon, "root/fifo"), 0666), 0);
	make_socket(daemon, "root/socket");
	make_directory(daemon, "root/closed-directory");
	make_file(daemon, "closed-directory/file", "secret");
	ck_assert_int_eq(
	    chmod(test_daemon_path(daemon, "root/closed-directory"), 0), 0);
	ck_assert_int_eq(chmod(test_daemon_path(daemon, "root/closed"), 0), 0);
}

static void
make_site(struct test_daemon *daemon)
{
	static const char *const directories[] = { "root", "root/sub",
		"root/sub/deep", "root/list", "root/list/dir", "root/.git",
		"root/evil.example", "root/d \xc3\xa4%" };
	size_t i;

	for (i = 0; i < COUNT(directories); i++)
		make_directory(daemon, directories[i]);
	for (i = 0; i < COUNT(names); i++)
		make_file(daemon, names[i], names[i]);
	make_file(daemon, "digits.txt", DIGITS);
	make_file(daemon, "one.txt", "1");
	make_file(daemon, "empty", "");
	make_file(daemon, "index.html", "<p>index</p>\n");
	make_file(daemon, "sub/index.html", "<p>sub</p>\n");
	make_file(daemon, ".hidden", "secret");
	make_file(daemon, ".git/config", "secret");
	make_file(daemon, "past", "past\n");
	make_file(daemon, "future", "future\n");
	set_time(daemon, "root/past", -1000);
	set_time(daemon, "root/future", time(NULL) + 1000000);
	test_daemon_write(daemon, "secret", "secret");
	make_large(daemon);
	make_sparse(daemon);
	make_odd_ones(daemon);
}

static struct test_daemon *
start(void)
{
	struct test_daemon *daemon = test_daemon_new();

	make_site(daemon);
	test_daemon_expect(daemon, "a link that leads elsewhere");
	test_daemon_expect(daemon, "this may not be read");
	test_daemon_configure(daemon,
	    "workers = 1\nlisten \"127.0.0.1:0\" {}\n"
	    "host \"*\" {\n"
	    "mount \"/\" { files = \"@/root\" }\n"
	    "mount \"/list\" { files = \"@/root/list\" listing = true }\n"
	    "}\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* The modes of what is closed would keep root's fellow from removing it. */
static void
stop(struct test_daemon **daemon)
{
	ck_assert_int_eq(
	    chmod(test_daemon_path(*daemon, "root/closed-directory"), 0755), 0);
	test_daemon_stop(daemon);
}

/* ---- asking ---- */

struct exchange {
	const struct row *row;
	const char *version;
	char etag[128];
	struct test_response response;
	unsigned failures;
};

static void __attribute__((format(printf, 2, 3)))
complain(struct exchange *exchange, const char *format, ...)
{
	const struct row *row = exchange->row;
	va_list arguments;

	exchange->failures++;
	fprintf(stderr, "RFC 9110, %s: %s %.60s \"%.120s\": ", row->section,
	    row->method, row->target, row->fields);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n%s\n", exchange->response.head);
}

/* What stands for "$" and that letter; static until the next call. */
static const char *
value_of(const struct exchange *exchange, char letter)
{
	static const char boundary[] = "boundary=";
	const char *value;

	switch (letter) {
	case 'E':
		return exchange->etag;
	case 'D':
		return test_response_field(&exchange->response, "Date");
	default:
		value =
		    test_response_field(&exchange->response, "Content-Type");
		value = value == NULL ? NULL : strstr(value, boundary);
		return value == NULL ? "" : value + strlen(boundary);
	}
}

/* The text with its dollars filled in, for the caller to free. */
static char *
fill_in(const struct exchange *exchange, const char *text)
{
	char *filled;
	size_t size;
	FILE *to = open_memstream(&filled, &size);

	for (; *text != '\0'; text++)
		if (*text == '$')
			fputs(value_of(exchange, *++text), to);
		else
			putc(*text, to);
	fclose(to);
	return filled;
}

/* Lines get their CRLF; behind an empty line comes the content. */
static void
send_request(struct test_client *client, const struct exchange *exchange,
    const char *method)
{
	char *fields = fill_in(exchange, exchange->row->fields);
	char *content = strstr(fields, "\n\n"), *rest = fields, *line;

	test_client_send_format(client, "%s %s HTTP/%s\r\nHost: a\r\n", method,
	    exchange->row->target, exchange->version);
	if (content != NULL)
		*content = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			test_client_send_format(client, "%s\r\n", line);
	test_client_send_text(client, "\r\n");
	if (content != NULL)
		test_client_send_text(client, content + 2);
	free(fields);
}

/* Interim answers are stepped over. */
static void
ask(struct test_client *client, struct exchange *exchange, const char *method)
{
	send_request(client, exchange, method);
	for (;;) {
		test_client_read(client, method, &exchange->response);
		if (exchange->response.status >= 200)
			return;
		test_response_free(&exchange->response);
	}
}

/* ---- what must be true of every answer ---- */

static unsigned
count_fields(const struct test_response *response, const char *name)
{
	const char *line = response->head;
	size_t size = strlen(name);
	unsigned count = 0;

	while ((line = strstr(line, "\r\n")) != NULL) {
		line += 2;
		count +=
		    strncasecmp(line, name, size) == 0 && line[size] == ':';
	}
	return count;
}

static bool
has_field(const struct test_response *response, const char *name)
{
	return test_response_field(response, name) != NULL;
}

static void
check_counts(struct exchange *exchange)
{
	static const char *const once[] = { "Content-Length", "Content-Type",
		"Content-Range", "ETag", "Last-Modified", "Location", "Allow",
		"Accept-Ranges", "Connection", "Vary" };
	size_t i;

	if (count_fields(&exchange->response, "Date") != 1)
		complain(exchange, "not one Date");
	for (i = 0; i < COUNT(once); i++)
		if (count_fields(&exchange->response, once[i]) > 1)
			complain(exchange, "several %s", once[i]);
}

/* Which status must have, or must not have, which field. */
static const struct {
	int status;
	const char *field;
	bool must;
} demands[] = {
	{ 204, "Content-Length", false },
	{ 204, "Transfer-Encoding", false },
	{ 301, "Location", true },
	{ 301, "Content-Length", true },
	{ 304, "Content-Length", false },
	{ 304, "Content-Type", false },
	{ 304, "Content-Range", false },
	{ 304, "Transfer-Encoding", false },
	{ 206, "Content-Length", true },
	{ 206, "ETag", true },
	{ 200, "Content-Range", false },
	{ 404, "Content-Range", false },
	{ 412, "Content-Range", false },
	{ 404, "ETag", false },
	{ 404, "Last-Modified", false },
	{ 405, "Allow", true },
	{ 416, "Content-Range", true },
	{ 416, "Last-Modified", false },
};

static void
check_demands(struct exchange *exchange)
{
	const struct test_response *response = &exchange->response;
	size_t i;

	for (i = 0; i < COUNT(demands); i++)
		if (response->status == demands[i].status &&
		    has_field(response, demands[i].field) != demands[i].must)
			complain(exchange, "%d %s %s", demands[i].status,
			    demands[i].must ? "without" : "with",
			    demands[i].field);
	if (response->status == 206 &&
	    has_field(response, "Content-Range") ==
		(strstr(response->head, "multipart/byteranges") != NULL))
		complain(exchange, "Content-Range and multipart");
}

static time_t
date_of(const struct test_response *response, const char *name)
{
	const char *value = test_response_field(response, name);
	struct tm date = { 0 };

	if (value == NULL)
		return -1;
	ck_assert_ptr_nonnull(
	    strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &date));
	return timegm(&date);
}

/* 8.8.2.1 */
static void
check_dates(struct exchange *exchange)
{
	const struct test_response *response = &exchange->response;
	time_t date = date_of(response, "Date");

	if (date < time(NULL) - 10 || date > time(NULL) + 1)
		complain(exchange, "the date is not now");
	if (date_of(response, "Last-Modified") > date)
		complain(exchange, "modified in the future");
}

/* What goes on must go on, what is closed must say so. */
static void
check_connection(
    struct exchange *exchange, struct test_client *client, unsigned port)
{
	const char *value =
	    test_response_field(&exchange->response, "Connection");
	bool closes = value != NULL && strcasecmp(value, "close") == 0;

	if (closes) {
		if (!test_client_is_closed(client))
			complain(exchange, "not closed");
		test_client_close(client);
		test_client_connect(client, port);
	}
	if (closes && exchange->row->status != 400 &&
	    exchange->row->status != 417 && exchange->row->status != 501)
		complain(exchange, "closed");
	if (test_client_status(client, "/one.txt") != 200)
		complain(exchange, "no next answer");
}

static void
check_always(
    struct exchange *exchange, struct test_client *client, unsigned port)
{
	check_counts(exchange);
	check_demands(exchange);
	check_dates(exchange);
	check_connection(exchange, client, port);
}

/* ---- what a row says ---- */

static void
check_line(struct exchange *exchange, const char *line)
{
	size_t size = strcspn(line + 1, ":~") + 1;
	char name[64];
	const char *value;

	snprintf(name, sizeof(name), "%.*s", (int)size, line);
	value = test_response_field(
	    &exchange->response, name[0] == '!' ? name + 1 : name);
	if (name[0] == '!' ? value != NULL : value == NULL)
		complain(exchange, "\"%s\" does not hold", line);
	else if (line[size] == ':' && strcmp(value, line + size + 2) != 0)
		complain(exchange, "%s, not \"%s\"", line, value);
	else if (line[size] == '~' && strstr(value, line + size + 1) == NULL)
		complain(exchange, "%s, not within \"%s\"", line, value);
}

static void
check_expected(struct exchange *exchange)
{
	char *expected = fill_in(exchange, exchange->row->expected);
	char *rest = expected, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			check_line(exchange, line);
	free(expected);
}

static void
check_body(struct exchange *exchange)
{
	char *body;

	if (exchange->row->body == NULL)
		return;
	body = fill_in(exchange, exchange->row->body);
	if (strcmp(exchange->response.body, body) != 0)
		complain(exchange, "the body is \"%.200s\"",
		    exchange->response.body);
	free(body);
}

static void
check_row(struct exchange *exchange)
{
	if (exchange->response.status != exchange->row->status)
		complain(exchange, "%d, not %d", exchange->response.status,
		    exchange->row->status);
	check_expected(exchange);
	check_body(exchange);
}

/* The tag that the target has now. */
static void
learn(struct exchange *exchange, struct test_client *client)
{
	struct test_response response;
	const char *etag;

	exchange->etag[0] = '\0';
	if (strstr(exchange->row->fields, "$E") == NULL &&
	    strstr(exchange->row->expected, "$E") == NULL)
		return;
	test_client_send_format(client, "HEAD %s HTTP/1.1\r\nHost: a\r\n\r\n",
	    exchange->row->target);
	test_client_read(client, "HEAD", &response);
	etag = test_response_field(&response, "ETag");
	ck_assert_ptr_nonnull(etag);
	snprintf(exchange->etag, sizeof(exchange->etag), "%s", etag);
	test_response_free(&response);
}

/* ---- tests ---- */

START_TEST(every_row_holds)
{
	struct test_daemon *daemon = start();
	unsigned port = test_daemon_port(daemon);
	struct exchange exchange = { .version = "1.1" };
	struct test_client client;
	size_t i;

	test_client_connect(&client, port);
	for (i = 0; i < COUNT(rows); i++) {
		exchange.row = &rows[i];
		learn(&exchange, &client);
		ask(&client, &exchange, rows[i].method);
		check_row(&exchange);
		check_always(&exchange, &client, port);
		test_response_free(&exchange.response);
	}
	test_client_close(&client);
	stop(&daemon);
	ck_assert_uint_eq(exchange.failures, 0);
}
END_TEST

/* The head without what may differ from one second to the next. */
static char *
constant_head(const struct test_response *response, bool has_fixed_time)
{
	char *head = strdup(response->head), *line, *end;
	const char *const dates[] = { "\r\nDate:", "\r\nLast-Modified:" };
	size_t i;

	for (i = 0; i < (has_fixed_time ? 1 : COUNT(dates)); i++) {
		line = strstr(head, dates[i]);
		if (line == NULL)
			continue;
		end = strstr(line + 2, "\r\n");
		memmove(line, end, strlen(end) + 1);
	}
	return head;
}

static void
compare_heads(struct exchange *exchange, const struct test_response *get)
{
	bool has_fixed_time = strcmp(exchange->row->target, "/future") != 0;
	char *expected = constant_head(get, has_fixed_time);
	char *found = constant_head(&exchange->response, has_fixed_time);

	if (strcmp(expected, found) != 0)
		complain(exchange, "as GET it was\n%s", expected);
	free(expected);
	free(found);
}

/* 9.3.2; ranges are for GET alone (14.2). */
START_TEST(head_is_as_get)
{
	struct test_daemon *daemon = start();
	unsigned port = test_daemon_port(daemon);
	struct exchange exchange = { .version = "1.1" };
	struct test_response get;
	struct test_client client;
	size_t i;

	test_client_connect(&client, port);
	for (i = 0; i < COUNT(rows); i++) {
		if (strcmp(rows[i].method, "GET") != 0 ||
		    strcasestr(rows[i].fields, "range: ") != NULL)
			continue;
		exchange.row = &rows[i];
		learn(&exchange, &client);
		ask(&client, &exchange, "GET");
		check_connection(&exchange, &client, port);
		get = exchange.response;
		ask(&client, &exchange, "HEAD");
		compare_heads(&exchange, &get);
		check_always(&exchange, &client, port);
		test_response_free(&exchange.response);
		test_response_free(&get);
	}
	test_client_close(&client);
	stop(&daemon);
	ck_assert_uint_eq(exchange.failures, 0);
}
END_TEST

/* HTTP/1.0 knows none of this less: conditions and ranges are heeded. */
START_TEST(old_clients_are_answered_alike)
{
	struct test_daemon *daemon = start();
	unsigned port = test_daemon_port(daemon);
	struct exchange exchange = { .version = "1.0" };
	struct test_client client, other;
	size_t i;

	test_client_connect(&other, port);
	for (i = 0; i < COUNT(rows); i++) {
		if (strstr(rows[i].fields, "chunked") != NULL ||
		    strstr(rows[i].fields, "Expect") != NULL)
			continue;
		exchange.row = &rows[i];
		learn(&exchange, &other);
		test_client_connect(&client, port);
		ask(&client, &exchange, rows[i].method);
		if (strcmp(rows[i].target, "*") != 0)
			check_row(&exchange);
		check_counts(&exchange);
		check_demands(&exchange);
		if (!test_client_is_closed(&client))
			complain(&exchange, "not closed");
		test_response_free(&exchange.response);
		test_client_close(&client);
	}
	test_client_close(&other);
	stop(&daemon);
	ck_assert_uint_eq(exchange.failures, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file_requests");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, every_row_holds);
	tcase_add_test(tcase, head_is_as_get);
	tcase_add_test(tcase, old_clients_are_answered_alike);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
