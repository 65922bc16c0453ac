/* SPDX-License-Identifier: ISC */
/*
 * A cohort runs the bytes that its modules had when it was made: whatever
 * happens to their files harms no worker and no replacement, and the next
 * cohort has the new bytes in all of its workers.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cohort/cohort.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define WORKERS     2
#define DEBUG       "log_level = \"debug\"\nworkers = 2\n"
#define PATH_ROOM   512
#define FIRST       "one"
#define SECOND      "two"

/* ---- files ---- */

/* As cp(1) does it: the same file, other bytes. */
static void
overwrite(const char *path, const char *from)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t size;
	char *data = test_file_read(from, &size);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	close(fd);
	free(data);
}

/* What a test has: the daemon, the module's file, and those that come into
 * its place. */
struct scene {
	struct test_daemon *daemon;
	char module[PATH_ROOM], first[PATH_ROOM], second[PATH_ROOM];
};

static void
scene_open(struct scene *scene)
{
	struct test_daemon *daemon = test_daemon_new();

	scene->daemon = daemon;
	snprintf(scene->module, PATH_ROOM, "%s",
	    test_daemon_path(daemon, "loaded.so"));
	snprintf(scene->first, PATH_ROOM, "%s",
	    test_daemon_module(daemon, "module_one"));
	snprintf(scene->second, PATH_ROOM, "%s",
	    test_daemon_module(daemon, "module_two"));
	overwrite(scene->module, scene->first);
	test_daemon_expect(daemon, " info: reload: reading");
	/* What is on probation keeps the modules before it. */
	test_daemon_configure(
	    daemon, DEBUG "probation = 0\n" TEST_SERVE_MODULE, scene->module);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
}

static void
scene_close(struct scene *scene)
{
	test_daemon_stop(&scene->daemon);
}

/* ---- who answers what ---- */

struct answer {
	char version[16];
	pid_t pid;
};

static void
take_answer(const struct test_response *response, struct answer *answer_r)
{
	ck_assert_int_eq(response->status, 200);
	ck_assert_msg(sscanf(response->body, "%15s %d", answer_r->version,
			  &answer_r->pid) == 2,
	    "%s", response->body);
}

static void
ask_on(struct test_client *client, struct answer *answer_r)
{
	struct test_response response;

	test_client_get(client, "/version", &response);
	take_answer(&response, answer_r);
	test_response_free(&response);
}

static void
ask(const struct scene *scene, struct answer *answer_r)
{
	struct test_response response;

	test_get(test_daemon_port(scene->daemon), "/version", &response);
	take_answer(&response, answer_r);
	test_response_free(&response);
}

/* A connection to each worker. */
static void
connect_all(const struct scene *scene, struct test_client clients[WORKERS],
    struct answer answers[WORKERS])
{
	unsigned port = test_daemon_port(scene->daemon);
	size_t count = 0;

	while (count < WORKERS) {
		test_client_connect(&clients[count], port);
		ask_on(&clients[count], &answers[count]);
		if (count == 0 || answers[count].pid != answers[0].pid)
			count++;
		else
			test_client_close(&clients[count]);
	}
}

static void
close_all(struct test_client clients[WORKERS])
{
	size_t i;

	for (i = 0; i < WORKERS; i++)
		test_client_close(&clients[i]);
}

/* Every worker there is. */
static void
expect_everywhere(const struct scene *scene, const char *version)
{
	struct test_client clients[WORKERS];
	struct answer answers[WORKERS];
	size_t i;

	connect_all(scene, clients, answers);
	for (i = 0; i < WORKERS; i++)
		ck_assert_str_eq(answers[i].version, version);
	close_all(clients);
}

static void
reload(const struct scene *scene)
{
	test_daemon_signal(scene->daemon, SIGHUP);
	test_daemon_wait(scene->daemon, " info: reloaded: cohort ");
	test_daemon_wait(scene->daemon, " is gone");
}

/* ---- what happens to the file ---- */

static void
copy_over(const struct scene *scene)
{
	overwrite(scene->module, scene->second);
}

static void
truncate_it(const struct scene *scene)
{
	ck_assert_int_eq(truncate(scene->module, 0), 0);
}

static void
remove_it(const struct scene *scene)
{
	ck_assert_int_eq(unlink(scene->module), 0);
}

static void
rename_over(const struct scene *scene)
{
	char copy[PATH_ROOM + 8];

	snprintf(copy, sizeof(copy), "%s.new", scene->module);
	overwrite(copy, scene->second);
	ck_assert_int_eq(rename(copy, scene->module), 0);
}

static void
rename_away(const struct scene *scene)
{
	char away[PATH_ROOM + 8];

	snprintf(away, sizeof(away), "%s.old", scene->module);
	ck_assert_int_eq(rename(scene->module, away), 0);
}

/* What a reload says of it; NULL: it succeeds. */
static const struct {
	void (*happens)(const struct scene *scene);
	const char *reason;
} events[] = {
	{ copy_over, NULL },
	{ truncate_it, "loaded.so: file too short" },
	{ remove_it, "loaded.so: No such file or directory" },
	{ rename_over, NULL },
	{ rename_away, "loaded.so: No such file or directory" },
};

/* Its replacement, too. */
static void
kill_and_ask(const struct scene *scene, pid_t worker)
{
	struct answer answer;

	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	test_daemon_wait(scene->daemon, "was killed by SIGKILL");
	do {
		ask(scene, &answer);
		ck_assert_str_eq(answer.version, FIRST);
	} while (answer.pid == worker);
}

START_TEST(whatever_happens_to_the_file_harms_nobody)
{
	struct test_client clients[WORKERS];
	struct answer answers[WORKERS], again;
	struct scene scene;
	size_t i;

	scene_open(&scene);
	connect_all(&scene, clients, answers);
	events[_i].happens(&scene);
	for (i = 0; i < WORKERS; i++) {
		ask_on(&clients[i], &again);
		ck_assert_str_eq(again.version, FIRST);
		ck_assert_int_eq(again.pid, answers[i].pid);
	}
	close_all(clients);
	for (i = 0; i < WORKERS; i++)
		kill_and_ask(&scene, answers[i].pid);
	expect_everywhere(&scene, FIRST);

	if (events[_i].reason != NULL) {
		test_daemon_expect(scene.daemon, "exited with 70");
		test_daemon_signal(scene.daemon, SIGHUP);
		test_daemon_wait(
		    scene.daemon, "reload failed, nothing was changed: ");
		ck_assert_uint_ge(
		    test_daemon_count(scene.daemon, events[_i].reason), 1);
		expect_everywhere(&scene, FIRST);
		overwrite(scene.module, scene.second);
	}
	reload(&scene);
	expect_everywhere(&scene, SECOND);
	scene_close(&scene);
}
END_TEST

/* ---- many reloads ---- */

#define RELOADS  20
#define PIDS_MAX (WORKERS * (RELOADS + 1))

struct census {
	struct answer answers[PIDS_MAX]; /* one for each worker */
	size_t count;
};

static unsigned
cohort_of(const struct scene *scene, pid_t worker)
{
	unsigned number;
	char text[64];

	for (number = 1; number <= RELOADS + 1; number++) {
		snprintf(text, sizeof(text), " (pid %d) of cohort %u started",
		    (int)worker, number);
		if (test_daemon_count(scene->daemon, text) > 0)
			return number;
	}
	ck_abort_msg("no cohort has a worker %d", (int)worker);
}

/* What its cohort has is what a worker answers, always. */
static void
note(const struct scene *scene, struct census *census,
    const struct answer *answer)
{
	size_t i;

	for (i = 0; i < census->count; i++) {
		if (census->answers[i].pid != answer->pid)
			continue;
		ck_assert_str_eq(census->answers[i].version, answer->version);
		return;
	}
	ck_assert_uint_lt(census->count, PIDS_MAX);
	ck_assert_str_eq(answer->version,
	    cohort_of(scene, answer->pid) % 2 == 0 ? SECOND : FIRST);
	census->answers[census->count++] = *answer;
}

static void
reload_and_ask(
    const struct scene *scene, struct census *census, unsigned number)
{
	const char *text = " info: reloaded: cohort ";
	struct answer answer;

	test_daemon_signal(scene->daemon, SIGHUP);
	while (test_daemon_count(scene->daemon, text) < number) {
		ask(scene, &answer);
		note(scene, census, &answer);
	}
	test_daemon_wait(scene->daemon, text);
	test_daemon_wait(scene->daemon, " is gone");
}

static size_t
count_lines(const char *text)
{
	size_t count = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		text++;
		count++;
	}
	return count;
}

START_TEST(versions_never_mix)
{
	struct census *census = calloc(1, sizeof(*census));
	struct scene scene;
	const char *version;
	char *before, *after;
	unsigned i;

	scene_open(&scene);
	expect_everywhere(&scene, FIRST);
	before = test_process_descriptors(test_daemon_pid(scene.daemon));
	for (i = 1; i <= RELOADS; i++) {
		overwrite(
		    scene.module, i % 2 == 0 ? scene.first : scene.second);
		version = i % 2 == 0 ? FIRST : SECOND;
		reload_and_ask(&scene, census, i);
		expect_everywhere(&scene, version);
	}
	ck_assert_uint_ge(census->count, RELOADS);
	after = test_process_descriptors(test_daemon_pid(scene.daemon));
	ck_assert_msg(count_lines(before) == count_lines(after),
	    "before:\n%safter:\n%s", before, after);
	free(before);
	free(after);
	free(census);
	scene_close(&scene);
}
END_TEST

/* ---- words ---- */

static const struct {
	const char *source, *reason;
} mistakes[] = {
	{ "int absent(void); void *y = absent;",
	    "/bad.so: undefined symbol: absent" },
	{ "int cohort_absent(void); void *y = cohort_absent;",
	    "/bad.so: needs cohort_absent: upgrade libcohort" },
	{ "int y;",
	    "/bad.so: no cohort_module: does it end in COHORT_MODULE?" },
	{ "const int cohort_module[20] = { 1, 2, 3 };",
	    "/bad.so: its cohort_module is damaged" },
	{ "const unsigned cohort_module[20] = { MAGIC, 77, 80, 1 };",
	    "/bad.so: built for ABI 77 " },
	{ NULL, "/bad.so: invalid ELF header" },
};

static void
make_bad(const char *path, const char *source)
{
	char command[PATH_ROOM * 2];

	if (source == NULL)
		snprintf(
		    command, sizeof(command), "printf '%%0999d' 1 >%s", path);
	else
		snprintf(command, sizeof(command),
		    "echo '%s' | ${CC:-cc} -shared -fPIC -DMAGIC=%#x -x c - "
		    "-o %s",
		    source, COHORT_MODULE_MAGIC, path);
	ck_assert_msg(system(command) == 0, "%s", command);
}

START_TEST(errors_name_the_path_of_the_settings)
{
	struct scene scene;
	char path[PATH_ROOM];

	scene_open(&scene);
	snprintf(
	    path, sizeof(path), "%s", test_daemon_path(scene.daemon, "bad.so"));
	make_bad(path, mistakes[_i].source);
	test_daemon_configure(scene.daemon, DEBUG TEST_SERVE_MODULE, path);
	test_daemon_expect(scene.daemon, "exited with 70");
	test_daemon_signal(scene.daemon, SIGHUP);
	test_daemon_wait(scene.daemon, "reload failed, nothing was changed: ");
	ck_assert_uint_ge(
	    test_daemon_count(scene.daemon, mistakes[_i].reason), 1);
	ck_assert_uint_eq(test_daemon_count(scene.daemon, "/proc/"), 0);
	ck_assert_uint_eq(test_daemon_count(scene.daemon, "memfd"), 0);
	expect_everywhere(&scene, FIRST);
	scene_close(&scene);
}
END_TEST

/* Nothing is forked for it. */
START_TEST(a_missing_file_is_found_before_anything_is_forked)
{
	struct scene scene;
	pid_t workers[8];

	scene_open(&scene);
	remove_it(&scene);
	test_daemon_signal(scene.daemon, SIGHUP);
	test_daemon_wait(scene.daemon, "reload failed, nothing was changed: ");
	ck_assert_uint_eq(
	    test_daemon_count(scene.daemon, "of cohort 2 started"), 0);
	ck_assert_uint_eq(test_daemon_workers(scene.daemon, workers, 8), 2);
	scene_close(&scene);
}
END_TEST

/* ---- crashes ---- */

START_TEST(a_stack_has_names_whatever_the_file_is)
{
	struct test_client client;
	struct scene scene;
	const char *line;

	scene_open(&scene);
	events[_i].happens(&scene);
	test_client_connect(&client, test_daemon_port(scene.daemon));
	test_client_send_text(
	    &client, "GET /crash HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 500, NULL);
	test_client_close(&client);
	line = test_daemon_wait(scene.daemon, "was killed by SIGSEGV");
	ck_assert_msg(
	    strstr(line, " crash (module_version.c:") != NULL, "%s", line);
	scene_close(&scene);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pin");
	TCase *tcase = tcase_create("pin");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(
	    tcase, whatever_happens_to_the_file_harms_nobody, 0, ROWS(events));
	tcase_add_test(tcase, versions_never_mix);
	tcase_add_loop_test(
	    tcase, errors_name_the_path_of_the_settings, 0, ROWS(mistakes));
	tcase_add_test(
	    tcase, a_missing_file_is_found_before_anything_is_forked);
	tcase_add_loop_test(
	    tcase, a_stack_has_names_whatever_the_file_is, 0, ROWS(events));
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
