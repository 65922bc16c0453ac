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
bool
service_path_name_may_be(const char *name, size_t size, bool hidden)
{
	size_t i;

	if (size == 0 ||
	    (name[0] == '.' && (!hidden || is_outside(name, size))))
		return false;
	for (i = 0; i < size; i++)
		if (name[i] == '/' || name[i] == '\\')
			return false;
	return true;
}

/* A loop for the same reason. */
static size_t
name_size(const char *path)
{
	size_t size = 0;

	while (path[size] != '\0' && path[size] != '/')
		size++;
	return size;
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
service_path_may_be(const char *path, struct cohort_str target, bool hidden)
{
	while (*path != '\0') {
		size_t size = name_size(path);

		if (!service_path_name_may_be(path, size, hidden))
			return false;
		path += size;
		if (*path == '/')
			path++;
	}
	return !has_encoded_slash(target);
}
