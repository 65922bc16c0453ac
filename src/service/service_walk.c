/* SPDX-License-Identifier: ISC */
/*
 * The directories on the way stay open, so that ".." in a link goes back to
 * where the walk came from and not to where that directory is by now.
 */
#include "service/service_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"

#define LINKS_MAX 40 /* as the kernel's */
#define DEPTH_MAX 128

struct walk {
	int root;
	int below[DEPTH_MAX]; /* open directories, outermost first */
	size_t depth;
	unsigned links;
	const char *next; /* what is left of path */
	char path[PATH_MAX];
};

static int
fail(int number)
{
	errno = number;
	return -1;
}

static int
directory(const struct walk *walk)
{
	return walk->depth == 0 ? walk->root : walk->below[walk->depth - 1];
}

static int
ascend(struct walk *walk)
{
	if (walk->depth == 0)
		return fail(EXDEV);
	fd_close(&walk->below[--walk->depth]);
	return 0;
}

static int
descend(struct walk *walk, const char *name)
{
	int fd;

	if (walk->depth == DEPTH_MAX)
		return fail(ELOOP);
	fd = openat(directory(walk), name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	walk->below[walk->depth++] = fd;
	return 0;
}

/* Puts the link's target in the place of its name; EINVAL: it is no link. */
static int
follow(struct walk *walk, const char *name)
{
	char target[PATH_MAX];
	ssize_t size = readlinkat(directory(walk), name, target, PATH_MAX);
	size_t rest = strlen(walk->next) + 1;

	if (size == -1)
		return -1;
	if ((size_t)size + rest > PATH_MAX)
		return fail(ENAMETOOLONG);
	if (target[0] == '/')
		return fail(EXDEV);
	if (++walk->links > LINKS_MAX)
		return fail(ELOOP);
	memmove(walk->path + size, walk->next, rest);
	memcpy(walk->path, target, (size_t)size);
	walk->next = walk->path;
	return 0;
}

/* The next component; "" at the end. */
static int
take_name(struct walk *walk, char name_r[NAME_MAX + 1])
{
	size_t size;

	walk->next += strspn(walk->next, "/");
	size = strcspn(walk->next, "/");
	if (size > NAME_MAX)
		return fail(ENAMETOOLONG);
	memcpy(name_r, walk->next, size);
	name_r[size] = '\0';
	walk->next += size;
	return 0;
}

/* Sets *fd_r at the last component. */
static int
step(struct walk *walk, const char *name, int flags, int *fd_r)
{
	bool is_last = *walk->next == '\0';
	int number;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return ascend(walk);
	if (is_last)
		*fd_r = openat(directory(walk), name, flags | O_NOFOLLOW);
	if (is_last ? *fd_r != -1 : descend(walk, name) == 0)
		return 0;
	number = errno;
	if (number != ELOOP && number != ENOTDIR)
		return -1;
	if (follow(walk, name) == 0)
		return 0;
	return errno == EINVAL ? fail(number) : -1;
}

static int
walk_all(struct walk *walk, int flags)
{
	char name[NAME_MAX + 1];
	int fd = -1;

	do {
		if (take_name(walk, name) == -1)
			return -1;
		if (name[0] == '\0')
			return openat(directory(walk), ".", flags);
		if (step(walk, name, flags, &fd) == -1)
			return -1;
	} while (fd == -1);
	return fd;
}

int
service_walk(int root, const char *path, int flags)
{
	struct walk walk = { .root = root };
	size_t size = strlen(path);
	int fd;

	if (path[0] == '/')
		return fail(EXDEV);
	if (path[0] == '\0')
		return fail(ENOENT);
	if (size >= PATH_MAX)
		return fail(ENAMETOOLONG);
	memcpy(walk.path, path, size + 1);
	walk.next = walk.path;
	fd = walk_all(&walk, flags | O_CLOEXEC);
	while (walk.depth > 0)
		fd_close(&walk.below[--walk.depth]);
	return fd;
}
