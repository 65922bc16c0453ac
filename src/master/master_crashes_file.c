/* SPDX-License-Identifier: ISC */
#include "master/master_crashes_file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_memory.h"

/* Targets of requests are nobody else's business. */
#define FILE_MODE 0600
#define FILE_MAX  67108864

/* Half of what there is: more than crashes ever will be. */
#define NUMBER_MAX 0x3fffffffffffffff

/* One that can still be counted on. */
static bool
is_number(const json_t *number)
{
	return json_is_integer(number) && json_integer_value(number) >= 0 &&
	    json_integer_value(number) <= NUMBER_MAX;
}

/* What must be there for us; the rest is for who reads it. */
static bool
is_record(const json_t *record)
{
	return json_is_object(record) &&
	    is_number(json_object_get(record, "id")) &&
	    is_number(json_object_get(record, "count")) &&
	    json_is_string(json_object_get(record, "time")) &&
	    json_is_string(json_object_get(record, "first")) &&
	    json_is_string(json_object_get(record, "last")) &&
	    json_is_array(json_object_get(record, "stack"));
}

static bool
are_records(const json_t *records)
{
	size_t i;

	if (json_array_size(records) > MASTER_CRASHES_MAX)
		return false;
	for (i = 0; i < json_array_size(records); i++)
		if (!is_record(json_array_get(records, i)))
			return false;
	return json_is_array(records);
}

static int
parse(const char *path, int fd, json_t **root_r, struct error *error)
{
	json_error_t problem;

	*root_r = json_loadfd(fd, JSON_REJECT_DUPLICATES, &problem);
	if (*root_r == NULL)
		return error_set(error, ERROR_RUNTIME, "%s:%d: %s", path,
		    problem.line, problem.text);
	return 0;
}

static int
take(const char *path, const json_t *root, json_t **records_r,
    json_int_t *last_id_r, struct error *error)
{
	json_t *records = json_object_get(root, "crashes");
	const json_t *last_id = json_object_get(root, "last_id");

	if (!are_records(records) || !is_number(last_id))
		return error_set(
		    error, ERROR_RUNTIME, "%s: no records of crashes", path);
	*records_r = json_incref(records);
	*last_id_r = json_integer_value(last_id);
	return 0;
}

static int
check_file(const char *path, int fd, struct error *error)
{
	struct stat status;

	if (fstat(fd, &status) == -1)
		return error_set_errno(error, "%s", path);
	if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX)
		return error_set(
		    error, ERROR_RUNTIME, "%s: no file of crashes", path);
	return 0;
}

int
master_crashes_file_read(const char *path, json_t **records_r,
    json_int_t *last_id_r, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result;
	json_t *root;

	*records_r = NULL;
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return error_set_errno(error, "%s", path);
	result = check_file(path, fd, error);
	if (result == 0)
		result = parse(path, fd, &root, error);
	fd_close(&fd);
	if (result == -1)
		return -1;
	result = take(path, root, records_r, last_id_r, error);
	json_decref(root);
	return result;
}

static int
write_new(const char *new, const json_t *root, struct error *error)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(new, flags, FILE_MODE), result;

	if (fd == -1)
		return error_set_errno(error, "%s", new);
	errno = 0;
	result = json_dumpfd(root, fd, JSON_INDENT(1));
	if (result == -1)
		error_set_errno(error, "%s", new);
	fd_close(&fd);
	return result;
}

int
master_crashes_file_write(
    const char *path, json_t *records, json_int_t last_id, struct error *error)
{
	char *new = memory_format("%s.new", path);
	json_t *root =
	    json_pack("{s:I, s:O}", "last_id", last_id, "crashes", records);
	int result = write_new(new, root, error);

	if (result == 0) {
		result = rename(new, path);
		if (result == -1)
			error_set_errno(error, "rename to %s", path);
	}
	json_decref(root);
	memory_free(new);
	return result;
}

int
master_crashes_file_set_aside(
    const char *path, char **name_r, struct error *error)
{
	char *name = memory_format(
	    "%s.broken-%lld", path, (long long)clock_wall_seconds());

	if (rename(path, name) == -1) {
		memory_free(name);
		return error_set_errno(error, "rename %s", path);
	}
	*name_r = name;
	return 0;
}
