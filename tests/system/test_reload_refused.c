/* SPDX-License-Identifier: ISC */
/*
 * Each reload that cannot work is refused with its reason, and leaves
 * everything as it was: the workers, the options of listeners, the service.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_order.h"
#include "test_unit.h"

#define LISTEN       "listen \"127.0.0.1:0\" {}\n"
#define SOCKET(mode) "listen \"unix:@/socket\" { mode = " mode " }\n"
#define MOUNT(set)                                                       \
	"host \"*\" { mount \"/\" { module = \"@/module_check.so\" " set \
	" } }\n"
#define MOUNT_OF(what) "host \"*\" { mount \"/\" { " what " } }\n"
#define HOW(how)       "set { how = \"" how "\" }"
#define GOOD           TEST_CONTROL "workers = 2\n" LISTEN
#define BAD            GOOD SOCKET("0600")

struct refusal {
	const char *name;
	const char *conf; /* "%u" is a port that is taken */
	const char *reason;
	bool is_for_root;
};

static const struct refusal refusals[] = {
	{ "syntax", "workers = = 2\n", "/conf:1", false },
	{ "unknown option", "wrokers = 2\n" BAD MOUNT(""), "wrokers", false },
	{ "missing module", BAD MOUNT_OF("module = \"/nowhere.so\""),
	    "/nowhere.so", false },
	{ "unresolved symbol",
	    BAD MOUNT_OF("module = \"@/module_unresolved.so\""),
	    "test_function_that_is_nowhere", false },
	{ "wrong ABI", BAD MOUNT_OF("module = \"@/module_abi.so\""), "ABI",
	    false },
	{ "set-up fails", BAD MOUNT(HOW("refuse")), "the set-up says no",
	    false },
	{ "set-up hangs", "start_timeout = 300ms\n" BAD MOUNT(HOW("hang")),
	    "was not ready to serve within 300 ms", false },
	{ "set-up crashes", BAD MOUNT(HOW("crash")),
	    "crashed before it was ready to serve", false },
	{ "self-check fails", "self_check = \"/broken\"\n" BAD MOUNT(""),
	    "self_check \"/broken\" was answered 500: "
	    "the database\\x01 is away",
	    false },
	{ "self-check is not there",
	    "self_check = \"HEAD /nowhere\"\n" BAD MOUNT(""),
	    "was answered 404", false },
	{ "self-check is not answered",
	    "self_check = \"/never\"\nself_check_timeout = 200ms\n" BAD MOUNT(
		""),
	    "was not answered within 200 ms", false },
	{ "self-check crashes", "self_check = \"/crash\"\n" BAD MOUNT(""),
	    "crashed in self_check \"/crash\"", false },
	{ "self-check is none", "self_check = \"GET healthz\"\n" BAD MOUNT(""),
	    "self_check: \"GET healthz\": [METHOD] target [host]", false },
	{ "port taken", BAD "listen \"127.0.0.1:%u\" {}\n" MOUNT(""), "in use",
	    false },
	{ "unreadable files", BAD MOUNT_OF("files = \"@/secret\""), "/secret",
	    true },
};

static const char *const expected[] = { "reload: reading",
	"reload failed, nothing was changed: ", "exited with ", "crashed with ",
	"killed by ", ": killed", NULL };

static struct test_daemon *
start(void)
{
	struct test_daemon *daemon = test_daemon_new();
	size_t i;

	for (i = 0; expected[i] != NULL; i++)
		test_daemon_expect(daemon, expected[i]);
	test_daemon_module(daemon, "module_abi");
	test_daemon_module(daemon, "module_unresolved");
	test_daemon_module(daemon, "module_check");
	ck_assert_int_eq(mkdir(test_daemon_path(daemon, "secret"), 0700), 0);
	test_daemon_configure(daemon, "%s", GOOD SOCKET("0640") MOUNT(""));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static int
take_port(unsigned *port_r)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, size), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &size), 0);
	*port_r = ntohs(name.sin_port);
	return fd;
}

/* Those that were dismissed may take a moment. */
static void
wait_workers(struct test_daemon *daemon, const pid_t *before)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	pid_t now[64];
	size_t i, found, count;

	do {
		count = test_daemon_workers(daemon, now, 64);
		for (i = found = 0; i < count; i++)
			found += now[i] == before[0] || now[i] == before[1];
		ck_assert_msg(found == 2, "an old worker is gone");
		ck_assert_int_lt(test_now_ms(), until);
		if (count != 2)
			test_pause();
	} while (count != 2);
}

static void
expect_mode(struct test_daemon *daemon, mode_t mode)
{
	struct stat status;

	ck_assert_int_eq(stat(test_daemon_path(daemon, "socket"), &status), 0);
	ck_assert_int_eq(status.st_mode & 0777, mode);
}

static void
expect_refusal(struct test_daemon *daemon, const char *reason)
{
	json_t *answer = test_order(daemon, "reload");
	const char *error = json_string_value(json_object_get(answer, "error"));

	ck_assert_msg(error != NULL, "it was not refused");
	ck_assert_msg(
	    strstr(error, "reload failed, nothing was changed: ") == error,
	    "%s", error);
	ck_assert_msg(strstr(error, reason) != NULL, "\"%s\" is not in \"%s\"",
	    reason, error);
	json_decref(answer);
}

START_TEST(a_bad_reload_is_refused_and_changes_nothing)
{
	const struct refusal *refusal = &refusals[_i];
	struct test_daemon *daemon = start();
	unsigned port = test_daemon_port(daemon), taken;
	int fd = take_port(&taken);
	struct test_client idle;
	pid_t before[64];
	json_t *answer;

	if (refusal->is_for_root && geteuid() != 0)
		goto end;
	test_client_connect(&idle, port);
	ck_assert_int_eq(test_client_status(&idle, "/fine"), 200);
	ck_assert_uint_eq(test_daemon_workers(daemon, before, 64), 2);
	test_daemon_configure(daemon, refusal->conf, taken);
	expect_refusal(daemon, refusal->reason);
	wait_workers(daemon, before);
	expect_mode(daemon, 0640);
	ck_assert_int_eq(test_client_status(&idle, "/fine"), 200);
	test_client_close(&idle);
	/* A good one is as good as if there had been none. */
	test_daemon_configure(daemon, "%s", GOOD SOCKET("0600") MOUNT(""));
	answer = test_order(daemon, "reload");
	ck_assert_ptr_null(json_object_get(answer, "error"));
	json_decref(answer);
	test_daemon_wait(daemon, "reloaded: cohort ");
	expect_mode(daemon, 0600);
end:
	close(fd);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reload_refused");
	TCase *tcase = tcase_create("refused");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_bad_reload_is_refused_and_changes_nothing,
	    0, (int)(sizeof(refusals) / sizeof(refusals[0])));
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
