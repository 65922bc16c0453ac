/* SPDX-License-Identifier: ISC */
/*
 * What -T prints is a configuration that comes to the same settings.
 */
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

static const char *const texts[] = {
	"listen \"*:1\" { } host \"*\" { mount / { files = / } }",
	"user = \"\" group = g workers = 7 max_connections = 3\n"
	"start_timeout = 100ms shutdown_timeout = 0 pid_file = p\n"
	"error_log = log/error log_level = warn access_log = stdout\n"
	"access_format = json types = /types open_files = 0\n"
	"open_files_valid = 90s\n"
	"listen \"unix:/x y\" { mode = 0 backlog = 1 }\n"
	"listen \"[::1]:0\" { v6only = no defer_accept = no }\n"
	"http { keep_alive = 0 max_body = 5k server = \"a \\\" ${NONE}\"\n"
	"	max_request_line = 1000 max_head = 1025 half_close = keep\n"
	"	body_directory = tmp request_memory = 1g }\n"
	"host b { }\n"
	"host \"*\" {\n"
	"	mount / { files = f index = \"\" listing = yes }\n"
	"	mount / { module = m max_body = 1 set {\n"
	"		a = \"\\${HOME} # \\\\ ' \\\"\" b-c.D_1 = \"1\\n2\"\n"
	"		empty = \"\" } }\n"
	"	mount \"/a b/\\xc3\\xa4\" { redirect = /x\n"
	"		redirect_status = 301 }\n"
	"}\n",
};

START_TEST(round_trip)
{
	struct test_config first, second;
	char *once, *twice;

	unsetenv("NONE");
	test_config_must_parse(&first, texts[_i], NULL);
	once = printed(first.settings);
	test_config_must_parse(&second, once, NULL);
	twice = printed(second.settings);
	ck_assert_str_eq(once, twice);
	ck_assert_uint_eq(first.settings->workers, second.settings->workers);
	ck_assert_uint_eq(
	    first.settings->listener_count, second.settings->listener_count);
	ck_assert_uint_eq(
	    first.settings->host_count, second.settings->host_count);
	free(once);
	free(twice);
	test_config_fini(&first);
	test_config_fini(&second);
}
END_TEST

/* The values themselves, as two equal mistakes would go round too. */
START_TEST(values)
{
	static const char *const lines[] = {
		"\nworkers = 7\n",
		"\nshutdown_timeout = \"0\"\n",
		"\naccess_log = \"stdout\"\n",
		"\nopen_files_valid = \"90s\"\n",
		"\nlisten \"unix:/x y\" {\n\tbacklog = 1\n\tmode = \"0000\"\n",
		"\nhttp {\n\tkeep_alive = \"0\"\n",
		"\tserver = \"a \\\" \"\n",
		"\tmax_head = \"1025\"\n",
		"\nhost \"b\" {\n}\nhost \"*\" {\n\tmount \"/\" {\n"
		"\t\tfiles = \"/",
		"\t\tlisting = true\n",
		"\t\tmax_body = \"1\"\n\t\tset {\n"
		"\t\t\ta = \"\\${HOME} # \\\\ ' \\\"\"\n"
		"\t\t\tb-c.D_1 = \"1\\x0a2\"\n\t\t\tempty = \"\"\n\t\t}\n",
		"\tmount \"/a b/\xc3\xa4\" {\n\t\tredirect = \"/x\"\n"
		"\t\tredirect_status = 301\n\t\tmax_body = \"5k\"\n\t}\n",
	};
	struct test_config config;
	char *text;
	size_t i;

	unsetenv("NONE");
	test_config_must_parse(&config, texts[1], NULL);
	text = printed(config.settings);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "no %s in\n%s",
		    lines[i], text);
	free(text);
	test_config_fini(&config);
}
END_TEST

/* A module in the program itself cannot be written as a mount. */
START_TEST(builtin)
{
	const char *listen[] = { "*:1" };
	const struct config_overrides overrides = {
		.listen = listen,
		.listen_count = 1,
		.has_builtin = true,
		.root = "/srv",
	};
	struct test_config config;
	struct settings *settings;
	struct error error;
	char *text;

	ck_assert_int_eq(config_parse(&overrides, &settings, &error), 0);
	text = printed(settings);
	ck_assert_ptr_nonnull(
	    strstr(text, "\t# mount \"/\": this program\n\tmount \"/\" {\n"));
	test_config_must_parse(&config, text, NULL);
	ck_assert_uint_eq(config.settings->hosts[0].mount_count, 1);
	free(text);
	test_config_fini(&config);
	settings_free(&settings);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_print");
	TCase *tests = tcase_create("config_print");

	tcase_add_loop_test(tests, round_trip, 0, 2);
	tcase_add_test(tests, values);
	tcase_add_test(tests, builtin);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
