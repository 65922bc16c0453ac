/* SPDX-License-Identifier: ISC */
#include "service/service_multipart.h"

#include "service/service_send.h"
#include "test_service_mount.h"
#include "test_service_tree.h"
#include "test_unit.h"

#define LARGE_SIZE 20000

static struct service_root root;
static struct service_types *types;

static enum cohort_verdict
send_path(struct cohort_request *request, void *context)
{
	const char *path = cohort_path_param(request, "path");
	struct service_file *file = service_file_open(&root, types, path);
	struct service_condition condition;

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
	struct error error;

	test_make_tree();
	test_write("root/ten.txt", "0123456789");
	test_write_large("root/large", LARGE_SIZE);
	ck_assert_int_eq(service_root_open(test_root, &root, &error), 0);
	ck_assert_int_eq(service_types_new("", &types, &error), 0);
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

#define PART(range)                                   \
	"Content-Type: text/plain; charset=utf-8\r\n" \
	"Content-Range: bytes " range "/10\r\n\r\n"

static const struct {
	const char *range, *body;
} replies[] = {
	{ "Range: bytes=0-1,4-5",
	    "--BOUNDARY\r\n" PART("0-1") "01\r\n"
					 "--BOUNDARY\r\n" PART(
					     "4-5") "45\r\n"
						    "--BOUNDARY--\r\n" },
	{ "Range: bytes=-1,0-0, 100-, 3-4",
	    "--BOUNDARY\r\n" PART(
		"9-9") "9\r\n"
		       "--BOUNDARY\r\n" PART(
			   "0-0") "0\r\n"
				  "--BOUNDARY\r\n" PART(
				      "3-4") "34\r\n"
					     "--BOUNDARY--\r\n" },
	{ "Range: bytes=7-8,0-2,1-3",
	    "--BOUNDARY\r\n" PART("0-3") "0123\r\n"
					 "--BOUNDARY\r\n" PART(
					     "7-8") "78\r\n"
						    "--BOUNDARY--\r\n" },
};

START_TEST(the_body_is_exactly_this)
{
	struct cohort_test_reply *reply =
	    test_ask("GET", "/ten.txt", replies[_i].range);
	char size[24];

	ck_assert_int_eq(cohort_test_status(reply), 206);
	test_expect_field(
	    reply, "Content-Type", "multipart/byteranges; boundary=BOUNDARY");
	test_expect_field(reply, "Content-Range", NULL);
	test_expect_body(reply, replies[_i].body);
	snprintf(size, sizeof(size), "%zu", strlen(replies[_i].body));
	test_expect_field(reply, "Content-Length", size);
	ck_assert_ptr_nonnull(cohort_test_header(reply, "ETag", 0));
}
END_TEST

START_TEST(parts_may_come_from_a_descriptor)
{
	struct cohort_test_reply *reply =
	    test_ask("GET", "/large", "Range: bytes=0-0,19999-,30-31");
	char expected[512];

	snprintf(expected, sizeof(expected),
	    "--BOUNDARY\r\nContent-Type: application/octet-stream\r\n"
	    "Content-Range: bytes 0-0/20000\r\n\r\n%c\r\n"
	    "--BOUNDARY\r\nContent-Type: application/octet-stream\r\n"
	    "Content-Range: bytes 19999-19999/20000\r\n\r\n%c\r\n"
	    "--BOUNDARY\r\nContent-Type: application/octet-stream\r\n"
	    "Content-Range: bytes 30-31/20000\r\n\r\n%c%c\r\n"
	    "--BOUNDARY--\r\n",
	    test_byte(0), test_byte(19999), test_byte(30), test_byte(31));
	test_expect_body(reply, expected);
}
END_TEST

START_TEST(as_many_parts_as_ranges_may_be)
{
	char header[256] = "Range: bytes=0-0", one[32];
	struct cohort_test_reply *reply;
	const char *cursor;
	size_t i, count = 0;

	for (i = 1; i < HTTP_RANGES_MAX; i++) {
		snprintf(one, sizeof(one), ",%zu-%zu", i * 10, i * 10);
		strcat(header, one);
	}
	reply = test_ask("GET", "/large", header);
	ck_assert_int_eq(cohort_test_status(reply), 206);
	for (cursor = cohort_test_body(reply).data;
	     (cursor = strstr(cursor, "Content-Range")) != NULL; cursor++)
		count++;
	ck_assert_uint_eq(count, HTTP_RANGES_MAX);
	strcat(header, ",1000-1000");
	reply = test_ask("GET", "/large", header);
	ck_assert_int_eq(cohort_test_status(reply), 200);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_multipart");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, open_test, close_test);
	tcase_add_loop_test(tcase, the_body_is_exactly_this, 0,
	    sizeof(replies) / sizeof(replies[0]));
	tcase_add_test(tcase, parts_may_come_from_a_descriptor);
	tcase_add_test(tcase, as_many_parts_as_ranges_may_be);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
