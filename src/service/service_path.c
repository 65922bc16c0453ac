/* SPDX-License-Identifier: ISC */
/*
 * The decoded path is normal already (http_uri.h); that no ".." is left is
 * checked again, as this is what keeps the world out of /etc.
 */
#include "service/service_path.h"

#include <string.h>

bool
service_path_name_may_be(const char *name, size_t size, bool hidden)
{
	if (size == 0 || (size == 1 && name[0] == '.') ||
	    (size == 2 && name[0] == '.' && name[1] == '.'))
		return false;
	if (name[0] == '.' && !hidden)
		return false;
	return memchr(name, '/', size) == NULL &&
	    memchr(name, '\\', size) == NULL;
}

static bool
has_encoded_slash(struct cohort_str target)
{
	const char *query = memchr(target.data, '?', target.size);
	const char *end = query == NULL ? target.data + target.size : query;
	const char *cursor = target.data;

	while (cursor < end &&
	    (cursor = memchr(cursor, '%', (size_t)(end - cursor))) != NULL) {
		if (end - cursor >= 3 && cursor[1] == '2' &&
		    (cursor[2] | 0x20) == 'f')
			return true;
		cursor++;
	}
	return false;
}

bool
service_path_may_be(const char *path, struct cohort_str target, bool hidden)
{
	while (*path != '\0') {
		size_t size = strcspn(path, "/");

		if (!service_path_name_may_be(path, size, hidden))
			return false;
		path += size;
		if (*path == '/')
			path++;
	}
	return !has_encoded_slash(target);
}
