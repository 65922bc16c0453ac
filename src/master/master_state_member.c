/* SPDX-License-Identifier: ISC */
#include "master/master_state_member.h"

#include <string.h>

#include "base/base_memory.h"
#include "base/base_panic.h"
#include "config/config_json.h"

/* ---- put ---- */

static uint64_t
load_number(const void *place, size_t size)
{
	uint32_t narrow;
	uint64_t wide;

	if (size == sizeof(narrow)) {
		memcpy(&narrow, place, sizeof(narrow));
		return narrow;
	}
	if (size != sizeof(wide))
		panic("a number of %zu bytes", size);
	memcpy(&wide, place, sizeof(wide));
	return wide;
}

static json_t *
put_one(const struct master_member *member, const void *place)
{
	switch (member->kind) {
	case MASTER_MEMBER_NUMBER:
		return json_integer(
		    (json_int_t)load_number(place, member->size));
	case MASTER_MEMBER_DESCRIPTOR:
		return json_integer(*(const int *)place);
	case MASTER_MEMBER_BOOLEAN:
		return json_boolean(*(const bool *)place);
	case MASTER_MEMBER_TEXT:
		return config_json_put_text(*(char *const *)place);
	case MASTER_MEMBER_ARRAY:
		return config_json_put_bytes(
		    place, strnlen(place, member->size));
	}
	panic("a member of kind %d", (int)member->kind);
}

void
master_member_put(
    json_t *to, const struct master_member_table *table, const void *object)
{
	const struct master_member *member;

	for (member = table->members; member < table->members + table->count;
	     member++)
		json_object_set_new(to, member->name,
		    put_one(member, (const char *)object + member->offset));
}

int
master_member_each_descriptor(const struct master_member_table *table,
    const void *object,
    int (*on_descriptor)(void *context, int fd, struct error *error),
    void *context, struct error *error)
{
	const struct master_member *member;
	size_t i;
	int fd;

	for (i = 0; i < table->count; i++) {
		member = &table->members[i];
		if (member->kind != MASTER_MEMBER_DESCRIPTOR)
			continue;
		memcpy(&fd, (const char *)object + member->offset, sizeof(fd));
		if (fd != -1 && on_descriptor(context, fd, error) == -1)
			return error_wrap(error, "%s", member->name);
	}
	return 0;
}

/* ---- take: false when the value makes no sense ---- */

static bool
take_number(
    const struct master_member *member, const json_t *value, void *place)
{
	json_int_t number = json_integer_value(value);
	uint64_t wide = (uint64_t)number;
	uint32_t narrow = (uint32_t)wide;

	if (!json_is_integer(value) || number < 0 || wide < member->least ||
	    wide > member->most)
		return false;
	if (member->size == sizeof(narrow)) {
		memcpy(place, &narrow, sizeof(narrow));
		return narrow == wide;
	}
	memcpy(place, &wide, sizeof(wide));
	return true;
}

static bool
take_descriptor(const json_t *value, int *place)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < -1 || number > INT32_MAX)
		return false;
	*place = (int)number;
	return true;
}

static bool
take_text(const struct master_member *member, const json_t *value, char **place)
{
	char *text = config_json_take_text(value);

	if (text == NULL && (member->is_needed || !json_is_null(value)))
		return false;
	memory_free(*place);
	*place = text;
	return true;
}

static bool
take_array(const struct master_member *member, const json_t *value, char *place)
{
	char *text = config_json_take_text(value);
	bool fits = text != NULL && strlen(text) < member->size;

	if (fits)
		strcpy(place, text);
	memory_free(text);
	return fits;
}

static bool
take_one(const struct master_member *member, const json_t *value, void *place)
{
	switch (member->kind) {
	case MASTER_MEMBER_NUMBER:
		return take_number(member, value, place);
	case MASTER_MEMBER_DESCRIPTOR:
		return take_descriptor(value, place);
	case MASTER_MEMBER_BOOLEAN:
		*(bool *)place = json_is_true(value);
		return json_is_boolean(value);
	case MASTER_MEMBER_TEXT:
		return take_text(member, value, place);
	case MASTER_MEMBER_ARRAY:
		return take_array(member, value, place);
	}
	panic("a member of kind %d", (int)member->kind);
}

static int
take_member(const json_t *from, const struct master_member *member,
    void *object, struct error *error)
{
	const json_t *value = json_object_get(from, member->name);

	if (value == NULL && !member->is_needed)
		return 0;
	if (value == NULL)
		return error_set(
		    error, ERROR_RUNTIME, "%s is missing", member->name);
	if (!take_one(member, value, (char *)object + member->offset))
		return error_set(
		    error, ERROR_RUNTIME, "%s makes no sense", member->name);
	return 0;
}

int
master_member_take(const json_t *from, const struct master_member_table *table,
    void *object, struct error *error)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		if (take_member(from, &table->members[i], object, error) == -1)
			return -1;
	return 0;
}
