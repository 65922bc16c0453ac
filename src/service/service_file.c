/* SPDX-License-Identifier: ISC */
/*
 * Everything that a reply needs is worded here, once for all replies.  A
 * small file is read at once, so its descriptor can go, and whoever changes
 * it in place changes no reply that is on its way.
 */
#include "service/service_file.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_object.h"

static struct service_file *
new_file(const char *path, int fd, const struct stat *status)
{
	size_t size = strlen(path) + 1;
	struct service_file *file = memory_alloc(sizeof(*file) + size);

	file->magic = SERVICE_FILE_MAGIC;
	file->references = 1;
	file->fd = fd;
	file->status = *status;
	file->size = status->st_size;
	memcpy(file->path, path, size);
	return file;
}

/* Reads as much as is there: it may have shrunk since it was opened. */
static int
read_content(struct service_file *file)
{
	int64_t size = 0;
	ssize_t got;

	file->content = memory_alloc((size_t)file->size + 1);
	while (size < file->size) {
		got = pread(file->fd, file->content + size,
		    (size_t)(file->size - size), size);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		if (got == 0)
			break;
		size += got;
	}
	file->size = size;
	fd_close(&file->fd);
	return 0;
}

static void
word(struct service_file *file)
{
	http_date_write(file->modified, file->status.st_mtime);
	if (file->content != NULL)
		service_tag_of_content(
		    file->etag, file->content, (size_t)file->size);
	else
		service_tag_of_status(
		    file->etag, &file->status, file->is_young);
}

static struct cohort_pair
field(const char *name, const char *value)
{
	return (struct cohort_pair) {
		.name = { name, strlen(name) },
		.value = { value, strlen(value) },
	};
}

static void
make_fields(struct service_file *file)
{
	struct cohort_pair *fields = file->fields;

	fields[SERVICE_FILE_RANGES] = field("Accept-Ranges", "bytes");
	fields[SERVICE_FILE_ETAG] = field("ETag", file->etag);
	fields[SERVICE_FILE_MODIFIED] = field("Last-Modified", file->modified);
	fields[SERVICE_FILE_TYPE] = field("Content-Type", file->type);
}

/* The kernel stamps files with this clock, before 6.13 with no finer one. */
static struct timespec
now_of_files(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now;
}

static bool
is_before(const struct timespec *one, const struct timespec *other)
{
	if (one->tv_sec != other->tv_sec)
		return one->tv_sec < other->tv_sec;
	return one->tv_nsec < other->tv_nsec;
}

struct service_file *
service_file_open(const struct service_root *root,
    const struct service_types *types, const char *path)
{
	struct timespec now = now_of_files();
	struct service_file *file;
	struct stat status;
	int fd = service_open(root, path, &status), number;

	if (fd == -1)
		return NULL;
	if (S_ISDIR(status.st_mode)) {
		close(fd);
		errno = EISDIR;
		return NULL;
	}
	file = new_file(path, fd, &status);
	if (file->size <= SERVICE_FILE_CONTENT_MAX &&
	    read_content(file) == -1) {
		number = errno;
		service_file_release(file);
		errno = number;
		return NULL;
	}
	file->is_young = !is_before(&status.st_ctim, &now);
	file->type = service_types_find(types, path);
	word(file);
	make_fields(file);
	return file;
}

struct service_file *
service_file_hold(struct service_file *file)
{
	OBJECT_CHECK(file, SERVICE_FILE_MAGIC);
	file->references++;
	return file;
}

void
service_file_release(void *pointer)
{
	struct service_file *file;

	OBJECT_CAST(file, pointer, SERVICE_FILE_MAGIC);
	if (--file->references > 0)
		return;
	fd_close(&file->fd);
	memory_free(file->content);
	OBJECT_FREE(file);
}

static bool
is_same_time(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

bool
service_file_is_current(
    const struct service_file *file, const struct stat *status)
{
	const struct stat *known = &file->status;

	return known->st_dev == status->st_dev &&
	    known->st_ino == status->st_ino &&
	    known->st_size == status->st_size &&
	    is_same_time(&known->st_mtim, &status->st_mtim) &&
	    is_same_time(&known->st_ctim, &status->st_ctim);
}

/* RFC 9110, 8.8.2.1: a date in the future is replaced by that of now. */
const char *
service_file_modified(
    const struct service_file *file, time_t now, char room[HTTP_DATE_SIZE + 1])
{
	if (file->status.st_mtime <= now)
		return file->modified;
	http_date_write(room, now);
	return room;
}

struct app_piece
service_file_piece(const struct service_file *file, int64_t first, int64_t size)
{
	return (struct app_piece) {
		.data = file->content == NULL ? NULL : file->content + first,
		.fd = file->fd,
		.offset = first,
		.size = size,
	};
}
