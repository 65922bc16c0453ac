/* SPDX-License-Identifier: ISC */
/*
 * Owns the records of what crashed, newest first.  Whatever crashes again
 * and again is one record that counts, with the newest facts: a list of a
 * hundred times the same would have lost everything else.
 *
 * They are written a moment after they changed, so that workers that crash
 * in a row do not keep the master busy with a file.
 */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_crashes_file.h"
#include "master/master_directory.h"
#include "master/master_modules.h"
#include "master/master_mounts.h"
#include "master/master_private.h"

#define WRITE_DELAY_MS 200u

/* Frames that make two stacks the same. */
#define FRAMES_COMPARED 5

#define MASTER_CRASHES_MAGIC 0xa81f2c5du
struct master_crashes {
	unsigned magic;
	char *path, *modules; /* NULL: in memory only */
	int lock;             /* of the directory; -1: in memory only */
	json_t *records;
	json_int_t last_id;
	struct event writing;
	bool is_changed;
	bool has_failed; /* it was said that it cannot be written */
};

static struct master_crashes *
get(const struct master *master)
{
	struct master_crashes *crashes;

	OBJECT_CAST(crashes, master->crashes, MASTER_CRASHES_MAGIC);
	return crashes;
}

/* ---- the file ---- */

static void
write_file(struct master_crashes *crashes)
{
	struct error error;

	if (!crashes->is_changed || crashes->path == NULL)
		return;
	crashes->is_changed = false;
	if (master_crashes_file_write(crashes->path, crashes->records,
		crashes->last_id, &error) == 0) {
		crashes->has_failed = false;
		return;
	}
	if (!crashes->has_failed)
		log_warn("records of crashes are not kept: %s", error.text);
	crashes->has_failed = true;
}

static void
on_writing(evutil_socket_t fd, short events, void *context)
{
	struct master_crashes *crashes;

	OBJECT_CAST(crashes, context, MASTER_CRASHES_MAGIC);
	write_file(crashes);
}

static void
write_later(struct master_crashes *crashes)
{
	const struct timeval wait = clock_timeval(WRITE_DELAY_MS);

	if (!crashes->is_changed)
		event_add(&crashes->writing, &wait);
	crashes->is_changed = true;
}

/* ---- modules ---- */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static bool
names_module(const json_t *record, const char *build_id)
{
	const json_t *modules = json_object_get(record, "modules");
	size_t i;

	for (i = 0; i < json_array_size(modules); i++)
		if (strcmp(text_of(json_array_get(modules, i), "build_id"),
			build_id) == 0)
			return true;
	return false;
}

static bool
is_named(const void *context, const char *build_id)
{
	const struct master_crashes *crashes = context;
	size_t i;

	for (i = 0; i < json_array_size(crashes->records); i++)
		if (names_module(json_array_get(crashes->records, i), build_id))
			return true;
	return false;
}

static void
keep_modules(const struct master_crashes *crashes, const json_t *record,
    const struct master_mounts *mounts)
{
	const json_t *module, *modules = json_object_get(record, "modules");
	const struct master_pin *pin;
	size_t i;

	if (crashes->modules == NULL || mounts == NULL)
		return;
	for (i = 0; i < json_array_size(modules); i++) {
		module = json_array_get(modules, i);
		pin = master_mounts_pin(mounts, text_of(module, "path"));
		if (pin != NULL)
			master_modules_keep(
			    crashes->modules, pin, text_of(module, "build_id"));
	}
}

/* Of a record that is not in the list any more. */
static void
drop_modules(const struct master_crashes *crashes, const json_t *record)
{
	const json_t *modules = json_object_get(record, "modules");
	const char *build_id;
	size_t i;

	if (crashes->modules == NULL)
		return;
	for (i = 0; i < json_array_size(modules); i++) {
		build_id = text_of(json_array_get(modules, i), "build_id");
		if (!is_named(crashes, build_id))
			master_modules_drop(crashes->modules, build_id);
	}
}

/* ---- the list ---- */

static bool
has_same(const json_t *one, const json_t *other, const char *name)
{
	const json_t *left = json_object_get(one, name);
	const json_t *right = json_object_get(other, name);

	return left == right ||
	    (left != NULL && right != NULL && json_equal(left, right));
}

static bool
is_same_frame(const json_t *one, const json_t *other)
{
	return has_same(one, other, "image") &&
	    has_same(one, other, "offset") && has_same(one, other, "build_id");
}

static bool
is_same_stack(const json_t *one, const json_t *other)
{
	size_t i;

	for (i = 0; i < FRAMES_COMPARED; i++) {
		const json_t *left = json_array_get(one, i);
		const json_t *right = json_array_get(other, i);

		if ((left == NULL) != (right == NULL) ||
		    !is_same_frame(left, right))
			return false;
	}
	return true;
}

static bool
is_same_crash(const json_t *one, const json_t *other)
{
	const json_t *left = json_object_get(one, "request");
	const json_t *right = json_object_get(other, "request");

	return has_same(one, other, "signal") && has_same(one, other, "exit") &&
	    has_same(left, right, "module") && has_same(left, right, "route") &&
	    is_same_stack(
		json_object_get(one, "stack"), json_object_get(other, "stack"));
}

/* Takes the record it equals out of the list; a new reference, or NULL. */
static json_t *
take_same(struct master_crashes *crashes, const json_t *record)
{
	json_t *found;
	size_t i;

	for (i = 0; i < json_array_size(crashes->records); i++) {
		found = json_array_get(crashes->records, i);
		if (!is_same_crash(found, record))
			continue;
		json_incref(found);
		json_array_remove(crashes->records, i);
		return found;
	}
	return NULL;
}

static void
put_copy(json_t *to, const char *name, const json_t *from, const char *source)
{
	json_object_set_new(
	    to, name, json_deep_copy(json_object_get(from, source)));
}

/* former: what it is added to, or NULL. */
static json_t *
number_record(
    struct master_crashes *crashes, const json_t *record, const json_t *former)
{
	json_t *numbered = json_deep_copy(record);
	json_int_t count = 1;

	put_copy(numbered, "last", record, "time");
	if (former != NULL) {
		count += json_integer_value(json_object_get(former, "count"));
		put_copy(numbered, "id", former, "id");
		put_copy(numbered, "first", former, "first");
	} else {
		json_object_set_new(
		    numbered, "id", json_integer(++crashes->last_id));
		put_copy(numbered, "first", record, "time");
	}
	json_object_set_new(numbered, "count", json_integer(count));
	return numbered;
}

static void
drop_oldest(struct master_crashes *crashes)
{
	size_t last = json_array_size(crashes->records) - 1;
	json_t *record = json_incref(json_array_get(crashes->records, last));

	json_array_remove(crashes->records, last);
	drop_modules(crashes, record);
	json_decref(record);
}

void
master_crashes_add(struct master *master, const json_t *record,
    const struct master_mounts *mounts)
{
	struct master_crashes *crashes;
	json_t *former;

	if (master->crashes == NULL)
		return;
	crashes = get(master);
	former = take_same(crashes, record);
	json_array_insert_new(
	    crashes->records, 0, number_record(crashes, record, former));
	if (json_array_size(crashes->records) > MASTER_CRASHES_MAX)
		drop_oldest(crashes);
	if (former != NULL)
		drop_modules(crashes, former);
	json_decref(former);
	keep_modules(crashes, record, mounts);
	write_later(crashes);
}

void
master_crashes_flush(struct master *master)
{
	if (master->crashes != NULL)
		write_file(get(master));
}

json_t *
master_crashes_list(const struct master *master)
{
	return json_copy(get(master)->records);
}

size_t
master_crashes_clear(struct master *master)
{
	struct master_crashes *crashes = get(master);
	size_t count = json_array_size(crashes->records);

	while (json_array_size(crashes->records) > 0)
		drop_oldest(crashes);
	if (count > 0)
		write_later(crashes);
	return count;
}

/* ---- life ---- */

/* Others may pass through: the workers' directory of cores may be in it. */
static int
make_directory(const char *path, struct error *error)
{
	if (master_directory_make(path, 0755, NULL, error) == -1)
		return -1;
	if (access(path, W_OK | X_OK) == -1)
		return error_set_errno(error, "%s", path);
	return 0;
}

/* Two daemons that are configured alike would write over each other's. */
static int
lock_directory(
    struct master_crashes *crashes, const char *directory, struct error *error)
{
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
	char *name = memory_format("%s/lock", directory);
	int result = 0;

	crashes->lock = open(name, flags, 0600);
	if (crashes->lock == -1)
		result = error_set_errno(error, "%s", name);
	else if (flock(crashes->lock, LOCK_EX | LOCK_NB) == -1)
		result = errno == EWOULDBLOCK ?
		    error_set(error, ERROR_RUNTIME,
			"%s: another cohortd keeps its state there",
			directory) :
		    error_set_errno(error, "%s", name);
	memory_free(name);
	return result;
}

/* Nobody writes over what could not be read. */
static int
set_aside(struct master_crashes *crashes, struct error *error)
{
	struct error problem;
	char *name;

	if (master_crashes_file_set_aside(crashes->path, &name, &problem) ==
	    -1) {
		memory_free(crashes->path);
		crashes->path = NULL;
		return error_wrap(error, "%s", problem.text);
	}
	error_wrap(error, "moved to %s", name);
	memory_free(name);
	return -1;
}

static int
read_file(struct master_crashes *crashes, struct error *error)
{
	json_t *records;

	if (master_crashes_file_read(
		crashes->path, &records, &crashes->last_id, error) == -1)
		return set_aside(crashes, error);
	if (records == NULL)
		return 0;
	json_decref(crashes->records);
	crashes->records = records;
	return 0;
}

int
master_crashes_open(struct master *master, struct error *error)
{
	const char *directory = master->state_directory;
	struct master_crashes *crashes;
	int result;

	OBJECT_NEW(crashes, MASTER_CRASHES_MAGIC);
	crashes->records = json_array();
	crashes->lock = -1;
	event_assign(
	    &crashes->writing, master->base, -1, 0, on_writing, crashes);
	master->crashes = crashes;
	if (directory == NULL || directory[0] == '\0')
		return 0;
	if (make_directory(directory, error) == -1 ||
	    lock_directory(crashes, directory, error) == -1)
		return -1;
	crashes->path = memory_format("%s/crashes.json", directory);
	crashes->modules = memory_format("%s/modules", directory);
	result = read_file(crashes, error);
	master_modules_sweep(crashes->modules, is_named, crashes);
	return result;
}

void
master_crashes_close(struct master *master)
{
	struct master_crashes *crashes;

	if (master->crashes == NULL)
		return;
	OBJECT_TAKE(crashes, &master->crashes, MASTER_CRASHES_MAGIC);
	event_del(&crashes->writing);
	write_file(crashes);
	json_decref(crashes->records);
	memory_free(crashes->path);
	memory_free(crashes->modules);
	fd_close(&crashes->lock);
	OBJECT_FREE(crashes);
}
