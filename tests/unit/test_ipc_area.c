/* SPDX-License-Identifier: ISC */
/*
 * What one process may not do to another's memory: make it smaller, have it
 * by inheritance, or write what it may only read.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ipc/ipc_area.h"
#include "test_unit.h"

#define SIZE 10000u

static struct error error;
static void *area;
static int area_fd = -1;

static void
close_area(void)
{
	ipc_area_close(area, &area_fd);
	area = NULL;
}

/* Runs test in a child; what it returns is its exit status. */
static int
in_child(int (*test)(void))
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		_exit(test());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
has_mapping(void)
{
	unsigned char page;

	return mincore(area, 1, &page) == 0;
}

static int
write_inherited(void)
{
	memcpy(area, "child", 6);
	return 1;
}

static int
write_mapped(void)
{
	size_t size = 0;
	void *own;

	if (ipc_area_map("test", area_fd, true, &own, &size, &error) == -1)
		return 0;
	memcpy(own, "child", 6);
	return size == SIZE;
}

START_TEST(an_area_is_shared_with_children)
{
	ck_assert_int_eq(
	    ipc_area_open("test", SIZE, &area, &area_fd, &error), 0);
	ck_assert_int_ne(fcntl(area_fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(in_child(write_inherited), 1);
	ck_assert_str_eq(area, "child");
}
END_TEST

START_TEST(an_unshared_area_must_be_mapped)
{
	ck_assert_int_eq(
	    ipc_area_open_unshared("test", SIZE, true, &area, &area_fd, &error),
	    0);
	ck_assert_int_eq(has_mapping(), 1);
	ck_assert_int_eq(in_child(has_mapping), 0);
	ck_assert_int_eq(in_child(write_mapped), 1);
	ck_assert_str_eq(area, "child");
}
END_TEST

/* Every way that a child could try, by the descriptor it has. */
static int
can_write_sealed(void)
{
	char path[64];
	void *own;
	size_t size;
	int fd;

	if (write_mapped() || pwrite(area_fd, "x", 1, 0) == 1)
		return 1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", area_fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd != -1 && pwrite(fd, "x", 1, 0) == 1)
		return 2;
	if (ipc_area_map("test", area_fd, false, &own, &size, &error) == -1)
		return 3;
	if (mprotect(own, SIZE, PROT_READ | PROT_WRITE) == 0)
		return 4;
	return memcmp(own, "master", 7) == 0 ? 0 : 5;
}

START_TEST(a_sealed_area_is_written_by_its_maker_only)
{
	ck_assert_msg(ipc_area_open_unshared(
			  "test", SIZE, false, &area, &area_fd, &error) == 0,
	    "%s", error.text);
	memcpy(area, "master", 7);
	ck_assert_int_eq(in_child(has_mapping), 0);
	ck_assert_int_eq(in_child(can_write_sealed), 0);
	/* Later than the child's attempts, it still can. */
	memcpy(area, "MASTER", 7);
	ck_assert_str_eq(area, "MASTER");
}
END_TEST

/* Or it would fault under its readers, or be lost to those who write. */
static int
can_harm(void)
{
	return ftruncate(area_fd, 64) == 0 || ftruncate(area_fd, 0) == 0 ||
	    fcntl(area_fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0 ||
	    errno != EPERM;
}

START_TEST(nobody_resizes_or_seals_it)
{
	ck_assert_int_eq(
	    ipc_area_open("test", SIZE, &area, &area_fd, &error), 0);
	ck_assert_int_eq(in_child(can_harm), 0);
	close_area();
	ck_assert_int_eq(area_fd, -1);
	ck_assert_int_eq(
	    ipc_area_open_unshared("test", SIZE, true, &area, &area_fd, &error),
	    0);
	ck_assert_int_eq(in_child(can_harm), 0);
}
END_TEST

START_TEST(too_much_is_an_error)
{
	ck_assert_int_eq(
	    ipc_area_open("test", (size_t)1 << 63, &area, &area_fd, &error),
	    -1);
	ck_assert_int_eq(error.kind, ERROR_SYSTEM);
	ck_assert_ptr_null(area);
	ck_assert_int_eq(area_fd, -1);
}
END_TEST

START_TEST(what_is_no_memory_is_not_mapped)
{
	int ends[2];
	size_t size;
	void *own;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(
	    ipc_area_map("test", ends[0], false, &own, &size, &error), -1);
	ck_assert_int_eq(error.kind, ERROR_SYSTEM);
	ck_assert_int_eq(
	    ipc_area_map("test", -1, false, &own, &size, &error), -1);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(close_of_nothing_does_nothing)
{
	close_area();
	close_area();
	ck_assert_int_eq(area_fd, -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ipc_area");
	TCase *tests = tcase_create("area");

	tcase_add_checked_fixture(tests, NULL, close_area);
	tcase_add_test(tests, an_area_is_shared_with_children);
	tcase_add_test(tests, an_unshared_area_must_be_mapped);
	tcase_add_test(tests, a_sealed_area_is_written_by_its_maker_only);
	tcase_add_test(tests, nobody_resizes_or_seals_it);
	tcase_add_test(tests, too_much_is_an_error);
	tcase_add_test(tests, what_is_no_memory_is_not_mapped);
	tcase_add_test(tests, close_of_nothing_does_nothing);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
