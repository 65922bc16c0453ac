/* SPDX-License-Identifier: ISC */
/*
 * Every request passes here with each of its fields, so bytes are judged by
 * table, and values eight at a time.  The tables are our own because those
 * of ctype.h depend on the locale, which a module may set.
 */
#include "http/http_field.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

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

size_t
http_token_size(const char *data, size_t size)
{
	size_t at = 0;

	while (at < size && is_tchar[(unsigned char)data[at]])
		at++;
	return at;
}

bool
http_token_is_valid(const char *data, size_t size)
{
	return size > 0 && http_token_size(data, size) == size;
}

/* Every byte of the word made byte. */
#define EACH(byte) (UINT64_MAX / 255 * (byte))

/*
 * Marks each byte below 0x20 and each 0x7f by its highest bit.  A borrow may
 * mark bytes above a marked one; the lowest mark is always right.
 */
static uint64_t
mark_controls(uint64_t word)
{
	uint64_t without_delete = word ^ EACH(0x7f);
	uint64_t below = (word - EACH(0x20)) & ~word;
	uint64_t deleted = (without_delete - EACH(0x01)) & ~without_delete;

	return (below | deleted) & EACH(0x80);
}

/* Of the word's eight bytes, or 8. */
static size_t
find_control(const char *data)
{
	uint64_t word, marks;

	memcpy(&word, data, sizeof(word));
	marks = mark_controls(le64toh(word));
	return marks == 0 ? sizeof(word) : (size_t)__builtin_ctzll(marks) / 8;
}

static bool
is_control(char byte)
{
	return ((unsigned char)byte < 0x20 && byte != '\t') || byte == 0x7f;
}

size_t
http_value_size(const char *data, size_t size)
{
	size_t at = 0, step;

	while (size - at >= sizeof(uint64_t)) {
		step = find_control(data + at);
		at += step;
		if (step == sizeof(uint64_t))
			continue;
		if (is_control(data[at]))
			return at;
		at++;
	}
	while (at < size && !is_control(data[at]))
		at++;
	return at;
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
