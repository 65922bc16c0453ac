/* SPDX-License-Identifier: ISC */
/*
 * Every request passes here with each of its fields, so bytes are judged
 * sixteen at a time, and else by table.  The tables are our own because those
 * of ctype.h depend on the locale, which a module may set.
 */
#include "http/http_field.h"

#include <stdint.h>
#include <string.h>

#include "base/base_rare.h"

/* clang-format off */
static const bool is_tchar[256] = {
	['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true,
	['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true,
	['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true,
	['.'] = true, ['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true,
	['~'] = true,
};

/* The bit that makes a letter lower-case, for letters. */
static const uint8_t case_bit[256] = {
	['A' ... 'Z'] = 0x20,
};
/* clang-format on */

static unsigned char
lower(char byte)
{
	unsigned char plain = (unsigned char)byte;

	return plain | case_bit[plain];
}

/* ---- names and values ---- */

RARE size_t
http_token_size_from(const char *data, size_t size, size_t at)
{
	while (at < size && is_tchar[(unsigned char)data[at]])
		at++;
	return at;
}

bool
http_token_is_valid(const char *data, size_t size)
{
	return size > 0 && http_token_size(data, size) == size;
}

bool
http_value_is_valid(const char *data, size_t size)
{
	return http_value_size(data, size) == size;
}

static bool
is_same_name(const char *one, const char *other, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (lower(one[i]) != lower(other[i]))
			return false;
	return true;
}

int
http_field_find(const struct cohort_pair *fields, size_t count,
    const char *name, size_t start)
{
	size_t size = strlen(name), i;

	for (i = start; i < count; i++)
		if (fields[i].name.size == size &&
		    is_same_name(fields[i].name.data, name, size))
			return (int)i;
	return -1;
}

bool
http_name_equals(const char *data, size_t size, const char *name)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (name[i] == '\0' || lower(data[i]) != (unsigned char)name[i])
			return false;
	return name[size] == '\0';
}

/* Behind the quoted string that begins at cursor, or end when it is open. */
static const char *
skip_quoted(const char *cursor, const char *end)
{
	for (cursor++; cursor < end; cursor++) {
		if (*cursor == '"')
			return cursor + 1;
		if (*cursor == '\\' && cursor + 1 < end)
			cursor++;
	}
	return end;
}

static const char *
skip_element(const char *cursor, const char *end)
{
	while (cursor < end && *cursor != ',') {
		if (*cursor == '"')
			cursor = skip_quoted(cursor, end);
		else
			cursor++;
	}
	return cursor;
}

bool
http_list_next(struct cohort_str *cursor, struct cohort_str *element_r)
{
	const char *begin = cursor->data, *end = cursor->data + cursor->size;
	const char *behind;

	while (begin < end && (http_is_white(*begin) || *begin == ','))
		begin++;
	behind = skip_element(begin, end);
	*cursor = (struct cohort_str) { behind, (size_t)(end - behind) };
	while (behind > begin && http_is_white(behind[-1]))
		behind--;
	if (behind == begin)
		return false;
	*element_r = (struct cohort_str) { begin, (size_t)(behind - begin) };
	return true;
}
