/* SPDX-License-Identifier: ISC */
/*
 * Strict numbers from text, because strtol(3) accepts too much.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decimal digits with an optional minus, nothing else, NUL-terminated,
 * within min and max.  0, or -1 and *number_r untouched.
 */
int number_parse(const char *text, int64_t min, int64_t max, int64_t *number_r);

/* The same over size bytes, digits only. */
int number_parse_bytes(
    const char *data, size_t size, uint64_t max, uint64_t *number_r);

/* Writes decimal digits, no NUL; returns their count, at most 20. */
size_t number_write(char *to, uint64_t number);

/* Writes size bytes as hexadecimal digits, two for each, and NUL, if there is
 * room for all of them; else NUL only. */
void number_write_hexadecimal(
    char *to, size_t room, const void *data, size_t size);

#endif
