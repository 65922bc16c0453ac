/* SPDX-License-Identifier: ISC */
/*
 * A writer that is killed at any time, or whose memory is garbage, must not
 * make the reader believe nonsense.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ipc/ipc_process.h"
#include "ipc/ipc_scoreboard.h"
#include "test_network.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define LOOP        IPC_THREAD_LOOP

static struct error error;
static struct ipc_process *process;
static int process_fd = -1;

static const struct network_address client = { NETWORK_IPV6, { [15] = 1 } };

static const struct ipc_current_words put_words = {
	.exchange_id = 1,
	.mount = 2,
	.method = "PUT",
	.target = "/",
	.target_size = 1,
	.peer = &client,
	.route = "/{name}",
	.doing = "the handler",
};

static void
open_process(void)
{
	ck_assert_int_eq(
	    ipc_process_open(77, 3, &process, &process_fd, &error), 0);
}

static void
close_process(void)
{
	ipc_process_close(&process, &process_fd);
}

/* In a child, which has only the descriptor. */
static void
map_own(void)
{
	if (ipc_process_map(process_fd, &process, &error) == -1)
		_exit(1);
}

static struct ipc_current *
row(uint32_t thread)
{
	return &process->threads[thread].current;
}

START_TEST(area_is_empty_and_marked)
{
	ck_assert_uint_eq(process->magic, IPC_PROCESS_MAGIC);
	ck_assert_uint_eq(process->layout, IPC_LAYOUT);
	ck_assert_uint_eq(process->generation, 77);
	ck_assert_uint_eq(process->row_count, 3);
	ck_assert_int_eq(process->rows[2].fd, 0);
	ck_assert_uint_eq((uintptr_t)&process->adopted % 8, 0);
	ck_assert_uint_eq((uintptr_t)&process->rows[1] % IPC_ROW_SIZE, 0);
}
END_TEST

START_TEST(close_of_nothing_does_nothing)
{
	close_process();
	close_process();
	ck_assert_ptr_null(process);
	ck_assert_int_eq(process_fd, -1);
}
END_TEST

START_TEST(a_child_does_not_have_the_masters_mapping)
{
	unsigned char page;
	int status;
	pid_t pid;

	ck_assert_int_eq(mincore(process, 1, &page), 0);
	pid = fork();
	if (pid == 0)
		_exit(mincore(process, 1, &page) == -1 && errno == ENOMEM);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 1);
}
END_TEST

/* ---- what runs ---- */

START_TEST(child_writes_and_parent_reads)
{
	const struct ipc_current_words words = {
		.exchange_id = 42,
		.mount = 3,
		.method = "GET",
		.target = "/x",
		.target_size = 2,
		.peer = &client,
		.route = "/{name}",
	};
	struct ipc_current current;
	int status;
	pid_t pid;

	ck_assert(!ipc_current_read(process, 7, &current));
	pid = fork();
	if (pid == 0) {
		map_own();
		ipc_current_begin(row(7), 1000, &words);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(ipc_current_read(process, 7, &current));
	ck_assert_uint_eq(current.exchange_id, 42);
	ck_assert_uint_eq(current.since_ms, 1000);
	ck_assert_uint_eq(current.mount, 3);
	ck_assert_uint_eq(current.method_size, 3);
	ck_assert_mem_eq(current.method, "GET", 3);
	ck_assert_uint_eq(current.target_size, 2);
	ck_assert_uint_eq(current.target_length, 2);
	ck_assert_mem_eq(current.target, "/x", 2);
	network_expect(&current.peer, "::1");
	ck_assert_str_eq(current.route, "/{name}");
	ck_assert_str_eq(current.doing, "");
	/* The other threads' rows are others'. */
	ck_assert(!ipc_current_read(process, LOOP, &current));
	ipc_current_end(row(7));
	ck_assert(!ipc_current_read(process, 7, &current));
}
END_TEST

START_TEST(every_thread_has_its_row)
{
	struct ipc_current current;
	uint32_t last = IPC_THREADS_MAX - 1;

	ipc_current_begin(row(last), 1, &put_words);
	ck_assert(ipc_current_read(process, last, &current));
	ck_assert(!ipc_current_read(process, IPC_THREADS_MAX, &current));
	ck_assert(!ipc_current_read(process, IPC_THREAD_NONE, &current));
}
END_TEST

START_TEST(what_runs_is_renamed)
{
	struct ipc_current current;

	ipc_current_begin(row(LOOP), 1, &put_words);
	ipc_current_rename(row(LOOP), 9, "/other", NULL);
	ck_assert(ipc_current_read(process, LOOP, &current));
	ck_assert_uint_eq(current.mount, 9);
	ck_assert_str_eq(current.route, "/other");
	ck_assert_str_eq(current.doing, "");
	ck_assert_uint_eq(current.exchange_id, 1);
	ck_assert_uint_eq(current.since_ms, 1);
	ipc_current_rename(row(LOOP), 9, NULL, "the filter");
	ck_assert(ipc_current_read(process, LOOP, &current));
	ck_assert_str_eq(current.route, "");
	ck_assert_str_eq(current.doing, "the filter");
}
END_TEST

START_TEST(long_words_are_cut)
{
	static char text[1000];
	const struct ipc_current_words words = {
		.method = text,
		.target = text,
		.target_size = sizeof(text) - 1,
		.route = text,
		.doing = text,
	};
	struct ipc_current current;

	memset(text, 'a', sizeof(text) - 1);
	ipc_current_begin(row(LOOP), 1, &words);
	ck_assert(ipc_current_read(process, LOOP, &current));
	ck_assert_uint_eq(current.method_size, sizeof(current.method));
	ck_assert_uint_eq(current.target_size, sizeof(current.target));
	ck_assert_uint_eq(current.target_length, sizeof(text) - 1);
	ck_assert_uint_eq(strlen(current.route), sizeof(current.route) - 1);
	ck_assert_uint_eq(strlen(current.doing), sizeof(current.doing) - 1);
	ipc_current_rename(row(LOOP), 0, text, text);
	ck_assert(ipc_current_read(process, LOOP, &current));
	ck_assert_uint_eq(strlen(current.route), sizeof(current.route) - 1);
	ck_assert_uint_eq(strlen(current.doing), sizeof(current.doing) - 1);
}
END_TEST

START_TEST(missing_words_are_empty)
{
	const struct ipc_current_words words = { .exchange_id = 0 };
	struct ipc_current current;

	ipc_current_begin(row(LOOP), 1, &put_words);
	ipc_current_begin(row(LOOP), 2, &words);
	ck_assert(ipc_current_read(process, LOOP, &current));
	ck_assert_uint_eq(current.exchange_id, 0);
	ck_assert_uint_eq(current.mount, 0);
	ck_assert_uint_eq(current.method_size, 0);
	ck_assert_uint_eq(current.target_size, 0);
	ck_assert_uint_eq(current.target_length, 0);
	ck_assert_uint_eq(current.peer.family, NETWORK_NONE);
	ck_assert_str_eq(current.route, "");
	ck_assert_str_eq(current.doing, "");
}
END_TEST

/* Each makes a good area bad in one way. */
static void
spoil_magic(void)
{
	process->magic = 1;
}
static void
spoil_layout(void)
{
	process->layout++;
}
static void
spoil_sequence(void)
{
	row(LOOP)->sequence++; /* died in the middle of a begin */
}
static void
spoil_running(void)
{
	row(LOOP)->running = 2;
}
static void
spoil_method(void)
{
	row(LOOP)->method_size = sizeof(row(LOOP)->method) + 1;
}
static void
spoil_target(void)
{
	row(LOOP)->target_size = UINT16_MAX;
	row(LOOP)->target_length = UINT32_MAX;
}
static void
spoil_length(void)
{
	row(LOOP)->target_length = 0;
}
static void
spoil_route(void)
{
	memset(row(LOOP)->route, 'x', sizeof(row(LOOP)->route));
}
static void
spoil_doing(void)
{
	memset(row(LOOP)->doing, 'x', sizeof(row(LOOP)->doing));
}
static void
spoil_all(void)
{
	memset(row(LOOP), 0xff, sizeof(*row(LOOP)));
}

static void (*const spoilers[])(void) = {
	spoil_magic,
	spoil_layout,
	spoil_sequence,
	spoil_running,
	spoil_method,
	spoil_target,
	spoil_length,
	spoil_route,
	spoil_doing,
	spoil_all,
};

START_TEST(garbage_is_refused)
{
	struct ipc_current current;

	ipc_current_begin(row(LOOP), 1, &put_words);
	ck_assert(ipc_current_read(process, LOOP, &current));
	spoilers[_i]();
	ck_assert(!ipc_current_read(process, LOOP, &current));
}
END_TEST

static bool
is_uniform(const struct ipc_current *current)
{
	size_t i;

	for (i = 0; i < current->target_size; i++)
		if (current->target[i] != current->route[0])
			return false;
	return current->exchange_id == (uint64_t)current->route[0];
}

/* Begins again and again, each time with another letter everywhere. */
static void
write_for_ever(void)
{
	struct ipc_current_words words = { .method = "GET", .peer = &client };
	char text[IPC_TEXT_SIZE + 1];
	char letter;

	for (;;)
		for (letter = 'a'; letter <= 'z'; letter++) {
			memset(text, letter, sizeof(text) - 1);
			text[sizeof(text) - 1] = '\0';
			words.exchange_id = (uint64_t)letter;
			words.target = words.route = text;
			words.target_size = sizeof(text) - 1;
			ipc_current_begin(row(LOOP), 1, &words);
		}
}

/* A writer in a child, until stop_writer. */
static pid_t
start_writer(void (*writer)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		map_own();
		writer();
		_exit(0);
	}
	return pid;
}

static void
stop_writer(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

START_TEST(what_is_read_is_never_torn)
{
	struct ipc_current current;
	pid_t pid = start_writer(write_for_ever);
	int i, good = 0;

	for (i = 0; good < 2000 && i < 50000000; i++)
		if (ipc_current_read(process, LOOP, &current)) {
			good++;
			ck_assert(is_uniform(&current));
		}
	stop_writer(pid);
	ck_assert_int_eq(good, 2000);
}
END_TEST

/* Without any order, as a wild pointer would. */
static void
scribble_for_ever(void)
{
	uint32_t seed = 1;
	unsigned char *bytes = (unsigned char *)row(LOOP);
	size_t i;

	for (;;)
		for (i = 0; i < sizeof(struct ipc_current); i++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[i] = (seed >> 24) & 1 ? (seed >> 16) & 0xff : 1;
		}
}

START_TEST(what_is_judged_is_what_is_given)
{
	struct ipc_current current;
	pid_t pid = start_writer(scribble_for_ever);
	int i;

	for (i = 0; i < 200000; i++) {
		if (!ipc_current_read(process, LOOP, &current))
			continue;
		ck_assert_uint_eq(current.running, 1);
		ck_assert_uint_le(current.method_size, sizeof(current.method));
		ck_assert_uint_le(current.target_size, sizeof(current.target));
		ck_assert_uint_lt(strnlen(current.route, sizeof(current.route)),
		    sizeof(current.route));
	}
	stop_writer(pid);
}
END_TEST

/* ---- reports ---- */

static void
report(struct ipc_report *to)
{
	to->sequence = 1;
	to->signal = SIGSEGV;
	to->thread = 3;
	to->frame_count = 2;
	to->frames[0] = 0x1234;
	to->frames[1] = 0x5678;
	to->sequence = 2;
}

START_TEST(reports_are_read)
{
	struct ipc_report copy;

	ck_assert(!ipc_report_read(process, &process->crash, &copy));
	report(&process->crash);
	ck_assert(!ipc_report_read(process, &process->warning, &copy));
	ck_assert(ipc_report_read(process, &process->crash, &copy));
	ck_assert_int_eq(copy.signal, SIGSEGV);
	ck_assert_uint_eq(copy.frame_count, 2);
	ck_assert_uint_eq(copy.frames[1], 0x5678);
	process->crash.thread = IPC_THREAD_NONE;
	process->crash.frame_count = IPC_FRAMES_MAX;
	ck_assert(ipc_report_read(process, &process->crash, &copy));
}
END_TEST

static void
spoil_report_sequence(void)
{
	process->crash.sequence++;
}
static void
spoil_report_frames(void)
{
	process->crash.frame_count = IPC_FRAMES_MAX + 1;
}
static void
spoil_report_thread(void)
{
	process->crash.thread = IPC_THREADS_MAX;
}
static void
spoil_report_all(void)
{
	memset(&process->crash, 0xff, sizeof(process->crash));
}

static void (*const report_spoilers[])(void) = {
	spoil_magic,
	spoil_layout,
	spoil_report_sequence,
	spoil_report_frames,
	spoil_report_thread,
	spoil_report_all,
};

START_TEST(garbage_is_no_report)
{
	struct ipc_report copy;

	report(&process->crash);
	report_spoilers[_i]();
	ck_assert(!ipc_report_read(process, &process->crash, &copy));
}
END_TEST

/* ---- images ---- */

static void
add_image(uint64_t begin, uint64_t end, const char *path)
{
	struct ipc_image *image = &process->images[process->image_count++];

	image->begin = image->bias = begin;
	image->end = end;
	image->build_id_size = 20;
	strcpy(image->path, path);
}

START_TEST(images_are_found_by_address)
{
	struct ipc_image image;

	ck_assert(!ipc_image_find(process, 100, &image));
	add_image(100, 200, "/a");
	add_image(300, 400, "/b");
	ck_assert(!ipc_image_find(process, 99, &image));
	ck_assert(ipc_image_find(process, 100, &image));
	ck_assert_str_eq(image.path, "/a");
	ck_assert(ipc_image_find(process, 199, &image));
	ck_assert(!ipc_image_find(process, 200, &image));
	ck_assert(ipc_image_find(process, 300, &image));
	ck_assert_str_eq(image.path, "/b");
	process->image_count = 1;
	ck_assert(!ipc_image_find(process, 300, &image));
}
END_TEST

static void
spoil_path(void)
{
	memset(process->images[0].path, 'x', sizeof(process->images[0].path));
}
static void
spoil_build_id(void)
{
	process->images[0].build_id_size =
	    sizeof(process->images[0].build_id) + 1;
}

static void (*const image_spoilers[])(void) = {
	spoil_magic,
	spoil_layout,
	spoil_path,
	spoil_build_id,
};

START_TEST(garbage_is_no_image)
{
	struct ipc_image image;

	add_image(100, 200, "/a");
	image_spoilers[_i]();
	ck_assert(!ipc_image_find(process, 100, &image));
}
END_TEST

START_TEST(a_wild_count_of_images_ends_at_the_room)
{
	struct ipc_image image;

	add_image(100, 200, "/a");
	process->image_count = UINT32_MAX;
	ck_assert(ipc_image_find(process, 100, &image));
	ck_assert(!ipc_image_find(process, UINT64_MAX, &image));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ipc_process");
	TCase *tests = tcase_create("process");

	tcase_add_checked_fixture(tests, open_process, close_process);
	tcase_add_test(tests, area_is_empty_and_marked);
	tcase_add_test(tests, close_of_nothing_does_nothing);
	tcase_add_test(tests, a_child_does_not_have_the_masters_mapping);
	tcase_add_test(tests, child_writes_and_parent_reads);
	tcase_add_test(tests, every_thread_has_its_row);
	tcase_add_test(tests, what_runs_is_renamed);
	tcase_add_test(tests, long_words_are_cut);
	tcase_add_test(tests, missing_words_are_empty);
	tcase_add_loop_test(tests, garbage_is_refused, 0, ROWS(spoilers));
	tcase_add_test(tests, what_is_read_is_never_torn);
	tcase_add_test(tests, what_is_judged_is_what_is_given);
	tcase_add_test(tests, reports_are_read);
	tcase_add_loop_test(
	    tests, garbage_is_no_report, 0, ROWS(report_spoilers));
	tcase_add_test(tests, images_are_found_by_address);
	tcase_add_loop_test(
	    tests, garbage_is_no_image, 0, ROWS(image_spoilers));
	tcase_add_test(tests, a_wild_count_of_images_ends_at_the_room);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
