/* SPDX-License-Identifier: ISC */
#include "service/service_files.h"

#include "service/service_file.h"
#include "test_service_mount.h"
#include "test_service_tree.h"
#include "test_unit.h"

static char index_name[] = "index.html", no_index[] = "", no_types[] = "";
static char place[] = "test.conf:7", prefix[] = "/";

static const char *below = ""; /* where in the app it is mounted */
static struct settings settings;
static struct settings_mount mount;
static struct settings_host host;

/* What another mount would see. */
static enum cohort_verdict
answer_declined(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 404, "declined");
}

static int
setup(struct cohort_app *app)
{
	cohort_default(app, answer_declined, NULL);
	return service_files_setup(cohort_scope(app, below), &settings, &mount);
}

COHORT_MODULE("test", setup);

static void
set_settings(void)
{
	mount = (struct settings_mount) {
		.prefix = prefix,
		.place = place,
		.service = SETTINGS_SERVICE_FILES,
		.files = test_root,
		.index = index_name,
	};
	host = (struct settings_host) {
		.mounts = &mount,
		.mount_count = 1,
	};
	settings = (struct settings) {
		.types = no_types,
		.open_files = 16,
		.open_files_valid = 1000,
		.hosts = &host,
		.host_count = 1,
	};
}

static void
make_tree(void)
{
	set_settings();
	test_make_tree();
	test_write("root/index.html", "the index");
	test_write("root/a b.txt", "a b");
	test_write("root/with%2fpercent", "percent");
	test_write("root/back\\slash", "never");
	test_write("root/.hidden", "hidden");
	test_mkdir("root/sub");
	test_write("root/sub/index.html", "sub index");
	test_write("root/sub/file", "sub file");
	test_mkdir("root/bare");
	test_write("root/bare/one", "1");
	test_mkdir("root/bare/.dots");
	test_write("root/bare/.dots/file", "dots");
	test_mkdir("root/odd");
	test_mkdir("root/odd/index.html");
	test_write("root/private", "private");
	chmod(test_path("root/private"), 0);
	test_link("../outside/secret", "root/out");
	test_link("../outside", "root/out-dir");
	test_link("sub/file", "root/in");
	ck_assert_int_eq(mkfifo(test_path("root/fifo"), 0644), 0);
	test_write_large("root/large", SERVICE_FILE_CONTENT_MAX + 1000);
}

static void
open_test(void)
{
	test = cohort_test_open(NULL);
	ck_assert_ptr_nonnull(test);
}

static void
close_test(void)
{
	ck_assert_str_eq(cohort_test_log(test), "");
	ck_assert_int_eq(cohort_test_close(&test), 0);
}

/* body NULL: any. */
static void
expect(const char *target, int status, const char *body)
{
	struct cohort_test_reply *reply = test_get(target);

	ck_assert_msg(cohort_test_status(reply) == status, "%s: %d, not %d",
	    target, cohort_test_status(reply), status);
	if (body != NULL)
		test_expect_body(reply, body);
}

static const struct {
	const char *target;
	int status;
	const char *body;
} targets[] = {
	{ "/", 200, "the index" },
	{ "/?query", 200, "the index" },
	{ "/index.html", 200, "the index" },
	{ "//index.html", 200, "the index" },
	{ "/./sub/../index.html", 200, "the index" },
	{ "/a%20b.txt", 200, "a b" },
	{ "/a%20b.txt?x=%2f", 200, "a b" },
	{ "/with%252fpercent", 200, "percent" },
	{ "/sub/", 200, "sub index" },
	{ "/sub/file", 200, "sub file" },
	{ "/%73ub/%66ile", 200, "sub file" },
	{ "/in", 200, "sub file" },
	{ "http://localhost/sub/file", 200, "sub file" },

	{ "/none", 404, "declined" },
	{ "/none/", 404, "declined" },
	{ "/none/none", 404, "declined" },
	{ "/bare/", 404, "declined" },
	{ "/odd/", 404, "declined" },
	{ "/index.html/", 404, "declined" },
	{ "/index.html/x", 404, "declined" },
	{ "/.hidden", 404, "declined" },
	{ "/%2ehidden", 404, "declined" },
	{ "/bare/.dots/file", 404, "declined" },
	{ "/sub%2ffile", 404, "declined" },
	{ "/sub%2Ffile", 404, "declined" },
	{ "/sub%2f", 404, "declined" },
	{ "/sub%2ffile/../a%20b.txt", 404, "declined" },
	{ "/with%2fpercent", 404, "declined" },
	{ "/back\\slash", 404, "declined" },
	{ "/back%5cslash", 404, "declined" },
	{ "/..%5c..%5coutside%5csecret", 404, "declined" },
	{ "/%2e%2e%2foutside%2fsecret", 404, "declined" },
	{ "/..%2foutside%2fsecret", 404, "declined" },
	{ "/sub/..%2f..%2foutside/secret", 404, "declined" },
	{ "/%252e%252e/outside/secret", 404, "declined" },

	{ "/../outside/secret", 400, NULL },
	{ "/%2e%2e/outside/secret", 400, NULL },
	{ "/sub/../../outside/secret", 400, NULL },
	{ "/index.html%00.txt", 400, NULL },
	{ "/%00", 400, NULL },
};

START_TEST(paths_name_files)
{
	expect(targets[_i].target, targets[_i].status, targets[_i].body);
}
END_TEST

static const struct {
	const char *target, *log;
} refused[] = {
	{ "/private", "this may not be read" },
	{ "/fifo", "this may not be read" },
	{ "/out", "a link that leads elsewhere is not served" },
	{ "/out-dir/", "a link that leads elsewhere is not served" },
	{ "/out-dir/secret", "a link that leads elsewhere is not served" },
};

START_TEST(what_may_not_be_read_is_forbidden)
{
	test_drop_root();
	expect(refused[_i].target, 403, refused[_i].log);
	test_regain_root();
	ck_assert_ptr_nonnull(strstr(cohort_test_log(test), refused[_i].log));
}
END_TEST

static const struct {
	const char *target, *location;
} directories[] = {
	{ "/sub", "/sub/" },
	{ "/bare", "/bare/" },
	{ "/sub?a=b", "/sub/?a=b" },
	{ "//sub", "/sub/" },
	{ "/x/../sub", "/sub/" },
	{ "http://evil.example/sub", "/sub/" },
	{ "/odd/index.html", "/odd/index.html/" },
};

START_TEST(directories_end_in_a_slash)
{
	struct cohort_test_reply *reply = test_get(directories[_i].target);

	ck_assert_int_eq(cohort_test_status(reply), 301);
	test_expect_field(reply, "Location", directories[_i].location);
}
END_TEST

START_TEST(only_get_and_head_are_allowed)
{
	struct cohort_test_reply *reply = test_ask("POST", "/in", NULL);
	const char *allow;

	ck_assert_int_eq(cohort_test_status(reply), 405);
	allow = cohort_test_header(reply, "Allow", 0);
	ck_assert_ptr_nonnull(allow);
	ck_assert_ptr_nonnull(strstr(allow, "GET"));
	ck_assert_ptr_nonnull(strstr(allow, "HEAD"));
	ck_assert_ptr_null(strstr(allow, "POST"));
	reply = test_ask("HEAD", "/in", NULL);
	ck_assert_int_eq(cohort_test_status(reply), 200);
	test_expect_field(reply, "Content-Length", "8");
	test_expect_body(reply, "");
}
END_TEST

START_TEST(replies_follow_the_file)
{
	char first[64], header[128];
	struct cohort_test_reply *reply = test_get("/in");

	strcpy(first, cohort_test_header(reply, "ETag", 0));
	snprintf(header, sizeof(header), "If-None-Match: %s", first);
	ck_assert_int_eq(
	    cohort_test_status(test_ask("GET", "/in", header)), 304);
	test_write("root/sub/file", "another one");
	cohort_test_advance(test, 999);
	test_expect_field(test_get("/in"), "ETag", first);
	/* Whoever asks for a change is told of it at once. */
	reply = test_ask("GET", "/in", header);
	ck_assert_int_eq(cohort_test_status(reply), 200);
	test_expect_body(reply, "another one");
	test_write("root/sub/file", "another 1");
	cohort_test_advance(test, 999);
	test_expect_body(test_get("/in"), "another one");
	cohort_test_advance(test, 1);
	reply = test_get("/in");
	test_expect_body(reply, "another 1");
	ck_assert_str_ne(cohort_test_header(reply, "ETag", 0), first);
	unlink(test_path("root/sub/file"));
	cohort_test_advance(test, 1000);
	expect("/in", 404, "declined");
}
END_TEST

START_TEST(a_file_that_shrinks_cuts)
{
	struct cohort_test_reply *reply;
	enum cohort_end end;

	expect("/large", 200, NULL);
	ck_assert_int_eq(truncate(test_path("root/large"), 100), 0);
	reply = test_get("/large");
	ck_assert(cohort_test_ended(reply, &end));
	ck_assert_int_eq(end, COHORT_END_FAILED);
	ck_assert_uint_eq(cohort_test_body(reply).size, 100);
	cohort_test_log(test);
	cohort_test_advance(test, 1000);
	reply = test_get("/large");
	ck_assert_uint_eq(cohort_test_body(reply).size, 100);
	ck_assert(cohort_test_ended(reply, &end));
	ck_assert_int_eq(end, COHORT_END_SENT);
}
END_TEST

START_TEST(several_ranges_have_a_boundary)
{
	struct cohort_test_reply *reply =
	    test_ask("GET", "/index.html", "Range: bytes=0-0,5-6");
	const char *type = cohort_test_header(reply, "Content-Type", 0);
	const char *boundary = strstr(type, "boundary=");
	char line[128];

	ck_assert_int_eq(cohort_test_status(reply), 206);
	ck_assert_ptr_nonnull(boundary);
	boundary += strlen("boundary=");
	ck_assert_uint_eq(strlen(boundary), strlen("cohort-0123456789abcdef"));
	snprintf(line, sizeof(line), "--%s\r\n", boundary);
	ck_assert_ptr_eq(strstr(cohort_test_body(reply).data, line),
	    cohort_test_body(reply).data);
}
END_TEST

/* With settings of their own. */

START_TEST(hidden_files_may_be_served)
{
	mount.hidden = true;
	open_test();
	expect("/.hidden", 200, "hidden");
	expect("/bare/.dots/file", 200, "dots");
	expect("/..%2foutside/secret", 404, "declined");
	close_test();
}
END_TEST

START_TEST(directories_may_be_listed)
{
	struct cohort_test_reply *reply;

	mount.listing = true;
	open_test();
	expect("/sub/", 200, "sub index");
	expect("/none/", 404, "declined");
	expect("/in/", 404, "declined");
	reply = test_get("/bare/");
	ck_assert_int_eq(cohort_test_status(reply), 200);
	test_expect_field(reply, "Content-Type", "text/html; charset=utf-8");
	ck_assert_ptr_nonnull(
	    strstr(cohort_test_body(reply).data, "<a href=\"one\">one</a>"));
	ck_assert_ptr_null(strstr(cohort_test_body(reply).data, ".dots"));
	reply = test_get("/odd/");
	ck_assert_ptr_nonnull(
	    strstr(cohort_test_body(reply).data, "index.html/"));
	reply = test_ask("HEAD", "/bare/", NULL);
	ck_assert_int_eq(cohort_test_status(reply), 200);
	close_test();
}
END_TEST

START_TEST(there_may_be_no_index)
{
	mount.index = no_index;
	open_test();
	expect("/", 404, "declined");
	expect("/sub/", 404, "declined");
	expect("/index.html", 200, "the index");
	close_test();
	mount.listing = true;
	open_test();
	ck_assert_ptr_nonnull(
	    strstr(cohort_test_body(test_get("/")).data, "\"index.html\""));
	close_test();
}
END_TEST

START_TEST(nothing_need_stay_open)
{
	settings.open_files = 0;
	open_test();
	expect("/sub/file", 200, "sub file");
	test_write("root/sub/file", "changed");
	expect("/sub/file", 200, "changed");
	ck_assert_uint_eq(cohort_test_body(test_get("/large")).size,
	    SERVICE_FILE_CONTENT_MAX + 1000);
	close_test();
}
END_TEST

START_TEST(a_mount_may_have_a_prefix)
{
	struct cohort_test_reply *reply;

	below = "/static/a b";
	open_test();
	expect("/static/a%20b/", 200, "the index");
	expect("/static/a%20b/sub/file", 200, "sub file");
	expect("/static/sub/file", 404, "declined");
	expect("/static/a%20b/../sub/file", 404, "declined");
	expect("/static/a%20bc/index.html", 404, "declined");
	reply = test_get("/static/a%20b?x");
	ck_assert_int_eq(cohort_test_status(reply), 301);
	test_expect_field(reply, "Location", "/static/a%20b/?x");
	reply = test_get("/static/a%20b/sub");
	test_expect_field(reply, "Location", "/static/a%20b/sub/");
	close_test();
}
END_TEST

START_TEST(open_files_are_shared_by_mounts)
{
	struct settings_mount mounts[3] = { mount, mount, mount };
	int i;

	mounts[1].service = SETTINGS_SERVICE_MODULE;
	host.mounts = mounts;
	host.mount_count = 3;
	settings.open_files = 2; /* one for each mount of files */
	open_test();
	for (i = 0; i < 3; i++) {
		expect("/sub/file", 200, "sub file");
		expect("/bare/one", 200, "1");
	}
	test_write("root/sub/file", "changed");
	expect("/sub/file", 200, "changed"); /* it had to go for the other */
	close_test();
}
END_TEST

START_TEST(types_may_be_given)
{
	static char file[PATH_MAX];

	test_write("types", "text/x-new txt\n");
	strcpy(file, test_path("types"));
	settings.types = file;
	open_test();
	test_expect_field(test_get("/a%20b.txt"), "Content-Type",
	    "text/x-new; charset=utf-8");
	close_test();
}
END_TEST

START_TEST(set_up_sees_what_is_not_there)
{
	static char gone[PATH_MAX];

	strcpy(gone, test_path("gone"));
	settings.types = gone;
	ck_assert_ptr_null(cohort_test_open(NULL));
	settings.types = no_types;
	mount.files = gone;
	ck_assert_ptr_null(cohort_test_open(NULL));
	test_write("gone", "no directory");
	ck_assert_ptr_null(cohort_test_open(NULL));
}
END_TEST

START_TEST(a_closed_directory_does_not_start)
{
	chmod(test_root, 0);
	test_drop_root();
	ck_assert_ptr_null(cohort_test_open(NULL));
	test_regain_root();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_files");
	TCase *usual = tcase_create("usual"), *own = tcase_create("own");

	tcase_add_checked_fixture(usual, make_tree, test_remove_tree);
	tcase_add_checked_fixture(usual, open_test, close_test);
	tcase_add_loop_test(
	    usual, paths_name_files, 0, sizeof(targets) / sizeof(targets[0]));
	tcase_add_loop_test(usual, what_may_not_be_read_is_forbidden, 0,
	    sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(usual, directories_end_in_a_slash, 0,
	    sizeof(directories) / sizeof(directories[0]));
	tcase_add_test(usual, only_get_and_head_are_allowed);
	tcase_add_test(usual, replies_follow_the_file);
	tcase_add_test(usual, a_file_that_shrinks_cuts);
	tcase_add_test(usual, several_ranges_have_a_boundary);
	suite_add_tcase(suite, usual);

	tcase_add_checked_fixture(own, make_tree, test_remove_tree);
	tcase_add_test(own, hidden_files_may_be_served);
	tcase_add_test(own, directories_may_be_listed);
	tcase_add_test(own, there_may_be_no_index);
	tcase_add_test(own, nothing_need_stay_open);
	tcase_add_test(own, a_mount_may_have_a_prefix);
	tcase_add_test(own, open_files_are_shared_by_mounts);
	tcase_add_test(own, types_may_be_given);
	tcase_add_test(own, set_up_sees_what_is_not_there);
	tcase_add_test(own, a_closed_directory_does_not_start);
	suite_add_tcase(suite, own);
	return test_run(suite);
}
