/* SPDX-License-Identifier: ISC */
/*
 * Option values: text to value and back.  Each parser either sets its result
 * or fails with "TEXT": and what is allowed, in the words that *_describe
 * appends, so that errors and manual say the same.  Any process, any time.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base_buffer.h"
#include "base/base_error.h"

/* "500ms", "10s", "5m", "1h", or "0"; a bare number is refused (of what?). */
int config_duration_parse(const char *text, uint64_t minimum, uint64_t maximum,
    uint64_t *milliseconds_r, struct error *error);

/* "512", "64k", "1m", "2g". */
int config_size_parse(const char *text, uint64_t minimum, uint64_t maximum,
    uint64_t *bytes_r, struct error *error);

int config_count_parse(const char *text, uint64_t minimum, uint64_t maximum,
    uint64_t *count_r, struct error *error);

/* true, false, yes, no, on, off. */
int config_boolean_parse(const char *text, bool *value_r, struct error *error);

/* Octal permissions. */
int config_mode_parse(const char *text, uint64_t *mode_r, struct error *error);

/* In the largest unit that needs no fraction. */
void config_duration_print(uint64_t milliseconds, struct buffer *to);
void config_size_print(uint64_t bytes, struct buffer *to);
void config_mode_print(uint64_t mode, struct buffer *to);

/* The text as a double-quoted string of the configuration file. */
void config_text_quote(const char *text, struct buffer *to);

/* Bytes that no name or path of ours holds: below 0x20, and 0x7f. */
bool config_text_has_controls(const char *text);

/* What is allowed: "a whole number from 0 to 512". */
void config_duration_describe(
    uint64_t minimum, uint64_t maximum, struct buffer *to);
void config_size_describe(
    uint64_t minimum, uint64_t maximum, struct buffer *to);
void config_count_describe(
    uint64_t minimum, uint64_t maximum, struct buffer *to);
void config_boolean_describe(struct buffer *to);
void config_mode_describe(struct buffer *to);

/* "a, b or c" of a list that ends in NULL; last, if not NULL, follows. */
void config_words_describe(
    const char *const *words, const char *last, struct buffer *to);

/* Fails with: "TEXT": ALLOWED.  TEXT is escaped and cut. */
int config_value_refuse(
    const char *text, const char *allowed, struct error *error);

#endif
