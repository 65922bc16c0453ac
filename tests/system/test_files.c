/* SPDX-License-Identifier: ISC */
/*
 * A directory served by the real daemon: what is found, how it is described,
 * parts of it, large ones, and what no trick must get.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define BIG_SIZE (20 * 1024 * 1024)

#define SECRET "nobody may see this\n"
#define DIGITS "0123456789abcdefghijklmnopqrstuvwxyz"

/* ---- a site ---- */

static void
make_directory(struct test_daemon *daemon, const char *name)
{
	const char *path = test_daemon_path(daemon, name);

	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
}

static void
make_link(struct test_daemon *daemon, const char *name, const char *target)
{
	ck_assert_int_eq(symlink(target, test_daemon_path(daemon, name)), 0);
}

/* The directory has secrets beside the root and below it. */
static void
make_site(struct test_daemon *daemon)
{
	make_directory(daemon, "root");
	make_directory(daemon, "root/sub");
	make_directory(daemon, "root/sub/deep");
	make_directory(daemon, "root/list");
	make_directory(daemon, "root/.git");
	make_directory(daemon, "beside");
	test_daemon_write(daemon, "secret", SECRET);
	test_daemon_write(daemon, "beside/secret", SECRET);
	test_daemon_write(daemon, "root/.hidden", SECRET);
	test_daemon_write(daemon, "root/.git/config", SECRET);
	test_daemon_write(daemon, "root/index.html", "<p>index</p>\n");
	test_daemon_write(daemon, "root/digits.txt", DIGITS);
	test_daemon_write(daemon, "root/style.css", "p {}\n");
	test_daemon_write(daemon, "root/empty", "");
	test_daemon_write(daemon, "root/a b&c.txt", "odd name\n");
	test_daemon_write(daemon, "root/sub/index.html", "<p>sub</p>\n");
	test_daemon_write(daemon, "root/sub/deep/file.json", "{}\n");
	test_daemon_write(daemon, "root/list/one.txt", "1\n");
	test_daemon_write(daemon, "root/list/<two>.txt", "2\n");
	test_daemon_write(daemon, "root/list/.three", SECRET);
	make_link(daemon, "root/inside", "sub/index.html");
	make_link(daemon, "root/out", "../secret");
	make_link(daemon, "root/absolute", test_daemon_path(daemon, "secret"));
	make_link(daemon, "root/beside", "../beside");
	make_link(daemon, "root/loop", "loop");
	make_link(daemon, "root/passwd", "/etc/passwd");
	ck_assert_int_eq(
	    mkfifo(test_daemon_path(daemon, "root/fifo"), 0666), 0);
}

/* Who is refused is in the log. */
static struct test_daemon *
start(const char *mount)
{
	struct test_daemon *daemon = test_daemon_new();

	make_site(daemon);
	test_daemon_expect(daemon, "a link that leads elsewhere");
	test_daemon_expect(daemon, "this may not be read");
	test_daemon_configure(daemon,
	    "workers = 1\nlisten \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { files = \"@/root\" %s } }\n",
	    mount);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* fields: lines, each with its CRLF. */
static void
ask(struct test_client *client, const char *method, const char *target,
    const char *fields, struct test_response *response_r)
{
	test_client_send_format(client, "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n",
	    method, target, fields);
	test_client_read(client, method, response_r);
}

static void
expect_field(const struct test_response *response, const char *name,
    const char *expected)
{
	const char *value = test_response_field(response, name);

	if (expected == NULL)
		ck_assert_msg(value == NULL, "%s: %s", name, value);
	else
		ck_assert_msg(value != NULL && strcmp(value, expected) == 0,
		    "%s: %s, not %s", name, value, expected);
}

/* ---- what is found ---- */

struct found {
	const char *target;
	int status;
	const char *type; /* or NULL */
	const char *body; /* or NULL: whatever */
};

#define HTML "text/html; charset=utf-8"
#define TEXT "text/plain; charset=utf-8"

static const struct found founds[] = {
	{ "/", 200, HTML, "<p>index</p>\n" },
	{ "/index.html", 200, HTML, "<p>index</p>\n" },
	{ "/?query=1", 200, HTML, "<p>index</p>\n" },
	{ "/digits.txt", 200, TEXT, DIGITS },
	{ "/style.css", 200, "text/css; charset=utf-8", "p {}\n" },
	{ "/empty", 200, NULL, "" },
	{ "/a%20b%26c.txt", 200, TEXT, "odd name\n" },
	{ "/sub/", 200, HTML, "<p>sub</p>\n" },
	{ "/sub/deep/file.json", 200, "application/json", "{}\n" },
	{ "/sub/../digits.txt", 200, TEXT, DIGITS },
	{ "/sub/./deep/../../digits.txt", 200, TEXT, DIGITS },
	{ "http://a/digits.txt", 200, TEXT, DIGITS },
	{ "/inside", 200, NULL, "<p>sub</p>\n" },
	{ "/none", 404, NULL, NULL },
	{ "/digits.txt/", 404, NULL, NULL },
	{ "/sub/deep/", 404, NULL, NULL },
	{ "/list/", 404, NULL, NULL },
	{ "/loop", 404, NULL, NULL },
};

START_TEST(files_are_found_and_have_types)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	size_t i;

	test_client_connect(&client, test_daemon_port(daemon));
	for (i = 0; i < sizeof(founds) / sizeof(founds[0]); i++) {
		ask(&client, "GET", founds[i].target, "", &response);
		ck_assert_msg(response.status == founds[i].status, "%s: %d",
		    founds[i].target, response.status);
		if (founds[i].type != NULL)
			expect_field(&response, "Content-Type", founds[i].type);
		if (founds[i].body != NULL)
			ck_assert_str_eq(response.body, founds[i].body);
		test_response_free(&response);
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_directory_without_its_slash_is_redirected)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	ask(&client, "GET", "/sub", "", &response);
	ck_assert_int_eq(response.status, 301);
	expect_field(&response, "Location", "/sub/");
	test_response_free(&response);
	ask(&client, "GET", "/sub/deep?a=b", "", &response);
	ck_assert_int_eq(response.status, 301);
	expect_field(&response, "Location", "/sub/deep/?a=b");
	test_response_free(&response);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(other_methods_are_told_what_is_allowed)
{
	static const char *const methods[] = { "POST", "PUT", "DELETE",
		"PATCH" };
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	size_t i;

	test_client_connect(&client, test_daemon_port(daemon));
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		ask(&client, methods[i], "/digits.txt", "Content-Length: 0\r\n",
		    &response);
		ck_assert_int_eq(response.status, 405);
		expect_field(&response, "Allow", "GET, HEAD, OPTIONS");
		test_response_free(&response);
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_listing_shows_what_may_be_had)
{
	struct test_daemon *daemon = start("listing = true");
	struct test_response response;
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	ask(&client, "GET", "/list/", "", &response);
	ck_assert_int_eq(response.status, 200);
	expect_field(&response, "Content-Type", HTML);
	ck_assert_ptr_nonnull(strstr(response.body, "\"one.txt\""));
	ck_assert_ptr_nonnull(strstr(response.body, "&lt;two&gt;.txt"));
	ck_assert_ptr_null(strstr(response.body, "<two>"));
	ck_assert_ptr_null(strstr(response.body, "three"));
	test_response_free(&response);
	ck_assert_int_eq(
	    test_client_status(&client, "/list/%3Ctwo%3E.txt"), 200);
	/* An index goes before. */
	ask(&client, "GET", "/", "", &response);
	ck_assert_str_eq(response.body, "<p>index</p>\n");
	test_response_free(&response);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_listing_without_index_names_no_links_out)
{
	struct test_daemon *daemon = start("listing = true index = \"\"");
	struct test_response response;

	test_get(test_daemon_port(daemon), "/", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_ptr_nonnull(strstr(response.body, "\"inside\""));
	ck_assert_ptr_nonnull(strstr(response.body, "\"sub/\""));
	ck_assert_ptr_null(strstr(response.body, "\"out\""));
	ck_assert_ptr_null(strstr(response.body, "\"absolute\""));
	ck_assert_ptr_null(strstr(response.body, "passwd"));
	ck_assert_ptr_null(strstr(response.body, "fifo"));
	ck_assert_ptr_null(strstr(response.body, ".git"));
	test_response_free(&response);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(hidden_files_are_served_if_they_shall_be)
{
	struct test_daemon *daemon = start("hidden = true");
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client, "/.hidden"), 200);
	ck_assert_int_eq(test_client_status(&client, "/.git/config"), 200);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- conditions ---- */

struct copy {
	char etag[128], modified[64], later[64], earlier[64];
};

static void
format_date(time_t when, char text_r[64])
{
	struct tm date;

	gmtime_r(&when, &date);
	strftime(text_r, 64, "%a, %d %b %Y %H:%M:%S GMT", &date);
}

static void
learn(struct test_daemon *daemon, struct test_client *client, struct copy *copy)
{
	struct test_response response;
	struct stat status;

	ck_assert_int_eq(
	    stat(test_daemon_path(daemon, "root/digits.txt"), &status), 0);
	ask(client, "GET", "/digits.txt", "", &response);
	ck_assert_int_eq(response.status, 200);
	snprintf(copy->etag, sizeof(copy->etag), "%s",
	    test_response_field(&response, "ETag"));
	snprintf(copy->modified, sizeof(copy->modified), "%s",
	    test_response_field(&response, "Last-Modified"));
	format_date(status.st_mtime, copy->later);
	ck_assert_str_eq(copy->modified, copy->later);
	ck_assert_int_eq(copy->etag[0], '"');
	format_date(status.st_mtime + 3600, copy->later);
	format_date(status.st_mtime - 3600, copy->earlier);
	test_response_free(&response);
}

/* As if written an hour ago: a date is a strong validator then. */
static void
make_old(struct test_daemon *daemon)
{
	struct timespec times[2];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= 3600;
	times[1] = times[0];
	ck_assert_int_eq(
	    utimensat(AT_FDCWD, test_daemon_path(daemon, "root/digits.txt"),
		times, 0),
	    0);
}

struct condition {
	const char *name;
	/* $E: the tag; $M, $L, $B: modified, later, before */
	const char *fields;
	int status;
};

static const struct condition conditions[] = {
	{ "tag matches", "If-None-Match: $E\r\n", 304 },
	{ "weak tag matches", "If-None-Match: W/$E\r\n", 304 },
	{ "tag in a list", "If-None-Match: \"x\", $E\r\n", 304 },
	{ "any tag", "If-None-Match: *\r\n", 304 },
	{ "other tag", "If-None-Match: \"x\"\r\n", 200 },
	{ "not modified", "If-Modified-Since: $M\r\n", 304 },
	{ "not modified, later", "If-Modified-Since: $L\r\n", 304 },
	{ "modified", "If-Modified-Since: $B\r\n", 200 },
	{ "no date", "If-Modified-Since: yesterday\r\n", 200 },
	{ "the tag beats the date",
	    "If-None-Match: \"x\"\r\nIf-Modified-Since: $L\r\n", 200 },
	{ "the tag beats an old date",
	    "If-None-Match: $E\r\nIf-Modified-Since: $B\r\n", 304 },
	{ "if match", "If-Match: $E\r\n", 200 },
	{ "if match, any", "If-Match: *\r\n", 200 },
	{ "if match, other", "If-Match: \"x\"\r\n", 412 },
	{ "unmodified since", "If-Unmodified-Since: $M\r\n", 200 },
	{ "modified since", "If-Unmodified-Since: $B\r\n", 412 },
	{ "not modified goes before the range",
	    "If-None-Match: $E\r\nRange: bytes=0-1\r\n", 304 },
	{ "range if the tag is the same",
	    "If-Range: $E\r\nRange: bytes=0-1\r\n", 206 },
	{ "all if the tag is another",
	    "If-Range: \"x\"\r\nRange: bytes=0-1\r\n", 200 },
	{ "all if the tag is weak", "If-Range: W/$E\r\nRange: bytes=0-1\r\n",
	    200 },
	{ "range if the date is the same",
	    "If-Range: $M\r\nRange: bytes=0-1\r\n", 206 },
	{ "all if the date is another", "If-Range: $L\r\nRange: bytes=0-1\r\n",
	    200 },
};

static void
fill_in(const char *fields, const struct copy *copy, char *text_r, size_t room)
{
	size_t used = 0;
	const char *value;

	for (; *fields != '\0'; fields++) {
		if (*fields != '$') {
			text_r[used++] = *fields;
			continue;
		}
		fields++;
		value = *fields == 'E' ? copy->etag :
		    *fields == 'M'     ? copy->modified :
		    *fields == 'L'     ? copy->later :
					 copy->earlier;
		used +=
		    (size_t)snprintf(text_r + used, room - used, "%s", value);
		ck_assert_uint_lt(used, room - 2);
	}
	text_r[used] = '\0';
}

START_TEST(conditions_are_heeded)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	struct copy copy;
	char fields[512];
	size_t i;

	make_old(daemon);
	test_client_connect(&client, test_daemon_port(daemon));
	learn(daemon, &client, &copy);
	for (i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		fill_in(conditions[i].fields, &copy, fields, sizeof(fields));
		ask(&client, "GET", "/digits.txt", fields, &response);
		ck_assert_msg(response.status == conditions[i].status, "%s: %d",
		    conditions[i].name, response.status);
		if (response.status == 304) {
			expect_field(&response, "ETag", copy.etag);
			expect_field(&response, "Content-Type", NULL);
		} else if (response.status == 200) {
			ck_assert_str_eq(response.body, DIGITS);
		}
		test_response_free(&response);
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_changed_file_has_another_tag)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_response response;
	struct test_client client;
	struct copy copy;
	char fields[256];

	make_site(daemon);
	make_old(daemon);
	test_daemon_configure(daemon,
	    "workers = 1\nopen_files_valid = 0\nlisten \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { files = \"@/root\" } }\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_client_connect(&client, test_daemon_port(daemon));
	learn(daemon, &client, &copy);
	test_daemon_write(daemon, "root/digits.txt", "changed\n");
	snprintf(fields, sizeof(fields), "If-None-Match: %s\r\n", copy.etag);
	ask(&client, "GET", "/digits.txt", fields, &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(response.body, "changed\n");
	test_response_free(&response);
	ck_assert_int_eq(
	    unlink(test_daemon_path(daemon, "root/digits.txt")), 0);
	ck_assert_int_eq(test_client_status(&client, "/digits.txt"), 404);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(head_is_get_without_a_body)
{
	static const char *const targets[] = { "/", "/digits.txt", "/empty",
		"/none", "/sub" };
	struct test_daemon *daemon = start("");
	struct test_response get, head;
	struct test_client client;
	const char *length;
	size_t i;

	test_client_connect(&client, test_daemon_port(daemon));
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		ask(&client, "GET", targets[i], "", &get);
		ask(&client, "HEAD", targets[i], "", &head);
		ck_assert_int_eq(head.status, get.status);
		ck_assert_uint_eq(head.size, 0);
		length = test_response_field(&get, "Content-Length");
		if (length != NULL)
			ck_assert_uint_eq(strtoul(length, NULL, 10), get.size);
		/* But for the date they are the same, to the byte. */
		memcpy(strstr(head.head, "\r\nDate: "),
		    strstr(get.head, "\r\nDate: "),
		    strlen("\r\nDate: Mon, 23 Nov 2026 22:38:47 GMT"));
		ck_assert_str_eq(head.head, get.head);
		test_response_free(&get);
		test_response_free(&head);
	}
	/* RFC 9110, 14.2: a Range means nothing to HEAD. */
	ask(&client, "HEAD", "/digits.txt", "Range: bytes=0-1\r\n", &head);
	ck_assert_int_eq(head.status, 200);
	expect_field(&head, "Content-Length", "36");
	test_response_free(&head);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- ranges ---- */

struct range {
	const char *value;
	int status;
	const char *content_range;
	const char *body; /* of one part */
};

static const struct range ranges[] = {
	{ "bytes=0-3", 206, "bytes 0-3/36", "0123" },
	{ "bytes=10-10", 206, "bytes 10-10/36", "a" },
	{ "bytes=30-", 206, "bytes 30-35/36", "uvwxyz" },
	{ "bytes=30-999", 206, "bytes 30-35/36", "uvwxyz" },
	{ "bytes=-2", 206, "bytes 34-35/36", "yz" },
	{ "bytes=-999", 206, "bytes 0-35/36", DIGITS },
	{ "bytes=0-3,2-5", 206, "bytes 0-5/36", "012345" },
	{ "bytes=0-3,999-", 206, "bytes 0-3/36", "0123" },
	{ "bytes=36-", 416, "bytes */36", NULL },
	{ "bytes=99-100,200-", 416, "bytes */36", NULL },
	{ "bytes=-0", 416, "bytes */36", NULL },
	{ "bytes=5-3", 200, NULL, DIGITS },
	{ "bytes=", 200, NULL, DIGITS },
	{ "bytes=x", 200, NULL, DIGITS },
	{ "lines=0-3", 200, NULL, DIGITS },
	{ "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,"
	  "22-22,24-24,26-26,28-28,30-30,32-32",
	    200, NULL, DIGITS },
};

START_TEST(a_range_is_a_part)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	char fields[512];
	size_t i;

	test_client_connect(&client, test_daemon_port(daemon));
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		snprintf(
		    fields, sizeof(fields), "Range: %s\r\n", ranges[i].value);
		ask(&client, "GET", "/digits.txt", fields, &response);
		ck_assert_msg(response.status == ranges[i].status, "%s: %d",
		    ranges[i].value, response.status);
		expect_field(
		    &response, "Content-Range", ranges[i].content_range);
		if (ranges[i].body != NULL)
			ck_assert_str_eq(response.body, ranges[i].body);
		test_response_free(&response);
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* One part of a multipart body, as a reader of RFC 2046 sees it; behind it. */
static const char *
expect_part(const char *at, const char *boundary, const char *content_range,
    const char *body)
{
	char line[256];
	const char *end;

	snprintf(line, sizeof(line), "--%s\r\n", boundary);
	ck_assert_msg(strncmp(at, line, strlen(line)) == 0, "%s", at);
	end = strstr(at, "\r\n\r\n");
	ck_assert_ptr_nonnull(end);
	snprintf(
	    line, sizeof(line), "\r\nContent-Range: %s\r\n", content_range);
	ck_assert_ptr_nonnull(strstr(at, line));
	ck_assert(strstr(at, line) < end);
	ck_assert_ptr_nonnull(strstr(at, "\r\nContent-Type: " TEXT "\r\n"));
	at = end + 4;
	ck_assert_int_eq(strncmp(at, body, strlen(body)), 0);
	at += strlen(body);
	ck_assert_int_eq(strncmp(at, "\r\n", 2), 0);
	return at + 2;
}

START_TEST(several_ranges_are_several_parts)
{
	static const char type[] = "multipart/byteranges; boundary=";
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	char boundary[128], last[160];
	const char *at;

	test_client_connect(&client, test_daemon_port(daemon));
	ask(&client, "GET", "/digits.txt", "Range: bytes=0-3, 10-12, -2\r\n",
	    &response);
	ck_assert_int_eq(response.status, 206);
	expect_field(&response, "Content-Range", NULL);
	at = test_response_field(&response, "Content-Type");
	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(strncmp(at, type, strlen(type)), 0);
	snprintf(boundary, sizeof(boundary), "%s", at + strlen(type));
	at = response.body + strspn(response.body, "\r\n");
	at = expect_part(at, boundary, "bytes 0-3/36", "0123");
	at = expect_part(at, boundary, "bytes 10-12/36", "abc");
	at = expect_part(at, boundary, "bytes 34-35/36", "yz");
	snprintf(last, sizeof(last), "--%s--\r\n", boundary);
	ck_assert_str_eq(at, last);
	test_response_free(&response);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- large ---- */

/* Bytes that repeat nowhere near: a wrong offset shows. */
static char *
make_big(struct test_daemon *daemon)
{
	uint32_t *data = malloc(BIG_SIZE), state = 2463534242u;
	size_t i;
	FILE *file = fopen(test_daemon_path(daemon, "root/big"), "w");

	ck_assert_ptr_nonnull(data);
	ck_assert_ptr_nonnull(file);
	for (i = 0; i < BIG_SIZE / sizeof(*data); i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		data[i] = state;
	}
	ck_assert_uint_eq(fwrite(data, 1, BIG_SIZE, file), BIG_SIZE);
	ck_assert_int_eq(fclose(file), 0);
	return (char *)data;
}

static void
expect_bytes(
    const struct test_response *response, const char *data, size_t size)
{
	ck_assert_uint_eq(response->size, size);
	ck_assert_int_eq(memcmp(response->body, data, size), 0);
}

START_TEST(a_big_file_arrives_as_it_is)
{
	struct test_daemon *daemon = start("");
	char *data = make_big(daemon);
	struct test_response response;
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	ask(&client, "GET", "/big", "", &response);
	ck_assert_int_eq(response.status, 200);
	expect_bytes(&response, data, BIG_SIZE);
	test_response_free(&response);
	ask(&client, "GET", "/big", "Range: bytes=1000001-17000002\r\n",
	    &response);
	ck_assert_int_eq(response.status, 206);
	expect_bytes(&response, data + 1000001, 16000002);
	test_response_free(&response);
	ask(&client, "GET", "/big",
	    "Range: bytes=5000000-9000000,0-4000000\r\n", &response);
	ck_assert_int_eq(response.status, 206);
	ck_assert_ptr_nonnull(
	    memmem(response.body, response.size, data + 5000000, 4000001));
	ck_assert_ptr_nonnull(
	    memmem(response.body, response.size, data, 4000001));
	test_response_free(&response);
	/* The connection is where it should be. */
	ck_assert_int_eq(test_client_status(&client, "/digits.txt"), 200);
	test_client_close(&client);
	free(data);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_pipeline_of_big_and_small_keeps_its_order)
{
	struct test_daemon *daemon = start("");
	char *data = make_big(daemon);
	struct test_response response;
	struct test_client client;
	int i;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client,
	    "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /digits.txt HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /digits.txt HTTP/1.1\r\nHost: a\r\n\r\n");
	for (i = 0; i < 2; i++) {
		test_client_read(&client, "GET", &response);
		expect_bytes(&response, data, BIG_SIZE);
		test_response_free(&response);
		test_client_read(&client, "GET", &response);
		ck_assert_str_eq(response.body, DIGITS);
		test_response_free(&response);
	}
	test_client_close(&client);
	free(data);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_slow_reader_holds_nobody_up)
{
	struct test_daemon *daemon = start("");
	char *data = make_big(daemon);
	unsigned port = test_daemon_port(daemon);
	struct test_response response;
	struct test_client slow[8], quick;
	long long before;
	pid_t worker;
	int i;

	ck_assert_uint_eq(test_daemon_workers(daemon, &worker, 1), 1);
	before = test_process_number(worker, "VmRSS");
	for (i = 0; i < 8; i++) {
		test_client_connect(&slow[i], port);
		test_client_send_text(
		    &slow[i], "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
		test_client_peek(&slow[i], 1);
	}
	/* Each is stuck by now: others are not, and memory holds no file. */
	test_client_connect(&quick, port);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(
		    test_client_status(&quick, "/digits.txt"), 200);
	ck_assert_int_lt(
	    test_process_number(worker, "VmRSS") - before, 8 * 1024);
	for (i = 0; i < 8; i++) {
		test_client_read(&slow[i], "GET", &response);
		expect_bytes(&response, data, BIG_SIZE);
		test_response_free(&response);
		test_client_close(&slow[i]);
	}
	test_client_close(&quick);
	free(data);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_file_that_shrinks_ends_the_connection)
{
	struct test_daemon *daemon = start("");
	char *data = make_big(daemon);
	struct test_client client, other;
	char buffer[65536];
	size_t total = 0;
	ssize_t size;

	test_daemon_expect(daemon, "file cut at byte ");
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_peek(&client, 1);
	ck_assert_int_eq(
	    truncate(test_daemon_path(daemon, "root/big"), 100), 0);
	while ((size = recv(client.fd, buffer, sizeof(buffer), 0)) > 0)
		total += (size_t)size;
	ck_assert_uint_lt(total, BIG_SIZE);
	test_client_close(&client);
	test_client_connect(&other, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&other, "/digits.txt"), 200);
	test_client_close(&other);
	free(data);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- tricks ---- */

static const char *const tricks[] = {
	"/../secret",
	"/../../../../../../etc/passwd",
	"/sub/../../secret",
	"/sub/../../beside/secret",
	"/%2e%2e/secret",
	"/%2E%2E/secret",
	"/.%2e/secret",
	"/sub/%2e%2e/%2e%2e/secret",
	"/..%2fsecret",
	"/sub%2f..%2f..%2fsecret",
	"/%2e%2e%2fsecret",
	"/..%5csecret",
	"/..\\secret",
	"/sub/..\\..\\secret",
	"/%5c..%5csecret",
	"/.../secret",
	"/..;/secret",
	"/..%00/secret",
	"/digits.txt%00.html",
	"/%00",
	"/%2e%2e%c0%afsecret",
	"/%c0%ae%c0%ae/secret",
	"/%252e%252e/secret",
	"/%252e%252e%252fsecret",
	"//../secret",
	"/.//../secret",
	"/./../secret",
	"/sub//..//..//secret",
	"http://a/../secret",
	"http://a/%2e%2e/secret",
	"/out",
	"/absolute",
	"/beside/secret",
	"/beside/",
	"/passwd",
	"/sub/../out",
	"/.hidden",
	"/%2ehidden",
	"/.git/config",
	"/sub/../.git/config",
	"/fifo",
	"/fifo/",
	"/etc/passwd",
	"//etc/passwd",
	"/proc/self/root/etc/passwd",
	"/digits.txt%2f",
	"/index.html%20",
	"/index.html.",
	"/?/../../secret/../x%00",
};

START_TEST(no_trick_gets_out)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;

	/* Whoever asks in a bad way is told so, and closed. */
	test_client_connect(&client, test_daemon_port(daemon));
	ask(&client, "GET", tricks[_i], "", &response);
	ck_assert_msg(response.status >= 400 && response.status <= 404 ?
		true :
		response.status == 200 && tricks[_i][1] == '?',
	    "%s: %d %s", tricks[_i], response.status, response.body);
	ck_assert_ptr_null(strstr(response.body, SECRET));
	ck_assert_ptr_null(strstr(response.body, "root:"));
	test_response_free(&response);
	test_client_close(&client);
	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client, "/digits.txt"), 200);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* What no text can say. */
START_TEST(raw_octets_get_nothing)
{
	static const char nul[] =
	    "GET /digits.txt\0 HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char *const texts[] = {
		"GET ../secret HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET secret HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /\xc0\xae\xc0\xae/secret HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /digits.txt#/../secret HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /% HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /digits.txt\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
	};
	struct test_daemon *daemon = start("");
	unsigned port = test_daemon_port(daemon);
	struct test_response response;
	struct test_client client;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(
		    test_refused(port, texts[i]) == 400, "%s", texts[i]);
	test_client_connect(&client, port);
	test_client_send(&client, nul, sizeof(nul) - 1);
	test_client_read(&client, "GET", &response);
	ck_assert_int_eq(response.status, 400);
	test_response_free(&response);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(what_may_not_be_read_is_forbidden)
{
	struct test_daemon *daemon = start("");
	struct test_client client;

	test_daemon_write(daemon, "root/closed", SECRET);
	ck_assert_int_eq(chmod(test_daemon_path(daemon, "root/closed"), 0), 0);
	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client, "/closed"), 403);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- mounts ---- */

START_TEST(a_mount_has_its_prefix_and_its_own_root)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_response response;
	struct test_client client;

	make_site(daemon);
	test_daemon_expect(daemon, "a link that leads elsewhere");
	test_daemon_configure(daemon,
	    "workers = 1\nlisten \"127.0.0.1:0\" {}\n"
	    "host \"*\" {\n"
	    "mount \"/\" { files = \"@/root\" }\n"
	    "mount \"/other\" { files = \"@/beside\" }\n"
	    "mount \"/old\" { redirect = \"/sub\" redirect_status = 301 }\n"
	    "}\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_client_connect(&client, test_daemon_port(daemon));
	ask(&client, "GET", "/other/secret", "", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(response.body, SECRET);
	test_response_free(&response);
	ask(&client, "GET", "/other", "", &response);
	ck_assert_int_eq(response.status, 301);
	expect_field(&response, "Location", "/other/");
	test_response_free(&response);
	ck_assert_int_eq(
	    test_client_status(&client, "/other/../digits.txt"), 200);
	ck_assert_int_eq(test_client_status(&client, "/otherwise"), 404);
	ask(&client, "GET", "/old/deep/file.json", "", &response);
	ck_assert_int_eq(response.status, 301);
	expect_field(&response, "Location", "/sub/deep/file.json");
	test_response_free(&response);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("files");
	TCase *tcase = tcase_create("files");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, files_are_found_and_have_types);
	tcase_add_test(tcase, a_directory_without_its_slash_is_redirected);
	tcase_add_test(tcase, other_methods_are_told_what_is_allowed);
	tcase_add_test(tcase, a_listing_shows_what_may_be_had);
	tcase_add_test(tcase, a_listing_without_index_names_no_links_out);
	tcase_add_test(tcase, hidden_files_are_served_if_they_shall_be);
	tcase_add_test(tcase, conditions_are_heeded);
	tcase_add_test(tcase, a_changed_file_has_another_tag);
	tcase_add_test(tcase, head_is_get_without_a_body);
	tcase_add_test(tcase, a_range_is_a_part);
	tcase_add_test(tcase, several_ranges_are_several_parts);
	tcase_add_test(tcase, a_big_file_arrives_as_it_is);
	tcase_add_test(tcase, a_pipeline_of_big_and_small_keeps_its_order);
	tcase_add_test(tcase, a_slow_reader_holds_nobody_up);
	tcase_add_test(tcase, a_file_that_shrinks_ends_the_connection);
	tcase_add_loop_test(tcase, no_trick_gets_out, 0, COUNT(tricks));
	tcase_add_test(tcase, raw_octets_get_nothing);
	tcase_add_test(tcase, what_may_not_be_read_is_forbidden);
	tcase_add_test(tcase, a_mount_has_its_prefix_and_its_own_root);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
