/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "config/config_settings.h"
#include "test_unit.h"

START_TEST(fresh)
{
	struct settings *settings = settings_new();

	ck_assert_uint_eq(settings->magic, SETTINGS_MAGIC);
	ck_assert_str_eq(settings->user, "www-data");
	ck_assert_str_eq(settings->http.server, "cohort");
	ck_assert_uint_eq(settings->http.max_body, 1048576);
	ck_assert_uint_eq(settings->workers, 0);
	ck_assert_uint_eq(settings->listener_count, 0);
	ck_assert_uint_eq(settings->host_count, 0);
	settings_free(&settings);
	ck_assert_ptr_null(settings);
}
END_TEST

START_TEST(listeners)
{
	struct settings *settings = settings_new();
	struct settings_listener *listener;
	struct error error;

	listener = settings_add_listener(settings, "a:1", "here", &error);
	ck_assert_ptr_nonnull(listener);
	ck_assert_str_eq(listener->place, "here");
	ck_assert_uint_eq(listener->mode, 0660);
	ck_assert_ptr_null(
	    settings_add_listener(settings, "A:1", "there", &error));
	ck_assert_str_eq(error.text, "\"A:1\": stands already at here");
	ck_assert_ptr_null(
	    settings_add_listener(settings, "a", "there", &error));
	ck_assert_uint_eq(settings->listener_count, 1);
	settings_drop_listeners(settings);
	ck_assert_uint_eq(settings->listener_count, 0);
	ck_assert_ptr_nonnull(
	    settings_add_listener(settings, "a:1", "there", &error));
	settings_free(&settings);
}
END_TEST

START_TEST(mounts)
{
	struct settings *settings = settings_new();
	struct settings_host *host;
	struct settings_mount *mount;

	settings_add_host(settings, "a");
	settings_add_host(settings, "*");
	ck_assert_ptr_null(settings_find_host(settings, "b"));
	host = settings_find_host(settings, "*");
	ck_assert_ptr_eq(host, &settings->hosts[1]);
	settings->http.max_body = 5;
	mount = settings_add_mount(settings, host, 0, "/c", "place");
	settings_add_pair(mount, "name", "value");
	settings_add_mount(settings, host, 0, "/a", "place");
	mount = settings_add_mount(settings, host, 1, "/b", "place");
	ck_assert_uint_eq(mount->max_body, 5);
	ck_assert_ptr_null(mount->files);
	ck_assert_ptr_null(mount->module);
	ck_assert_ptr_null(mount->redirect);
	ck_assert_uint_eq(host->mount_count, 3);
	ck_assert_str_eq(host->mounts[0].prefix, "/a");
	ck_assert_str_eq(host->mounts[1].prefix, "/b");
	ck_assert_str_eq(host->mounts[2].prefix, "/c");
	ck_assert_str_eq(host->mounts[2].set[0].value, "value");
	settings_free(&settings);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_settings");
	TCase *tests = tcase_create("config_settings");

	tcase_add_test(tests, fresh);
	tcase_add_test(tests, listeners);
	tcase_add_test(tests, mounts);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
