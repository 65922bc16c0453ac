/* SPDX-License-Identifier: ISC */
/*
 * A master writes itself down, and another image reads it: a child here, with
 * the same descriptors and a memory of its own, as behind execve(2).
 */
#include "master/master_state_private.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "base/base_clock.h"
#include "master/master_quarantine_private.h"
#include "test_master_setup.h"
#include "test_unit.h"

/* ---- the envelope ---- */

static int
memory_of(const char *text, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

#define ALL (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static const struct {
	const char *text;
	int seals;
	const char *why;
} bad[] = {
	{ "cohort-state 1 10\n{\"pid\": 7}", ALL & ~F_SEAL_WRITE, "sealed" },
	{ "cohort-state 1 10\n{\"pid\": 7}", ALL & ~F_SEAL_SEAL, "sealed" },
	{ "", ALL, "size of 0" },
	{ "x", ALL, "it is none" },
	{ "cohort-state \n", ALL, "it is none" },
	{ "cohort-state 1\n{}", ALL, "it is none" },
	{ "cohort-state 1 2{}", ALL, "it is none" },
	{ "cohort-state 2 2\n{}", ALL, "of version 2; this program reads" },
	{ "cohort-state 0 2\n{}", ALL, "of version 0" },
	{ "cohort-state x 2\n{}", ALL, "of version x" },
	{ "cohort-state 1 3\n{}", ALL, "not whole" },
	{ "cohort-state 1 1\n{}", ALL, "not whole" },
	{ "cohort-state 1 -2\n{}", ALL, "not whole" },
	{ "cohort-state 1 1\n{", ALL, "state: " },
	{ "cohort-state 1 19\n{\"pid\":7,\"pid\": 7}\n", ALL, "duplicate" },
	{ "cohort-state 1 10\n{\"pid\": 8}", ALL, "another process" },
	{ "cohort-state 1 2\n{}", ALL, "another process" },
	{ "cohort-state 1 31\n{\"pid\": 7, \"descriptors\": [\"\"]}", ALL,
	    "descriptors make no sense" },
	{ "cohort-state 1 30\n{\"pid\": 7, \"descriptors\": [2]}", ALL,
	    "descriptors make no sense" },
	{ "cohort-state 1 35\n{\"pid\": 7, \"descriptors\": [999999]}", ALL,
	    "999999" },
};

#define BAD_COUNT (int)(sizeof(bad) / sizeof(bad[0]))

START_TEST(nonsense_is_refused)
{
	int fd = memory_of(bad[_i].text, bad[_i].seals);
	struct master_document *state;

	ck_assert_int_eq(master_state_open(fd, 7, false, &state, &error), -1);
	ck_assert_msg(
	    strstr(error.text, bad[_i].why) != NULL, "%d: %s", _i, error.text);
	close(fd);
}
END_TEST

START_TEST(what_is_no_memory_is_refused)
{
	struct master_document *state;

	ck_assert_int_eq(master_state_open(0, 7, false, &state, &error), -1);
	ck_assert_int_eq(master_state_open(-1, 7, false, &state, &error), -1);
}
END_TEST

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

START_TEST(descriptors_are_claimed)
{
	struct master_document *state;
	json_t *root;
	int ends[2], fd;
	char *text;

	ck_assert_int_eq(pipe(ends), 0);
	root = json_pack("{s:i, s:s, s:[i, i]}", "pid", 7, "later", "x",
	    "descriptors", ends[0], ends[1]);
	ck_assert_int_eq(master_state_seal(root, &fd, &error), 0);
	ck_assert_int_eq(master_state_open(fd, 7, false, &state, &error), 0);
	ck_assert_int_eq(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(master_state_claim(state, ends[0], &error), 0);
	ck_assert_int_eq(master_state_claim(state, ends[0], &error), -1);
	ck_assert_int_eq(master_state_claim(state, fd, &error), -1);
	ck_assert_int_eq(master_state_claim(state, -1, &error), 0);
	text = master_state_text(state, "later");
	ck_assert_str_eq(text, "x");
	memory_free(text);
	ck_assert_ptr_null(master_state_text(state, "pid"));
	master_state_close(&state);
	ck_assert(is_open(ends[0]));
	ck_assert(!is_open(ends[1]));
	close(ends[0]);
	close(fd);
	json_decref(root);
}
END_TEST

/* ---- a whole master ---- */

static struct master_cohort *cohort;
static struct master_worker *serving, *retiring;
static int serving_end, retiring_end;

static struct settings *
settings_of_it(void)
{
	struct settings *settings = test_settings();
	struct settings_mount *mount;

	memory_free(settings->access_log);
	settings->access_log = memory_copy_text("/dev/null");
	settings->quarantine_crashes = 1;
	ck_assert_ptr_nonnull(
	    settings_add_listener(settings, "127.0.0.1:0", "test:1", &error));
	mount = settings_add_mount(
	    settings, settings_add_host(settings, "*"), 0, "/", "test:2");
	mount->service = SETTINGS_SERVICE_MODULE;
	mount->module = memory_copy_text("/proc/self/exe");
	return settings;
}

static void
set_up(void)
{
	const struct timeval wait = { 5, 0 };
	struct master_worker *dead;
	int end;

	log_open("test", LOG_TARGET_STDERR, -1, LOG_LEVEL_COUNT);
	test_options.overrides.directory = "/tmp/\xe4";
	test_master_open();
	cohort = test_serving(settings_of_it());
	master_quarantine_on_cohort(cohort);
	serving = test_serving_worker(cohort, 1, &serving_end);
	serving->pid = getpid();
	retiring = test_serving_worker(cohort, 4, &retiring_end);
	retiring->pid = getpid();
	retiring->retire = IPC_RETIRE_REPLACED;
	retiring->state = MASTER_WORKER_RETIRING;
	strcpy(retiring->failure, "it said \xff");
	event_add(&retiring->deadline, &wait);
	dead = test_serving_worker(cohort, 7, &end);
	dead->pid = getpid();
	test_run_request(dead, "GET", "/\xc3\x01", "/x", 1);
	test_crash(dead, SIGSEGV);
	close(end);
	cohort->wanted = 3; /* now, or the crash would fork some */
	master.pid_file = memory_copy_text("/tmp/pid");
	master.is_paused = true;
}

static void
tear_down(void)
{
	struct list_link *link;
	struct master_worker *worker;

	master_death_flush(&master);
	while ((link = list_first(&cohort->workers)) != NULL) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		master_worker_free(&worker);
	}
	close(serving_end);
	close(retiring_end);
	master_cohort_free(&cohort);
	memory_free(master.pid_file);
	test_master_close();
}

/* The other image begins with nothing. */
static struct master *
take(const json_t *root, bool is_trial, int *result_r)
{
	static struct master_options options = { .foreground = true };
	struct master *other = master_new(&options);
	struct master_document *state;
	struct error why;
	int fd;

	ck_assert_int_eq(master_state_seal(root, &fd, &error), 0);
	ck_assert_int_eq(master_open_base(other, &error), 0);
	*result_r = master_state_open(fd,
	    (pid_t)json_integer_value(json_object_get(root, "pid")), is_trial,
	    &state, &why);
	close(fd);
	if (*result_r == -1)
		return NULL;
	*result_r = master_state_take(other, state, &why);
	if (*result_r == -1)
		fprintf(stderr, "%s\n", why.text);
	master_state_close(&state);
	return other;
}

static void
expect_child(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "status %#x", (unsigned)status);
}

/* In a child, where a failed check only prints. */
#define DEMAND(condition)                                                  \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%d: %s\n", __LINE__, #condition); \
			_exit(1);                                          \
		}                                                          \
	} while (0)

/* What depends on time, or says who wrote it. */
static void
drop_variable(json_t *root)
{
	json_t *cohorts = json_object_get(root, "cohorts"), *worker;
	size_t i;

	json_object_del(root, "pid");
	json_object_del(root, "directory");
	json_object_del(root, "program");
	worker = json_object_get(json_array_get(cohorts, 0), "workers");
	for (i = 0; i < json_array_size(worker); i++)
		json_object_del(json_array_get(worker, i), "due_ms");
}

static void
compare(const json_t *root, struct master *other)
{
	json_t *one = json_deep_copy(root), *two = master_state_put(other);

	drop_variable(one);
	drop_variable(two);
	if (!json_equal(one, two)) {
		json_dumpf(one, stderr, JSON_INDENT(1) | JSON_SORT_KEYS);
		json_dumpf(two, stderr, JSON_INDENT(1) | JSON_SORT_KEYS);
		_exit(1);
	}
}

static struct master_worker *
worker_of(const struct master *other, uint32_t slot)
{
	struct master_worker *worker;
	struct list_link *link;

	LIST_FOREACH (link, &other->current->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		if (worker->slot == slot)
			return worker;
	}
	return NULL;
}

START_TEST(another_image_has_everything)
{
	json_t *root = master_state_put(&master);
	struct timeval due, now;
	struct master_worker *worker;
	struct master *other;
	int result;
	pid_t pid = fork();

	if (pid == 0) {
		other = take(root, false, &result);
		DEMAND(result == 0);
		compare(root, other);
		DEMAND(other->current->number == cohort->number);
		DEMAND(other->scoreboard->slots[1].max_connections ==
		    cohort->settings->max_connections);
		DEMAND(other->slots_taken[1] && other->slots_taken[4]);
		DEMAND(!other->slots_taken[7]);
		DEMAND(strcmp(other->pid_file, "/tmp/pid") == 0);
		worker = worker_of(other, 4);
		DEMAND(strcmp(worker->failure, "it said \xff") == 0);
		DEMAND(worker->process->generation == worker->generation);
		DEMAND(event_pending(&worker->deadline, EV_TIMEOUT, &due));
		gettimeofday(&now, NULL);
		DEMAND(due.tv_sec - now.tv_sec >= 2);
		DEMAND(!event_pending(
		    &worker_of(other, 1)->deadline, EV_TIMEOUT, NULL));
		DEMAND(master_quarantine_get(other)->mounts->mounts[1].pin ==
		    other->current->mounts->pins[0]);
		_exit(0);
	}
	expect_child(pid);
	json_decref(root);
}
END_TEST

START_TEST(a_trial_takes_nothing)
{
	json_t *root = master_state_put(&master);
	const struct master_listener *listener;
	struct master *other;
	int result;
	pid_t pid = fork();

	if (pid == 0) {
		fd_close_all_but(&cohort->listeners[0]->fd, 1, &error);
		other = take(root, true, &result);
		DEMAND(result == 0);
		DEMAND(list_is_empty(&other->cohorts));
		DEMAND(other->current == NULL && other->control == NULL);
		DEMAND(other->pid_lock == -1);
		DEMAND(other->last_cohort == master.last_cohort);
		listener = LIST_OBJECT(list_first(&other->listeners),
		    struct master_listener, link);
		DEMAND(listener->fd == cohort->listeners[0]->fd);
		DEMAND(is_open(listener->fd));
		_exit(0);
	}
	expect_child(pid);
	json_decref(root);
}
END_TEST

/* Its areas are not read, and it is told in its own words. */
START_TEST(another_layout)
{
	json_t *root = master_state_put(&master), *workers;
	struct ipc_message message;
	struct master_worker *worker;
	struct master *other;
	int result;
	pid_t pid;
	size_t i;

	json_object_set_new(root, "layout", json_integer(99));
	workers = json_object_get(
	    json_array_get(json_object_get(root, "cohorts"), 0), "workers");
	for (i = 0; i < json_array_size(workers); i++)
		json_object_set_new(
		    json_array_get(workers, i), "layout", json_integer(99));
	serving->process->crash.sequence = 2;
	pid = fork();
	if (pid == 0) {
		other = take(root, false, &result);
		DEMAND(result == 0);
		worker = worker_of(other, 1);
		DEMAND(worker->process->crash.sequence == 0);
		DEMAND(other->scoreboard->slots[1].pid == getppid());
		DEMAND(!event_pending(&worker->channel, EV_READ, NULL));
		master_channel_tell(
		    worker, IPC_MESSAGE_RETIRE, IPC_RETIRE_REPLACED);
		_exit(0);
	}
	expect_child(pid);
	ck_assert_int_eq(
	    recv(serving_end, &message, sizeof(message), 0), sizeof(message));
	ck_assert_uint_eq(message.layout, 99);
	ck_assert_uint_eq(message.type, IPC_MESSAGE_RETIRE);
	json_decref(root);
}
END_TEST

/* ---- every value, one by one, as something else ---- */

static const char *const others[] = { "null", "-7", "\"x\"", "[]", "{}",
	"9223372036854775807", "true" };

#define OTHER_COUNT (sizeof(others) / sizeof(others[0]))

/* Replaces the value that is reached when left is 0; true: it was. */
static bool
replace(json_t *node, size_t *left, const char *by)
{
	json_t *value, *new = json_loads(by, JSON_DECODE_ANY, NULL);
	const char *name;
	bool done = false;
	size_t i;

	json_object_foreach(node, name, value)
	{
		if (!done && (*left)-- == 0) {
			json_object_set(node, name, new);
			done = true;
			break;
		}
		done = done || replace(value, left, by);
	}
	for (i = 0; !done && i < json_array_size(node); i++) {
		if ((*left)-- == 0) {
			json_array_set(node, i, new);
			done = true;
		} else {
			done = replace(json_array_get(node, i), left, by);
		}
	}
	json_decref(new);
	return done;
}

static size_t
try_all(const json_t *root, const char *by)
{
	json_t *changed;
	size_t i, left, count = 0;
	int result;
	bool done = true;

	for (i = 0; done; i++) {
		changed = json_deep_copy(root);
		left = i;
		done = replace(changed, &left, by);
		if (done && json_object_get(changed, "pid") != NULL) {
			take(changed, true, &result);
			count += result == -1;
		}
		json_decref(changed);
	}
	return count;
}

START_TEST(whatever_is_wrong_is_seen)
{
	json_t *root = master_state_put(&master);
	pid_t pid = fork();

	if (pid == 0) {
		fd_close_all_but(&cohort->listeners[0]->fd, 1, &error);
		DEMAND(freopen("/dev/null", "w", stderr) != NULL);
		/* Some of it may be missing or be anything. */
		_exit(try_all(root, others[_i]) > 50 ? 0 : 1);
	}
	expect_child(pid);
	json_decref(root);
}
END_TEST

static Suite *
state_suite(void)
{
	Suite *suite = suite_create("master_state");
	TCase *envelope = tcase_create("envelope");
	TCase *whole = tcase_create("whole");

	tcase_add_loop_test(envelope, nonsense_is_refused, 0, BAD_COUNT);
	tcase_add_test(envelope, what_is_no_memory_is_refused);
	tcase_add_test(envelope, descriptors_are_claimed);
	suite_add_tcase(suite, envelope);
	tcase_add_checked_fixture(whole, set_up, tear_down);
	tcase_set_timeout(whole, 60);
	tcase_add_test(whole, another_image_has_everything);
	tcase_add_test(whole, a_trial_takes_nothing);
	tcase_add_test(whole, another_layout);
	tcase_add_loop_test(
	    whole, whatever_is_wrong_is_seen, 0, (int)OTHER_COUNT);
	suite_add_tcase(suite, whole);
	return suite;
}

int
main(void)
{
	return test_run(state_suite());
}
