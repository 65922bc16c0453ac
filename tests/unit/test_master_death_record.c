/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <string.h>

#include "master/master_death.h"
#include "test_unit.h"

static struct master_death death;
static json_t *record;

static void
set_up(void)
{
	death = (struct master_death) {
		.slot = 2,
		.pid = 7,
		.cohort = 1,
		.state = MASTER_WORKER_SERVING,
		.time = 0,
		.has_ended = true,
		.status = SIGKILL,
	};
}

static void
tear_down(void)
{
	json_decref(record);
}

static void
expect(const json_t *object, const char *name, const char *text)
{
	char *dumped =
	    json_dumps(json_object_get(object, name), JSON_ENCODE_ANY);

	ck_assert_msg(dumped != NULL, "%s is missing", name);
	ck_assert_msg(
	    strcmp(dumped, text) == 0, "%s: %s, not %s", name, dumped, text);
	free(dumped);
}

START_TEST(an_end_without_a_report)
{
	record = master_death_record(&death);
	expect(record, "time", "\"1970-01-01T00:00:00Z\"");
	expect(record, "slot", "2");
	expect(record, "state", "\"serving\"");
	expect(record, "signal", "\"KILL\"");
	expect(record, "code", "null");
	expect(record, "address", "null");
	expect(record, "exit", "null");
	expect(record, "core", "false");
	expect(record, "reported", "false");
	expect(record, "request", "null");
	expect(record, "stack", "[]");
	expect(record, "modules", "[]");
	expect(record, "lost", "0");
	expect(record, "answered", "0");
}
END_TEST

START_TEST(an_exit_has_its_code)
{
	death.status = 70 << 8;
	strcpy(death.failure, "no \"database\"");
	record = master_death_record(&death);
	expect(record, "signal", "null");
	expect(record, "exit", "70");
	expect(record, "failure", "\"no \\\\\\\"database\\\\\\\"\"");
}
END_TEST

static void
make_report(void)
{
	death.status = SIGSEGV | 0x80;
	death.has_report = true;
	death.report.signal = SIGSEGV;
	death.report.code = SEGV_MAPERR;
	death.report.address = 0x10;
	death.report.closed = 3;
	death.report.answered = 2;
	death.lost = 1;
	death.adopted = 9;
}

START_TEST(a_report_says_more)
{
	make_report();
	record = master_death_record(&death);
	expect(record, "signal", "\"SEGV\"");
	expect(record, "code", "\"SEGV_MAPERR\"");
	expect(record, "address", "\"0x10\"");
	expect(record, "core", "true");
	expect(record, "lost", "4");
	expect(record, "adopted", "9");
	expect(record, "answered", "2");
}
END_TEST

START_TEST(the_request_is_there_escaped)
{
	char module[] = "/m.so", mount[] = "/";
	const json_t *request;

	death.has_current = true;
	death.ran_ms = 12;
	death.module = module;
	death.mount = mount;
	death.current.exchange_id = 42;
	death.current.method_size = 3;
	memcpy(death.current.method, "GET", 3);
	death.current.target_size = 3;
	memcpy(death.current.target, "/\x1b\xff", 3);
	record = master_death_record(&death);
	request = json_object_get(record, "request");
	expect(request, "id", "\"000000000000002a\"");
	expect(request, "method", "\"GET\"");
	expect(request, "target", "\"/\\\\x1b\\\\xff\"");
	expect(request, "peer", "\"\"");
	expect(request, "route", "null");
	expect(request, "module", "\"/m.so\"");
	expect(request, "running_ms", "12");
	expect(record, "doing", "null");
}
END_TEST

START_TEST(what_runs_without_a_request_is_no_request)
{
	death.has_current = true;
	strcpy(death.current.doing, "a timer");
	record = master_death_record(&death);
	expect(record, "request", "null");
	expect(record, "doing", "\"a timer\"");
}
END_TEST

START_TEST(frames_and_modules_are_there)
{
	char image[] = "/m\x80.so", function[] = "f", path[] = "/w\"m.so";
	const struct master_frame frames[] = {
		{ .address = 0x1010,
		    .offset = 0x10,
		    .image = image,
		    .build_id = "00ff",
		    .function = function },
		{ .address = 0x20 },
	};
	struct master_death_module module = {
		.path = path,
		.build_id = "00ff",
		.load = 0x1000,
	};
	const json_t *frame;

	death.frames = frames;
	death.frame_count = 2;
	death.modules = &module;
	death.module_count = 1;
	record = master_death_record(&death);
	frame = json_array_get(json_object_get(record, "stack"), 0);
	expect(frame, "image", "\"/m\\\\x80.so\"");
	expect(frame, "offset", "\"0x10\"");
	expect(frame, "function", "\"f\"");
	expect(frame, "line", "null");
	frame = json_array_get(json_object_get(record, "stack"), 1);
	expect(frame, "offset", "null");
	/* As configured, so that it can be opened. */
	expect(json_array_get(json_object_get(record, "modules"), 0), "path",
	    "\"/w\\\"m.so\"");
	expect(json_array_get(json_object_get(record, "modules"), 0), "load",
	    "\"0x1000\"");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_death_record");
	TCase *tests = tcase_create("record");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_end_without_a_report);
	tcase_add_test(tests, an_exit_has_its_code);
	tcase_add_test(tests, a_report_says_more);
	tcase_add_test(tests, the_request_is_there_escaped);
	tcase_add_test(tests, what_runs_without_a_request_is_no_request);
	tcase_add_test(tests, frames_and_modules_are_there);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
