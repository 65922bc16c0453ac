/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ipc/ipc_process.h"
#include "ipc/ipc_scoreboard.h"
#include "test_unit.h"

#define NATIVE  0xc000003eu
#define FOREIGN 0x40000003u

static struct ipc_process area, *const process = &area;
static struct ipc_current current;

static void
set_up(void)
{
	memset(process, 0, sizeof(*process));
	process->magic = IPC_PROCESS_MAGIC;
	process->layout = IPC_LAYOUT;
	memset(&current, 0, sizeof(current));
	current.running = 1;
	current.mount = 2;
	current.exchange_id = 7;
	strcpy(current.route, "/a/{name}");
}

static int
note(uint32_t architecture, uint32_t number)
{
	return ipc_denial_note(
	    &process->denials, architecture, number, &current);
}

START_TEST(the_first_of_a_kind_is_noted)
{
	struct ipc_denial denial;

	ck_assert_int_eq(note(NATIVE, 59), 0);
	current.exchange_id = 8;
	ck_assert_int_eq(note(NATIVE, 59), -1);
	ck_assert_int_eq(note(NATIVE, 60), 1);
	ck_assert_int_eq(note(FOREIGN, 59), 2);
	strcpy(current.route, "/b");
	ck_assert_int_eq(note(NATIVE, 59), 3);
	strcpy(current.doing, "else");
	ck_assert_int_eq(note(NATIVE, 59), 4);
	current.mount = 3;
	ck_assert_int_eq(note(NATIVE, 59), 5);
	ck_assert(ipc_denial_read(process, 0, &denial));
	ck_assert_uint_eq(denial.number, 59);
	ck_assert_uint_eq(denial.architecture, NATIVE);
	ck_assert_uint_eq(denial.current.exchange_id, 7);
	ck_assert_str_eq(denial.current.route, "/a/{name}");
}
END_TEST

START_TEST(what_nobody_knows_of_is_a_kind)
{
	struct ipc_denials *denials = &process->denials;
	struct ipc_denial denial;

	ck_assert_int_eq(note(NATIVE, 59), 0);
	ck_assert_int_eq(ipc_denial_note(denials, NATIVE, 59, NULL), 1);
	ck_assert_int_eq(ipc_denial_note(denials, NATIVE, 59, NULL), -1);
	ck_assert_int_eq(note(NATIVE, 59), -1);
	ck_assert(ipc_denial_read(process, 1, &denial));
	ck_assert_uint_eq(denial.current.running, 0);
}
END_TEST

START_TEST(there_is_an_end)
{
	uint32_t number;

	for (number = 0; number < IPC_DENIALS_MAX; number++)
		ck_assert_int_eq(note(NATIVE, number), (int)number);
	ck_assert_int_eq(note(NATIVE, number), -1);
	ck_assert_int_eq(note(NATIVE, number), -1);
	ck_assert_uint_eq(process->denials.used, IPC_DENIALS_MAX);
}
END_TEST

static void
take_magic(void)
{
	process->magic++;
}

static void
take_layout(void)
{
	process->layout++;
}

static void
leave_incomplete(void)
{
	process->denials.list[0].is_complete = 0;
}

static void
leave_route_open(void)
{
	memset(
	    process->denials.list[0].current.route, 'x', sizeof(current.route));
}

static void
claim_too_much(void)
{
	process->denials.list[0].current.method_size = 1000;
}

static void (*const lies[])(void) = { take_magic, take_layout, leave_incomplete,
	leave_route_open, claim_too_much };

START_TEST(nonsense_is_not_read)
{
	struct ipc_denial denial;

	note(NATIVE, 59);
	ck_assert(ipc_denial_read(process, 0, &denial));
	ck_assert(!ipc_denial_read(process, 1, &denial));
	ck_assert(!ipc_denial_read(process, IPC_DENIALS_MAX, &denial));
	ck_assert(!ipc_denial_read(process, UINT64_MAX, &denial));
	lies[_i]();
	ck_assert(!ipc_denial_read(process, 0, &denial));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ipc_denial");
	TCase *tests = tcase_create("denials");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, the_first_of_a_kind_is_noted);
	tcase_add_test(tests, what_nobody_knows_of_is_a_kind);
	tcase_add_test(tests, there_is_an_end);
	tcase_add_loop_test(
	    tests, nonsense_is_not_read, 0, sizeof(lies) / sizeof(lies[0]));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
