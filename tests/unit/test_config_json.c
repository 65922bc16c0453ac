/* SPDX-License-Identifier: ISC */
/*
 * Settings that went through JSON are the same, to what the printer shows and
 * beyond; what is no such JSON is refused.
 */
#include "config/config_json.h"

#include "base/base_memory.h"
#include "config/config_print.h"
#include "test_config.h"
#include "test_unit.h"

/* The caller frees. */
static char *
printed(const struct settings *settings)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(file);
	config_print(settings, file);
	ck_assert_int_eq(fclose(file), 0);
	return text;
}

/* As another process reads it. */
static json_t *
written(const struct settings *settings)
{
	json_t *json = config_to_json(settings), *again;
	char *text = json_dumps(json, JSON_COMPACT);

	ck_assert_ptr_nonnull(text);
	again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(again);
	free(text);
	json_decref(json);
	return again;
}

static const char *const texts[] = {
	"listen \"*:1\" { } host \"*\" { mount / { files = / } }",
	"user = \"\" group = g workers = 7 max_connections = 3\n"
	"start_timeout = 100ms shutdown_timeout = 0 pid_file = p\n"
	"error_log = log/error log_level = warn access_log = stdout\n"
	"self_check = \"GET / a\" max_memory = 1g core_dumps = yes\n"
	"listen \"unix:/x y\" { mode = 0 backlog = 1 }\n"
	"listen \"[::1]:0\" { v6only = no defer_accept = no }\n"
	"http { keep_alive = 0 max_body = 5k server = \"a \\\" ${NONE}\" }\n"
	"host b { }\n"
	"host \"*\" {\n"
	"	mount / { files = f index = \"\" listing = yes }\n"
	"	mount / { module = m max_body = 1 set {\n"
	"		a = \"# \\\\ ' \\\" \\xe4\" empty = \"\" } }\n"
	"	mount \"/a b/\\xc3\\xa4\" { redirect = /x\n"
	"		redirect_status = 301 }\n"
	"}\n",
};

START_TEST(round_trip)
{
	struct test_config config;
	struct settings *again;
	struct error error;
	char *once, *twice;
	json_t *json;

	unsetenv("NONE");
	test_config_must_parse(&config, texts[_i], NULL);
	json = written(config.settings);
	ck_assert_msg(
	    config_from_json(json, &again, &error) == 0, "%s", error.text);
	once = printed(config.settings);
	twice = printed(again);
	ck_assert_str_eq(once, twice);
	ck_assert_pstr_eq(config.settings->file, again->file);
	ck_assert_str_eq(
	    config.settings->listeners[0].place, again->listeners[0].place);
	ck_assert_str_eq(config.settings->hosts[0].name, again->hosts[0].name);
	free(once);
	free(twice);
	settings_free(&again);
	json_decref(json);
	test_config_fini(&config);
}
END_TEST

START_TEST(what_is_unknown_is_passed_over)
{
	struct test_config config;
	struct settings *again;
	struct error error;
	json_t *json;

	test_config_must_parse(&config, texts[1], NULL);
	json = written(config.settings);
	json_object_set_new(json, "later", json_true());
	json_object_set_new(json_object_get(json, "options"), "from_tomorrow",
	    json_string("x"));
	json_object_del(json_object_get(json, "options"), "max_connections");
	ck_assert_int_eq(config_from_json(json, &again, &error), 0);
	ck_assert_uint_eq(again->max_connections, 10000);
	ck_assert_uint_eq(again->workers, 7);
	settings_free(&again);
	json_decref(json);
	test_config_fini(&config);
}
END_TEST

/* A module of COHORT_MAIN's has no path. */
START_TEST(a_builtin_module)
{
	struct config_overrides overrides = { .has_builtin = true,
		.listen = (const char *[]) { "*:1" },
		.listen_count = 1 };
	struct settings *settings, *again;
	struct error error;
	json_t *json;

	ck_assert_int_eq(config_parse(&overrides, &settings, &error), 0);
	json = written(settings);
	ck_assert_int_eq(config_from_json(json, &again, &error), 0);
	ck_assert_int_eq(
	    again->hosts[0].mounts[0].service, SETTINGS_SERVICE_MODULE);
	ck_assert_ptr_null(again->hosts[0].mounts[0].module);
	settings_free(&settings);
	settings_free(&again);
	json_decref(json);
}
END_TEST

static const struct {
	const char *text, *words;
} bad[] = {
	{ "[]", "none" },
	{ "{\"options\": {\"workers\": \"0\"}}", "no workers" },
	{ "{\"options\": {\"workers\": 1}}", "workers: no text" },
	{ "{\"options\": {\"workers\": \"\\u20ac\"}}", "workers: no text" },
	{ "{\"options\": {\"workers\": \"-1\"}}", "workers: \"-1\"" },
	{ "{\"options\": {\"user\": \"a\\u0001\"}}", "control characters" },
	{ "{\"http\": {\"max_body\": \"x\"}}", "max_body: \"x\"" },
	{ "{\"listeners\": [1]}", "a text is missing" },
	{ "{\"listeners\": [{\"address\": \"x\", \"place\": \"\"}]}", "x" },
	{ "{\"hosts\": [{}]}", "no name" },
	{ "{\"hosts\": [{\"name\": \"*\", \"mounts\": [{}]}]}", "missing" },
	{ "{\"hosts\": [{\"name\": \"*\", \"mounts\": [{\"prefix\": \"/\", "
	  "\"place\": \"\", \"service\": \"magic\"}]}]}",
	    "no service \"magic\"" },
	{ "{\"hosts\": [{\"name\": \"*\", \"mounts\": [{\"prefix\": \"/\", "
	  "\"place\": \"\", \"service\": \"files\", \"set\": [[1, 2]]}]}]}",
	    "missing" },
};

#define BAD_COUNT (int)(sizeof(bad) / sizeof(bad[0]))

START_TEST(nonsense_is_refused)
{
	json_t *json = json_loads(bad[_i].text, 0, NULL);
	struct settings *settings;
	struct error error;

	ck_assert_ptr_nonnull(json);
	ck_assert_int_eq(config_from_json(json, &settings, &error), -1);
	ck_assert_msg(
	    strstr(error.text, bad[_i].words) != NULL, "%s", error.text);
	json_decref(json);
}
END_TEST

START_TEST(bytes_are_kept)
{
	char all[256];
	size_t i, size = 0;
	json_t *json;
	char *again;

	for (i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	json = config_json_put_bytes(all, sizeof(all));
	again = config_json_take_bytes(json, &size);
	ck_assert_uint_eq(size, sizeof(all));
	ck_assert_mem_eq(again, all, sizeof(all));
	/* A NUL ends a text. */
	ck_assert_ptr_null(config_json_take_text(json));
	memory_free(again);
	json_decref(json);
	json = config_json_put_text(NULL);
	ck_assert(json_is_null(json));
	ck_assert_ptr_null(config_json_take_text(json));
	json_decref(json);
}
END_TEST

static Suite *
json_suite(void)
{
	Suite *suite = suite_create("config_json");
	TCase *tcase = tcase_create("json");

	tcase_add_loop_test(tcase, round_trip, 0, 2);
	tcase_add_test(tcase, what_is_unknown_is_passed_over);
	tcase_add_test(tcase, a_builtin_module);
	tcase_add_loop_test(tcase, nonsense_is_refused, 0, BAD_COUNT);
	tcase_add_test(tcase, bytes_are_kept);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return test_run(json_suite());
}
