/* SPDX-License-Identifier: ISC */
/*
 * Connections on their way from one worker to another: the test plays the
 * workers' ends of the channels.
 */
#include "master/master_batch.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "base/base_clock.h"
#include "master/master_death.h"
#include "test_master_setup.h"
#include "test_unit.h"

#define MOST 8

static struct master_cohort *cohort;
static struct master_worker *dead, *first, *second;
static int dead_end, first_end, second_end;
static struct ipc_packet *packet;
static int clients[MOST];
static size_t client_count;

static struct settings *
settings_of(uint64_t start_timeout)
{
	struct settings *settings = test_settings();
	struct settings_listener *listener;

	settings->start_timeout = start_timeout;
	settings->max_connections = 100;
	listener =
	    settings_add_listener(settings, "127.0.0.1:0", "test", &error);
	ck_assert_ptr_nonnull(listener);
	/* Clients say nothing here, and would be kept back for a second. */
	listener->defer_accept = false;
	return settings;
}

static void
make(uint64_t start_timeout)
{
	test_master_open();
	packet = memory_alloc(sizeof(*packet));
	cohort = test_serving(settings_of(start_timeout));
	dead = test_serving_worker(cohort, 0, &dead_end);
	first = test_serving_worker(cohort, 1, &first_end);
	second = test_serving_worker(cohort, 2, &second_end);
	/* It is chosen first. */
	master.scoreboard->slots[2].open = 1;
	client_count = 0;
}

static void
set_up(void)
{
	make(30000);
}

static void
end_worker(struct master_worker **worker, int *end)
{
	if (*worker != NULL) {
		(*worker)->has_ended = true;
		master_orphan_on_end(*worker);
		(*worker)->retire = IPC_RETIRE_NOW;
		master_death_on_exit(*worker, 0);
		master_worker_free(worker);
	}
	fd_close(end);
}

static void
tear_down(void)
{
	end_worker(&dead, &dead_end);
	end_worker(&first, &first_end);
	end_worker(&second, &second_end);
	master_orphan_close(&master);
	ck_assert_uint_eq(master.orphan_count, 0);
	ck_assert_ptr_null(master.orphan_timer);
	master.current = NULL;
	master_cohort_free(&cohort);
	test_master_close();
	memory_free(packet);
	while (client_count > 0)
		fd_close(&clients[--client_count]);
}

/* The accepted end of a connection. */
static int
dial(void)
{
	int listening = cohort->listeners[0]->fd, fd;
	struct sockaddr_in place;
	socklen_t size = sizeof(place);
	struct pollfd poll_fd = { .fd = listening, .events = POLLIN };

	getsockname(listening, (void *)&place, &size);
	clients[client_count] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
	    connect(clients[client_count], (const void *)&place, size), 0);
	client_count++;
	ck_assert_int_eq(poll(&poll_fd, 1, 10000), 1);
	fd = accept(listening, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
add(int fd, const char *input)
{
	struct ipc_handover *handover = &packet->handover;

	handover->orphans[handover->count++] = (struct ipc_orphan) {
		.listener = cohort->listeners[0]->id,
		.kind = IPC_ORPHAN_IDLE,
		.input_size = (uint32_t)strlen(input),
		.peer = { NETWORK_IPV4, { 127, 0, 0, 1 } },
	};
	memcpy(packet->input + handover->input_size, input, strlen(input));
	handover->input_size += (uint32_t)strlen(input);
	packet->descriptors[packet->descriptor_count++] = fd;
}

/* Says, as dead, what the packet has; the master takes it in. */
static void
hand_over(void)
{
	packet->message = (struct ipc_message) {
		.layout = IPC_LAYOUT,
		.type = IPC_MESSAGE_ORPHANS,
		.generation = dead->generation,
	};
	ck_assert_int_eq(ipc_channel_send_packet(dead_end, packet, &error), 0);
	ipc_packet_close(packet);
	memset(&packet->handover, 0, sizeof(packet->handover));
	master_channel_drain(dead);
}

static void
hand_over_some(unsigned count)
{
	while (count-- > 0)
		add(dial(), "");
	hand_over();
}

/* What that worker is given: the number of the batch, or 0. */
static uint64_t
receive(int end)
{
	if (ipc_channel_receive(end, IPC_SIDE_WORKER, packet, &error) !=
	    IPC_RECEIVED_MESSAGE)
		return 0;
	ck_assert_int_eq(packet->message.type, IPC_MESSAGE_ADOPT);
	return packet->message.value;
}

static void
drop_packet(void)
{
	ipc_packet_close(packet);
	memset(&packet->handover, 0, sizeof(packet->handover));
}

static void
adopt(struct master_worker *worker, int end, uint64_t number)
{
	const struct ipc_message message = {
		.layout = IPC_LAYOUT,
		.type = IPC_MESSAGE_ADOPTED,
		.generation = worker->generation,
		.value = number,
	};

	ck_assert_int_eq(ipc_channel_send(end, &message, NULL, 0, &error), 0);
	master_channel_drain(worker);
}

static bool
is_open(int client)
{
	char byte;

	return recv(client, &byte, 1, MSG_DONTWAIT) == -1;
}

START_TEST(another_worker_gets_them_with_what_was_read)
{
	uint64_t number;

	test_crash(dead, SIGSEGV);
	add(dial(), "GET / HT");
	add(dial(), "");
	hand_over();
	ck_assert_uint_eq(master.orphan_count, 2);
	ck_assert_uint_eq(dead->death->expected, 2);
	number = receive(first_end);
	ck_assert_uint_ne(number, 0);
	ck_assert_uint_eq(packet->handover.count, 2);
	ck_assert_uint_eq(packet->handover.orphans[0].input_size, 8);
	ck_assert_mem_eq(packet->input, "GET / HT", 8);
	/* Nobody waits for ever. */
	ck_assert_uint_ne(packet->handover.orphans[1].due_ms, 0);
	ck_assert_uint_eq(first->adopting, 2);
	adopt(first, first_end, number);
	ck_assert_uint_eq(first->adopting, 0);
	ck_assert_uint_eq(master.orphan_count, 0);
	ck_assert_uint_eq(dead->death->adopted, 2);
	ck_assert_uint_eq(dead->death->expected, 0);
	ck_assert(is_open(clients[0]));
	drop_packet();
	ck_assert(!is_open(clients[0]));
}
END_TEST

START_TEST(who_did_not_crash_hands_nothing_over)
{
	hand_over_some(1);
	ck_assert_uint_eq(dead->nonsense, 1);
	ck_assert(list_is_empty(&master.orphans));
	ck_assert_uint_eq(receive(first_end), 0);
}
END_TEST

/* There was no room for CRASHED; others wait to be given meanwhile, which
 * must not get mixed up with what is being received. */
START_TEST(a_report_says_that_it_crashed)
{
	hand_over_some(0);
	ck_assert_uint_eq(dead->nonsense, 1);
	dead->process->crash.sequence = 2;
	dead->process->crash.signal = SIGSEGV;
	first->spared_until_ms = second->spared_until_ms = 0;
	hand_over_some(2);
	ck_assert_int_eq(dead->state, MASTER_WORKER_CRASHED);
	ck_assert_uint_ne(receive(first_end), 0);
	ck_assert_uint_eq(packet->handover.count, 2);
	drop_packet();
}
END_TEST

START_TEST(a_crash_in_between_mixes_nothing_up)
{
	/* It waits, since nobody can take it. */
	test_crash(dead, SIGSEGV);
	first->state = second->state = MASTER_WORKER_READY;
	hand_over_some(1);
	ck_assert_uint_eq(master.orphan_count, 1);
	second->state = MASTER_WORKER_SERVING;
	/* first crashes by what it hands over; second is given the waiting
	 * one in the middle of that. */
	first->process->crash.sequence = 2;
	first->process->crash.signal = SIGSEGV;
	add(dial(), "abc");
	packet->message = (struct ipc_message) {
		.layout = IPC_LAYOUT,
		.type = IPC_MESSAGE_ORPHANS,
		.generation = first->generation,
	};
	ck_assert_int_eq(ipc_channel_send_packet(first_end, packet, &error), 0);
	drop_packet();
	master_channel_drain(first);
	ck_assert_uint_ne(receive(second_end), 0);
	ck_assert_uint_eq(packet->handover.count, 1);
	ck_assert_uint_eq(packet->handover.input_size, 0);
	drop_packet();
	ck_assert_uint_ne(receive(second_end), 0);
	ck_assert_uint_eq(packet->handover.count, 1);
	ck_assert_mem_eq(packet->input, "abc", 3);
	drop_packet();
}
END_TEST

START_TEST(what_is_wrong_is_left_out)
{
	uint64_t number;

	test_crash(dead, SIGSEGV);
	add(dup(cohort->listeners[0]->fd), "");
	add(dial(), "x");
	add(dup(dead_end), "y");
	hand_over();
	ck_assert_uint_eq(dead->nonsense, 1);
	number = receive(first_end);
	ck_assert_uint_ne(number, 0);
	ck_assert_uint_eq(packet->handover.count, 1);
	ck_assert_mem_eq(packet->input, "x", 1);
	drop_packet();
	dial(); /* it listens still */
}
END_TEST

START_TEST(a_taker_that_dies_on_the_way_costs_nothing)
{
	uint64_t number;

	test_crash(dead, SIGSEGV);
	hand_over_some(1);
	ck_assert_uint_ne(receive(first_end), 0);
	drop_packet();
	end_worker(&first, &first_end);
	number = receive(second_end);
	ck_assert_uint_ne(number, 0);
	ck_assert(is_open(clients[0]));
	adopt(second, second_end, number);
	ck_assert_uint_eq(dead->death->adopted, 1);
	drop_packet();
}
END_TEST

/* It had taken them over, and could not say so. */
START_TEST(a_taker_whose_memory_says_so_has_them)
{
	test_crash(dead, SIGSEGV);
	hand_over_some(1);
	first->process->adopted = receive(first_end);
	end_worker(&first, &first_end);
	ck_assert_uint_eq(receive(second_end), 0);
	ck_assert_uint_eq(dead->death->adopted, 1);
}
END_TEST

START_TEST(a_full_channel_is_passed_by)
{
	const struct ipc_message message = {
		.layout = IPC_LAYOUT,
		.type = IPC_MESSAGE_SERVE,
	};

	while (
	    ipc_channel_send(first->channel_fd, &message, NULL, 0, &error) == 0)
		;
	test_crash(dead, SIGSEGV);
	hand_over_some(1);
	ck_assert_uint_ne(receive(second_end), 0);
	drop_packet();
}
END_TEST

START_TEST(more_than_one_has_room_for_are_split)
{
	master.scoreboard->slots[1].open = 99;
	master.scoreboard->slots[2].open = 98;
	second->state = MASTER_WORKER_READY;
	test_crash(dead, SIGSEGV);
	hand_over_some(3);
	ck_assert_uint_ne(receive(first_end), 0);
	ck_assert_uint_eq(packet->handover.count, 1);
	drop_packet();
	ck_assert_uint_eq(receive(first_end), 0);
	second->state = MASTER_WORKER_SERVING;
	master_orphan_offer(&master);
	ck_assert_uint_ne(receive(second_end), 0);
	ck_assert_uint_eq(packet->handover.count, 2);
	drop_packet();
	ck_assert_uint_eq(dead->death->expected, 3);
}
END_TEST

/* Whatever the scoreboard says, it is not given more than it may have. */
START_TEST(a_wild_scoreboard_decides_nothing_more)
{
	memset(&master.scoreboard->slots[1], 0xff, sizeof(struct ipc_slot));
	memset(&master.scoreboard->slots[2], 0xff, sizeof(struct ipc_slot));
	test_crash(dead, SIGSEGV);
	hand_over_some(2);
	ck_assert_uint_eq(receive(first_end), 0);
	ck_assert_uint_eq(receive(second_end), 0);
	ck_assert_uint_eq(master.orphan_count, 2);
}
END_TEST

START_TEST(beyond_what_descriptors_suffice_for_they_are_closed)
{
	master.orphans_max = 2;
	first->state = second->state = MASTER_WORKER_READY;
	test_crash(dead, SIGSEGV);
	hand_over_some(2);
	ck_assert_uint_eq(master.orphan_count, 2);
	hand_over_some(1);
	ck_assert_uint_eq(master.orphan_count, 2);
	ck_assert(is_open(clients[1]));
	ck_assert(!is_open(clients[2]));
	ck_assert_uint_eq(dead->death->lost, 1);
}
END_TEST

START_TEST(without_a_cohort_that_serves_they_are_closed)
{
	cohort->state = MASTER_COHORT_RETIRING;
	master.current = NULL;
	test_crash(dead, SIGSEGV);
	hand_over_some(1);
	ck_assert(list_is_empty(&master.orphans));
	ck_assert_uint_eq(dead->nonsense, 0);
	ck_assert(!is_open(clients[0]));
}
END_TEST

START_TEST(what_was_not_given_is_not_adopted)
{
	uint64_t number;

	test_crash(dead, SIGSEGV);
	hand_over_some(1);
	number = receive(first_end);
	adopt(second, second_end, number);
	adopt(first, first_end, number + 1);
	adopt(first, first_end, 0);
	ck_assert_uint_eq(second->nonsense, 1);
	ck_assert_uint_eq(first->nonsense, 2);
	ck_assert_uint_eq(master.orphan_count, 1);
	adopt(first, first_end, number);
	ck_assert_uint_eq(master.orphan_count, 0);
	drop_packet();
}
END_TEST

/* The record is kept for its connections, when the worker has long gone. */
START_TEST(a_death_lives_until_its_last_connection_is_settled)
{
	struct master_death *death;
	uint64_t number;

	test_crash(dead, SIGSEGV);
	hand_over_some(2);
	number = receive(first_end);
	death = dead->death;
	master_orphan_on_end(dead);
	master_death_on_exit(dead, SIGSEGV);
	ck_assert_ptr_null(dead->death);
	ck_assert_ptr_eq(list_first(&master.deaths), &death->link);
	while (!death->is_named)
		event_base_loop(master.base, EVLOOP_ONCE);
	ck_assert_ptr_eq(list_first(&master.deaths), &death->link);
	adopt(first, first_end, number);
	ck_assert(list_is_empty(&master.deaths));
	drop_packet();
}
END_TEST

/* ---- of workers that live ---- */

/* What one of another layout hands over is not understood. */
START_TEST(a_worker_of_another_layout_keeps_its_own)
{
	dead->layout = IPC_LAYOUT + 1;
	dead->retire = IPC_RETIRE_REPLACED;
	master_worker_advance(dead, MASTER_WORKER_ON_RETIRE);
	first->retire = IPC_RETIRE_REPLACED;
	master_worker_advance(first, MASTER_WORKER_ON_RETIRE);
	ck_assert_int_eq(
	    recv(dead_end, &packet->message, sizeof(packet->message), 0),
	    sizeof(packet->message));
	ck_assert_uint_eq(packet->message.type, IPC_MESSAGE_RETIRE);
	ck_assert_uint_eq(packet->message.value, IPC_RETIRE_STOP);
	ck_assert_int_eq(
	    ipc_channel_receive(first_end, IPC_SIDE_WORKER, packet, &error),
	    IPC_RECEIVED_MESSAGE);
	ck_assert_uint_eq(packet->message.value, IPC_RETIRE_REPLACED);
}
END_TEST

static void
retire(struct master_worker *worker)
{
	worker->state = MASTER_WORKER_RETIRING;
	worker->retire = IPC_RETIRE_REPLACED;
}

START_TEST(a_retiring_worker_hands_over)
{
	uint64_t number;

	retire(dead);
	add(dial(), "GET / HT");
	hand_over();
	ck_assert_uint_eq(dead->nonsense, 0);
	ck_assert_int_eq(dead->state, MASTER_WORKER_RETIRING);
	number = receive(first_end);
	ck_assert_uint_ne(number, 0);
	ck_assert_mem_eq(packet->input, "GET / HT", 8);
	drop_packet();
	adopt(first, first_end, number);
	ck_assert_uint_eq(master.orphan_count, 0);
	ck_assert_uint_eq(cohort->given, 0); /* it serves on */
}
END_TEST

START_TEST(those_of_a_retiring_cohort_are_counted)
{
	struct master_cohort *heirs = test_serving(settings_of(30000));
	struct master_worker *heir;
	uint64_t number;
	int heir_end;

	ck_assert_uint_eq(heirs->listeners[0]->id, cohort->listeners[0]->id);
	heir = test_serving_worker(heirs, 3, &heir_end);
	cohort->state = MASTER_COHORT_RETIRING;
	retire(dead);
	hand_over_some(2);
	number = receive(heir_end);
	ck_assert_uint_ne(number, 0);
	ck_assert_uint_eq(cohort->given, 2);
	ck_assert_uint_eq(cohort->handed, 0);
	drop_packet();
	adopt(heir, heir_end, number);
	ck_assert_uint_eq(cohort->handed, 2);
	/* Without anybody who serves, the next one is lost. */
	master.current = NULL;
	hand_over_some(1);
	ck_assert_uint_eq(cohort->given, 3);
	ck_assert_uint_eq(cohort->lost, 1);
	ck_assert_uint_eq(cohort->handed, 2);
	end_worker(&heir, &heir_end);
	master_cohort_free(&heirs);
}
END_TEST

START_TEST(others_get_what_one_was_told_to_shed)
{
	dead->shedding = 2;
	master.scoreboard->slots[1].open = 50;
	master.scoreboard->slots[2].open = 60;
	hand_over_some(2);
	ck_assert_uint_eq(receive(dead_end), 0);
	ck_assert_uint_ne(receive(first_end), 0);
	ck_assert_uint_eq(packet->handover.count, 2);
	drop_packet();
	ck_assert_uint_eq(dead->nonsense, 0);
	hand_over_some(1);
	ck_assert_uint_eq(dead->nonsense, 1);
	ck_assert_uint_eq(master.orphan_count, 2);
}
END_TEST

START_TEST(who_is_alone_gets_back_what_it_shed)
{
	dead->shedding = 1;
	first->state = second->state = MASTER_WORKER_RETIRING;
	hand_over_some(1);
	ck_assert_uint_ne(receive(dead_end), 0);
	drop_packet();
}
END_TEST

/* Its clients do not wait for a callback that may run for long. */
START_TEST(who_has_only_busy_siblings_gets_back_what_it_shed)
{
	uint64_t now_ms = clock_monotonic_ms();

	dead->shedding = 1;
	master.scoreboard->slots[1].busy_since_ms = now_ms - 5000;
	master.scoreboard->slots[2].open = 100;
	hand_over_some(1);
	ck_assert_uint_eq(receive(first_end), 0);
	ck_assert_uint_eq(receive(second_end), 0);
	ck_assert_uint_ne(receive(dead_end), 0);
	drop_packet();
}
END_TEST

START_TEST(no_more_is_read_than_can_be_held)
{
	uint64_t number;

	master.orphans_max = IPC_ORPHANS_MAX + 1;
	first->state = second->state = MASTER_WORKER_READY;
	retire(dead);
	hand_over_some(2);
	hand_over_some(1);
	ck_assert(dead->is_held);
	ck_assert_uint_eq(master.orphan_count, 2);
	first->state = MASTER_WORKER_SERVING;
	master_orphan_offer(&master);
	number = receive(first_end);
	ck_assert_uint_ne(number, 0);
	drop_packet();
	ck_assert(dead->is_held);
	adopt(first, first_end, number);
	ck_assert(!dead->is_held);
	ck_assert_uint_eq(master.held_count, 0);
	event_base_loop(master.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(master.orphan_count, 1);
}
END_TEST

/* Who ends while it waits is heard to the end. */
START_TEST(what_a_dead_one_left_is_read)
{
	master.orphans_max = IPC_ORPHANS_MAX + 1;
	first->state = second->state = MASTER_WORKER_READY;
	retire(dead);
	hand_over_some(2);
	hand_over_some(1);
	ck_assert(dead->is_held);
	dead->has_ended = true;
	master_channel_drain(dead);
	ck_assert_uint_eq(master.orphan_count, 3);
	end_worker(&dead, &dead_end);
	ck_assert_uint_eq(master.held_count, 0);
}
END_TEST

static void
set_up_brief(void)
{
	make(100);
}

START_TEST(what_finds_no_place_in_time_is_closed)
{
	char byte;

	first->state = second->state = MASTER_WORKER_READY;
	test_crash(dead, SIGSEGV);
	hand_over_some(1);
	ck_assert_uint_eq(master.orphan_count, 1);
	while (master.orphan_count > 0)
		event_base_loop(master.base, EVLOOP_ONCE);
	ck_assert_int_eq(read(clients[0], &byte, 1), 0);
	ck_assert_uint_eq(dead->death->lost, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_orphan");
	TCase *tests = tcase_create("orphan"), *brief = tcase_create("brief");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, another_worker_gets_them_with_what_was_read);
	tcase_add_test(tests, who_did_not_crash_hands_nothing_over);
	tcase_add_test(tests, a_report_says_that_it_crashed);
	tcase_add_test(tests, a_crash_in_between_mixes_nothing_up);
	tcase_add_test(tests, what_is_wrong_is_left_out);
	tcase_add_test(tests, a_taker_that_dies_on_the_way_costs_nothing);
	tcase_add_test(tests, a_taker_whose_memory_says_so_has_them);
	tcase_add_test(tests, a_full_channel_is_passed_by);
	tcase_add_test(tests, more_than_one_has_room_for_are_split);
	tcase_add_test(tests, a_wild_scoreboard_decides_nothing_more);
	tcase_add_test(
	    tests, beyond_what_descriptors_suffice_for_they_are_closed);
	tcase_add_test(tests, without_a_cohort_that_serves_they_are_closed);
	tcase_add_test(tests, what_was_not_given_is_not_adopted);
	tcase_add_test(
	    tests, a_death_lives_until_its_last_connection_is_settled);
	tcase_add_test(tests, a_worker_of_another_layout_keeps_its_own);
	tcase_add_test(tests, a_retiring_worker_hands_over);
	tcase_add_test(tests, those_of_a_retiring_cohort_are_counted);
	tcase_add_test(tests, others_get_what_one_was_told_to_shed);
	tcase_add_test(tests, who_is_alone_gets_back_what_it_shed);
	tcase_add_test(
	    tests, who_has_only_busy_siblings_gets_back_what_it_shed);
	tcase_add_test(tests, no_more_is_read_than_can_be_held);
	tcase_add_test(tests, what_a_dead_one_left_is_read);
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(brief, set_up_brief, tear_down);
	tcase_add_test(brief, what_finds_no_place_in_time_is_closed);
	suite_add_tcase(suite, brief);
	return test_run(suite);
}
