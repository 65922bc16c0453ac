/* SPDX-License-Identifier: ISC */
/*
 * For tests of services: a directory of files, made before each test and
 * removed after it.
 */
#ifndef TEST_SERVICE_TREE_H
#define TEST_SERVICE_TREE_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* tree/outside is no part of what is served, tree/root is. */
static char test_tree[sizeof("/tmp/test_service.XXXXXX")];
static char test_root[sizeof(test_tree) + 8];

/* The path of name below the tree: valid until the next but three calls. */
static inline const char *
test_path(const char *name)
{
	static char paths[4][2 * PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", test_tree, name);
	return path;
}

static inline void
test_write_bytes(const char *name, const void *data, size_t size)
{
	int fd = open(
	    test_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	close(fd);
}

static inline void
test_write(const char *name, const char *text)
{
	test_write_bytes(name, text, strlen(text));
}

/* size bytes of which each tells where it stands. */
static inline char
test_byte(size_t offset)
{
	return (char)('a' + offset % 23);
}

static inline void
test_write_large(const char *name, size_t size)
{
	char *data = malloc(size);
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = test_byte(i);
	test_write_bytes(name, data, size);
	free(data);
}

static inline void
test_mkdir(const char *name)
{
	ck_assert_int_eq(mkdir(test_path(name), 0755), 0);
}

static inline void
test_link(const char *target, const char *name)
{
	ck_assert_int_eq(symlink(target, test_path(name)), 0);
}

static inline void
test_set_time(const char *name, time_t seconds)
{
	const struct timespec times[2] = { { seconds, 0 }, { seconds, 0 } };

	ck_assert_int_eq(utimensat(AT_FDCWD, test_path(name), times, 0), 0);
}

/* What was changed so far is not what has just been changed any more. */
static inline void
test_let_settle(void)
{
	struct timespec begun, now;

	clock_gettime(CLOCK_REALTIME, &begun);
	do
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	while (now.tv_sec < begun.tv_sec ||
	    (now.tv_sec == begun.tv_sec && now.tv_nsec <= begun.tv_nsec));
}

static inline void
test_make_tree(void)
{
	strcpy(test_tree, "/tmp/test_service.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(test_tree));
	ck_assert_int_eq(chmod(test_tree, 0755), 0);
	snprintf(test_root, sizeof(test_root), "%s/root", test_tree);
	test_mkdir("root");
	test_mkdir("outside");
	test_write("outside/secret", "secret");
}

static inline int
test_remove_one(
    const char *path, const struct stat *status, int kind, struct FTW *place)
{
	return remove(path);
}

static inline void
test_remove_tree(void)
{
	nftw(test_tree, test_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Permissions mean nothing to root. */
static inline void
test_drop_root(void)
{
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
}

static inline void
test_regain_root(void)
{
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}

#endif
