/* SPDX-License-Identifier: ISC */
/*
 * The file gets a NUL of its own behind the body before it is mapped: when
 * the body ends with a page, the next one would not exist otherwise.
 */
#include "app/app_body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"

#define MEMORY_KEPT 32768

void
app_body_init(struct app_body *body)
{
	*body = (struct app_body) { .fd = -1 };
	buffer_init(&body->memory, 0);
}

void
app_body_forget(struct app_body *body)
{
	if (body->map != NULL)
		munmap(body->map, body->size + 1);
	body->map = NULL;
	body->size = 0;
	fd_close(&body->fd);
	if (body->memory.capacity > MEMORY_KEPT)
		buffer_fini(&body->memory);
	else
		buffer_clear(&body->memory);
}

void
app_body_fini(struct app_body *body)
{
	app_body_forget(body);
	buffer_fini(&body->memory);
}

/* Where the file system has no O_TMPFILE. */
static int
open_and_unlink(const char *directory)
{
	char *path = memory_format("%s/cohort-body-XXXXXX", directory);
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd != -1)
		unlink(path);
	memory_free(path);
	return fd;
}

static int
open_in(const char *directory, int flags)
{
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600);

	if (fd == -1 && (errno == EOPNOTSUPP || errno == EISDIR))
		fd = open_and_unlink(directory);
	return fd;
}

/*
 * Workers have made a directory for it; test programs have not, nor workers
 * without Landlock, to whom a stranger may have left anything by its name.
 * Where there are rules, they allow the directory and not what is around it.
 */
static int
open_file(const struct settings_http *http, int *fd_r, struct error *error)
{
	char *spool = settings_spool(http);

	*fd_r = open_in(spool, O_NOFOLLOW);
	if (*fd_r == -1)
		*fd_r = open_in(http->body_directory, 0);
	memory_free(spool);
	if (*fd_r == -1)
		return error_set_errno(error, "file for a request body in %s",
		    http->body_directory);
	return 0;
}

static int
write_to_file(
    struct app_body *body, const void *data, size_t size, struct error *error)
{
	if (fd_write_all(body->fd, data, size) == -1)
		return error_set_errno(error, "write a request body");
	return 0;
}

static int
move_to_file(struct app_body *body, const struct settings_http *http,
    struct error *error)
{
	if (open_file(http, &body->fd, error) == -1 ||
	    write_to_file(body, body->memory.data, body->memory.size, error) ==
		-1)
		return -1;
	buffer_fini(&body->memory);
	return 0;
}

int
app_body_append(struct app_body *body, const struct settings_http *http,
    const void *data, size_t size, struct error *error)
{
	bool fits = body->size + size <= http->body_memory;

	if (body->fd == -1 && !fits && move_to_file(body, http, error) == -1)
		return -1;
	body->size += size;
	if (body->fd != -1)
		return write_to_file(body, data, size, error);
	buffer_append(&body->memory, data, size);
	return 0;
}

int
app_body_finish(struct app_body *body, struct error *error)
{
	void *map;

	if (body->fd == -1)
		return 0;
	if (write_to_file(body, "", 1, error) == -1)
		return -1;
	map = mmap(NULL, body->size + 1, PROT_READ, MAP_PRIVATE, body->fd, 0);
	if (map == MAP_FAILED)
		return error_set_errno(error, "map a request body");
	body->map = map;
	fd_close(&body->fd);
	return 0;
}

struct cohort_str
app_body_bytes(const struct app_body *body)
{
	const char *data = body->map != NULL ? body->map : body->memory.data;

	return (struct cohort_str) {
		.data = data == NULL ? "" : data,
		.size = body->size,
	};
}

bool
app_body_has(const struct app_body *body, const void *data, size_t size)
{
	uintptr_t offset;

	if (size > body->size)
		return false;
	/* Too much, too, where the data lie below the body. */
	offset = (uintptr_t)data - (uintptr_t)app_body_bytes(body).data;
	return offset <= body->size - size;
}
