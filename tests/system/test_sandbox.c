/* SPDX-License-Identifier: ISC */
/*
 * What a module may not do, and what the log says of it: system calls, files,
 * privileges; with the switches off, and with what the configuration allows
 * besides.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_order.h"
#include "test_unit.h"

#define SKIPPED     77
#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

#define VERSION_SCOPE 6

static int
landlock_version(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

/* Those of a file are there for everybody, as far as modes can tell. */
static void
make_files(struct test_daemon *daemon)
{
	ck_assert_int_eq(mkdir(test_daemon_path(daemon, "data"), 0777), 0);
	ck_assert_int_eq(chmod(test_daemon_path(daemon, "data"), 0777), 0);
	ck_assert_int_eq(mkdir(test_daemon_path(daemon, "www"), 0755), 0);
	ck_assert_int_eq(chmod(test_daemon_directory(daemon), 0777), 0);
	test_daemon_write(daemon, "data/known", "x");
	test_daemon_write(daemon, "www/page", "x");
	test_daemon_write(daemon, "secret", "x");
	ck_assert_int_eq(chmod(test_daemon_path(daemon, "secret"), 0666), 0);
}

/* more: options of the daemon; mount: of the module's mount. */
static struct test_daemon *
start(const char *more, const char *mount)
{
	struct test_daemon *daemon = test_daemon_new();

	make_files(daemon);
	test_daemon_configure(daemon,
	    TEST_CONTROL "%s\nworkers = 1\nlisten \"127.0.0.1:0\" {}\n"
			 "host \"*\" { mount \"/\" { module = \"%s\" %s }\n"
			 "mount \"/www\" { files = \"@/www\" } }\n",
	    more, test_daemon_module(daemon, "module_sandbox"), mount);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
expect(struct test_daemon *daemon, const char *target, const char *answer)
{
	struct test_response response;

	test_get(test_daemon_port(daemon), target, &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_msg(strcmp(response.body, answer) == 0, "%s: %s, not %s",
	    target, response.body, answer);
	test_response_free(&response);
}

/* The file of that name below the daemon's directory. */
static void
expect_file(struct test_daemon *daemon, const char *verb, const char *name,
    const char *answer)
{
	char target[600];

	snprintf(target, sizeof(target), "/%s%s", verb,
	    test_daemon_path(daemon, name));
	expect(daemon, target, answer);
}

static long long
denied(struct test_daemon *daemon)
{
	json_t *status = test_order(daemon, "status");
	long long count = (long long)json_integer_value(
	    json_object_get(json_object_get(status, "totals"), "denied"));

	json_decref(status);
	return count;
}

/* ---- system calls ---- */

static const char *const refused[] = { "execve", "execveat", "ptrace",
	"unshare", "clone", "mount", "bpf", "keyctl", "io_uring_setup",
	"perf_event_open", "ioctl", "prlimit64" };

/* Sanitizers need it themselves. */
static bool
is_left_alone(struct test_daemon *daemon, const char *name)
{
	return strcmp(name, "ptrace") == 0 &&
	    test_process_is_sanitized(test_daemon_pid(daemon));
}

START_TEST(a_refused_call_fails_and_is_named)
{
	struct test_daemon *daemon = start("", "");
	char target[64], words[128];

	snprintf(target, sizeof(target), "/call/%s", refused[_i]);
	snprintf(words, sizeof(words), "was refused the system call %s, by ",
	    refused[_i]);
	if (!is_left_alone(daemon, refused[_i])) {
		expect(daemon, target, "EPERM");
		snprintf(words + strlen(words), sizeof(words) - strlen(words),
		    "request ");
		test_daemon_wait(daemon, words);
		expect(daemon, "/call/getpid", "-");
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_log_names_the_request)
{
	struct test_daemon *daemon = start("", "");
	const char *line;

	expect(daemon, "/call/execve?a%0ab", "EPERM");
	line = test_daemon_wait(daemon, "was refused the system call execve");
	ck_assert_ptr_nonnull(strstr(line, "worker 0 (pid "));
	ck_assert_ptr_nonnull(
	    strstr(line, "\"GET /call/execve?a%0ab\" from 127.0.0.1"));
	ck_assert_ptr_nonnull(strstr(line, "route /call/{name}"));
	ck_assert_ptr_nonnull(strstr(line, "/module_sandbox.so"));
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(repeats_are_counted_and_not_logged)
{
	struct test_daemon *daemon = start("", "");

	expect(daemon, "/repeat/execve", "EPERM");
	expect(daemon, "/repeat/execve?again", "EPERM");
	expect(daemon, "/call/execve", "EPERM");
	test_daemon_wait(daemon, "\"GET /repeat/execve\"");
	test_daemon_wait(daemon, "\"GET /call/execve\"");
	ck_assert_uint_eq(test_daemon_count(daemon, "was refused"), 2);
	ck_assert_int_eq(denied(daemon), 2001);
	test_daemon_stop(&daemon);
}
END_TEST

static const struct {
	const char *target, *words;
} elsewhere[] = {
	{ "/job/execve", "\"GET /job/execve\" from" },
	{ "/child/execve", "\"GET /child/execve\" from" },
	{ "/thread/execve", "by a thread of a module's own" },
};

START_TEST(other_threads_and_children_are_told_apart)
{
	struct test_daemon *daemon = start("", "");

	expect(daemon, elsewhere[_i].target, "EPERM");
	test_daemon_wait(daemon, elsewhere[_i].words);
	expect(daemon, "/call/getpid", "-");
	test_daemon_stop(&daemon);
}
END_TEST

/* The channel's number is somebody else's there. */
START_TEST(a_child_with_other_descriptors_sends_nothing)
{
	struct test_daemon *daemon = start("", "");

	expect(daemon, "/stranger/execve", "EPERM");
	ck_assert_int_eq(denied(daemon), 1);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(nothing_is_spawned)
{
	struct test_daemon *daemon = start("", "");

	expect(daemon, "/spawn", "EPERM");
	test_daemon_stop(&daemon);
	daemon = start("seccomp = false", "");
	expect(daemon, "/spawn", "EACCES");
	test_daemon_stop(&daemon);
	daemon = start("", "system_calls = \"execve\"");
	expect(daemon, "/spawn", "EACCES");
	test_daemon_stop(&daemon);
	daemon = start("", "system_calls = \"execve\" read = \"/bin/true\"");
	expect(daemon, "/spawn", "-");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(set_up_is_refused_too)
{
	struct test_daemon *daemon = start("", "set { call = \"execve\" }");
	struct test_output output;

	test_daemon_expect(
	    daemon, "was refused the system call execve, by setup");
	test_daemon_wait_count(daemon, "was refused", 1);
	ck_assert_int_eq(
	    test_daemon_run(daemon, &output, "-t", "-c", "@/conf", NULL), 0);
	ck_assert_msg(
	    strstr(output.text, "refused a system call: execve") != NULL, "%s",
	    output.text);
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(declared_calls_are_allowed)
{
	struct test_daemon *daemon =
	    start("", "system_calls = \"keyctl execve\"");

	expect(daemon, "/call/execve", "ENOENT");
	expect(daemon, "/call/keyctl", "EOPNOTSUPP");
	expect(daemon, "/call/execveat", "EPERM");
	test_daemon_wait(daemon, "was refused the system call execveat");
	ck_assert_uint_eq(test_daemon_count(daemon, "was refused"), 1);
	ck_assert_uint_eq(test_daemon_count(daemon, ", execve is not"), 1);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(without_seccomp_nothing_is_refused)
{
	struct test_daemon *daemon = start("seccomp = false", "");

	expect(daemon, "/call/execve", "ENOENT");
	expect(daemon, "/call/keyctl", "EOPNOTSUPP");
	ck_assert_int_eq(denied(daemon), 0);
	ck_assert_uint_eq(test_daemon_count(daemon, "seccomp is off"), 1);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- files ---- */

START_TEST(other_files_are_out_of_reach)
{
	struct test_daemon *daemon = start("", "");

	expect_file(daemon, "read", "secret", "EACCES");
	expect_file(daemon, "read", "data/known", "EACCES");
	expect_file(daemon, "read", "conf", "EACCES");
	expect_file(daemon, "write", "secret", "EACCES");
	expect_file(daemon, "write", "new", "EACCES");
	expect_file(daemon, "remove", "data/known", "EACCES");
	expect_file(daemon, "list", "data", "EACCES");
	expect(daemon, "/read/etc/passwd", "EACCES");
	expect(daemon, "/list/etc", "EACCES");
	expect(daemon, "/write/tmp/cohort-test-new", "EACCES");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(what_programs_need_is_there)
{
	struct test_daemon *daemon = start("", "");

	expect(daemon, "/read/etc/hosts", "-");
	expect(daemon, "/read/etc/nsswitch.conf", "-");
	expect(daemon, "/read/dev/urandom", "-");
	expect(daemon, "/write/dev/null", "-");
	expect(daemon, "/read/proc/self/maps", "-");
	expect(daemon, "/list/proc/self/task", "-");
	expect(daemon, "/list/usr/lib", "-");
	expect_file(daemon, "read", "www/page", "-");
	expect_file(daemon, "list", "www", "-");
	expect_file(daemon, "write", "www/page", "EACCES");
	expect_file(daemon, "read", "module_sandbox.so", "-");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(declared_files_can_be_read)
{
	struct test_daemon *daemon = start("", "read = \"@/data:@/secret\"");

	expect_file(daemon, "read", "secret", "-");
	expect_file(daemon, "read", "data/known", "-");
	expect_file(daemon, "list", "data", "-");
	expect_file(daemon, "write", "data/new", "EACCES");
	expect_file(daemon, "write", "secret", "EACCES");
	expect_file(daemon, "read", "conf", "EACCES");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(declared_files_can_be_written)
{
	struct test_daemon *daemon = start("", "write = \"@/data:@/secret\"");

	expect_file(daemon, "write", "data/new", "-");
	expect_file(daemon, "read", "data/new", "-");
	expect_file(daemon, "remove", "data/new", "-");
	expect_file(daemon, "write", "secret", "-");
	expect_file(daemon, "remove", "secret", "EACCES");
	expect_file(daemon, "write", "new", "EACCES");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(without_landlock_modes_decide)
{
	struct test_daemon *daemon = start("landlock = false", "");

	expect_file(daemon, "read", "secret", "-");
	expect_file(daemon, "write", "new", "-");
	expect_file(daemon, "remove", "new", "-");
	expect(daemon, "/read/etc/passwd", "-");
	ck_assert_uint_eq(test_daemon_count(daemon, "landlock is off"), 1);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_log_states_the_rules)
{
	struct test_daemon *daemon = start("", "write = \"@/data\"");
	char words[600];

	snprintf(words, sizeof(words), "read \"%s\"",
	    test_daemon_path(daemon, "www"));
	ck_assert_uint_eq(test_daemon_count(daemon, words), 1);
	snprintf(words, sizeof(words), "read and write \"%s\"",
	    test_daemon_path(daemon, "data"));
	ck_assert_uint_eq(test_daemon_count(daemon, words), 1);
	ck_assert_uint_eq(
	    test_daemon_count(daemon, "system calls are refused"), 1);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- mistakes ---- */

#define MOUNT(what)                                               \
	"listen \"127.0.0.1:0\" {}\nhost \"*\" { mount \"/\" {\n" \
	"module = \"@/module_sandbox.so\"\n" what " } }\n"

static const struct {
	const char *conf, *reason;
} mistakes[] = {
	{ MOUNT("read = \"@/nowhere\""),
	    "/nowhere\": No such file or directory" },
	{ MOUNT("write = \"@:@/absent\""),
	    "/absent\": No such file or directory" },
	{ MOUNT("system_calls = \"execve exceve\""),
	    "conf:4: system_calls: \"exceve\": there is no such system call" },
	{ "http { body_directory = \"@/bodies\" }\n" MOUNT(""),
	    "body_directory \"" },
};

START_TEST(a_mistake_is_found_at_start)
{
	static const char *const words[] = { "-f", "-t" };
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;
	size_t i;

	test_daemon_module(daemon, "module_sandbox");
	test_daemon_configure(daemon, "%s", mistakes[_i].conf);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(test_daemon_run(daemon, &output, words[i],
				     "-c", "@/conf", NULL),
		    78);
		ck_assert_msg(strstr(output.text, mistakes[_i].reason) != NULL,
		    "%s", output.text);
		test_output_free(&output);
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_reload_that_names_nothing_is_refused)
{
	struct test_daemon *daemon = start("", "");
	json_t *answer;

	test_daemon_configure(
	    daemon, TEST_CONTROL "workers = 1\n" MOUNT("read = \"@/nowhere\""));
	test_daemon_expect(daemon, "reload: reading");
	test_daemon_expect(daemon, "reload failed, nothing was changed: ");
	answer = test_order(daemon, "reload");
	test_daemon_wait_count(daemon, "/nowhere\": No such file", 1);
	json_decref(answer);
	expect(daemon, "/call/getpid", "-");
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- privileges ---- */

static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd",
	"CapAmb" };

static void
expect_no_privileges(struct test_daemon *daemon)
{
	char target[64];
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		snprintf(target, sizeof(target), "/status/%s", sets[i]);
		expect(daemon, target, "0000000000000000");
	}
	expect(daemon, "/status/NoNewPrivs", "1");
}

static const char *const users[] = { "", "user = \"www-data\"",
	"user = \"root\"" };

/* Not even root may leave its own capabilities' bounding set as it is. */
START_TEST(workers_hold_no_capability)
{
	struct test_daemon *daemon;

	if (geteuid() != 0)
		return;
	daemon = start(users[_i], "");
	expect_no_privileges(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_master_is_out_of_reach)
{
	struct test_daemon *daemon = start("user = \"\"", "");

	if (landlock_version() >= VERSION_SCOPE)
		expect(daemon, "/parent", "EPERM");
	test_daemon_stop(&daemon);
}
END_TEST

static bool
has_seccomp(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != -1;
}

static void
add_calls(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, a_refused_call_fails_and_is_named, 0, ROWS(refused));
	tcase_add_test(tcase, the_log_names_the_request);
	tcase_add_test(tcase, repeats_are_counted_and_not_logged);
	tcase_add_loop_test(tcase, other_threads_and_children_are_told_apart, 0,
	    ROWS(elsewhere));
	tcase_add_test(tcase, a_child_with_other_descriptors_sends_nothing);
	tcase_add_test(tcase, nothing_is_spawned);
	tcase_add_test(tcase, set_up_is_refused_too);
	tcase_add_test(tcase, declared_calls_are_allowed);
	tcase_add_test(tcase, without_seccomp_nothing_is_refused);
}

static void
add_files(TCase *tcase)
{
	tcase_add_test(tcase, other_files_are_out_of_reach);
	tcase_add_test(tcase, what_programs_need_is_there);
	tcase_add_test(tcase, declared_files_can_be_read);
	tcase_add_test(tcase, declared_files_can_be_written);
	tcase_add_test(tcase, without_landlock_modes_decide);
	tcase_add_test(tcase, the_log_states_the_rules);
	tcase_add_test(tcase, the_master_is_out_of_reach);
}

static void
add_others(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, a_mistake_is_found_at_start, 0, ROWS(mistakes));
	tcase_add_test(tcase, a_reload_that_names_nothing_is_refused);
	tcase_add_loop_test(tcase, workers_hold_no_capability, 0, ROWS(users));
}

int
main(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *tcase = tcase_create("sandbox");

	if (!has_seccomp() || landlock_version() < 1) {
		printf("skipped: this kernel has no %s\n",
		    has_seccomp() ? "Landlock" : "seccomp");
		return SKIPPED;
	}
	tcase_set_timeout(tcase, 120);
	add_calls(tcase);
	add_files(tcase);
	add_others(tcase);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
