/* SPDX-License-Identifier: ISC */
/*
 * Files that change while they are served, with the settings as they are by
 * default: no client is told "not modified" of what was, none gets parts of
 * two versions as of one, and lengths stay true (RFC 9110, 8.8, 13.1, 14.2).
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define MODIFIED_SECONDS 784111777

static const size_t sizes[] = { 100, 100000 };

struct site {
	struct test_daemon *daemon;
	struct test_client client;
	char etag[128], modified[64]; /* of the last answer */
};

/* All bytes of the file are that letter; the same bytes of the disk. */
static void
write_file(struct site *site, const char *name, char letter, size_t size)
{
	char *data = malloc(size);
	int fd = open(test_daemon_path(site->daemon, name),
	    O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	memset(data, letter, size);
	ck_assert_int_eq(pwrite(fd, data, size, 0), (ssize_t)size);
	ck_assert_int_eq(close(fd), 0);
	free(data);
}

/* As cp -p and others do: the time does not tell. */
static void
write_secretly(struct site *site, char letter, size_t size)
{
	static const struct timespec times[2] = { { MODIFIED_SECONDS, 0 },
		{ MODIFIED_SECONDS, 0 } };

	write_file(site, "root/file", letter, size);
	ck_assert_int_eq(
	    utimensat(AT_FDCWD, test_daemon_path(site->daemon, "root/file"),
		times, 0),
	    0);
}

static void
open_site(struct site *site)
{
	site->daemon = test_daemon_new();
	ck_assert_int_eq(
	    mkdir(test_daemon_path(site->daemon, "root"), 0755), 0);
	ck_assert_int_eq(
	    chmod(test_daemon_path(site->daemon, "root"), 0755), 0);
	test_daemon_write(site->daemon, "root/other", "other");
	test_daemon_configure(site->daemon,
	    "workers = 1\nlisten \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { files = \"@/root\" } }\n");
	test_daemon_start(site->daemon, "-c", "@/conf", NULL);
	test_client_connect(&site->client, test_daemon_port(site->daemon));
}

static void
close_site(struct site *site)
{
	test_client_close(&site->client);
	test_daemon_stop(&site->daemon);
}

static void
keep(const struct test_response *response, const char *name, char *to,
    size_t room)
{
	const char *value = test_response_field(response, name);

	snprintf(to, room, "%s", value == NULL ? "" : value);
}

static void
expect_letters(const struct test_response *response, char letter, size_t size)
{
	const char letters[] = { letter, '\0' };

	ck_assert_uint_eq(response->size, size);
	ck_assert_uint_eq(strspn(response->body, letters), size);
}

/* fields: lines with their CRLF. */
static void
expect(
    struct site *site, const char *fields, int status, char letter, size_t size)
{
	struct test_response response;

	test_client_send_format(
	    &site->client, "GET /file HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
	test_client_read(&site->client, "GET", &response);
	ck_assert_msg(response.status == status, "%s: %d, not %d", fields,
	    response.status, status);
	if (status == 200 || status == 206)
		expect_letters(&response, letter, size);
	keep(&response, "ETag", site->etag, sizeof(site->etag));
	keep(
	    &response, "Last-Modified", site->modified, sizeof(site->modified));
	test_response_free(&response);
}

static const char *
field(const char *name, const char *value)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s: %s\r\n", name, value);
	return text;
}

START_TEST(a_secret_change_has_another_tag)
{
	size_t size = sizes[_i];
	char fields[256], etag[128];
	struct site site;

	open_site(&site);
	write_secretly(&site, 'a', size);
	expect(&site, "", 200, 'a', size);
	strcpy(etag, site.etag);
	write_secretly(&site, 'b', size);
	expect(&site, field("If-None-Match", etag), 200, 'b', size);
	ck_assert_str_ne(site.etag, etag);
	write_secretly(&site, 'c', size);
	snprintf(fields, sizeof(fields),
	    "Range: bytes=50-59\r\nIf-Range: %s\r\n", site.etag);
	expect(&site, fields, 200, 'c', size);
	write_secretly(&site, 'd', size);
	expect(&site, "Range: bytes=50-59\r\n", 206, 'd', 10);
	ck_assert_str_ne(site.etag, etag);
	expect(&site, field("If-Match", etag), 412, 0, 0);
	close_site(&site);
}
END_TEST

START_TEST(what_is_unchanged_is_304)
{
	size_t size = sizes[_i];
	struct site site;

	open_site(&site);
	write_secretly(&site, 'a', size);
	expect(&site, "", 200, 'a', size);
	expect(&site, field("If-Modified-Since", site.modified), 304, 0, 0);
	expect(&site, "Range: bytes=0-9\r\n", 206, 'a', 10);
	close_site(&site);
}
END_TEST

START_TEST(a_replaced_file_is_the_new_one)
{
	size_t size = sizes[_i];
	struct site site;
	char path[256];

	open_site(&site);
	write_secretly(&site, 'a', size);
	expect(&site, "", 200, 'a', size);
	write_file(&site, "root/new", 'b', size);
	snprintf(path, sizeof(path), "%s",
	    test_daemon_path(site.daemon, "root/new"));
	ck_assert_int_eq(
	    rename(path, test_daemon_path(site.daemon, "root/file")), 0);
	expect(&site, field("If-None-Match", site.etag), 200, 'b', size);
	ck_assert_int_eq(unlink(test_daemon_path(site.daemon, "root/file")), 0);
	expect(&site, field("If-None-Match", site.etag), 404, 0, 0);
	close_site(&site);
}
END_TEST

/* ---- changes while a file is sent ---- */

#define HUGE_SIZE (20 * 1024 * 1024)

/* What is said of the length stays true, and the next answer is one. */
START_TEST(a_file_that_grows_or_goes_is_sent_as_it_was)
{
	struct test_response response;
	struct site site;

	open_site(&site);
	write_file(&site, "root/file", 'a', HUGE_SIZE);
	test_client_send_text(
	    &site.client, "GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_peek(&site.client, 1);
	if (_i == 0)
		write_file(&site, "root/file", 'a', HUGE_SIZE + 1000);
	else
		ck_assert_int_eq(
		    unlink(test_daemon_path(site.daemon, "root/file")), 0);
	test_client_read(&site.client, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	expect_letters(&response, 'a', HUGE_SIZE);
	test_response_free(&response);
	ck_assert_int_eq(test_client_status(&site.client, "/other"), 200);
	close_site(&site);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file_changes");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_secret_change_has_another_tag, 0, 2);
	tcase_add_loop_test(tcase, what_is_unchanged_is_304, 0, 2);
	tcase_add_loop_test(tcase, a_replaced_file_is_the_new_one, 0, 2);
	tcase_add_loop_test(
	    tcase, a_file_that_grows_or_goes_is_sent_as_it_was, 0, 2);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
