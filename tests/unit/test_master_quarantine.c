/* SPDX-License-Identifier: ISC */
/*
 * Decisions.  Times are short ones, and what waits is waited for by the
 * event loop.
 */
#include <signal.h>

#include "ipc/ipc_quarantine.h"
#include "master/master_quarantine_private.h"
#include "test_master_setup.h"
#include "test_unit.h"

#define CRASHES 3

static struct master_cohort *cohort;
static struct master_worker *worker;
static int channel;
static char module[] = "/proc/self/exe";

static struct settings *
settings_of(const char *module_path)
{
	struct settings *settings = test_settings();
	struct settings_host *host = settings_add_host(settings, "*");
	struct settings_mount *mount;

	settings->quarantine = true;
	settings->quarantine_crashes = CRASHES;
	settings->quarantine_within = 60000;
	settings->quarantine_time = 60000;
	settings->quarantine_targets = 4;
	mount = settings_add_mount(settings, host, 0, "/", "test");
	ck_assert_ptr_nonnull(mount);
	mount->module = memory_copy_text(module_path);
	return settings;
}

static void
serve(struct settings *settings)
{
	cohort = test_serving(settings);
	master_quarantine_on_cohort(cohort);
	worker = test_serving_worker(cohort, 0, &channel);
}

static void
set_up(void)
{
	test_master_open();
	serve(settings_of(module));
}

static void
end_cohort(void)
{
	master_worker_free(&worker);
	fd_close(&channel);
	master.current = NULL;
	master_cohort_free(&cohort);
}

static void
tear_down(void)
{
	end_cohort();
	test_master_close();
}

static struct ipc_current
current_of(const char *target, const char *route, uint16_t mount)
{
	struct ipc_current current;

	test_run_request(worker, "GET", target, route, mount);
	ck_assert(ipc_current_read(worker->process, IPC_THREAD_LOOP, &current));
	return current;
}

static void
crash(const char *target)
{
	const struct ipc_current current = current_of(target, "/{x}", 1);

	master_quarantine_on_crash(worker, &current);
}

static void
crash_often(const char *target)
{
	int i;

	for (i = 0; i < CRASHES; i++)
		crash(target);
}

/* As a worker sees it; 0: it is let through. */
static uint32_t
find(const char *target, const char *route, uint32_t *place_r)
{
	const struct ipc_current_words words = {
		.mount = 1,
		.method = "GET",
		.target = target,
		.target_size = strlen(target),
		.route = route,
	};
	struct ipc_quarantine_entry entry;

	return ipc_quarantine_find(
		   master.quarantine->area, &words, place_r, &entry) ?
	    entry.number :
	    0;
}

static bool
is_refused(const char *target)
{
	uint32_t place;

	return find(target, "/{x}", &place) != 0;
}

static json_int_t
counter(const char *name)
{
	json_t *counters = master_quarantine_counters(&master);
	json_int_t value = json_integer_value(json_object_get(counters, name));

	json_decref(counters);
	return value;
}

START_TEST(as_many_crashes_as_are_set_are_enough)
{
	crash("/a");
	crash("/a");
	crash("/b");
	ck_assert(!is_refused("/a"));
	crash("/a");
	ck_assert(is_refused("/a"));
	ck_assert(!is_refused("/b"));
	ck_assert_int_eq(counter("put"), 1);
}
END_TEST

START_TEST(what_ran_without_a_request_is_nobodys_fault)
{
	struct ipc_current current = current_of("/a", "/{x}", 1);
	int i;

	current.exchange_id = 0;
	for (i = 0; i < 2 * CRASHES; i++)
		master_quarantine_on_crash(worker, &current);
	ck_assert(!is_refused("/a"));
}
END_TEST

/* The number is what the worker's broken memory says. */
START_TEST(a_mount_that_there_is_not_is_none)
{
	struct ipc_current current = current_of("/a", "/{x}", UINT16_MAX);
	json_t *list;
	int i;

	for (i = 0; i < CRASHES; i++)
		master_quarantine_on_crash(worker, &current);
	list = master_quarantine_list(&master);
	ck_assert_uint_eq(json_array_size(list), 0);
	json_decref(list);
}
END_TEST

START_TEST(many_requests_of_a_route_are_the_route)
{
	crash_often("/a");
	crash_often("/b");
	crash_often("/c");
	ck_assert(!is_refused("/other"));
	crash_often("/d");
	ck_assert(is_refused("/other"));
	ck_assert_int_eq(counter("widened"), 1);
	ck_assert_uint_eq(master.quarantine->area->count, 1);
}
END_TEST

static void
claim(const char *target)
{
	uint32_t place, number = find(target, "/{x}", &place);

	ck_assert_uint_ne(number, 0);
	ck_assert(ipc_quarantine_claim(
	    master.scoreboard, place, number, (uint32_t)worker->generation));
}

START_TEST(a_try_that_is_survived_lets_out)
{
	uint32_t place, number;

	crash_often("/a");
	number = find("/a", "/{x}", &place);
	/* Nobody has claimed it: it is only said. */
	master_quarantine_on_probed(worker, number);
	ck_assert(is_refused("/a"));
	claim("/a");
	master_quarantine_on_probed(worker, number + 1);
	ck_assert(is_refused("/a"));
	master_quarantine_on_probed(worker, number);
	ck_assert(!is_refused("/a"));
	ck_assert_int_eq(counter("passed"), 1);
}
END_TEST

START_TEST(a_try_that_crashes_doubles_the_time)
{
	struct master_record *record = &master.quarantine->records[0];
	uint32_t place, number;

	crash_often("/a");
	ck_assert_uint_eq(record->time_ms, 60000);
	number = find("/a", "/{x}", &place);
	claim("/a");
	crash("/a");
	ck_assert_uint_eq(record->time_ms, 120000);
	ck_assert_uint_eq(record->crashes, CRASHES + 1);
	ck_assert_uint_ne(find("/a", "/{x}", &place), number);
	/* One that came in before it was refused changes nothing. */
	crash("/a");
	ck_assert_uint_eq(record->time_ms, 120000);
	ck_assert_int_eq(counter("failed"), 1);
}
END_TEST

START_TEST(an_end_for_another_reason_gives_the_try_to_others)
{
	uint32_t place, number;

	crash_often("/a");
	number = find("/a", "/{x}", &place);
	claim("/a");
	master_quarantine_on_end(worker);
	ck_assert_uint_ne(find("/a", "/{x}", &place), number);
	claim("/a");
	ck_assert_int_eq(counter("failed"), 0);
}
END_TEST

START_TEST(a_hang_without_a_word_counts)
{
	current_of("/a", "/{x}", 1);
	worker->hung_ms = 1000;
	master_quarantine_on_end(worker);
	worker->is_blamed = false;
	master_quarantine_on_end(worker);
	/* Already counted. */
	master_quarantine_on_end(worker);
	ck_assert(!is_refused("/a"));
	worker->is_blamed = false;
	master_quarantine_on_end(worker);
	ck_assert(is_refused("/a"));
}
END_TEST

START_TEST(the_table_has_an_end)
{
	char target[32];
	int i;

	cohort->settings->quarantine_targets = 1000000;
	master_quarantine_apply(master.quarantine, cohort->settings);
	for (i = 0; i <= IPC_QUARANTINE_MAX; i++) {
		snprintf(target, sizeof(target), "/%d", i);
		crash_often(target);
	}
	ck_assert(!is_refused("/0"));
	ck_assert(is_refused("/1"));
	ck_assert(is_refused(target));
	ck_assert_int_eq(counter("dropped"), 1);
}
END_TEST

START_TEST(a_reload_of_the_same_module_keeps_it)
{
	crash_often("/a");
	crash("/b");
	end_cohort();
	serve(settings_of(module));
	ck_assert(is_refused("/a"));
	crash("/b");
	crash("/b");
	ck_assert(is_refused("/b"));
}
END_TEST

START_TEST(a_reload_of_another_module_lets_out)
{
	crash_often("/a");
	end_cohort();
	serve(settings_of("/etc/passwd"));
	ck_assert(!is_refused("/a"));
	ck_assert_int_eq(counter("dropped"), 1);
}
END_TEST

START_TEST(switched_off_all_are_let_out)
{
	struct settings *settings = settings_of(module);

	crash_often("/a");
	end_cohort();
	settings->quarantine = false;
	serve(settings);
	ck_assert(!is_refused("/a"));
	crash_often("/a");
	ck_assert(!is_refused("/a"));
}
END_TEST

START_TEST(cleared_is_empty)
{
	crash_often("/a");
	crash_often("/b");
	ck_assert_uint_eq(master_quarantine_clear(&master), 2);
	ck_assert(!is_refused("/a"));
	ck_assert_int_eq(counter("cleared"), 2);
	crash("/a");
	ck_assert(!is_refused("/a"));
}
END_TEST

START_TEST(the_list_says_what_is_refused)
{
	json_t *list, *entry;

	crash_often("/a\x1b\xff");
	list = master_quarantine_list(&master);
	ck_assert_uint_eq(json_array_size(list), 1);
	entry = json_array_get(list, 0);
	ck_assert_str_eq(json_string_value(json_object_get(entry, "target")),
	    "/a\\x1b\\xff");
	ck_assert_str_eq(
	    json_string_value(json_object_get(entry, "route")), "/{x}");
	ck_assert_str_eq(
	    json_string_value(json_object_get(entry, "module")), module);
	ck_assert_str_eq(
	    json_string_value(json_object_get(entry, "state")), "refused");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(entry, "crashes")), CRASHES);
	json_decref(list);
}
END_TEST

/* ---- time ---- */

static void
make_brief(uint64_t within_ms)
{
	cohort->settings->quarantine_time = 10;
	cohort->settings->quarantine_within = within_ms;
	master_quarantine_apply(master.quarantine, cohort->settings);
}

START_TEST(what_does_not_come_again_is_forgotten)
{
	make_brief(1000);
	crash_often("/a");
	while (is_refused("/a"))
		event_base_loop(master.base, EVLOOP_ONCE);
	ck_assert_int_eq(counter("dropped"), 1);
	/* And nothing is looked at any more. */
	ck_assert_int_eq(event_base_loop(master.base, EVLOOP_NONBLOCK), 0);
	ck_assert(!event_pending(&master.quarantine->review, EV_TIMEOUT, NULL));
}
END_TEST

START_TEST(a_try_that_goes_on_for_long_lets_out)
{
	make_brief(60000);
	crash_often("/a");
	claim("/a");
	while (is_refused("/a"))
		event_base_loop(master.base, EVLOOP_ONCE);
	ck_assert_int_eq(counter("passed"), 1);
}
END_TEST

/* It may have begun a moment before that, and be a crash by now. */
START_TEST(a_try_lasts_from_when_it_is_first_seen)
{
	struct master_quarantine *quarantine = master.quarantine;
	uint64_t reviewed;

	make_brief(60000);
	crash_often("/a");
	reviewed = quarantine->reviewed_ms;
	claim("/a");
	while (quarantine->reviewed_ms == reviewed)
		event_base_loop(master.base, EVLOOP_ONCE);
	ck_assert(is_refused("/a"));
	crash("/a");
	ck_assert_int_eq(counter("passed"), 0);
	ck_assert_int_eq(counter("failed"), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_quarantine");
	TCase *tests = tcase_create("quarantine");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, as_many_crashes_as_are_set_are_enough);
	tcase_add_test(tests, what_ran_without_a_request_is_nobodys_fault);
	tcase_add_test(tests, a_mount_that_there_is_not_is_none);
	tcase_add_test(tests, many_requests_of_a_route_are_the_route);
	tcase_add_test(tests, a_try_that_is_survived_lets_out);
	tcase_add_test(tests, a_try_that_crashes_doubles_the_time);
	tcase_add_test(
	    tests, an_end_for_another_reason_gives_the_try_to_others);
	tcase_add_test(tests, a_hang_without_a_word_counts);
	tcase_add_test(tests, the_table_has_an_end);
	tcase_add_test(tests, a_reload_of_the_same_module_keeps_it);
	tcase_add_test(tests, a_reload_of_another_module_lets_out);
	tcase_add_test(tests, switched_off_all_are_let_out);
	tcase_add_test(tests, cleared_is_empty);
	tcase_add_test(tests, the_list_says_what_is_refused);
	tcase_add_test(tests, what_does_not_come_again_is_forgotten);
	tcase_add_test(tests, a_try_that_goes_on_for_long_lets_out);
	tcase_add_test(tests, a_try_lasts_from_when_it_is_first_seen);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
