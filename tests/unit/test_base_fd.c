/* SPDX-License-Identifier: ISC */
/*
 * Check itself keeps descriptors, so whoever closes all of them runs in a
 * child and answers by its exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define HOLE        150  /* where opendir(3) finds a place */
#define LAST        3000 /* more than one getdents64(2) tells */
#define KEPT_MAX    8

static struct error error;

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

START_TEST(close_forgets_and_keeps_errno)
{
	int fd = open("/dev/null", O_RDONLY), copy = fd;

	errno = EINTR;
	fd_close(&fd);
	ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(fd, -1);
	ck_assert(!is_open(copy));
	errno = EINTR;
	fd_close(&fd);
	ck_assert_int_eq(errno, EINTR);
}
END_TEST

START_TEST(flags_are_set_and_others_kept)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_DIRECT), 0);
	ck_assert_int_eq(fd_set_nonblocking(ends[1], &error), 0);
	ck_assert_int_eq(fcntl(ends[1], F_GETFL) & (O_NONBLOCK | O_DIRECT),
	    O_NONBLOCK | O_DIRECT);
	ck_assert_int_eq(fd_set_cloexec(ends[1], true, &error), 0);
	ck_assert_int_eq(fcntl(ends[1], F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fd_set_cloexec(ends[1], false, &error), 0);
	ck_assert_int_eq(fcntl(ends[1], F_GETFD), 0);
}
END_TEST

START_TEST(closed_descriptor_is_an_error)
{
	ck_assert_int_eq(fd_set_nonblocking(LAST, &error), -1);
	ck_assert_int_eq(error.number, EBADF);
	ck_assert_str_eq(
	    error.text, "descriptor 3000: fcntl: Bad file descriptor");
	ck_assert_int_eq(fd_set_cloexec(LAST, true, &error), -1);
}
END_TEST

static const struct {
	size_t count;
	int keep[KEPT_MAX];
} kept[] = {
	{ 0, { 0 } },
	{ 1, { 3 } },
	{ 1, { 200 } },
	{ 1, { LAST } },
	{ 3, { 210, 3, 220 } },
	{ 4, { 220, 220, 210, 220 } },
	{ 5, { -1, 201, 0, 2, -1 } },
	{ 4, { 202, 201, 200, 203 } },
	{ 2, { LAST, 1000000 } },
};

static bool
is_kept(int row, int fd)
{
	size_t i;

	if (fd <= STDERR_FILENO)
		return true;
	for (i = 0; i < kept[row].count; i++)
		if (kept[row].keep[i] == fd)
			return true;
	return false;
}

/* 0 when exactly the kept ones are open afterwards. */
static int
close_and_look(int row)
{
	size_t limit;
	int fd;

	if (fd_raise_limit(LAST + 1, &limit, &error) == -1 || limit <= LAST)
		return 3;
	for (fd = 3; fd <= LAST; fd++)
		if (!is_open(fd) && dup2(STDOUT_FILENO, fd) == -1)
			return 4;
	close(HOLE);
	if (fd_close_all_but(kept[row].keep, kept[row].count, &error) == -1)
		return 5;
	for (fd = 0; fd <= LAST; fd++)
		if (is_open(fd) != is_kept(row, fd))
			return 6;
	return 0;
}

static void
check_in_child(int (*run)(int), int row)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run(row));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(closes_all_but_the_kept)
{
	check_in_child(close_and_look, _i);
}
END_TEST

/* Makes the kernel answer close_range(2) with number. */
static int
refuse_close_range(unsigned number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ROWS(code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		return -1;
	if (syscall(SYS_close_range, 1000u, 1000u, 0u) != -1)
		return -1;
	return errno == (int)number ? 0 : -1;
}

static int
close_without_call(int row)
{
	return refuse_close_range(ENOSYS) == -1 ? 2 : close_and_look(row);
}

static int
close_with_forbidden_call(int row)
{
	return refuse_close_range(EPERM) == -1 ? 2 : close_and_look(row);
}

START_TEST(closes_the_same_without_close_range)
{
	check_in_child(close_without_call, _i);
	check_in_child(close_with_forbidden_call, _i);
}
END_TEST

static bool
is_null(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
	    status.st_rdev == makedev(1, 3);
}

/* The bits of row: close 0, 1, 2 before; redirect 2 too. */
static int
redirect_and_look(int row)
{
	bool error_too = (row & 8) != 0;
	int fd, before = memfd_create("standard", 0);

	for (fd = 0; fd <= 2; fd++) {
		dup2(before, fd);
		if ((row & 1 << fd) != 0)
			close(fd);
	}
	close(before);
	if (fd_redirect_standard(error_too, &error) == -1)
		return 1;
	for (fd = 0; fd <= 1 + error_too; fd++)
		if (!is_null(fd) || fcntl(fd, F_GETFD) != 0 ||
		    (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR)
			return 10 + fd;
	if (!error_too && (row & 4) == 0 && is_null(2))
		return 20;
	fd = dup(0);
	return fd == before || (fd == 2 && (row & 4) != 0) ? 0 : 30;
}

START_TEST(standard_descriptors_become_null)
{
	check_in_child(redirect_and_look, _i);
}
END_TEST

static const struct {
	size_t soft, hard, wanted, least, most;
} limits[] = {
	{ 64, 1024, 32, 64, 64 },
	{ 64, 1024, 64, 64, 64 },
	{ 64, 1024, 500, 500, 500 },
	{ 64, 1024, 1024, 1024, 1024 },
	{ 64, 1024, 1025, 1024, 1025 },
	{ 64, 1024, (size_t)1 << 40, 1024, 1024 },
};

START_TEST(limit_is_raised_as_far_as_permitted)
{
	struct rlimit limit = { .rlim_cur = limits[_i].soft,
		.rlim_max = limits[_i].hard };
	size_t in_force = 0;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(
	    fd_raise_limit(limits[_i].wanted, &in_force, &error), 0);
	ck_assert_uint_ge(in_force, limits[_i].least);
	ck_assert_uint_le(in_force, limits[_i].most);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, in_force);
	ck_assert_uint_ge(limit.rlim_max, limits[_i].hard);
}
END_TEST

START_TEST(shared_memory_cannot_be_resized)
{
	struct stat status;
	int fd = -1;

	ck_assert_int_eq(fd_shared_memory("board", 10000, &fd, &error), 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_int_eq(status.st_size, 10000);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(ftruncate(fd, 9999), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(fd, 10001), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(pwrite(fd, "x", 1, 9999), 1);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	close(fd);
}
END_TEST

START_TEST(too_much_shared_memory_is_an_error)
{
	int fd = -7;

	ck_assert_int_eq(
	    fd_shared_memory("board", (size_t)1 << 63, &fd, &error), -1);
	ck_assert_int_eq(fd, -7);
	ck_assert_int_eq(error.kind, ERROR_SYSTEM);
	ck_assert(strncmp(error.text, "memory board: ftruncate: ", 25) == 0);
}
END_TEST

START_TEST(closed_standard_descriptors_are_opened)
{
	int fd;

	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	ck_assert_int_eq(fd_open_standard(&error), 0);
	ck_assert_int_ne(fcntl(STDIN_FILENO, F_GETFD), -1);
	ck_assert_int_ne(fcntl(STDOUT_FILENO, F_GETFD), -1);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(fd, STDERR_FILENO);
	ck_assert_int_eq(fd_open_standard(&error), 0);
	ck_assert_int_eq(fcntl(fd + 1, F_GETFD), -1);
	close(fd);
}
END_TEST

/* More than a pipe holds. */
START_TEST(all_of_it_is_written)
{
	static char data[300000], back[sizeof(data)];
	size_t i, size = 0;
	ssize_t count;
	int ends[2], status;
	pid_t pid;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 31 >> 3);
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		_exit(fd_write_all(ends[1], data, sizeof(data)) != 0);
	close(ends[1]);
	while ((count = read(ends[0], back + size, sizeof(back) - size)) > 0)
		size += (size_t)count;
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(size, sizeof(data));
	ck_assert_mem_eq(back, data, sizeof(data));
	ck_assert_int_eq(fd_write_all(-1, "a", 1), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(fd_write_all(-1, "", 0), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_fd");
	TCase *tcase = tcase_create("fd");

	tcase_add_test(tcase, closed_standard_descriptors_are_opened);
	tcase_add_test(tcase, close_forgets_and_keeps_errno);
	tcase_add_test(tcase, flags_are_set_and_others_kept);
	tcase_add_test(tcase, closed_descriptor_is_an_error);
	tcase_add_loop_test(tcase, closes_all_but_the_kept, 0, ROWS(kept));
	tcase_add_loop_test(
	    tcase, closes_the_same_without_close_range, 0, ROWS(kept));
	tcase_add_loop_test(tcase, standard_descriptors_become_null, 0, 16);
	tcase_add_loop_test(
	    tcase, limit_is_raised_as_far_as_permitted, 0, ROWS(limits));
	tcase_add_test(tcase, all_of_it_is_written);
	tcase_add_test(tcase, shared_memory_cannot_be_resized);
	tcase_add_test(tcase, too_much_shared_memory_is_an_error);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
