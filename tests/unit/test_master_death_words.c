/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <string.h>

#include "base/base_log.h"
#include "master/master_death.h"
#include "test_unit.h"

#define EXITED(code)   ((code) << 8)
#define KILLED(signal) (signal)
#define DUMPED(signal) ((signal) | 0x80)

static const struct {
	bool has_ended, has_report;
	int status, signal, code, sender;
	uint64_t address, hung_ms;
	const char *words;
} ends[] = {
	{ true, false, EXITED(0), 0, 0, 0, 0, 0, "exited with 0 (fine)" },
	{ true, false, EXITED(3), 0, 0, 0, 0, 0,
	    "exited with 3 (unknown exit code)" },
	{ true, false, KILLED(SIGKILL), 0, 0, 0, 0, 0,
	    "was killed by SIGKILL (Killed)" },
	{ true, false, DUMPED(SIGSEGV), 0, 0, 0, 0, 0,
	    "was killed by SIGSEGV (Segmentation fault), core dumped" },
	{ true, true, KILLED(SIGSEGV), SIGSEGV, SEGV_MAPERR, 0, 0x10, 0,
	    "was killed by SIGSEGV (address 0x10)" },
	{ true, true, KILLED(SIGSEGV), SIGSEGV, SI_KERNEL, 0, 0, 0,
	    "was killed by SIGSEGV (Segmentation fault)" },
	{ true, true, KILLED(SIGABRT), SIGABRT, SI_TKILL, 7, 0, 0,
	    "was killed by SIGABRT (Aborted)" },
	{ true, true, KILLED(SIGABRT), SIGABRT, SI_USER, 99, 0, 0,
	    "was killed by SIGABRT (sent by process 99)" },
	{ true, true, KILLED(SIGABRT), SIGABRT, SI_TKILL, 99, 0, 5000,
	    "was ended after hanging for 5000 ms: was killed by SIGABRT "
	    "(Aborted)" },
	{ true, true, KILLED(SIGKILL), SIGFPE, FPE_INTDIV, 0, 0x20, 0,
	    "crashed with SIGFPE (address 0x20) and was killed by SIGKILL" },
	{ true, true, EXITED(1), SIGBUS, BUS_ADRERR, 0, 0x20, 0,
	    "crashed with SIGBUS (address 0x20) and exited with 1 (failed at "
	    "run time)" },
	{ false, true, 0, SIGSEGV, SEGV_ACCERR, 0, 0x20, 0,
	    "crashed with SIGSEGV (address 0x20) and has not ended" },
	{ false, true, 0, 12345, 0, 0, 0, 0,
	    "crashed with signal 12345 (Unknown signal 12345) and has not "
	    "ended" },
	{ false, false, 0, 0, 0, 0, 0, 0, "said that it crashed" },
};

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static char storage[LOG_LINE_MAX];
static struct buffer words;
static struct master_death death;

static void
set_up(void)
{
	buffer_init_fixed(&words, storage, sizeof(storage));
	death = (struct master_death) {
		.slot = 2,
		.pid = 7,
		.cohort = 1,
		.state = MASTER_WORKER_SERVING,
		.has_ended = true,
		.status = KILLED(SIGKILL),
	};
}

START_TEST(every_end_has_its_words)
{
	char expected[256];

	death.has_ended = ends[_i].has_ended;
	death.status = ends[_i].status;
	death.hung_ms = ends[_i].hung_ms;
	death.has_report = ends[_i].has_report;
	death.report.signal = ends[_i].signal;
	death.report.code = ends[_i].code;
	death.report.sender = ends[_i].sender;
	death.report.address = ends[_i].address;
	master_death_words(&words, &death);
	snprintf(expected, sizeof(expected),
	    "worker 2 (pid 7, cohort 1, serving) %s", ends[_i].words);
	ck_assert_str_eq(storage, expected);
}
END_TEST

START_TEST(what_ran_and_what_became_of_connections)
{
	char module[] = "/m.so";

	death.has_current = true;
	strcpy(death.current.doing, "a timer");
	death.ran_ms = 12;
	death.module = module;
	death.adopted = 1;
	death.lost = 2;
	strcpy(death.failure, "no database");
	master_death_words(&words, &death);
	ck_assert_str_eq(storage,
	    "worker 2 (pid 7, cohort 1, serving) was killed by SIGKILL "
	    "(Killed), while running a timer, module /m.so, for 12 ms, 1 "
	    "connection handed over, 2 connections lost: no database");
}
END_TEST

START_TEST(a_thread_that_is_not_ours_is_named_so)
{
	death.has_report = true;
	death.report.signal = SIGSEGV;
	death.report.thread = IPC_THREAD_NONE;
	death.status = KILLED(SIGSEGV);
	death.report.closed = 3;
	master_death_words(&words, &death);
	ck_assert_ptr_nonnull(strstr(storage,
	    ", in a thread that is a module's own, 3 connections lost"));
}
END_TEST

static const struct {
	int signal, code;
	const char *name;
} codes[] = {
	{ SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR" },
	{ SIGBUS, BUS_ADRERR, "BUS_ADRERR" },
	{ SIGFPE, FPE_INTDIV, "FPE_INTDIV" },
	{ SIGABRT, SI_TKILL, "SI_TKILL" },
	{ SIGSEGV, SI_KERNEL, "SI_KERNEL" },
	{ SIGSEGV, 4711, NULL },
};

START_TEST(codes_have_names)
{
	const char *name = master_death_code(codes[_i].signal, codes[_i].code);

	ck_assert_pstr_eq(name, codes[_i].name);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_death_words");
	TCase *tests = tcase_create("words");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_loop_test(tests, every_end_has_its_words, 0, ROWS(ends));
	tcase_add_test(tests, what_ran_and_what_became_of_connections);
	tcase_add_test(tests, a_thread_that_is_not_ours_is_named_so);
	tcase_add_loop_test(tests, codes_have_names, 0, ROWS(codes));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
