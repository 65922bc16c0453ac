/* SPDX-License-Identifier: ISC */
/*
 * The life of an application: settings, hooks, services.  Requests are in
 * test_app_test.c.
 */
#include "base/base_object.h"
#include "test_app_setup.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static char text_greeting[] = "greeting", text_hello[] = "Hello",
	    text_color[] = "color";

static char events[64]; /* what ran, a word each */

static int
start_fine(struct cohort_worker *worker, void *context)
{
	ck_assert_uint_eq(worker->magic, COHORT_WORKER_MAGIC);
	strcat(events, "+");
	strcat(events, context);
	return 0;
}

static int
start_badly(struct cohort_worker *worker, void *context)
{
	strcat(events, "!");
	strcat(events, context);
	return 3;
}

static int
start_with_words(struct cohort_worker *worker, void *context)
{
	strcat(events, "!");
	cohort_setup_error(context, "cannot open %s", "the store");
	return 0;
}

static int
hooks_with_words(struct cohort_app *app)
{
	return cohort_on_start(app, start_with_words, app);
}

static void
stop(struct cohort_worker *worker, void *context)
{
	strcat(events, "-");
	strcat(events, context);
}

static void
free_state(void *state)
{
	strcat(events, "~");
	strcat(events, state);
}

static char names[][2] = { "a", "b", "c", "d", "e" };
static char key;

static int
start_with_state(struct cohort_worker *worker, void *context)
{
	return cohort_state_set(context, &key, names[4], free_state);
}

static int
hooks_of_first(struct cohort_app *app)
{
	cohort_on_start(app, start_fine, names[0]);
	cohort_on_stop(app, stop, names[0]);
	cohort_on_start(cohort_scope(app, ""), start_fine, names[1]);
	return 0;
}

static int
hooks_of_second(struct cohort_app *app)
{
	cohort_on_stop(app, stop, names[2]);
	cohort_on_start(app, start_with_state, app);
	cohort_on_start(app, start_fine, names[2]);
	cohort_on_stop(app, stop, names[3]);
	return 0;
}

static int
failing_hooks(struct cohort_app *app)
{
	hooks_of_second(app);
	cohort_on_start(app, start_badly, names[3]);
	cohort_on_start(app, start_fine, names[3]);
	return 0;
}

static struct app *
make(const struct test_mount *mounts, size_t count)
{
	struct error error;
	struct app *app;

	ck_assert_msg(
	    test_app_new(mounts, count, &app, &error) == 0, "%s", error.text);
	return app;
}

START_TEST(hooks_start_in_order_and_stop_in_reverse)
{
	static const struct test_mount mounts[] = {
		{ .setup = hooks_of_first },
		{ .setup = hooks_of_second },
	};
	struct app *app = make(mounts, 2);
	struct error error;

	ck_assert_str_eq(events, "");
	ck_assert_int_eq(app_start(app, &error), 0);
	ck_assert_str_eq(events, "+a+b+c");
	app_stop(app);
	ck_assert_str_eq(events, "+a+b+c-d-c-a");
	app_free(&app);
	ck_assert_str_eq(events, "+a+b+c-d-c-a~e");
}
END_TEST

START_TEST(after_a_failed_start_whole_mounts_are_stopped)
{
	static const struct test_mount mounts[] = {
		{ .setup = hooks_of_first },
		{ .setup = failing_hooks, .prefix = "/x" },
		{ .setup = hooks_of_first },
	};
	struct app *app = make(mounts, 3);
	struct error error;

	ck_assert_int_eq(app_start(app, &error), -1);
	ck_assert_int_eq(error.kind, ERROR_RUNTIME);
	ck_assert_str_eq(
	    error.text, "test.conf:2: mount \"/x\": a start hook returned 3");
	ck_assert_str_eq(events, "+a+b+c!d-a");
	app_free(&app);
	ck_assert_str_eq(events, "+a+b+c!d-a~e");
}
END_TEST

START_TEST(a_start_hook_says_why)
{
	static const struct test_mount mount = { .setup = hooks_with_words };
	struct app *app = make(&mount, 1);
	struct error error;

	ck_assert_int_eq(app_start(app, &error), -1);
	ck_assert_str_eq(
	    error.text, "test.conf:1: mount \"/\": cannot open the store");
	ck_assert_str_eq(events, "!");
	app_free(&app);
}
END_TEST

START_TEST(what_was_not_started_is_not_stopped)
{
	static const struct test_mount mount = { .setup = hooks_of_first };
	struct app *app = make(&mount, 1);

	app_free(&app);
	ck_assert_str_eq(events, "");
}
END_TEST

/* Settings. */

static int
ask_greeting(struct cohort_app *app)
{
	struct cohort_app *scope = cohort_scope(app, "/x");

	strcat(events, cohort_setting(scope, "greeting", "Hi"));
	return 0;
}

static int
ask_more(struct cohort_app *app)
{
	ck_assert_ptr_null(cohort_setting(app, "shade", NULL));
	return ask_greeting(app);
}

START_TEST(settings_come_from_the_mount)
{
	static const struct test_mount mounts[] = {
		{ .setup = ask_greeting,
		    .set = { { text_greeting, text_hello } } },
		{ .setup = ask_greeting },
	};
	struct app *app = make(mounts, 2);

	ck_assert_str_eq(events, "HelloHi");
	app_free(&app);
}
END_TEST

static const struct {
	int (*setup)(struct cohort_app *app);
	const char *words;
} unknown[] = {
	{ test_no_setup,
	    "test.conf:1: mount \"/\": set: \"color\": the module has no "
	    "settings" },
	{ ask_greeting,
	    "test.conf:1: mount \"/\": set: \"color\": the module has other "
	    "settings: greeting" },
	{ ask_more,
	    "test.conf:1: mount \"/\": set: \"color\": the module has other "
	    "settings: shade, greeting" },
};

START_TEST(a_setting_nobody_asked_for_is_an_error)
{
	const struct test_mount mount = {
		.setup = unknown[_i].setup,
		.set = { { text_color, text_hello } },
	};
	struct error error;
	struct app *app;

	ck_assert_int_eq(test_app_new(&mount, 1, &app, &error), -1);
	ck_assert_str_eq(error.text, unknown[_i].words);
}
END_TEST

/* Services and modules. */

static int
note_setup(struct cohort_app *app)
{
	strcat(events, app->prefix);
	return 0;
}

static int
fail_setup(struct cohort_app *app)
{
	return cohort_setup_error(app, "broken");
}

START_TEST(a_service_is_set_up_like_a_module)
{
	static const struct test_mount mounts[] = {
		{ .setup = note_setup,
		    .prefix = "/a",
		    .service = SETTINGS_SERVICE_FILES },
		{ .setup = note_setup, .prefix = "/b" },
	};
	struct app *app = make(mounts, 2);

	ck_assert_str_eq(events, "/a/b");
	app_free(&app);
}
END_TEST

static const struct {
	struct test_mount mount;
	const char *words;
} broken[] = {
	{ { .service = SETTINGS_SERVICE_REDIRECT },
	    "test.conf:1: mount \"/\": this program has no such service" },
	{ { .module = "/nonexistent/x.so", .prefix = "/x" },
	    "test.conf:1: mount \"/x\": /nonexistent/x.so: cannot open shared "
	    "object file: No such file or directory" },
	{ { .prefix = "/x/{a}*" },
	    "test.conf:1: mount \"/x/{a}*\": prefix \"/x/{a}*\": a prefix has "
	    "no \"{name}*\"" },
	{ { .setup = fail_setup, .service = SETTINGS_SERVICE_FILES },
	    "test.conf:1: mount \"/\": broken" },
};

START_TEST(what_cannot_be_loaded_is_named)
{
	struct error error;
	struct app *app;

	ck_assert_int_eq(test_app_new(&broken[_i].mount, 1, &app, &error), -1);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_str_eq(error.text, broken[_i].words);
}
END_TEST

START_TEST(after_a_failed_setup_none_other_runs)
{
	static const struct test_mount mounts[] = {
		{ .setup = fail_setup },
		{ .setup = note_setup, .prefix = "/b" },
	};
	struct error error;
	struct app *app;

	ck_assert_int_eq(test_app_new(mounts, 2, &app, &error), -1);
	ck_assert_str_eq(events, "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app");
	TCase *tcase = tcase_create("life");

	tcase_add_test(tcase, hooks_start_in_order_and_stop_in_reverse);
	tcase_add_test(tcase, after_a_failed_start_whole_mounts_are_stopped);
	tcase_add_test(tcase, a_start_hook_says_why);
	tcase_add_test(tcase, what_was_not_started_is_not_stopped);
	tcase_add_test(tcase, settings_come_from_the_mount);
	tcase_add_loop_test(
	    tcase, a_setting_nobody_asked_for_is_an_error, 0, ROWS(unknown));
	tcase_add_test(tcase, a_service_is_set_up_like_a_module);
	tcase_add_loop_test(
	    tcase, what_cannot_be_loaded_is_named, 0, ROWS(broken));
	tcase_add_test(tcase, after_a_failed_setup_none_other_runs);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
