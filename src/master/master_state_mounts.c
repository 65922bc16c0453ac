/* SPDX-License-Identifier: ISC */
/*
 * The mounts of a cohort, or of the quarantine, as part of a state.  A pin
 * that several have is listed with each of them; its descriptor says that it
 * is the same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "base/base_object.h"
#include "config/config_json.h"
#include "master/master_quarantine_private.h"
#include "master/master_state_private.h"

/* clang-format off */
static const struct master_member mount_members[] = {
	MASTER_MEMBER(struct master_mount, TEXT, host,   NEEDED, 0, 0),
	MASTER_MEMBER(struct master_mount, TEXT, prefix, NEEDED, 0, 0),
};

static const struct master_member pin_members[] = {
	MASTER_MEMBER(struct master_pin, TEXT,       path, NEEDED, 0, 0),
	MASTER_MEMBER(struct master_pin, DESCRIPTOR, fd,   NEEDED, 0, 0),
	MASTER_MEMBER(struct master_pin, NUMBER,     size, NEEDED, 0, MASTER_PIN_MAX),
};
/* clang-format on */

static const struct master_member_table mount_table =
					    MASTER_MEMBER_TABLE(mount_members),
					pin_table =
					    MASTER_MEMBER_TABLE(pin_members);

/* ---- put ---- */

static bool
is_listed(const json_t *descriptors, int fd)
{
	size_t i;

	for (i = 0; i < json_array_size(descriptors); i++)
		if (json_integer_value(json_array_get(descriptors, i)) == fd)
			return true;
	return false;
}

/* JSON's numbers are signed. */
static json_t *
put_pin(const struct master_pin *pin, json_t *descriptors)
{
	json_t *json = json_object();
	char identity[32];

	master_member_put(json, &pin_table, pin);
	snprintf(identity, sizeof(identity), "%" PRIx64, pin->identity);
	json_object_set_new(json, "identity", json_string(identity));
	if (!is_listed(descriptors, pin->fd))
		json_array_append_new(descriptors, json_integer(pin->fd));
	return json;
}

static json_t *
put_mount(const struct master_mount *mount)
{
	json_t *json = json_object();

	master_member_put(json, &mount_table, mount);
	if (mount->pin != NULL)
		json_object_set_new(
		    json, "module", config_json_put_text(mount->pin->path));
	return json;
}

json_t *
master_state_put_mounts(const struct master_mounts *mounts, json_t *descriptors)
{
	json_t *list = json_array(), *pins = json_array();
	size_t i;

	for (i = 0; mounts != NULL && i < mounts->pin_count; i++)
		json_array_append_new(
		    pins, put_pin(mounts->pins[i], descriptors));
	for (i = 1; mounts != NULL && i < mounts->count; i++)
		json_array_append_new(list, put_mount(&mounts->mounts[i]));
	return json_pack("{s:o, s:o}", "pins", pins, "mounts", list);
}

/* ---- take ---- */

static struct master_pin *
find_pin(const struct master *master, int fd)
{
	const struct master_cohort *cohort;
	struct list_link *link;
	size_t i;

	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		for (i = 0;
		     cohort->mounts != NULL && i < cohort->mounts->pin_count;
		     i++)
			if (cohort->mounts->pins[i]->fd == fd)
				return cohort->mounts->pins[i];
	}
	return NULL;
}

/* In a trial the descriptor is not here. */
static int
take_new_pin(struct master_document *state, const json_t *from,
    struct master_pin *pin, struct error *error)
{
	const char *identity =
	    json_string_value(json_object_get(from, "identity"));

	if (identity == NULL)
		return error_set(
		    error, ERROR_RUNTIME, "module %s: no identity", pin->path);
	pin->identity = strtoull(identity, NULL, 16);
	if (!state->is_trial)
		return master_state_claim(state, pin->fd, error);
	pin->fd = -1;
	return 0;
}

static int
take_pin(const struct master *master, struct master_document *state,
    const json_t *from, struct master_mounts *mounts, struct error *error)
{
	struct master_pin *pin, *shared;

	OBJECT_NEW(pin, MASTER_PIN_MAGIC);
	pin->users = 1;
	pin->fd = -1;
	mounts->pins[mounts->pin_count++] = pin;
	if (master_member_take(from, &pin_table, pin, error) == -1) {
		pin->fd = -1;
		return -1;
	}
	shared = find_pin(master, pin->fd);
	if (shared == NULL)
		return take_new_pin(state, from, pin, error);
	pin->fd = -1;
	master_pin_release(&mounts->pins[mounts->pin_count - 1]);
	mounts->pins[mounts->pin_count - 1] = master_pin_hold(shared);
	return 0;
}

static int
take_mount(const struct master_mounts *mounts, const json_t *from,
    struct master_mount *mount, struct error *error)
{
	char *module = config_json_take_text(json_object_get(from, "module"));

	if (module != NULL)
		mount->pin = master_mounts_pin(mounts, module);
	memory_free(module);
	return master_member_take(from, &mount_table, mount, error);
}

static int
take_all(const struct master *master, struct master_document *state,
    const json_t *from, struct master_mounts *mounts, struct error *error)
{
	const json_t *pins = json_object_get(from, "pins");
	const json_t *list = json_object_get(from, "mounts");
	size_t i, count = json_array_size(list);

	mounts->pins = memory_alloc_array(
	    json_array_size(pins) + 1, sizeof(struct master_pin *));
	for (i = 0; i < json_array_size(pins); i++)
		if (take_pin(master, state, json_array_get(pins, i), mounts,
			error) == -1)
			return -1;
	if (count >= UINT16_MAX)
		return error_set(error, ERROR_RUNTIME, "too many mounts");
	mounts->mounts = memory_alloc_array(count + 1, sizeof(*mounts->mounts));
	mounts->count = count + 1;
	for (i = 0; i < count; i++)
		if (take_mount(mounts, json_array_get(list, i),
			&mounts->mounts[i + 1], error) == -1)
			return -1;
	return 0;
}

int
master_state_take_mounts(const struct master *master,
    struct master_document *state, const json_t *from,
    struct master_mounts **mounts_r, struct error *error)
{
	struct master_mounts *mounts;

	OBJECT_NEW(mounts, MASTER_MOUNTS_MAGIC);
	mounts->users = 1;
	if (take_all(master, state, from, mounts, error) == -1) {
		master_mounts_release(&mounts);
		return -1;
	}
	*mounts_r = mounts;
	return 0;
}
