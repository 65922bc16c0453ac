/* SPDX-License-Identifier: ISC */
/*
 * Magnitudes are unsigned, so that the least int64_t needs no case of its
 * own.
 */
#include "base/base_number.h"

#include <string.h>

int
number_parse(const char *text, int64_t min, int64_t max, int64_t *number_r)
{
	const char *digits = *text == '-' ? text + 1 : text;
	uint64_t most = INT64_MAX, magnitude;
	int64_t number;

	if (digits != text)
		most++;
	if (number_parse_bytes(digits, strlen(digits), most, &magnitude) == -1)
		return -1;
	number = (int64_t)(digits == text ? magnitude : -magnitude);
	if (number < min || number > max)
		return -1;
	*number_r = number;
	return 0;
}

int
number_parse_bytes(
    const char *data, size_t size, uint64_t max, uint64_t *number_r)
{
	uint64_t number = 0, digit;
	size_t i;

	if (size == 0)
		return -1;
	for (i = 0; i < size; i++) {
		if (data[i] < '0' || data[i] > '9')
			return -1;
		digit = (uint64_t)(data[i] - '0');
		if (digit > max || number > (max - digit) / 10)
			return -1;
		number = number * 10 + digit;
	}
	*number_r = number;
	return 0;
}

static size_t
count_digits(uint64_t number)
{
	size_t count = 1;

	while (number >= 10) {
		number /= 10;
		count++;
	}
	return count;
}

/* In place: bytes stored one by one are slow to be copied at once. */
size_t
number_write(char *to, uint64_t number)
{
	size_t count = count_digits(number), at = count;

	while (at > 0) {
		to[--at] = (char)('0' + number % 10);
		number /= 10;
	}
	return count;
}

void
number_write_hexadecimal(char *to, size_t room, const void *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;
	size_t i;

	if (size > (room - 1) / 2)
		size = 0;
	for (i = 0; i < size; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 0xf];
	}
	*to = '\0';
}
