/* SPDX-License-Identifier: ISC */
#include "master/master_pin.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "test_unit.h"

static char directory[] = "/tmp/cohort-test-XXXXXX";
static struct error error;

static void
set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
}

static void
tear_down(void)
{
	ck_assert_int_eq(system("rm -rf \"$PWD\""), 0);
}

static void
write_file(const char *name, const void *data, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	close(fd);
}

static struct master_pin *
pin_of(const char *path)
{
	struct master_pin *pin;

	ck_assert_msg(
	    master_pin_open(path, &pin, &error) == 0, "%s", error.text);
	return pin;
}

static int
next_descriptor(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

/* More than one piece, and nothing whole. */
#define SIZE 200001

START_TEST(it_has_the_bytes_of_the_file)
{
	char *data = memory_alloc(SIZE), *copy = memory_alloc(SIZE + 1);
	struct master_pin *pin;
	size_t i;

	for (i = 0; i < SIZE; i++)
		data[i] = (char)(i * 7 + i / 251);
	write_file("x.so", data, SIZE);
	pin = pin_of("x.so");
	ck_assert_int_eq(unlink("x.so"), 0);
	ck_assert_str_eq(pin->path, "x.so");
	ck_assert_uint_eq(pin->size, SIZE);
	ck_assert_int_eq(pread(pin->fd, copy, SIZE + 1, 0), SIZE);
	ck_assert_mem_eq(copy, data, SIZE);
	ck_assert_int_ne(fcntl(pin->fd, F_GETFD) & FD_CLOEXEC, 0);
	master_pin_release(&pin);
	ck_assert_ptr_null(pin);
	memory_free(data);
	memory_free(copy);
}
END_TEST

START_TEST(nobody_can_write_to_it)
{
	const int seals =
	    F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
	struct master_pin *pin;
	char name[64];

	write_file("x.so", "code", 4);
	pin = pin_of("x.so");
	ck_assert_int_eq(fcntl(pin->fd, F_GET_SEALS) & seals, seals);
	ck_assert_int_eq(pwrite(pin->fd, "C", 1, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(pin->fd, 0), -1);
	ck_assert_int_eq(ftruncate(pin->fd, 100), -1);
	ck_assert_ptr_eq(
	    mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, pin->fd, 0),
	    MAP_FAILED);
	/* Nor by another way to it. */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", pin->fd);
	ck_assert_int_eq(truncate(name, 0), -1);
	master_pin_release(&pin);
}
END_TEST

START_TEST(it_can_be_loaded)
{
	const char *compiler = getenv("CC");
	struct master_pin *pin;
	int (*answer)(void);
	char text[256];
	void *object;

	snprintf(text, sizeof(text),
	    "echo 'int answer(void) { return 42; }' >x.c && "
	    "%s -shared -fPIC -o x.so x.c",
	    compiler != NULL ? compiler : "cc");
	ck_assert_int_eq(system(text), 0);
	pin = pin_of("x.so");
	ck_assert_int_eq(truncate("x.so", 0), 0);
	snprintf(text, sizeof(text), "/proc/%d/fd/%d", (int)getpid(), pin->fd);
	object = dlopen(text, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(object != NULL, "%s", dlerror());
	*(void **)&answer = dlsym(object, "answer");
	ck_assert_int_eq(answer(), 42);
	dlclose(object);
	master_pin_release(&pin);
}
END_TEST

/* ---- the same ---- */

static const struct {
	const char *one, *other;
	bool is_same;
} pairs[] = {
	{ "", "", true },
	{ "code", "code", true },
	{ "code", "Code", false },
	{ "code", "codes", false },
	{ "", "code", false },
};

START_TEST(what_has_the_same_bytes_is_the_same)
{
	struct master_pin *one, *other;

	write_file("one", pairs[_i].one, strlen(pairs[_i].one));
	write_file("other", pairs[_i].other, strlen(pairs[_i].other));
	one = pin_of("one");
	other = pin_of("other");
	ck_assert(master_pin_is_same(one, one));
	ck_assert(master_pin_is_same(one, other) == pairs[_i].is_same);
	ck_assert((one->identity == other->identity) == pairs[_i].is_same);
	/* The hash decides nothing alone. */
	other->identity = one->identity;
	ck_assert(master_pin_is_same(one, other) == pairs[_i].is_same);
	master_pin_release(&one);
	master_pin_release(&other);
}
END_TEST

START_TEST(it_lives_as_long_as_it_is_held)
{
	struct master_pin *pin, *held;
	int fd = next_descriptor();

	write_file("x.so", "code", 4);
	pin = pin_of("x.so");
	held = master_pin_hold(pin);
	master_pin_release(&pin);
	ck_assert_ptr_null(pin);
	ck_assert_int_eq(lseek(held->fd, 0, SEEK_END), 4);
	master_pin_release(&held);
	master_pin_release(&held);
	ck_assert_int_eq(next_descriptor(), fd);
}
END_TEST

/* ---- what cannot be pinned ---- */

/* Something in /proc is a file whose size is 0 and that has bytes all the
 * same, as if it had grown meanwhile. */
static const struct {
	const char *path, *words;
} refusals[] = {
	{ "none", "No such file or directory" },
	{ "x.so/none", "Not a directory" },
	{ "loop", "Too many levels of symbolic links" },
	{ "fifo", "is no regular file" },
	{ ".", "is no regular file" },
	{ "/dev/zero", "is no regular file" },
	{ "huge", "is larger than 536870912 bytes" },
	{ "/proc/self/status",
	    "changed while it was read: try again when it is complete" },
};

START_TEST(what_cannot_be_pinned_is_named)
{
	struct master_pin *pin = NULL;
	int fd = next_descriptor();
	char text[128];

	write_file("x.so", "", 0);
	write_file("huge", "", 0);
	ck_assert_int_eq(truncate("huge", MASTER_PIN_MAX + 1), 0);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(master_pin_open(refusals[_i].path, &pin, &error), -1);
	snprintf(text, sizeof(text), "%s: %s", refusals[_i].path,
	    refusals[_i].words);
	ck_assert_str_eq(error.text, text);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_ptr_null(pin);
	ck_assert_int_eq(next_descriptor(), fd);
}
END_TEST

static atomic_bool is_over;

/* Never the same moment twice, however coarse the clock is. */
static void *
touch(void *context)
{
	struct timeval times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

	while (!is_over) {
		times[1].tv_sec++;
		utimes("x.so", times);
	}
	return NULL;
}

static void *
replace(void *context)
{
	while (!is_over) {
		write_file("new", "", 0);
		if (truncate("new", 4 * 1024 * 1024) == 0)
			rename("new", "x.so");
	}
	return NULL;
}

static void *(*const changes[])(void *) = { touch, replace };

/* Nothing but a thread that is kept from running for that long spares it. */
START_TEST(what_changes_meanwhile_is_refused)
{
	struct master_pin *pin;
	pthread_t thread;
	int result;

	write_file("x.so", "", 0);
	ck_assert_int_eq(truncate("x.so", 4 * 1024 * 1024), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, changes[_i], NULL), 0);
	while ((result = master_pin_open("x.so", &pin, &error)) == 0)
		master_pin_release(&pin);
	is_over = true;
	pthread_join(thread, NULL);
	ck_assert_int_eq(result, -1);
	ck_assert_str_eq(error.text,
	    "x.so: changed while it was read: try again when it is complete");
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("master_pin");
	TCase *tests = tcase_create("pin");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_has_the_bytes_of_the_file);
	tcase_add_test(tests, nobody_can_write_to_it);
	tcase_add_test(tests, it_can_be_loaded);
	tcase_add_loop_test(
	    tests, what_has_the_same_bytes_is_the_same, 0, ROWS(pairs));
	tcase_add_test(tests, it_lives_as_long_as_it_is_held);
	tcase_add_loop_test(
	    tests, what_cannot_be_pinned_is_named, 0, ROWS(refusals));
	tcase_add_loop_test(
	    tests, what_changes_meanwhile_is_refused, 0, ROWS(changes));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
