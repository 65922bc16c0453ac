/* SPDX-License-Identifier: ISC */
/*
 * argv[0] is the caller's word and may be anything, so that what it leads to
 * is compared with what the kernel says runs.
 */
#include "base/base_program.h"

#include <sys/stat.h>

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"

#define RUNNING "/proc/self/exe"

static bool
is_running(const char *path)
{
	struct stat found, running;

	return stat(path, &found) == 0 && stat(RUNNING, &running) == 0 &&
	    found.st_dev == running.st_dev && found.st_ino == running.st_ino;
}

/* NULL unless it is the one; takes path. */
static char *
checked(char *path)
{
	if (path[0] == '/' && is_running(path))
		return path;
	memory_free(path);
	return NULL;
}

/* size bytes of from, "" being the present directory. */
static char *
join(const char *directory, const char *from, size_t size, const char *word)
{
	char *place = memory_copy_bytes(from, size), *path;

	if (place[0] == '/')
		path = memory_format("%s/%s", place, word);
	else
		path = memory_format(
		    "%s/%s%s%s", directory, place, size == 0 ? "" : "/", word);
	memory_free(place);
	return path;
}

static char *
find_in_path(const char *word, const char *directory)
{
	const char *list = getenv("PATH");
	char *found = NULL;
	size_t size;

	while (found == NULL && list != NULL) {
		size = strcspn(list, ":");
		found = checked(join(directory, list, size, word));
		list = list[size] == ':' ? list + size + 1 : NULL;
	}
	return found;
}

static char *
find_running(void)
{
	char path[PATH_MAX];
	ssize_t size = readlink(RUNNING, path, sizeof(path) - 1);

	if (size <= 0)
		return NULL;
	path[size] = '\0';
	return checked(memory_copy_text(path));
}

char *
program_find(const char *word, const char *directory)
{
	char *path = NULL;

	if (directory == NULL)
		directory = "";
	if (word != NULL && word[0] == '/')
		path = checked(memory_copy_text(word));
	else if (word != NULL && strchr(word, '/') != NULL)
		path = checked(memory_format("%s/%s", directory, word));
	else if (word != NULL && word[0] != '\0')
		path = find_in_path(word, directory);
	return path != NULL ? path : find_running();
}
