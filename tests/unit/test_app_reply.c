/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/app_request.h"
#include "test_app_module.h"

/* Releases count. */
static int released;

static void
release(void *owner)
{
	released += *(int *)owner;
}

static int one = 1, hundred = 100;

static void
expect_released(int expected)
{
	ck_assert_int_eq(released, expected);
	released = 0;
}

static enum cohort_verdict
reply_text(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%s %d", "text", 5);
}

static enum cohort_verdict
reply_long_text(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%0*d", 50000, 7);
}

static enum cohort_verdict
reply_json(struct cohort_request *request, void *context)
{
	return cohort_reply_json(request, 201, "{}garbage", 2);
}

static enum cohort_verdict
reply_copy(struct cohort_request *request, void *context)
{
	char bytes[] = "copied", type[] = "text/x";
	enum cohort_verdict verdict =
	    cohort_reply_copy(request, 200, type, bytes, 6);

	memset(bytes, 'x', sizeof(bytes));
	memset(type, 'x', sizeof(type));
	return verdict;
}

/* Far above what request memory would take. */
static enum cohort_verdict
reply_large_copy(struct cohort_request *request, void *context)
{
	size_t size = 20 << 20;
	char *bytes = malloc(size);
	enum cohort_verdict verdict;

	memset(bytes, 'l', size);
	verdict = cohort_reply_copy(request, 200, NULL, bytes, size);
	free(bytes);
	return verdict;
}

static enum cohort_verdict
reply_static(struct cohort_request *request, void *context)
{
	return cohort_reply_static(request, 200, "text/x", "static", 6);
}

static enum cohort_verdict
reply_owned(struct cohort_request *request, void *context)
{
	return cohort_reply_owned(
	    request, 200, "text/x", "owned", 5, release, &one);
}

static enum cohort_verdict
reply_pieces(struct cohort_request *request, void *context)
{
	static int fd;
	const struct app_piece pieces[] = {
		{ .data = "begin ", .size = 6 },
		{ .fd = fd = memfd_create("file", MFD_CLOEXEC),
		    .offset = 2,
		    .size = 3 },
		{ .data = "", .size = 0 },
		{ .data = " end", .size = 4 },
	};

	ck_assert_int_eq(write(fd, "01234567", 8), 8);
	return app_reply_pieces(request, 206, NULL, pieces, 4, release, &one);
}

/* In which phase the release of an app's reply ran. */
static enum app_phase released_in;

static void
note_phase(void *owner)
{
	released_in = ((const struct app *)owner)->phase;
}

static enum cohort_verdict
reply_of_module(struct cohort_request *request, void *context)
{
	return cohort_reply_owned(
	    request, 200, NULL, "x", 1, note_phase, request->app);
}

static enum cohort_verdict
reply_of_program(struct cohort_request *request, void *context)
{
	static const struct app_piece piece = { .data = "x", .size = 1 };

	return app_reply_pieces(
	    request, 200, NULL, &piece, 1, note_phase, request->app);
}

static enum cohort_verdict
reply_empty(struct cohort_request *request, void *context)
{
	return cohort_reply_empty(request, *(int *)context);
}

static enum cohort_verdict
reply_redirect(struct cohort_request *request, void *context)
{
	return cohort_reply_redirect(request, 308, (const char *)context);
}

static enum cohort_verdict
redirect_wrongly(struct cohort_request *request, void *context)
{
	return cohort_reply_redirect(request, 300, "/");
}

static enum cohort_verdict
reply_twice(struct cohort_request *request, void *context)
{
	cohort_reply_owned(request, 202, NULL, "first", 5, release, &one);
	ck_assert_int_eq(cohort_reply_status(request), 202);
	ck_assert_int_eq(cohort_reply_owned(request, 200, NULL, "second", 6,
			     release, &hundred),
	    COHORT_FAILED);
	expect_released(100);
	return COHORT_FAILED;
}

static enum cohort_verdict
reply_strangely(struct cohort_request *request, void *context)
{
	return cohort_reply_owned(
	    request, *(int *)context, NULL, "x", 1, release, &one);
}

static int no_content = 204, reset_content = 205, not_modified = 304,
	   created = 201, informational = 103, beyond = 600;

static int
set_up(struct cohort_app *app)
{
	cohort_get(app, "/text", reply_text, NULL);
	cohort_get(app, "/long", reply_long_text, NULL);
	cohort_get(app, "/json", reply_json, NULL);
	cohort_get(app, "/copy", reply_copy, NULL);
	cohort_get(app, "/large", reply_large_copy, NULL);
	cohort_get(app, "/static", reply_static, NULL);
	cohort_get(app, "/owned", reply_owned, NULL);
	cohort_get(app, "/pieces", reply_pieces, NULL);
	cohort_get(app, "/module", reply_of_module, NULL);
	cohort_get(app, "/program", reply_of_program, NULL);
	cohort_get(app, "/empty/204", reply_empty, &no_content);
	cohort_get(app, "/empty/205", reply_empty, &reset_content);
	cohort_get(app, "/empty/304", reply_empty, &not_modified);
	cohort_get(app, "/empty/201", reply_empty, &created);
	cohort_get(app, "/redirect", reply_redirect, TEXT("/a%20b?c#d"));
	cohort_get(app, "/redirect/bad", reply_redirect, TEXT("/a\r\nX: b"));
	cohort_get(app, "/redirect/raw", reply_redirect, TEXT("/a b"));
	cohort_get(app, "/redirect/null", reply_redirect, NULL);
	cohort_get(app, "/redirect/300", redirect_wrongly, NULL);
	cohort_get(app, "/twice", reply_twice, NULL);
	cohort_get(app, "/103", reply_strangely, &informational);
	cohort_get(app, "/600", reply_strangely, &beyond);
	return 0;
}

static const struct {
	const char *target;
	int status;
	const char *type, *length, *body;
	int released;
} replies[] = {
	{ "/text", 200, "text/plain; charset=utf-8", "6", "text 5", 0 },
	{ "/long", 200, "text/plain; charset=utf-8", "50000", NULL, 0 },
	{ "/json", 201, "application/json", "2", "{}", 0 },
	{ "/copy", 200, "text/x", "6", "copied", 0 },
	{ "/large", 200, NULL, "20971520", NULL, 0 },
	{ "/static", 200, "text/x", "6", "static", 0 },
	{ "/owned", 200, "text/x", "5", "owned", 1 },
	{ "/pieces", 206, NULL, "13", "begin 234 end", 1 },
	{ "/empty/204", 204, NULL, NULL, "", 0 },
	{ "/empty/205", 205, NULL, "0", "", 0 },
	{ "/empty/304", 304, NULL, NULL, "", 0 },
	{ "/empty/201", 201, NULL, "0", "", 0 },
	{ "/redirect", 308, NULL, "0", "", 0 },
};

static void
expect_text(const char *text, const char *expected)
{
	if (expected == NULL)
		ck_assert_ptr_null(text);
	else
		ck_assert_str_eq(text, expected);
}

START_TEST(replies_go_out)
{
	struct cohort_test_reply *got = get(replies[_i].target);

	expect(got, replies[_i].status, replies[_i].body);
	expect_text(
	    cohort_test_header(got, "Content-Type", 0), replies[_i].type);
	expect_text(
	    cohort_test_header(got, "Content-Length", 0), replies[_i].length);
	expect_released(replies[_i].released);
}
END_TEST

/* The same head, no body, and all is released. */
START_TEST(head_has_the_head_only)
{
	struct cohort_test_reply *got = ask("HEAD", replies[_i].target, NULL);

	expect(got, replies[_i].status, "");
	expect_text(
	    cohort_test_header(got, "Content-Type", 0), replies[_i].type);
	expect_text(
	    cohort_test_header(got, "Content-Length", 0), replies[_i].length);
	expect_released(replies[_i].released);
}
END_TEST

START_TEST(locations_are_encoded)
{
	ck_assert_str_eq(
	    cohort_test_header(get("/redirect"), "Location", 0), "/a%20b?c#d");
	expect(get("/redirect/bad"), 500, NULL);
	expect(get("/redirect/raw"), 500, NULL);
	expect(get("/redirect/null"), 500, NULL);
	EXPECT_LOG("error: cohort_reply_redirect: field \"Location\" refused",
	    "error: cohort_reply_redirect: field \"Location\" refused",
	    "error: cohort_reply_redirect: field \"Location\" refused");
	expect(get("/redirect/300"), 500, NULL);
	EXPECT_LOG(
	    "error: cohort_reply_redirect: status 300 is no redirection, ",
	    "error: handler /redirect/300 failed, ");
}
END_TEST

START_TEST(the_first_reply_counts)
{
	expect(get("/twice"), 202, "first");
	expect_released(1);
	EXPECT_LOG("error: cohort_reply_owned: a second reply, with status "
		   "200, refused, ");
}
END_TEST

START_TEST(only_final_statuses_are_replies)
{
	expect(get("/103"), 500, NULL);
	expect(get("/600"), 500, NULL);
	expect_released(2);
	EXPECT_LOG("error: cohort_reply_owned: status 103 is none of a reply",
	    "error: handler /103 failed",
	    "error: cohort_reply_owned: status 600 is none of a reply",
	    "error: handler /600 failed");
}
END_TEST

/* Files. */

static struct {
	int64_t offset, size;
	int status;
	const char *body;
} parts[] = {
	{ 0, -1, 200, "0123456789" },
	{ 0, 10, 200, "0123456789" },
	{ 3, 4, 200, "3456" },
	{ 3, -1, 200, "3456789" },
	{ 10, -1, 200, "" },
	{ 0, 0, 200, "" },
	{ 11, -1, 500, NULL },
	{ -1, 5, 500, NULL },
	{ 5, 6, 500, NULL },
	{ 0, -2, 500, NULL },
	{ INT64_MAX, INT64_MAX, 500, NULL },
	{ INT64_MIN, -1, 500, NULL },
};

static int part, file_fd;

static enum cohort_verdict
reply_file(struct cohort_request *request, void *context)
{
	file_fd = memfd_create("file", MFD_CLOEXEC);
	ck_assert_int_eq(write(file_fd, "0123456789", 10), 10);
	return cohort_reply_file(request, 200, "text/x", file_fd,
	    parts[part].offset, parts[part].size);
}

static enum cohort_verdict
reply_pipe(struct cohort_request *request, void *context)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	close(fds[1]);
	file_fd = fds[0];
	return cohort_reply_file(request, 200, NULL, file_fd, 0, -1);
}

static enum cohort_verdict
reply_no_file(struct cohort_request *request, void *context)
{
	return cohort_reply_file(request, 200, NULL, -1, 0, -1);
}

static enum cohort_verdict
reply_second_file(struct cohort_request *request, void *context)
{
	file_fd = memfd_create("file", MFD_CLOEXEC);
	cohort_reply_empty(request, 204);
	ck_assert_int_eq(cohort_reply_file(request, 200, NULL, file_fd, 0, -1),
	    COHORT_FAILED);
	ck_assert_int_eq(fcntl(file_fd, F_GETFD), -1);
	return COHORT_DONE;
}

static int
set_up_files(struct cohort_app *app)
{
	cohort_get(app, "/file", reply_file, NULL);
	cohort_get(app, "/pipe", reply_pipe, NULL);
	cohort_get(app, "/none", reply_no_file, NULL);
	cohort_get(app, "/second", reply_second_file, NULL);
	return 0;
}

START_TEST(files_go_out_in_part)
{
	part = _i;
	expect(get("/file"), parts[_i].status, parts[_i].body);
	ck_assert_int_eq(fcntl(file_fd, F_GETFD), -1);
	if (parts[_i].status == 500)
		cohort_test_log(test);
}
END_TEST

START_TEST(what_is_no_file_is_closed_all_the_same)
{
	expect(get("/pipe"), 500, NULL);
	ck_assert_int_eq(fcntl(file_fd, F_GETFD), -1);
	EXPECT_LOG("error: cohort_reply_file: not a regular file",
	    "error: handler /pipe failed");
	expect(get("/none"), 500, NULL);
	EXPECT_LOG("error: cohort_reply_file: fstat: Bad file descriptor",
	    "error: handler /none failed");
	expect(get("/second"), 204, "");
	EXPECT_LOG("error: cohort_reply_file: a second reply");
}
END_TEST

/* Editing by `after`. */

/* What a module does at the end, it does in a phase; what is our own needs
 * none. */
START_TEST(modules_release_in_a_phase)
{
	released_in = APP_PHASE_HANDLER;
	expect(get("/module"), 200, "x");
	ck_assert_int_eq(released_in, APP_PHASE_FREE);
	expect(get("/program"), 200, "x");
	ck_assert_int_eq(released_in, APP_PHASE_NONE);
}
END_TEST

static void
replace(struct cohort_request *request, void *context)
{
	ck_assert_int_eq(cohort_reply_status(request), 200);
	cohort_reply_static(request, 203, "text/y", "replaced", 8);
	expect_released(1);
}

static int
set_up_replacement(struct cohort_app *app)
{
	cohort_after(app, replace, NULL);
	cohort_get(app, "/owned", reply_owned, NULL);
	return 0;
}

START_TEST(what_is_replaced_is_released)
{
	struct cohort_test_reply *got = get("/owned");

	expect(got, 203, "replaced");
	ck_assert_str_eq(cohort_test_header(got, "Content-Type", 0), "text/y");
	ck_assert_ptr_null(cohort_test_header(got, "Content-Type", 1));
	expect_released(0);
}
END_TEST

static void
open_replies(void)
{
	open_test(set_up);
}

static void
open_files(void)
{
	open_test(set_up_files);
}

static void
open_replacement(void)
{
	open_test(set_up_replacement);
}

int
main(void)
{
	Suite *suite = suite_create("app_reply");
	TCase *tcase = tcase_create("replies");

	tcase_add_checked_fixture(tcase, open_replies, close_test);
	tcase_add_loop_test(
	    tcase, replies_go_out, 0, sizeof(replies) / sizeof(replies[0]));
	tcase_add_loop_test(tcase, head_has_the_head_only, 0,
	    sizeof(replies) / sizeof(replies[0]));
	tcase_add_test(tcase, locations_are_encoded);
	tcase_add_test(tcase, modules_release_in_a_phase);
	tcase_add_test(tcase, the_first_reply_counts);
	tcase_add_test(tcase, only_final_statuses_are_replies);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("files");
	tcase_add_checked_fixture(tcase, open_files, close_test);
	tcase_add_loop_test(
	    tcase, files_go_out_in_part, 0, sizeof(parts) / sizeof(parts[0]));
	tcase_add_test(tcase, what_is_no_file_is_closed_all_the_same);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("replacement");
	tcase_add_checked_fixture(tcase, open_replacement, close_test);
	tcase_add_test(tcase, what_is_replaced_is_released);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
