/* SPDX-License-Identifier: ISC */
/*
 * Starting: with options alone, with a file, what the command line says and
 * refuses, and the ways in which a daemon must not start.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

START_TEST(options_alone_serve_a_module)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_response response;

	test_daemon_start(daemon, "-l", "127.0.0.1:0", "-w", "2", "-m",
	    test_daemon_module(daemon, "module_test"), NULL);
	test_get(test_daemon_port(daemon), "/hello/world", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(response.body, "Hello, world!\n");
	test_response_free(&response);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(modules_and_files_share_the_root)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_response response;

	test_daemon_write(daemon, "index.html", "<p>the index</p>\n");
	test_daemon_start(daemon, "-l", "127.0.0.1:0", "-w", "1", "-m",
	    test_daemon_module(daemon, "module_test"), "-r", "@", NULL);
	test_get(test_daemon_port(daemon), "/", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(response.body, "<p>the index</p>\n");
	ck_assert_str_eq(test_response_field(&response, "Content-Type"),
	    "text/html; charset=utf-8");
	test_response_free(&response);
	test_get(test_daemon_port(daemon), "/hello/x", &response);
	ck_assert_str_eq(response.body, "Hello, x!\n");
	test_response_free(&response);
	test_get(test_daemon_port(daemon), "/nothing", &response);
	ck_assert_int_eq(response.status, 404);
	test_response_free(&response);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_order_of_modules_is_that_of_the_options)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_response response;
	char path[512];

	/* Both have "/": the file's index is behind the module. */
	snprintf(
	    path, sizeof(path), "%s", test_daemon_module(daemon, "module_bad"));
	test_daemon_write(daemon, "index.html", "the index\n");
	test_daemon_start(daemon, "-l", "127.0.0.1:0", "-w", "1", "-m",
	    test_daemon_module(daemon, "module_test"), "-m", path, "-r", "@",
	    NULL);
	test_get(test_daemon_port(daemon), "/", &response);
	ck_assert_str_eq(response.body, "fine\n");
	test_response_free(&response);
	test_get(test_daemon_port(daemon), "/hello/x", &response);
	ck_assert_str_eq(response.body, "Hello, x!\n");
	test_response_free(&response);
	test_get(test_daemon_port(daemon), "/index.html", &response);
	ck_assert_str_eq(response.body, "the index\n");
	test_response_free(&response);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(workers_of_root_have_dropped_everything)
{
	struct test_daemon *daemon = test_daemon_new();
	char path[64], *text;
	const char *line;
	unsigned id[4];
	pid_t worker;
	int i;

	test_daemon_start(daemon, "-l", "127.0.0.1:0", "-w", "1", "-u",
	    "nobody:nogroup", "-r", "@", NULL);
	ck_assert_uint_eq(test_daemon_workers(daemon, &worker, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)worker);
	text = test_file_read(path, NULL);
	line = strstr(text, "\nUid:");
	ck_assert_ptr_nonnull(line);
	if (geteuid() == 0) {
		ck_assert_int_eq(sscanf(line, "\nUid: %u %u %u %u", &id[0],
				     &id[1], &id[2], &id[3]),
		    4);
		for (i = 0; i < 4; i++)
			ck_assert_uint_eq(id[i], getpwnam("nobody")->pw_uid);
		ck_assert_ptr_null(strstr(text, "\nGroups:\t0 "));
		ck_assert_ptr_nonnull(
		    strstr(text, "\nCapEff:\t0000000000000000\n"));
		ck_assert_ptr_nonnull(
		    strstr(text, "\nCapPrm:\t0000000000000000\n"));
	}
	free(text);
	test_daemon_stop(&daemon);
}
END_TEST

static void
lower_soft_limit(void *context)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &limit);
}

START_TEST(the_limit_of_descriptors_is_raised)
{
	struct test_daemon *daemon = test_daemon_new();
	char path[64], *text;
	struct rlimit own;
	const char *line;
	unsigned soft;
	pid_t worker;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &own), 0);
	if (own.rlim_max < 4096)
		test_daemon_expect(daemon, "max_connections");
	test_daemon_configure(daemon,
	    "workers = 1\nmax_connections = 2000\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_prepare(daemon, lower_soft_limit, NULL);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	ck_assert_uint_eq(test_daemon_workers(daemon, &worker, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/limits", (int)worker);
	text = test_file_read(path, NULL);
	line = strstr(text, "Max open files");
	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(sscanf(line, "Max open files %u", &soft), 1);
	ck_assert_uint_ge(soft, own.rlim_max < 4096 ? 64 : 2000);
	free(text);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(titles_say_who_is_who)
{
	struct test_daemon *daemon = test_daemon_new();
	char path[64], *text;
	pid_t worker;

	test_daemon_start(
	    daemon, "-l", "127.0.0.1:0", "-w", "1", "-r", "@", NULL);
	snprintf(path, sizeof(path), "/proc/%d/cmdline",
	    (int)test_daemon_pid(daemon));
	text = test_file_read(path, NULL);
	ck_assert_ptr_nonnull(strstr(text, "master"));
	free(text);
	ck_assert_uint_eq(test_daemon_workers(daemon, &worker, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)worker);
	text = test_file_read(path, NULL);
	ck_assert_ptr_nonnull(strstr(text, "worker 0, cohort 1"));
	free(text);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what cannot serve ---- */

struct refusal {
	const char *name;
	const char *conf;
	int code;
	const char *reason;
	bool for_root; /* only root is refused */
};

#define FILES_OF(path) "host \"*\" { mount \"/\" { files = \"" path "\" } }\n"
#define LISTEN         "listen \"127.0.0.1:0\" {}\n"

static const struct refusal refusals[] = {
	{ "syntax", "workers = = 2\n", 78, "conf:", false },
	{ "unknown option", "wrokers = 2\n", 78, "wrokers", false },
	{ "bad value", "workers = many\n", 78, "workers", false },
	{ "beyond the range", "workers = 513\n", 78, "512", false },
	{ "no listener", FILES_OF("/"), 78, "listen", false },
	{ "nothing mounted", LISTEN, 78, "mount", false },
	{ "missing module",
	    LISTEN "host \"*\" { mount \"/\" { module = \"/nowhere.so\" } }\n",
	    78, "/nowhere.so", false },
	{ "no module",
	    LISTEN "host \"*\" { mount \"/\" { module = \"@/conf\" } }\n", 78,
	    "conf", false },
	{ "missing directory", LISTEN FILES_OF("/nowhere"), 78, "/nowhere",
	    false },
	{ "unknown user", "user = \"no-such-user\"\n" LISTEN FILES_OF("/"), 78,
	    "no-such-user", true },
	{ "foreign address", "listen \"192.0.2.1:80\" {}\n" FILES_OF("/"), 71,
	    "192.0.2.1:80", false },
	{ "unknown name", "listen \"no.such.invalid:80\" {}\n" FILES_OF("/"),
	    78, "no.such.invalid", false },
	{ "not a socket", "listen \"unix:@/conf\" {}\n" FILES_OF("/"), 78,
	    "is no socket", false },
	{ "log in no directory",
	    "access_log = \"/nowhere/log\"\n" LISTEN FILES_OF("/"), 71,
	    "/nowhere/log", false },
};

static bool
is_for_others(const struct refusal *refusal)
{
	return refusal->for_root && geteuid() != 0;
}

START_TEST(what_cannot_serve_exits_with_the_reason)
{
	const struct refusal *refusal = &refusals[_i];
	struct test_daemon *daemon = test_daemon_new();
	int status;

	if (!is_for_others(refusal)) {
		test_daemon_configure(daemon, "%s", refusal->conf);
		/* The dying worker's own line may be there as well. */
		test_daemon_expect(daemon, "exited with 70");
		test_daemon_launch(daemon, "-c", "@/conf", "-w", "2", NULL);
		test_daemon_expect(daemon, refusal->reason);
		status = test_daemon_wait_exit(daemon);
		ck_assert_msg(
		    WIFEXITED(status) && WEXITSTATUS(status) == refusal->code,
		    "%s: wait status %#x", refusal->name, (unsigned)status);
		ck_assert_uint_ge(
		    test_daemon_count(daemon, refusal->reason), 1);
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_same_as_a_daemon_says_it_to_the_launching_command)
{
	const struct refusal *refusal = &refusals[_i];
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;
	int code;

	if (!is_for_others(refusal)) {
		test_daemon_configure(daemon,
		    "pid_file = \"@/pid\"\nerror_log = \"@/log\"\n"
		    "%s",
		    refusal->conf);
		code = test_daemon_start_background(
		    daemon, &output, "-c", "@/conf", "-w", "2", NULL);
		ck_assert_msg(code == refusal->code, "%s: %d: %.2000s",
		    refusal->name, code, output.text);
		ck_assert_msg(strstr(output.text, refusal->reason) != NULL,
		    "%s: %.2000s", refusal->name, output.text);
		ck_assert_int_eq(
		    access(test_daemon_path(daemon, "pid"), F_OK), -1);
		test_output_free(&output);
		/* test_daemon_stop waits for all that it left behind. */
		test_daemon_expect(daemon, refusal->reason);
		test_daemon_expect(daemon, "exited with 70");
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- the command line ---- */

struct command {
	const char *name;
	const char *arguments[6];
	int code;
	const char *words; /* in the output */
};

static const struct command commands[] = {
	{ "-v", { "-v" }, 0, "cohortd 0." },
	{ "-V", { "-V" }, 0, "libevent" },
	{ "-h", { "-h" }, 0, "usage: cohortd" },
	{ "unknown option", { "-x" }, 2, "usage: cohortd" },
	{ "value missing", { "-c" }, 2, "usage: cohortd" },
	{ "argument too many", { "-f", "more" }, 2, "more" },
	{ "unknown word of -s", { "-s", "jump", "-c", "@/conf" }, 2, "reload" },
	{ "-w is no number", { "-w", "x", "-l", "127.0.0.1:0", "-t" }, 78,
	    "option -w" },
	{ "-l without port", { "-l", "127.0.0.1", "-r", "@", "-t" }, 78,
	    "127.0.0.1" },
	{ "-c without a file", { "-c", "/nowhere/conf" }, 78, "/nowhere/conf" },
	{ "-t good", { "-t", "-c", "@/conf" }, 0, "is good" },
	{ "-T good", { "-T", "-c", "@/conf" }, 0, "workers = 3" },
	{ "-T takes options", { "-T", "-c", "@/conf", "-w", "4" }, 0,
	    "workers = 4" },
	{ "-t bad syntax", { "-t", "-c", "@/bad" }, 78, "bad:2" },
	{ "-t module that refuses", { "-t", "-c", "@/refuses" }, 78,
	    "the set-up says no" },
	{ "-t unknown setting", { "-t", "-c", "@/unknown" }, 78, "colour" },
	{ "-t module missing", { "-t", "-c", "@/missing" }, 78, "/nowhere.so" },
	{ "-s without pid file", { "-s", "reload", "-c", "@/conf" }, 78,
	    "pid_file" },
	{ "-s without a daemon", { "-s", "quit", "-c", "@/conf", "-p", "@/p" },
	    1, "cohortd" },
};

static void
write_configurations(struct test_daemon *daemon)
{
	char text[1024];

	test_daemon_configure(daemon, "workers = 3\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_write(daemon, "bad", "workers = 2\nlisten {\n");
	snprintf(text, sizeof(text),
	    LISTEN "host \"*\" { mount \"/\" { module = \"%s\" "
		   "set { how = \"refuse\" } } }\n",
	    test_daemon_module(daemon, "module_bad"));
	test_daemon_write(daemon, "refuses", text);
	snprintf(text, sizeof(text),
	    LISTEN "host \"*\" { mount \"/\" { module = \"%s\" "
		   "set { colour = \"red\" } } }\n",
	    test_daemon_module(daemon, "module_test"));
	test_daemon_write(daemon, "unknown", text);
	test_daemon_write(daemon, "missing",
	    LISTEN "host \"*\" { mount \"/\" { module = \"/nowhere.so\" } }\n");
}

START_TEST(the_command_line_says_what_it_is_asked)
{
	const struct command *command = &commands[_i];
	const char *const *a = command->arguments;
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;
	int code;

	write_configurations(daemon);
	code = test_daemon_run(
	    daemon, &output, a[0], a[1], a[2], a[3], a[4], a[5], NULL);
	ck_assert_msg(code == command->code, "%s: %d: %.2000s", command->name,
	    code, output.text);
	ck_assert_msg(strstr(output.text, command->words) != NULL,
	    "%s: %.2000s", command->name, output.text);
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_printed_settings_are_a_configuration)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output first, second;

	write_configurations(daemon);
	ck_assert_int_eq(
	    test_daemon_run(daemon, &first, "-T", "-c", "@/conf", NULL), 0);
	test_daemon_write(daemon, "printed", first.text);
	ck_assert_int_eq(
	    test_daemon_run(daemon, &second, "-T", "-c", "@/printed", NULL), 0);
	ck_assert_str_eq(first.text, second.text);
	test_output_free(&first);
	test_output_free(&second);
	test_daemon_stop(&daemon);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("boot");
	TCase *tcase = tcase_create("boot");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, options_alone_serve_a_module);
	tcase_add_test(tcase, modules_and_files_share_the_root);
	tcase_add_test(tcase, the_order_of_modules_is_that_of_the_options);
	tcase_add_test(tcase, workers_of_root_have_dropped_everything);
	tcase_add_test(tcase, the_limit_of_descriptors_is_raised);
	tcase_add_test(tcase, titles_say_who_is_who);
	tcase_add_loop_test(
	    tcase, what_cannot_serve_exits_with_the_reason, 0, COUNT(refusals));
	tcase_add_loop_test(tcase,
	    the_same_as_a_daemon_says_it_to_the_launching_command, 0,
	    COUNT(refusals));
	tcase_add_loop_test(
	    tcase, the_command_line_says_what_it_is_asked, 0, COUNT(commands));
	tcase_add_test(tcase, the_printed_settings_are_a_configuration);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
