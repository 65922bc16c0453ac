/* SPDX-License-Identifier: ISC */
/*
 * The decoded path is normal already (http_uri.h); that no ".." is left is
 * checked again, as this is what keeps the world out of /etc.
 */
#include "service/service_path.h"

#include <string.h>

static bool
is_outside(const char *name, size_t size)
{
	return size == 1 || (size == 2 && name[1] == '.');
}

/* Names are short: a call would cost more than the loop. */
static const char *
behind_name(const char *name, const char *end)
{
	while (name < end && *name != '/' && *name != '\\')
		name++;
	return name;
}

static bool
starts_well(const char *name, size_t size, bool hidden)
{
	return size != 0 &&
	    (name[0] != '.' || (hidden && !is_outside(name, size)));
}

bool
service_path_name_may_be(const char *name, size_t size, bool hidden)
{
	return starts_well(name, size, hidden) &&
	    behind_name(name, name + size) == name + size;
}

/* Most targets have no '%' at all. */
static bool
has_encoded_slash(struct cohort_str target)
{
	const char *cursor = memchr(target.data, '%', target.size);
	const char *end = target.data + target.size, *query;

	if (cursor == NULL)
		return false;
	query = memchr(target.data, '?', target.size);
	if (query != NULL)
		end = query;
	for (; cursor < end; cursor++)
		if (end - cursor >= 3 && cursor[0] == '%' && cursor[1] == '2' &&
		    (cursor[2] | 0x20) == 'f')
			return true;
	return false;
}

bool
service_path_may_be(
    struct cohort_str path, struct cohort_str target, bool hidden)
{
	const char *name, *cursor = path.data, *end = path.data + path.size;

	while (cursor < end) {
		name = cursor;
		cursor = behind_name(name, end);
		if (!starts_well(name, (size_t)(cursor - name), hidden) ||
		    (cursor < end && *cursor++ != '/'))
			return false;
	}
	return !has_encoded_slash(target);
}
