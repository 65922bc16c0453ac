/* SPDX-License-Identifier: ISC */
/*
 * Whole configurations: what they come to, and what errors say.
 */
#include <sched.h>

#include "base/base_memory.h"
#include "test_config.h"
#include "test_unit.h"

#define LISTEN "listen \"127.0.0.1:80\" {}\n"
#define HOST   "host \"*\" { mount \"/\" { files = \"/srv\" } }\n"
#define REST   LISTEN HOST

START_TEST(everything)
{
	struct settings_listener *listener;
	struct settings_mount *mount;
	struct test_config config;
	struct settings *settings;
	char path[100];

	test_config_must_parse(&config,
	    "# a comment\n"
	    "user = web # another\n"
	    "group = 'web team'\n"
	    "workers = 3\n"
	    "pid_file = run/pid\n"
	    "listen \"127.0.0.1:8080\" { backlog = 7 }\n"
	    "listen unix:/run/x { mode = 0600 defer_accept = off }\n"
	    "host \"*\" {\n"
	    "	mount \"/\"      { files = site listing = yes }\n"
	    "	mount \"/hello/\" {\n"
	    "		module = ./hello.so max_body = 2k\n"
	    "		set { greeting = \"Hello, \\\"you\\\"\" b = 2 }\n"
	    "	}\n"
	    "	mount \"/hello\" { module = '/m.so' set { b = 3 } }\n"
	    "	mount \"/old\" { redirect = \"/new\" }\n"
	    "}\n"
	    "http { keep_alive = 5s max_body = 10m }\n"
	    "host Example.COM { mount / { redirect = https://a/b\n"
	    "	redirect_status = 302 } }\n",
	    NULL);
	settings = config.settings;
	snprintf(path, sizeof(path), "%s/cohort.conf", config.directory);
	ck_assert_str_eq(settings->file, path);
	ck_assert_str_eq(settings->user, "web");
	ck_assert_str_eq(settings->group, "web team");
	ck_assert_uint_eq(settings->workers, 3);
	snprintf(path, sizeof(path), "%s/run/pid", config.directory);
	ck_assert_str_eq(settings->pid_file, path);
	ck_assert_str_eq(settings->error_log, "syslog");
	ck_assert_uint_eq(settings->http.keep_alive, 5000);
	ck_assert_uint_eq(settings->http.max_head, 65536);

	ck_assert_uint_eq(settings->listener_count, 2);
	listener = &settings->listeners[0];
	ck_assert_str_eq(listener->address, "127.0.0.1:8080");
	ck_assert_str_eq(listener->place, "cohort.conf:6");
	ck_assert_uint_eq(listener->backlog, 7);
	ck_assert(listener->defer_accept);
	listener = &settings->listeners[1];
	ck_assert_str_eq(listener->address, "unix:/run/x");
	ck_assert_uint_eq(listener->mode, 0600);
	ck_assert_uint_eq(listener->backlog, 2048);
	ck_assert(!listener->defer_accept);

	ck_assert_uint_eq(settings->host_count, 2);
	ck_assert_str_eq(settings->hosts[0].name, "*");
	ck_assert_str_eq(settings->hosts[1].name, "example.com");
	ck_assert_uint_eq(settings->hosts[0].mount_count, 4);
	mount = &settings->hosts[0].mounts[0];
	ck_assert_int_eq((int)mount->service, SETTINGS_SERVICE_FILES);
	ck_assert_str_eq(mount->prefix, "/");
	ck_assert_str_eq(mount->place, "cohort.conf:9");
	snprintf(path, sizeof(path), "%s/site", config.directory);
	ck_assert_str_eq(mount->files, path);
	ck_assert_ptr_null(mount->module);
	ck_assert_ptr_null(mount->redirect);
	ck_assert(mount->listing);
	ck_assert(!mount->hidden);
	ck_assert_str_eq(mount->index, "index.html");
	ck_assert_uint_eq(mount->max_body, 10 * 1048576);
	mount++;
	ck_assert_int_eq((int)mount->service, SETTINGS_SERVICE_MODULE);
	ck_assert_str_eq(mount->prefix, "/hello");
	ck_assert_str_eq(mount->place, "cohort.conf:10");
	snprintf(path, sizeof(path), "%s/hello.so", config.directory);
	ck_assert_str_eq(mount->module, path);
	ck_assert_uint_eq(mount->max_body, 2048);
	ck_assert_uint_eq(mount->set_count, 2);
	ck_assert_str_eq(mount->set[0].name, "greeting");
	ck_assert_str_eq(mount->set[0].value, "Hello, \"you\"");
	ck_assert_str_eq(mount->set[1].name, "b");
	ck_assert_str_eq(mount->set[1].value, "2");
	mount++;
	ck_assert_str_eq(mount->prefix, "/hello");
	ck_assert_str_eq(mount->module, "/m.so");
	ck_assert_uint_eq(mount->set_count, 1);
	ck_assert_str_eq(mount->set[0].value, "3");
	mount++;
	ck_assert_int_eq((int)mount->service, SETTINGS_SERVICE_REDIRECT);
	ck_assert_str_eq(mount->redirect, "/new");
	ck_assert_uint_eq(mount->redirect_status, 308);
	mount = &settings->hosts[1].mounts[0];
	ck_assert_str_eq(mount->redirect, "https://a/b");
	ck_assert_uint_eq(mount->redirect_status, 302);
	test_config_fini(&config);
}
END_TEST

/* Strings are libconfuse's: escapes, the environment, no ~. */
static const struct {
	const char *written, *value;
} strings[] = {
	{ "a", "a" },
	{ "\"\"", "" },
	{ "'a b'", "a b" },
	{ "\"\\x41\\102\\\\\\\"\"", "AB\\\"" },
	{ "\"a#b\"", "a#b" },
	{ "\"a//b\"", "a//b" },
	{ "http://a", "http://a" },
	{ "\"<${COHORT_TEST}>\"", "<value>" },
	{ "\"<${COHORT_NONE}>\"", "<>" },
	{ "\"<${COHORT_NONE:-else}>\"", "<else>" },
	{ "${COHORT_TEST}", "value" },
	{ "\"\\${COHORT_TEST}\"", "${COHORT_TEST}" },
	{ "'${COHORT_TEST}'", "${COHORT_TEST}" },
	{ "~", "~" },
};

START_TEST(string)
{
	struct test_config config;
	char text[300];

	setenv("COHORT_TEST", "value", 1);
	unsetenv("COHORT_NONE");
	snprintf(text, sizeof(text), "user = %s\n" REST, strings[_i].written);
	test_config_must_parse(&config, text, NULL);
	ck_assert_str_eq(config.settings->user, strings[_i].value);
	test_config_fini(&config);
}
END_TEST

static const struct {
	const char *text, *message;
} bad[] = {
	/* values */
	{ "workers = many\n",
	    "1: workers: \"many\": a whole number from 0 to 512" },
	{ "# c\n# c\n\n# c\nworkers = many # c\n",
	    "5: workers: \"many\": a whole number from 0 to 512" },
	{ "workers = 4;\n",
	    "1: workers: \"4;\": a whole number from 0 to 512" },
	{ "log_level = loud\n",
	    "1: log_level: \"loud\": debug, info, warn or error" },
	{ "http {\n keep_alive = 60 }\n",
	    "2: keep_alive: \"60\": a duration in ms, s, m or h, "
	    "from 0 to 24h" },
	{ "http {\n max_head = 1k\n max_request_line = 2k\n}\n",
	    "1: http: max_request_line is larger than max_head" },
	{ "http {\n request_memory = 511k\n}\n",
	    "1: http: request_memory is smaller than 8 times max_head" },
	{ "http {\n max_head = 1m\n request_memory = 8191k\n}\n",
	    "1: http: request_memory is smaller than 8 times max_head" },
	{ "http { server = \"a\\x0d\" }\n",
	    "1: server: \"a\\x0d\": text without control characters" },
	{ "listen \"*:80\" {\n\n v6only = 2 }\n",
	    "3: v6only: \"2\": true or false, yes or no, on or off" },
	{ "listen \"*:80\" { mode = rw }\n",
	    "1: mode: \"rw\": octal permissions from 0 to 0777" },

	/* what is unknown */
	{ "\nwrokers = 3\n",
	    "2: no such option 'wrokers': did you mean workers?" },
	{ "listen \"*:80\" { port = 3 }\n",
	    "1: no such option 'port': here may stand backlog, mode, v6only, "
	    "defer_accept, tcp_keepalive, tcp_user_timeout, tcp_unsent or "
	    "proxy_protocol" },
	{ "host \"*\" {\n files = 3 }\n",
	    "2: no such option 'files': it stands in mount" },
	{ "mount \"/\" { }\n", "1: no such option 'mount': it stands in host" },
	{ "host \"*\" { mount \"/\" { user = 3 } }\n",
	    "1: no such option 'user': it stands outside of all sections" },
	{ "host \"*\" { mount \"/\" { colour = 3 } }\n",
	    "1: no such option 'colour': here may stand files, index, "
	    "listing, hidden, module, read, write, system_calls, redirect, "
	    "redirect_status, max_body or set" },
	{ "host \"*\" { mount \"/\" { module = m set {\n \"a b\" = 3 } } }\n",
	    "2: no such option 'a b': a name is made of letters, digits, _, "
	    ". and -" },
	{ "include(\"x\")\n", "1: no such option 'include': here may stand " },
	{ "http { }\nhttp|keep_alive = 3s\n",
	    "2: what belongs to a section stands between its braces" },
	{ "host a { }\n\"host|mount\" \"/\" { files = x }\n",
	    "2: what belongs to a section stands between its braces" },
	{ "http { \"<begin>\" = 1 }\n",
	    "1: what belongs to a section stands between its braces" },

	/* what stands twice */
	{ "workers = 3\n\nworkers = 3\n",
	    "3: workers: stands already in line 1" },
	{ "http {\n max_head = 2k\n max_head = 2k\n}\n",
	    "3: max_head: stands already in line 2" },
	{ "http { }\nhttp { }\n", "2: http: stands already in line 1" },
	{ "listen \"a:80\" { }\nlisten \"A:080\" { }\n",
	    "2: listen: \"A:080\": stands already at cohort.conf:1" },
	{ "host a { }\nhost A { }\n",
	    "2: host: \"a\": stands already in line 1" },
	{ "host a { mount / { module = m set { b = 1\n b = 2 } } }\n",
	    "2: b: stands already in line 1" },
	{ "host a { mount / { module = m set { }\n set { } } }\n",
	    "2: set: stands already in line 1" },
	{ "<end> = 1\n", "3: <end>: stands already in line 1" },

	/* syntax */
	{ "workers\n= = 3\n", "2: unexpected token '='" },
	{ "= 3\n", "1: unexpected token '='" },
	{ "workers 3\n", "1: missing equal sign after option 'workers'" },
	{ "workers += 3\n",
	    "1: attempt to append to non-list option 'workers'" },
	{ "}\n", "1: unexpected closing brace" },
	{ "http x { }\n", "1: missing opening brace for section 'http'" },
	{ "listen { }\n", "1: missing title for section 'listen'" },
	{ "user = \"\\9\"\n", "1: bad escape sequence '\\9'" },
	{ "\"\" = 3\n", "1: syntax error" },
	{ "\nhttp {\n max_head = 2k\n", "2: http: no } for the { here" },
	{ "host \"*\" {\n mount \"/\" { files = x }\n",
	    "1: host: no } for the { here" },
	{ "host \"*\" {\n mount \"/\" { module = x\nset { a = 1 } }\n",
	    "1: host: no } for the { here" },
	{ "host \"*\" {\n mount \"/\" { module = x\nset { a = 1\n",
	    "3: set: no } for the { here" },
	{ "\nuser = \"a\n\n", "2: a string begins here and does not end" },
	{ "workers = 3 // no\n", "1: \"//\": comments begin with #" },

	/* listeners, hosts, mounts */
	{ "listen \"*\" { }\n",
	    "1: listen: \"*\": ADDRESS:PORT, [IPv6 ADDRESS]:PORT, NAME:PORT, "
	    "*:PORT or unix:/PATH" },
	{ "\nhost \"a:80\" { }\n",
	    "2: host: \"a:80\": a name or address without a port, or * for "
	    "all others" },
	{ "host \"*.a\" { }\n",
	    "1: host: \"*.a\": a name or address without a port, or * for "
	    "all others" },
	{ "host \"\" { }\n",
	    "1: host: \"\": a name or address without a port, or * for "
	    "all others" },
	{ "host a {\n mount x { files = a } }\n",
	    "2: mount: \"x\": a path that begins with /, without empty, . or "
	    ".. segments, without ?, # and \\" },
	{ "host a { mount \"/a//b\" { files = a } }\n",
	    "1: mount: \"/a//b\": a path that begins with /, without empty, " },
	{ "host a { mount \"/a/../b\" { files = a } }\n",
	    "1: mount: \"/a/../b\": a path that begins with /, without " },
	{ "host a { mount \"/a/.\" { files = a } }\n",
	    "1: mount: \"/a/.\": a path that begins with /, without " },
	{ "host a { mount \"/a?b\" { files = a } }\n",
	    "1: mount: \"/a?b\": a path that begins with /, without " },
	{ "host a { mount \"/a\\n\" { files = a } }\n",
	    "1: mount: \"/a\\x0a\": a path that begins with /, without " },
	{ "host a { mount \"\" { files = a } }\n",
	    "1: mount: \"\": a path that begins with /, without " },
	{ "host a {\n\n mount / { max_body = 1k } }\n",
	    "3: mount: exactly one of files, module or redirect must stand "
	    "here, not none" },
	{ "host a { mount / { module = a redirect = /b } }\n",
	    "1: mount: exactly one of files, module or redirect must stand "
	    "here, not module and redirect" },
	{ "host a { mount / { files = x module = a redirect = /b } }\n",
	    "1: mount: exactly one of files, module or redirect must stand "
	    "here, not files and module and redirect" },
	{ "host a { mount / { files = \"\" } }\n", "1: files: \"\": a path" },
	{ "host a { mount / { module = m\nlisting = yes } }\n",
	    "2: listing: only beside files" },
	{ "host a { mount / { files = m\nredirect_status = 301 } }\n",
	    "2: redirect_status: only beside redirect" },
	{ "host a { mount / { files = m\nset { a = 1 } } }\n",
	    "2: set: only beside module" },
	{ "host a { mount / { redirect = /b\nredirect_status = 300 } }\n",
	    "2: redirect_status: \"300\": 301, 302, 303, 307 or 308" },
	{ "host a { mount / { redirect = b } }\n",
	    "1: redirect: \"b\": a path that begins with /, or a URL with "
	    "its scheme" },
	{ "host a { mount / { files = a\n\nindex = a/b } }\n",
	    "3: index: \"a/b\": a file name without /" },
};

START_TEST(refused)
{
	struct test_config config;
	char expected[1100];

	ck_assert_int_eq(test_config_parse(&config, bad[_i].text, NULL), -1);
	snprintf(expected, sizeof(expected), "cohort.conf:%s", bad[_i].message);
	if (expected[strlen(expected) - 1] == ' ')
		config.error.text[strlen(expected)] = '\0';
	ck_assert_str_eq(config.error.text, expected);
	ck_assert_int_eq(config.error.kind, ERROR_CONFIG);

	/* Nothing of it is left in libconfuse. */
	test_config_must_parse(&config, REST, NULL);
	test_config_fini(&config);
}
END_TEST

/* Any text that is no configuration fails, and does nothing else. */
START_TEST(garbage)
{
	static const char pieces[][12] = {
		"host",
		"\"*\"",
		"{",
		"}",
		"mount",
		"/",
		"=",
		"\"",
		"'",
		"\\",
		"#",
		"\n",
		"set",
		"a",
		"files",
		"+=",
		"(",
		")",
		",",
		"${",
		"|",
		"*",
		"<begin>",
		"<end>",
		"http",
		"\xff",
		" ",
		"listen",
	};
	struct test_config config;
	char text[400];
	unsigned seed = (unsigned)_i, i;

	text[0] = '\0';
	for (i = 0; i < 30; i++)
		strcat(text,
		    pieces[(unsigned)rand_r(&seed) %
			(sizeof(pieces) / sizeof(pieces[0]))]);
	ck_assert_msg(test_config_parse(&config, text, NULL) == -1, "%s", text);
	ck_assert_str_ne(config.error.text, "");
}
END_TEST

START_TEST(file_is_missing)
{
	const struct config_overrides overrides = {
		.directory = "/nonexistent",
		.file = "x/cohort.conf",
	};
	struct settings *settings = NULL;
	struct error error;

	ck_assert_int_eq(config_parse(&overrides, &settings, &error), -1);
	ck_assert_str_eq(
	    error.text, "x/cohort.conf: No such file or directory");
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_ptr_null(settings);
}
END_TEST

START_TEST(nothing_to_do)
{
	struct test_config config;

	ck_assert_int_eq(test_config_parse(&config, HOST, NULL), -1);
	ck_assert_ptr_nonnull(strstr(config.error.text,
	    "nowhere to listen: -l ADDRESS, or listen in /tmp/"));
	ck_assert_int_eq(
	    test_config_parse(&config, LISTEN "host a { }", NULL), -1);
	ck_assert_ptr_nonnull(strstr(config.error.text,
	    "nothing to serve: -m MODULE, -r DIRECTORY, or mount in /tmp/"));
	ck_assert_int_eq(test_config_parse(&config, "", NULL), -1);
}
END_TEST

/* For who asks only where the daemon is. */
START_TEST(a_part_is_enough)
{
	const struct config_overrides overrides = { .is_partial = true };
	struct test_config config;

	test_config_must_parse(&config, "control_socket = /a\n", &overrides);
	ck_assert_str_eq(config.settings->control_socket, "/a");
	test_config_fini(&config);
}
END_TEST

START_TEST(workers_by_cpu)
{
	struct test_config config;
	cpu_set_t cpus;

	test_config_must_parse(&config, REST, NULL);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	ck_assert_uint_eq(config.settings->workers, (uint64_t)CPU_COUNT(&cpus));
	test_config_fini(&config);
}
END_TEST

/* Without a file: all from the command line. */
START_TEST(command_line)
{
	const char *listen[] = { "127.0.0.1:1", "unix:/x" };
	const char *modules[] = { "./a.so", "/b.so" };
	const struct config_overrides overrides = {
		.directory = "/work",
		.listen = listen,
		.listen_count = 2,
		.modules = modules,
		.module_count = 2,
		.root = "site",
		.workers = "4",
		.user = "web:staff",
		.pid_file = "pid",
		.foreground = true,
		.has_builtin = true,
		.is_root = true,
	};
	const struct settings_mount *mount;
	struct settings *settings;
	struct error error;

	ck_assert_msg(
	    config_parse(&overrides, &settings, &error) == 0, "%s", error.text);
	ck_assert_ptr_null(settings->file);
	ck_assert_str_eq(settings->user, "web");
	ck_assert_str_eq(settings->group, "staff");
	ck_assert_uint_eq(settings->workers, 4);
	ck_assert_str_eq(settings->pid_file, "/work/pid");
	ck_assert_str_eq(settings->error_log, "stderr");
	ck_assert_uint_eq(settings->listener_count, 2);
	ck_assert_str_eq(settings->listeners[1].address, "unix:/x");
	ck_assert_str_eq(settings->listeners[1].place, "option -l");
	ck_assert_uint_eq(settings->host_count, 1);
	ck_assert_str_eq(settings->hosts[0].name, "*");
	ck_assert_uint_eq(settings->hosts[0].mount_count, 4);
	mount = settings->hosts[0].mounts;
	ck_assert_int_eq((int)mount[0].service, SETTINGS_SERVICE_MODULE);
	ck_assert_ptr_null(mount[0].module);
	ck_assert_str_eq(mount[0].place, "this program");
	ck_assert_str_eq(mount[1].module, "/work/a.so");
	ck_assert_str_eq(mount[1].place, "option -m");
	ck_assert_str_eq(mount[2].module, "/b.so");
	ck_assert_int_eq((int)mount[3].service, SETTINGS_SERVICE_FILES);
	ck_assert_str_eq(mount[3].files, "/work/site");
	ck_assert_str_eq(mount[3].place, "option -r");
	ck_assert_uint_eq(mount[3].max_body, 1048576);
	settings_free(&settings);
	ck_assert_ptr_null(settings);
}
END_TEST

/* On top of a file. */
START_TEST(command_line_and_file)
{
	const char *listen[] = { "127.0.0.1:1" };
	const char *modules[] = { "a.so" };
	const struct config_overrides overrides = {
		.listen = listen,
		.listen_count = 1,
		.modules = modules,
		.module_count = 1,
		.user = "nobody",
	};
	const struct settings_host *host;
	struct test_config config;

	test_config_must_parse(&config,
	    "user = web group = web\n"
	    "listen \"127.0.0.1:1\" { backlog = 3 }\n"
	    "host a { mount / { files = /a } }\n" HOST,
	    &overrides);
	ck_assert_uint_eq(config.settings->listener_count, 1);
	ck_assert_uint_eq(config.settings->listeners[0].backlog, 2048);
	ck_assert_str_eq(config.settings->user, "nobody");
	ck_assert_str_eq(config.settings->group, "");
	ck_assert_uint_eq(config.settings->host_count, 2);
	ck_assert_uint_eq(config.settings->hosts[0].mount_count, 1);
	host = settings_find_host(config.settings, "*");
	ck_assert_uint_eq(host->mount_count, 2);
	ck_assert_int_eq((int)host->mounts[0].service, SETTINGS_SERVICE_MODULE);
	ck_assert_str_eq(host->mounts[1].files, "/srv");
	test_config_fini(&config);
}
END_TEST

/* Root with a file has one by default, nobody else. */
START_TEST(pid_file)
{
	static const struct {
		bool is_root;
		const char *text, *override, *pid_file;
	} cases[] = {
		{ true, "", NULL, "/run/cohort/cohortd.pid" },
		{ false, "", NULL, "" },
		{ true, "pid_file = \"\"", NULL, "" },
		{ false, "pid_file = /p", NULL, "/p" },
		{ false, "pid_file = /p", "/q", "/q" },
		{ true, "", "", "" },
	};
	const struct config_overrides overrides = {
		.is_root = cases[_i].is_root,
		.pid_file = cases[_i].override,
	};
	struct test_config config;
	char text[200];

	snprintf(text, sizeof(text), "%s\n" REST, cases[_i].text);
	test_config_must_parse(&config, text, &overrides);
	ck_assert_str_eq(config.settings->pid_file, cases[_i].pid_file);
	test_config_fini(&config);
}
END_TEST

START_TEST(no_pid_file_without_file)
{
	const char *listen[] = { "*:1" };
	const struct config_overrides overrides = {
		.listen = listen,
		.listen_count = 1,
		.root = "/srv",
		.is_root = true,
	};
	struct settings *settings;
	struct error error;

	ck_assert_int_eq(config_parse(&overrides, &settings, &error), 0);
	ck_assert_str_eq(settings->pid_file, "");
	ck_assert_str_eq(settings->user, "www-data");
	settings_free(&settings);
}
END_TEST

static const char *good_listen[] = { "*:1" };
static const char *bad_listen[] = { "1" };
static const char *twice_listen[] = { "*:1", "*:01" };
static const char *bad_module[] = { "" };

static const struct {
	struct config_overrides overrides;
	const char *message;
} bad_commands[] = {
	{ { .listen = bad_listen, .listen_count = 1 },
	    "option -l: \"1\": ADDRESS:PORT, [IPv6 ADDRESS]:PORT, NAME:PORT, "
	    "*:PORT or unix:/PATH" },
	{ { .listen = twice_listen, .listen_count = 2 },
	    "option -l: \"*:01\": stands already at option -l" },
	{ { .modules = bad_module, .module_count = 1 },
	    "option -m: \"\": a path" },
	{ { .root = "" }, "option -r: \"\": a path" },
	{ { .root = "/", .workers = "many" },
	    "option -w: \"many\": a whole number from 0 to 512" },
	{ { .root = "/", .user = "" }, "option -u: \"\": USER or USER:GROUP" },
	{ { .root = "/", .user = ":g" },
	    "option -u: \":g\": USER or USER:GROUP" },
	{ { .root = "/", .user = "u:" },
	    "option -u: \"u:\": USER or USER:GROUP" },
	{ { .root = "/", .pid_file = "a\n" },
	    "option -p: \"a\\x0a\": text without control characters" },
	{ { .root = "/" },
	    "nowhere to listen: -l ADDRESS, or listen in a file given by "
	    "-c" },
	{ { .listen = good_listen, .listen_count = 1 },
	    "nothing to serve: -m MODULE, -r DIRECTORY, or mount in a file "
	    "given by -c" },
};

START_TEST(bad_command)
{
	struct config_overrides overrides = bad_commands[_i].overrides;
	struct settings *settings = NULL;
	struct error error;

	overrides.directory = "/work";
	ck_assert_int_eq(config_parse(&overrides, &settings, &error), -1);
	ck_assert_str_eq(error.text, bad_commands[_i].message);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_ptr_null(settings);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("config_parse");
	TCase *tests = tcase_create("config_parse");

	tcase_add_test(tests, everything);
	tcase_add_loop_test(tests, string, 0, COUNT(strings));
	tcase_add_loop_test(tests, refused, 0, COUNT(bad));
	tcase_add_loop_test(tests, garbage, 0, 200);
	tcase_add_test(tests, file_is_missing);
	tcase_add_test(tests, nothing_to_do);
	tcase_add_test(tests, a_part_is_enough);
	tcase_add_test(tests, workers_by_cpu);
	tcase_add_test(tests, command_line);
	tcase_add_test(tests, command_line_and_file);
	tcase_add_loop_test(tests, pid_file, 0, 6);
	tcase_add_test(tests, no_pid_file_without_file);
	tcase_add_loop_test(tests, bad_command, 0, COUNT(bad_commands));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
