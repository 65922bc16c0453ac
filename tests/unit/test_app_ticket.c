/* SPDX-License-Identifier: ISC */
#include "app/app_ticket.h"

#include "test_unit.h"

#define MANY 1000

/* Never looked into: only the addresses count. */
static char places[MANY];

static struct cohort_request *
request(size_t index)
{
	return (struct cohort_request *)(void *)&places[index];
}

START_TEST(tickets_find_their_requests)
{
	struct app_tickets *tickets = app_tickets_new();
	cohort_ticket taken[MANY];
	size_t i;

	for (i = 0; i < MANY; i++)
		taken[i] = app_ticket_take(tickets, request(i));
	for (i = 0; i < MANY; i++)
		ck_assert_ptr_eq(
		    app_ticket_find(tickets, taken[i]), request(i));
	for (i = 0; i < MANY; i += 2)
		app_ticket_drop(tickets, taken[i]);
	for (i = 0; i < MANY; i++)
		ck_assert_ptr_eq(app_ticket_find(tickets, taken[i]),
		    i % 2 == 0 ? NULL : request(i));
	app_tickets_free(&tickets);
	ck_assert_ptr_null(tickets);
}
END_TEST

START_TEST(an_old_ticket_finds_no_new_request)
{
	struct app_tickets *tickets = app_tickets_new();
	cohort_ticket old, new;
	int i;

	old = app_ticket_take(tickets, request(0));
	for (i = 0; i < MANY; i++) {
		app_ticket_drop(tickets, old);
		app_ticket_drop(tickets, old);
		new = app_ticket_take(tickets, request(1));
		ck_assert_uint_ne(new.id, old.id);
		ck_assert_uint_ne(new.id, 0);
		ck_assert_ptr_null(app_ticket_find(tickets, old));
		ck_assert_ptr_eq(app_ticket_find(tickets, new), request(1));
		old = new;
	}
	app_tickets_free(&tickets);
}
END_TEST

static const uint64_t strangers[] = { 0, 1, 17, UINT32_MAX, UINT64_MAX,
	(uint64_t)1 << 32 };

START_TEST(strange_numbers_find_nothing)
{
	struct app_tickets *tickets = app_tickets_new();
	const cohort_ticket stranger = { strangers[_i] };
	cohort_ticket ticket;

	ck_assert_ptr_null(app_ticket_find(tickets, stranger));
	ticket = app_ticket_take(tickets, request(0));
	ck_assert_ptr_null(app_ticket_find(tickets, stranger));
	app_ticket_drop(tickets, stranger);
	ck_assert_ptr_eq(app_ticket_find(tickets, ticket), request(0));
	app_tickets_free(&tickets);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_ticket");
	TCase *tcase = tcase_create("ticket");

	tcase_add_test(tcase, tickets_find_their_requests);
	tcase_add_test(tcase, an_old_ticket_finds_no_new_request);
	tcase_add_loop_test(tcase, strange_numbers_find_nothing, 0,
	    sizeof(strangers) / sizeof(strangers[0]));
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
