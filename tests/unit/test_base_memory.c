/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base_log.h"
#include "base/base_memory.h"
#include "base/base_object.h"
#include "test_unit.h"

/* Otherwise the address sanitizer ends the process before we can. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

struct thing {
	unsigned magic;
#define THING_MAGIC 0x2f5b80d7u
	int value;
};

/* Sizes come from here, lest the compiler sees that they are too large. */
static volatile size_t huge = SIZE_MAX / 2;

static void
exhaust_by_size(void)
{
	memory_free(memory_alloc(huge));
}

static void
exhaust_by_product(void)
{
	memory_free(memory_alloc_array(huge, 4));
}

static void
exhaust_by_resize(void)
{
	memory_free(memory_resize(NULL, huge, 3));
}

static void
exhaust_by_copy(void)
{
	memory_free(memory_copy_bytes("x", huge * 2 + 1));
}

static void
use_dead_object(void)
{
	struct thing thing = { .magic = 0 };
	struct thing *pointer = &thing;

	OBJECT_CHECK(pointer, THING_MAGIC);
}

static void
use_no_object(void)
{
	struct thing *pointer;

	OBJECT_CAST(pointer, NULL, THING_MAGIC);
}

static const struct {
	void (*run)(void);
	const char *words;
} deaths[] = {
	{ exhaust_by_size, "error: out of memory: 1 times" },
	{ exhaust_by_product, "error: out of memory: " },
	{ exhaust_by_resize, "error: out of memory: " },
	{ exhaust_by_copy, "error: out of memory: 1 times" },
	{ use_dead_object,
	    "error: panic: use_dead_object: pointer is no live THING_MAGIC" },
	{ use_no_object, "error: panic: use_no_object: pointer is no live" },
};

START_TEST(fatal_failure_logs_one_line_and_aborts)
{
	char text[LOG_LINE_MAX * 2] = "";
	int status, fd = memfd_create("log", 0);
	pid_t pid = fork();

	if (pid == 0) {
		log_open("unit", LOG_TARGET_FILE, fd, LOG_LEVEL_INFO);
		deaths[_i].run();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
	ck_assert_int_gt(pread(fd, text, sizeof(text) - 1, 0), 0);
	ck_assert_ptr_nonnull(strstr(text, deaths[_i].words));
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	close(fd);
}
END_TEST

START_TEST(allocated_memory_is_zeroed)
{
	static const char zeros[1000];
	char *data;

	data = memory_alloc(sizeof(zeros));
	ck_assert_mem_eq(data, zeros, sizeof(zeros));
	memset(data, 1, sizeof(zeros));
	memory_free(data);
	data = memory_alloc_array(10, 100);
	ck_assert_mem_eq(data, zeros, sizeof(zeros));
	memory_free(data);
}
END_TEST

START_TEST(nothing_is_still_something)
{
	char *data;

	data = memory_alloc(0);
	ck_assert_ptr_nonnull(data);
	data = memory_resize(data, 0, 8);
	ck_assert_ptr_nonnull(data);
	memory_free(data);
	data = memory_alloc_array(0, SIZE_MAX);
	ck_assert_ptr_nonnull(data);
	memory_free(data);
	memory_free(NULL);
}
END_TEST

START_TEST(resize_keeps_what_was_there)
{
	char *data = memory_resize(NULL, 4, 1);

	memcpy(data, "abcd", 4);
	data = memory_resize(data, 1000, 100);
	ck_assert_mem_eq(data, "abcd", 4);
	memset(data, 'x', 1000 * 100);
	memory_free(data);
}
END_TEST

START_TEST(copies_end_with_nul)
{
	char *copy;

	copy = memory_copy_text("some words");
	ck_assert_str_eq(copy, "some words");
	memory_free(copy);
	ck_assert_ptr_null(memory_copy_text(NULL));
	copy = memory_copy_bytes("a\0b", 3);
	ck_assert_mem_eq(copy, "a\0b", 4);
	memory_free(copy);
	copy = memory_copy_bytes(NULL, 0);
	ck_assert_str_eq(copy, "");
	memory_free(copy);
	copy = memory_format("%s-%05d", "x", 42);
	ck_assert_str_eq(copy, "x-00042");
	memory_free(copy);
}
END_TEST

START_TEST(object_lives_until_freed)
{
	struct thing *thing, *cast, *taken;
	void *opaque;

	OBJECT_NEW(thing, THING_MAGIC);
	ck_assert_uint_eq(thing->magic, THING_MAGIC);
	ck_assert_int_eq(thing->value, 0);
	opaque = thing;
	OBJECT_CAST(cast, opaque, THING_MAGIC);
	ck_assert_ptr_eq(cast, thing);
	OBJECT_TAKE(taken, &thing, THING_MAGIC);
	ck_assert_ptr_eq(taken, cast);
	ck_assert_ptr_null(thing);
	OBJECT_FREE(taken);
	ck_assert_ptr_null(taken);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_memory");
	TCase *tcase = tcase_create("memory");

	tcase_add_loop_test(tcase, fatal_failure_logs_one_line_and_aborts, 0,
	    sizeof(deaths) / sizeof(deaths[0]));
	tcase_add_test(tcase, allocated_memory_is_zeroed);
	tcase_add_test(tcase, nothing_is_still_something);
	tcase_add_test(tcase, resize_keeps_what_was_there);
	tcase_add_test(tcase, copies_end_with_nul);
	tcase_add_test(tcase, object_lives_until_freed);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
