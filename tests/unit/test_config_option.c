/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/base_memory.h"
#include "config/config_option.h"
#include "config/config_settings.h"
#include "test_unit.h"

#define SECTION(name) CONFIG_SECTION_##name

/* What has a default is itself allowed, and printed as it was written. */
START_TEST(defaults)
{
	const struct config_option *option;
	struct settings *settings = settings_new();
	struct settings_listener listener = { .address = NULL };
	struct settings_mount mount = { .prefix = NULL };
	void *objects[CONFIG_SECTION_COUNT] = {
		[SECTION(ROOT)] = settings,
		[SECTION(HTTP)] = &settings->http,
		[SECTION(LISTEN)] = &listener,
		[SECTION(MOUNT)] = &mount,
		[SECTION(FILES)] = &mount,
		[SECTION(MODULE)] = &mount,
		[SECTION(REDIRECT)] = &mount,
	};
	struct buffer text;
	struct error error;
	int section, count = 0;

	buffer_init(&text, 0);
	for (section = 0; section < CONFIG_SECTION_COUNT; section++) {
		config_option_set_defaults(
		    (enum config_section)section, objects[section]);
		option = NULL;
		while ((option = config_option_next(
			    (enum config_section)section, option)) != NULL) {
			count++;
			ck_assert_int_eq((int)option->section, section);
			ck_assert_ptr_eq(
			    config_option_find(option->section, option->name),
			    option);
			ck_assert_uint_le(option->minimum, option->maximum);
			ck_assert_msg(
			    option->text[strlen(option->text) - 1] == '.', "%s",
			    option->name);
			if (option->default_text == NULL)
				continue;
			buffer_clear(&text);
			buffer_append_byte(&text, ' ');
			config_option_print(option, objects[section], &text);
			ck_assert_msg(
			    config_option_set(option, objects[section],
				text.data + 1, NULL, &error) == 0,
			    "%s: %s", option->name, error.text);
		}
		config_option_free(
		    (enum config_section)section, objects[section]);
	}
	ck_assert_int_gt(count, 40);
	buffer_fini(&text);
	config_option_set_defaults(SECTION(ROOT), settings);
	config_option_set_defaults(SECTION(HTTP), &settings->http);
	settings_free(&settings);
}
END_TEST

START_TEST(find_knows_sections)
{
	ck_assert_ptr_nonnull(config_option_find(SECTION(HTTP), "max_head"));
	ck_assert_ptr_null(config_option_find(SECTION(ROOT), "max_head"));
	ck_assert_ptr_ne(config_option_find(SECTION(HTTP), "max_body"),
	    config_option_find(SECTION(MOUNT), "max_body"));
	ck_assert_ptr_null(config_option_find(SECTION(ROOT), ""));
}
END_TEST

struct set_case {
	enum config_section section;
	const char *name, *text, *directory;
	const char *printed; /* NULL: refused */
	const char *message;
};

static const struct set_case sets[] = {
	{ SECTION(ROOT), "user", "nobody", "/d", "nobody", NULL },
	{ SECTION(ROOT), "user", "", "/d", "", NULL },
	{ SECTION(ROOT), "user", "a\nb", "/d", NULL,
	    "\"a\\x0ab\": text without control characters" },
	{ SECTION(ROOT), "pid_file", "a/b", "/d", "/d/a/b", NULL },
	{ SECTION(ROOT), "pid_file", "././b", "/d", "/d/b", NULL },
	{ SECTION(ROOT), "pid_file", "b", "/", "/b", NULL },
	{ SECTION(ROOT), "pid_file", "/b", "/d", "/b", NULL },
	{ SECTION(ROOT), "pid_file", "", "/d", "", NULL },
	{ SECTION(ROOT), "pid_file", "~/b", "/d", "/d/~/b", NULL },
	{ SECTION(ROOT), "error_log", "syslog", "/d", "syslog", NULL },
	{ SECTION(ROOT), "error_log", "stdout", "/d", "/d/stdout", NULL },
	{ SECTION(ROOT), "error_log", "", "/d", NULL,
	    "\"\": syslog, stderr or a path" },
	{ SECTION(ROOT), "access_log", "", "/d", "", NULL },
	{ SECTION(ROOT), "access_log", "stdout", "/d", "stdout", NULL },
	{ SECTION(ROOT), "log_level", "debug", "/d", "debug", NULL },
	{ SECTION(ROOT), "log_level", "loud", "/d", NULL,
	    "\"loud\": debug, info, warn or error" },
	{ SECTION(ROOT), "log_level", "", "/d", NULL,
	    "\"\": debug, info, warn or error" },
	{ SECTION(ROOT), "workers", "3", "/d", "3", NULL },
	{ SECTION(HTTP), "keep_alive", "120s", "/d", "2m", NULL },
	{ SECTION(HTTP), "max_head", "2048", "/d", "2k", NULL },
	{ SECTION(HTTP), "body_directory", "", "/d", NULL, "\"\": a path" },
	{ SECTION(HTTP), "half_close", "keep", "/d", "keep", NULL },
	{ SECTION(HTTP), "trusted_proxies", "::1  unix", "/d", "::1  unix",
	    NULL },
	{ SECTION(HTTP), "trusted_proxies", "::1, ::2", "/d", NULL,
	    "\"::1,\" is no network: networks with spaces between them, as "
	    "10.0.0.0/8, 2001:db8::/32, 192.0.2.1 or unix" },
	{ SECTION(MODULE), "read", "", "/d", "", NULL },
	{ SECTION(MODULE), "read", "a:/b:./c/", "/d", "/d/a:/b:/d/c/", NULL },
	{ SECTION(MODULE), "write", ":a::b c:", "/d", "/d/a:/d/b c", NULL },
	{ SECTION(MODULE), "write", "a\tb", "/d", NULL,
	    "\"a\\x09b\": text without control characters" },
	{ SECTION(MODULE), "system_calls", "", "/d", "", NULL },
	{ SECTION(MODULE), "system_calls", "ptrace  execve", "/d",
	    "ptrace  execve", NULL },
	{ SECTION(MODULE), "system_calls", "ptrace exec", "/d", NULL,
	    "\"exec\": there is no such system call" },
};

START_TEST(set)
{
	const struct set_case *test = &sets[_i];
	const struct config_option *option =
	    config_option_find(test->section, test->name);
	struct settings *settings = settings_new();
	struct settings_mount mount = { .prefix = NULL };
	void *object = settings;
	struct buffer before, text;
	struct error error;
	int result;

	if (test->section == CONFIG_SECTION_HTTP)
		object = &settings->http;
	if (test->section == CONFIG_SECTION_MODULE)
		object = &mount;
	config_option_set_defaults(CONFIG_SECTION_MODULE, &mount);
	buffer_init(&before, 0);
	buffer_init(&text, 0);
	buffer_append_byte(&before, ' ');
	buffer_append_byte(&text, ' ');
	config_option_print(option, object, &before);
	result = config_option_set(
	    option, object, test->text, test->directory, &error);
	config_option_print(option, object, &text);
	ck_assert_int_eq(result, test->printed == NULL ? -1 : 0);
	if (test->printed == NULL) {
		ck_assert_str_eq(error.text, test->message);
		ck_assert_str_eq(text.data, before.data);
	} else
		ck_assert_str_eq(text.data + 1, test->printed);
	buffer_fini(&before);
	buffer_fini(&text);
	config_option_free(CONFIG_SECTION_MODULE, &mount);
	settings_free(&settings);
}
END_TEST

START_TEST(count_with_words)
{
	const struct config_option *option =
	    config_option_find(SECTION(REDIRECT), "redirect_status");
	struct settings_mount mount = { .redirect_status = 1 };
	struct error error;

	ck_assert_int_eq(
	    config_option_set(option, &mount, "307", NULL, &error), 0);
	ck_assert_uint_eq(mount.redirect_status, 307);
	ck_assert_int_eq(
	    config_option_set(option, &mount, "300", NULL, &error), -1);
	ck_assert_str_eq(error.text, "\"300\": 301, 302, 303, 307 or 308");
	ck_assert_uint_eq(mount.redirect_status, 307);
}
END_TEST

static const struct {
	enum config_section section;
	const char *name, *value, *text;
} assignments[] = {
	{ SECTION(ROOT), "workers", "4", "workers = 4" },
	{ SECTION(ROOT), "user", "a\"b", "user = \"a\\\"b\"" },
	{ SECTION(HTTP), "keep_alive", "60s", "keep_alive = \"60s\"" },
	{ SECTION(LISTEN), "mode", "0660", "mode = \"0660\"" },
	{ SECTION(LISTEN), "v6only", "true", "v6only = true" },
};

START_TEST(assign)
{
	struct buffer text;

	buffer_init(&text, 0);
	config_option_assign(
	    config_option_find(assignments[_i].section, assignments[_i].name),
	    assignments[_i].value, &text);
	ck_assert_str_eq(text.data, assignments[_i].text);
	buffer_fini(&text);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("config_option");
	TCase *tests = tcase_create("config_option");

	tcase_add_test(tests, defaults);
	tcase_add_test(tests, find_knows_sections);
	tcase_add_loop_test(tests, set, 0, COUNT(sets));
	tcase_add_test(tests, count_with_words);
	tcase_add_loop_test(tests, assign, 0, COUNT(assignments));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
