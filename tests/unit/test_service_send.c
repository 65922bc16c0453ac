/* SPDX-License-Identifier: ISC */
#include "service/service_send.h"

#include <time.h>

#include "test_service_mount.h"
#include "test_service_tree.h"
#include "test_unit.h"

#define MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE   "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER    "Sun, 06 Nov 1994 08:49:38 GMT"

#define LARGE_SIZE 20000

static struct service_root root;
static struct service_types *types;
static char etag[SERVICE_TAG_SIZE];

static enum cohort_verdict
send_path(struct cohort_request *request, void *context)
{
	const char *path = cohort_path_param(request, "path");
	struct service_file *file = service_file_open(&root, types, path);
	struct service_condition condition;

	if (file == NULL)
		return COHORT_DECLINED;
	ck_assert(service_condition_read(request, &condition));
	return service_send(request, file, &condition, "BOUNDARY");
}

static int
setup(struct cohort_app *app)
{
	return cohort_get(app, "/{path}*", send_path, NULL);
}

COHORT_MODULE("test", setup);

static void
open_test(void)
{
	struct service_file *file;
	struct error error;

	test_make_tree();
	test_write("root/ten", "0123456789");
	test_set_time("root/ten", 784111777);
	test_write("root/empty.txt", "");
	test_write_large("root/large", LARGE_SIZE);
	ck_assert_int_eq(service_root_open(test_root, &root, &error), 0);
	ck_assert_int_eq(service_types_new("", &types, &error), 0);
	file = service_file_open(&root, types, "ten");
	strcpy(etag, file->etag);
	service_file_release(file);
	test = cohort_test_open(NULL);
	ck_assert_ptr_nonnull(test);
}

static void
close_test(void)
{
	ck_assert_str_eq(cohort_test_log(test), "");
	ck_assert_int_eq(cohort_test_close(&test), 0);
	service_types_free(&types);
	service_root_close(&root);
	test_remove_tree();
}

START_TEST(a_file_is_sent_whole)
{
	struct cohort_test_reply *reply = test_get("/ten");

	ck_assert_int_eq(cohort_test_status(reply), 200);
	test_expect_body(reply, "0123456789");
	test_expect_field(reply, "ETag", etag);
	test_expect_field(reply, "Last-Modified", MODIFIED);
	test_expect_field(reply, "Accept-Ranges", "bytes");
	test_expect_field(reply, "Content-Type", "application/octet-stream");
	test_expect_field(reply, "Content-Range", NULL);
	test_expect_field(reply, "Content-Length", "10");
}
END_TEST

START_TEST(head_has_no_body)
{
	struct cohort_test_reply *reply = test_ask("HEAD", "/ten", NULL);

	ck_assert_int_eq(cohort_test_status(reply), 200);
	test_expect_body(reply, "");
	test_expect_field(reply, "Content-Length", "10");
	test_expect_field(reply, "ETag", etag);

	reply = test_ask("HEAD", "/large", NULL);
	test_expect_body(reply, "");
	test_expect_field(reply, "Content-Length", "20000");
}
END_TEST

START_TEST(an_empty_file_is_empty)
{
	struct cohort_test_reply *reply = test_get("/empty.txt");

	ck_assert_int_eq(cohort_test_status(reply), 200);
	test_expect_body(reply, "");
	test_expect_field(reply, "Content-Length", "0");
	test_expect_field(reply, "Content-Type", "text/plain; charset=utf-8");

	reply = test_ask("GET", "/empty.txt", "Range: bytes=0-");
	ck_assert_int_eq(cohort_test_status(reply), 416);
	test_expect_field(reply, "Content-Range", "bytes */0");
}
END_TEST

START_TEST(a_large_file_is_sent_from_its_descriptor)
{
	struct cohort_test_reply *reply = test_get("/large");
	struct cohort_str body = cohort_test_body(reply);
	size_t i;

	ck_assert_uint_eq(body.size, LARGE_SIZE);
	for (i = 0; i < LARGE_SIZE; i++)
		ck_assert_int_eq(body.data[i], test_byte(i));
}
END_TEST

/* %s is the file's tag. */
static const struct {
	const char *method, *headers;
	int status;
} conditions[] = {
	{ "GET", "If-None-Match: %s", 304 },
	{ "HEAD", "If-None-Match: %s", 304 },
	{ "GET", "If-None-Match: *", 304 },
	{ "GET", "If-None-Match: \"x\", W/%s", 304 },
	{ "GET", "If-None-Match: \"x\"\nIf-None-Match: %s", 304 },
	{ "GET", "If-None-Match: \"x\"", 200 },
	{ "GET", "If-None-Match: \"x\"\nIf-Modified-Since: " AFTER, 200 },
	{ "GET", "If-None-Match: %s\nIf-Modified-Since: " BEFORE, 304 },
	{ "GET", "If-Modified-Since: " MODIFIED, 304 },
	{ "HEAD", "If-Modified-Since: " AFTER, 304 },
	{ "GET", "If-Modified-Since: " BEFORE, 200 },
	{ "GET", "If-Modified-Since: yesterday", 200 },
	{ "GET", "If-Match: %s", 200 },
	{ "GET", "If-Match: *", 200 },
	{ "GET", "If-Match: W/%s", 412 },
	{ "GET", "If-Match: \"x\"", 412 },
	{ "HEAD", "If-Match: \"x\"", 412 },
	{ "GET", "If-Match: \"x\"\nIf-None-Match: %s", 412 },
	{ "GET", "If-Unmodified-Since: " BEFORE, 412 },
	{ "GET", "If-Unmodified-Since: " MODIFIED, 200 },
	{ "GET", "if-none-match: %s\nRange: bytes=0-1", 304 },
	{ "GET", "If-Match: \"x\"\nRange: bytes=0-1", 412 },
};

START_TEST(conditions_are_kept)
{
	bool is_get = strcmp(conditions[_i].method, "GET") == 0;
	int status = conditions[_i].status;
	struct cohort_test_reply *reply;
	char headers[256];

	snprintf(headers, sizeof(headers), conditions[_i].headers, etag);
	reply = test_ask(conditions[_i].method, "/ten", headers);
	ck_assert_int_eq(cohort_test_status(reply), status);
	if (status == 412) {
		test_expect_field(reply, "ETag", NULL);
		return;
	}
	test_expect_field(reply, "ETag", etag);
	test_expect_field(reply, "Last-Modified", MODIFIED);
	test_expect_body(reply, is_get && status == 200 ? "0123456789" : "");
	if (status == 304)
		test_expect_field(reply, "Content-Type", NULL);
}
END_TEST

static const struct {
	const char *method, *headers;
	int status;
	const char *range, *body; /* Content-Range */
} ranges[] = {
	{ "GET", "Range: bytes=0-3", 206, "bytes 0-3/10", "0123" },
	{ "GET", "range: Bytes=9-9", 206, "bytes 9-9/10", "9" },
	{ "GET", "Range: bytes=7-", 206, "bytes 7-9/10", "789" },
	{ "GET", "Range: bytes=7-1000", 206, "bytes 7-9/10", "789" },
	{ "GET", "Range: bytes=-2", 206, "bytes 8-9/10", "89" },
	{ "GET", "Range: bytes=-1000", 206, "bytes 0-9/10", "0123456789" },
	{ "GET", "Range: bytes=0-2,2-4,4-5", 206, "bytes 0-5/10", "012345" },
	{ "GET", "Range: bytes=8-9,100-200", 206, "bytes 8-9/10", "89" },
	{ "GET", "Range: bytes=10-", 416, "bytes */10", NULL },
	{ "GET", "Range: bytes=-0", 416, "bytes */10", NULL },
	{ "GET", "Range: bytes=20-30,10-11", 416, "bytes */10", NULL },
	{ "GET", "Range: bytes=3-1", 200, NULL, "0123456789" },
	{ "GET", "Range: bytes=x", 200, NULL, "0123456789" },
	{ "GET", "Range: lines=0-1", 200, NULL, "0123456789" },
	{ "GET", "Range: bytes=0-1\nRange: bytes=2-3", 200, NULL,
	    "0123456789" },
	{ "HEAD", "Range: bytes=0-3", 200, NULL, "" },
	{ "HEAD", "Range: bytes=10-", 200, NULL, "" },
	{ "GET", "Range: bytes=0-3\nIf-Range: %s", 206, "bytes 0-3/10",
	    "0123" },
	{ "GET", "Range: bytes=0-3\nIf-Range: W/%s", 200, NULL, "0123456789" },
	{ "GET", "Range: bytes=0-3\nIf-Range: \"x\"", 200, NULL, "0123456789" },
	{ "GET", "Range: bytes=0-3\nIf-Range: " MODIFIED, 206, "bytes 0-3/10",
	    "0123" },
	{ "GET", "Range: bytes=0-3\nIf-Range: " AFTER, 200, NULL,
	    "0123456789" },
	{ "GET", "Range: bytes=10-\nIf-Range: \"x\"", 200, NULL, "0123456789" },
	{ "GET", "Range: bytes=0-3\nIf-None-Match: \"x\"", 206, "bytes 0-3/10",
	    "0123" },
};

START_TEST(ranges_are_kept)
{
	struct cohort_test_reply *reply;
	char headers[256], size[24];

	snprintf(headers, sizeof(headers), ranges[_i].headers, etag);
	reply = test_ask(ranges[_i].method, "/ten", headers);
	ck_assert_int_eq(cohort_test_status(reply), ranges[_i].status);
	test_expect_field(reply, "Content-Range", ranges[_i].range);
	test_expect_field(reply, "Accept-Ranges", "bytes");
	if (ranges[_i].body == NULL)
		return;
	test_expect_body(reply, ranges[_i].body);
	test_expect_field(reply, "ETag", etag);
	test_expect_field(reply, "Last-Modified", MODIFIED);
	snprintf(size, sizeof(size), "%zu", strlen(ranges[_i].body));
	if (strcmp(ranges[_i].method, "GET") == 0)
		test_expect_field(reply, "Content-Length", size);
}
END_TEST

START_TEST(ranges_of_large_files_are_kept)
{
	struct cohort_test_reply *reply =
	    test_ask("GET", "/large", "Range: bytes=19000-19002");

	ck_assert_int_eq(cohort_test_status(reply), 206);
	test_expect_field(reply, "Content-Range", "bytes 19000-19002/20000");
	ck_assert_uint_eq(cohort_test_body(reply).size, 3);
	ck_assert_int_eq(cohort_test_body(reply).data[0], test_byte(19000));
	ck_assert_int_eq(cohort_test_body(reply).data[2], test_byte(19002));
}
END_TEST

static const struct {
	int age; /* in seconds, at least; below 0: in the future */
	const char *since;
	int status;
} ages[] = {
	{ 3600, AFTER, 200 },
	{ 3600, "Fri, 31 Dec 2100 23:59:59 GMT", 304 },
	{ -3600, AFTER, 200 },
	{ -3600, "Fri, 31 Dec 2100 23:59:59 GMT", 304 },
};

/* 8.8.2.1: Last-Modified is not later than Date, and then like it. */
START_TEST(no_file_was_modified_after_its_reply)
{
	time_t before = time(NULL), modified = before - ages[_i].age, date;
	struct cohort_test_reply *reply;
	const char *value;
	char headers[128];

	test_set_time("root/ten", modified);
	snprintf(
	    headers, sizeof(headers), "If-Modified-Since: %s", ages[_i].since);
	reply = test_ask("GET", "/ten", headers);
	ck_assert_int_eq(cohort_test_status(reply), ages[_i].status);
	value = cohort_test_header(reply, "Last-Modified", 0);
	ck_assert_int_eq(
	    http_date_parse(value, strlen(value), before, &date), 0);
	if (modified < before) {
		ck_assert_int_eq(date, modified);
		return;
	}
	ck_assert_int_le(date, time(NULL));
	ck_assert_int_ge(date, before - 1);
}
END_TEST

START_TEST(a_slow_client_has_what_was_there)
{
	struct cohort_test_reply *reply =
	    cohort_test_begin(test, "GET", "/large", NULL, NULL, 0);

	ck_assert_int_eq(cohort_test_status(reply), 200);
	cohort_test_room(reply, 10);
	unlink(test_path("root/large"));
	test_write("root/large", "new");
	cohort_test_room(reply, SIZE_MAX);
	ck_assert_uint_eq(cohort_test_body(reply).size, LARGE_SIZE);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_send");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, open_test, close_test);
	tcase_add_test(tcase, a_file_is_sent_whole);
	tcase_add_test(tcase, head_has_no_body);
	tcase_add_test(tcase, an_empty_file_is_empty);
	tcase_add_test(tcase, a_large_file_is_sent_from_its_descriptor);
	tcase_add_loop_test(tcase, conditions_are_kept, 0,
	    sizeof(conditions) / sizeof(conditions[0]));
	tcase_add_loop_test(
	    tcase, ranges_are_kept, 0, sizeof(ranges) / sizeof(ranges[0]));
	tcase_add_test(tcase, ranges_of_large_files_are_kept);
	tcase_add_loop_test(tcase, no_file_was_modified_after_its_reply, 0,
	    sizeof(ages) / sizeof(ages[0]));
	tcase_add_test(tcase, a_slow_client_has_what_was_there);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
