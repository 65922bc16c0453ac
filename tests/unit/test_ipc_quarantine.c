/* SPDX-License-Identifier: ISC */
/*
 * What a request is compared by, who may try it again, and that a worker
 * cannot write there.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <string.h>
#include <unistd.h>

#include "ipc/ipc_quarantine.h"
#include "test_unit.h"

static struct ipc_quarantine *quarantine;
static int fd;
static struct error error;

static void
open_it(void)
{
	ck_assert_int_eq(ipc_quarantine_open(&quarantine, &fd, &error), 0);
}

static void
close_it(void)
{
	ipc_quarantine_close(&quarantine, &fd);
	ck_assert_ptr_null(quarantine);
	ck_assert_int_eq(fd, -1);
}

static struct ipc_current_words
words(uint16_t mount, const char *route, const char *method, const char *target)
{
	return (struct ipc_current_words) {
		.mount = mount,
		.route = route,
		.method = method,
		.target = target,
		.target_size = target == NULL ? 0 : strlen(target),
	};
}

static struct ipc_quarantine_entry
entry_of(uint32_t number, const struct ipc_current_words *request)
{
	struct ipc_quarantine_entry entry = {
		.number = number,
		.until_ms = 77,
		.mount = request->mount,
	};

	entry.method_size =
	    (uint16_t)strnlen(request->method, sizeof(entry.method));
	memcpy(entry.method, request->method, entry.method_size);
	entry.target_length = (uint32_t)request->target_size;
	entry.target_size =
	    (uint16_t)strnlen(request->target, sizeof(entry.target));
	memcpy(entry.target, request->target, entry.target_size);
	strncpy(entry.route, request->route, sizeof(entry.route) - 1);
	return entry;
}

static void
put(uint32_t place, uint32_t number, uint16_t mount, const char *route,
    const char *method, const char *target)
{
	const struct ipc_current_words request =
	    words(mount, route, method, target);
	const struct ipc_quarantine_entry entry = entry_of(number, &request);

	ipc_quarantine_put(quarantine, place, &entry);
}

/* The number of the entry that holds it; 0: none. */
static uint32_t
find(uint16_t mount, const char *route, const char *method, const char *target)
{
	const struct ipc_current_words request =
	    words(mount, route, method, target);
	struct ipc_quarantine_entry entry;
	uint32_t place;

	if (!ipc_quarantine_find(quarantine, &request, &place, &entry))
		return 0;
	ck_assert_uint_lt(place, IPC_QUARANTINE_MAX);
	return entry.number;
}

START_TEST(empty_holds_nothing)
{
	ck_assert_uint_eq(quarantine->magic, IPC_QUARANTINE_MAGIC);
	ck_assert_uint_eq(quarantine->layout, IPC_LAYOUT);
	ck_assert_uint_eq(find(1, "a", "GET", "/"), 0);
	ck_assert_uint_eq(find(0, NULL, NULL, NULL), 0);
}
END_TEST

START_TEST(a_request_is_found_by_all_of_its_parts)
{
	put(3, 9, 2, "the route", "GET", "/x?a");
	ck_assert_uint_eq(find(2, "the route", "GET", "/x?a"), 9);
	ck_assert_uint_eq(find(1, "the route", "GET", "/x?a"), 0);
	ck_assert_uint_eq(find(2, "the routes", "GET", "/x?a"), 0);
	ck_assert_uint_eq(find(2, "the rout", "GET", "/x?a"), 0);
	ck_assert_uint_eq(find(2, NULL, "GET", "/x?a"), 0);
	ck_assert_uint_eq(find(2, "the route", "GE", "/x?a"), 0);
	ck_assert_uint_eq(find(2, "the route", "GETS", "/x?a"), 0);
	ck_assert_uint_eq(find(2, "the route", NULL, "/x?a"), 0);
	ck_assert_uint_eq(find(2, "the route", "GET", "/x?"), 0);
	ck_assert_uint_eq(find(2, "the route", "GET", "/x?ab"), 0);
	ck_assert_uint_eq(find(2, "the route", "GET", NULL), 0);
}
END_TEST

START_TEST(what_is_cut_counts_with_its_length)
{
	char target[400], method[40], route[100];

	memset(target, 't', sizeof(target));
	memset(method, 'M', sizeof(method));
	memset(route, 'r', sizeof(route));
	target[300] = method[30] = route[80] = '\0';
	put(0, 5, 1, route, method, target);
	ck_assert_uint_eq(find(1, route, method, target), 5);
	route[63] = 'x';
	ck_assert_uint_eq(find(1, route, method, target), 5);
	route[62] = 'x';
	ck_assert_uint_eq(find(1, route, method, target), 0);
	route[62] = 'r';
	target[299] = 'x';
	ck_assert_uint_eq(find(1, route, method, target), 5);
	target[299] = '\0';
	ck_assert_uint_eq(find(1, route, method, target), 0);
	target[299] = 't';
	target[255] = 'x';
	ck_assert_uint_eq(find(1, route, method, target), 0);
}
END_TEST

START_TEST(a_route_is_found_whatever_is_asked_of_it)
{
	struct ipc_quarantine_entry entry = {
		.number = 4, .is_route = 1, .mount = 7, .route = "all"
	};

	ipc_quarantine_put(quarantine, 0, &entry);
	ck_assert_uint_eq(find(7, "all", "GET", "/1"), 4);
	ck_assert_uint_eq(find(7, "all", "PUT", ""), 4);
	ck_assert_uint_eq(find(7, "other", "GET", "/1"), 0);
	ck_assert_uint_eq(find(6, "all", "GET", "/1"), 0);
}
END_TEST

START_TEST(what_was_dropped_costs_nothing_any_more)
{
	put(0, 1, 1, "r", "GET", "/0");
	put(1, 2, 1, "r", "GET", "/1");
	put(2, 3, 1, "r", "GET", "/2");
	ck_assert_uint_eq(quarantine->count, 3);
	ipc_quarantine_drop(quarantine, 1);
	ck_assert_uint_eq(quarantine->count, 3);
	ck_assert_uint_eq(find(1, "r", "GET", "/1"), 0);
	ck_assert_uint_eq(find(1, "r", "GET", "/2"), 3);
	ipc_quarantine_drop(quarantine, 2);
	ck_assert_uint_eq(quarantine->count, 1);
	ipc_quarantine_drop(quarantine, 0);
	ck_assert_uint_eq(quarantine->count, 0);
}
END_TEST

START_TEST(nonsense_is_not_found)
{
	struct ipc_quarantine_entry *entry = &quarantine->entries[0];

	put(0, 1, 1, "r", "GET", "/0");
	entry->method_size = sizeof(entry->method) + 1;
	ck_assert_uint_eq(find(1, "r", "GET", "/0"), 0);
	entry->method_size = 3;
	entry->target_size = 3;
	ck_assert_uint_eq(find(1, "r", "GET", "/0"), 0);
	entry->target_size = 2;
	ck_assert_uint_eq(find(1, "r", "GET", "/0"), 1);
	entry->sequence++;
	ck_assert_uint_eq(find(1, "r", "GET", "/0"), 0);
	entry->sequence--;
	quarantine->count = UINT32_MAX;
	ck_assert_uint_eq(find(1, "r", "GET", "/1"), 0);
	quarantine->count = 1;
}
END_TEST

START_TEST(workers_see_it_and_cannot_write)
{
	const struct ipc_quarantine *mapped;
	int status;
	pid_t pid;

	ck_assert_int_eq(ipc_quarantine_map(fd, &mapped, &error), 0);
	put(0, 1, 1, "r", "GET", "/0");
	ck_assert_uint_eq(mapped->entries[0].number, 1);
	ck_assert_int_eq(mprotect((void *)(uintptr_t)mapped, sizeof(*mapped),
			     PROT_READ | PROT_WRITE),
	    -1);
	ck_assert_ptr_eq(mmap(NULL, sizeof(*mapped), PROT_READ | PROT_WRITE,
			     MAP_SHARED, fd, 0),
	    MAP_FAILED);
	/* Nor is the master's own mapping there in a child. */
	pid = fork();
	if (pid == 0)
		_exit(msync(quarantine, sizeof(*quarantine), MS_ASYNC) == 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	munmap((void *)(uintptr_t)mapped, sizeof(*mapped));
}
END_TEST

/* ---- claims ---- */

static struct ipc_scoreboard *board;
static int board_fd;

START_TEST(one_may_try)
{
	uint32_t holder;

	ck_assert(!ipc_quarantine_holder(board, 3, 8, &holder));
	ck_assert(ipc_quarantine_claim(board, 3, 8, 100));
	ck_assert(!ipc_quarantine_claim(board, 3, 8, 101));
	ck_assert(!ipc_quarantine_claim(board, 3, 8, 100));
	ck_assert(ipc_quarantine_holder(board, 3, 8, &holder));
	ck_assert_uint_eq(holder, 100);
	/* A new episode. */
	ck_assert(!ipc_quarantine_holder(board, 3, 9, &holder));
	ck_assert(ipc_quarantine_claim(board, 3, 9, 101));
}
END_TEST

START_TEST(what_is_given_back_may_be_tried)
{
	ck_assert(ipc_quarantine_claim(board, 3, 8, 100));
	ipc_quarantine_release(board, 8, 101);
	ipc_quarantine_release(board, 7, 100);
	ck_assert(!ipc_quarantine_claim(board, 3, 8, 101));
	ipc_quarantine_release(board, 8, 100);
	ck_assert(ipc_quarantine_claim(board, 3, 8, 101));
}
END_TEST

START_TEST(refusals_are_counted)
{
	ipc_quarantine_refuse(board, 2);
	ipc_quarantine_refuse(board, 2);
	ck_assert_uint_eq(board->refusals[2], 2);
	ck_assert_uint_eq(board->refusals[1], 0);
}
END_TEST

static void
open_board(void)
{
	ck_assert_int_eq(ipc_scoreboard_open(1, &board, &board_fd, &error), 0);
}

static void
close_board(void)
{
	ipc_scoreboard_close(&board, &board_fd);
}

int
main(void)
{
	Suite *suite = suite_create("ipc_quarantine");
	TCase *tests = tcase_create("quarantine");
	TCase *claims = tcase_create("claims");

	tcase_add_checked_fixture(tests, open_it, close_it);
	tcase_add_test(tests, empty_holds_nothing);
	tcase_add_test(tests, a_request_is_found_by_all_of_its_parts);
	tcase_add_test(tests, what_is_cut_counts_with_its_length);
	tcase_add_test(tests, a_route_is_found_whatever_is_asked_of_it);
	tcase_add_test(tests, what_was_dropped_costs_nothing_any_more);
	tcase_add_test(tests, nonsense_is_not_found);
	tcase_add_test(tests, workers_see_it_and_cannot_write);
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(claims, open_board, close_board);
	tcase_add_test(claims, one_may_try);
	tcase_add_test(claims, what_is_given_back_may_be_tried);
	tcase_add_test(claims, refusals_are_counted);
	suite_add_tcase(suite, claims);
	return test_run(suite);
}
