/* SPDX-License-Identifier: ISC */
/*
 * Units are tables, so that parser, printer and description cannot differ.
 */
#include "config/config_value.h"

#include <inttypes.h>
#include <string.h>

#include "base/base_number.h"

#define SHOWN_MAX 200 /* of a refused text */
#define MODE_MAX  0777

struct unit {
	const char *name;
	uint64_t factor;
};

/* Largest first, as the printers want them. */
static const struct unit duration_units[] = {
	{ "h", 60 * 60 * 1000 },
	{ "m", 60 * 1000 },
	{ "s", 1000 },
	{ "ms", 1 },
	{ NULL, 0 },
};

static const struct unit size_units[] = {
	{ "g", 1024 * 1024 * 1024 },
	{ "m", 1024 * 1024 },
	{ "k", 1024 },
	{ "", 1 },
	{ NULL, 0 },
};

static const char *const true_words[] = { "true", "yes", "on", NULL };
static const char *const false_words[] = { "false", "no", "off", NULL };

int
config_value_refuse(const char *text, const char *allowed, struct error *error)
{
	char storage[SHOWN_MAX];
	struct buffer shown;

	buffer_init_fixed(&shown, storage, sizeof(storage));
	buffer_append_escaped(&shown, text, strlen(text));
	return error_set(error, ERROR_CONFIG, "\"%s\": %s", storage, allowed);
}

static int
refuse_range(const char *text,
    void (*describe)(uint64_t, uint64_t, struct buffer *), uint64_t minimum,
    uint64_t maximum, struct error *error)
{
	char storage[SHOWN_MAX];
	struct buffer allowed;

	buffer_init_fixed(&allowed, storage, sizeof(storage));
	describe(minimum, maximum, &allowed);
	return config_value_refuse(text, storage, error);
}

/* Digits and one of the units. */
static int
parse_units(const char *text, const struct unit *units, uint64_t maximum,
    uint64_t *value_r)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number;

	while (units->name != NULL && strcmp(units->name, text + digits) != 0)
		units++;
	if (units->name == NULL ||
	    number_parse_bytes(
		text, digits, maximum / units->factor, &number) == -1)
		return -1;
	*value_r = number * units->factor;
	return 0;
}

static void
print_units(uint64_t value, const struct unit *units, struct buffer *to)
{
	while (value % units->factor != 0)
		units++;
	buffer_format(to, "%" PRIu64 "%s", value / units->factor, units->name);
}

int
config_duration_parse(const char *text, uint64_t minimum, uint64_t maximum,
    uint64_t *milliseconds_r, struct error *error)
{
	uint64_t milliseconds = 0;

	if ((strcmp(text, "0") != 0 &&
		parse_units(text, duration_units, maximum, &milliseconds) ==
		    -1) ||
	    milliseconds < minimum)
		return refuse_range(
		    text, config_duration_describe, minimum, maximum, error);
	*milliseconds_r = milliseconds;
	return 0;
}

int
config_size_parse(const char *text, uint64_t minimum, uint64_t maximum,
    uint64_t *bytes_r, struct error *error)
{
	uint64_t bytes;

	if (parse_units(text, size_units, maximum, &bytes) == -1 ||
	    bytes < minimum)
		return refuse_range(
		    text, config_size_describe, minimum, maximum, error);
	*bytes_r = bytes;
	return 0;
}

int
config_count_parse(const char *text, uint64_t minimum, uint64_t maximum,
    uint64_t *count_r, struct error *error)
{
	uint64_t count;

	if (number_parse_bytes(text, strlen(text), maximum, &count) == -1 ||
	    count < minimum)
		return refuse_range(
		    text, config_count_describe, minimum, maximum, error);
	*count_r = count;
	return 0;
}

static bool
is_among(const char *text, const char *const *words)
{
	while (*words != NULL && strcmp(*words, text) != 0)
		words++;
	return *words != NULL;
}

int
config_boolean_parse(const char *text, bool *value_r, struct error *error)
{
	char storage[SHOWN_MAX];
	struct buffer allowed;

	if (is_among(text, true_words)) {
		*value_r = true;
		return 0;
	}
	if (is_among(text, false_words)) {
		*value_r = false;
		return 0;
	}
	buffer_init_fixed(&allowed, storage, sizeof(storage));
	config_boolean_describe(&allowed);
	return config_value_refuse(text, storage, error);
}

int
config_mode_parse(const char *text, uint64_t *mode_r, struct error *error)
{
	char storage[SHOWN_MAX];
	struct buffer allowed;
	uint64_t mode = 0;
	const char *digit;

	for (digit = text; *digit >= '0' && *digit <= '7'; digit++) {
		mode = mode * 8 + (uint64_t)(*digit - '0');
		if (mode > MODE_MAX)
			break;
	}
	if (digit == text || *digit != '\0') {
		buffer_init_fixed(&allowed, storage, sizeof(storage));
		config_mode_describe(&allowed);
		return config_value_refuse(text, storage, error);
	}
	*mode_r = mode;
	return 0;
}

void
config_duration_print(uint64_t milliseconds, struct buffer *to)
{
	if (milliseconds == 0)
		buffer_append_text(to, "0");
	else
		print_units(milliseconds, duration_units, to);
}

void
config_size_print(uint64_t bytes, struct buffer *to)
{
	if (bytes == 0)
		buffer_append_text(to, "0");
	else
		print_units(bytes, size_units, to);
}

void
config_mode_print(uint64_t mode, struct buffer *to)
{
	buffer_format(to, "%04" PRIo64, mode);
}

bool
config_text_has_controls(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;

	while (*byte >= ' ' && *byte != 0x7f)
		byte++;
	return *byte != '\0';
}

/* A dollar sign is escaped too, as libconfuse would put in ${VARIABLE}. */
void
config_text_quote(const char *text, struct buffer *to)
{
	const unsigned char *byte;

	buffer_append_byte(to, '"');
	for (byte = (const unsigned char *)text; *byte != '\0'; byte++) {
		if (*byte < ' ' || *byte == 0x7f) {
			buffer_format(to, "\\x%02x", *byte);
			continue;
		}
		if (strchr("\"\\$", *byte) != NULL)
			buffer_append_byte(to, '\\');
		buffer_append_byte(to, (char)*byte);
	}
	buffer_append_byte(to, '"');
}

void
config_duration_describe(uint64_t minimum, uint64_t maximum, struct buffer *to)
{
	buffer_append_text(to, "a duration in ms, s, m or h, from ");
	config_duration_print(minimum, to);
	buffer_append_text(to, " to ");
	config_duration_print(maximum, to);
}

void
config_size_describe(uint64_t minimum, uint64_t maximum, struct buffer *to)
{
	buffer_append_text(to, "a size in bytes, k, m or g, from ");
	config_size_print(minimum, to);
	buffer_append_text(to, " to ");
	config_size_print(maximum, to);
}

void
config_count_describe(uint64_t minimum, uint64_t maximum, struct buffer *to)
{
	buffer_format(to, "a whole number from %" PRIu64 " to %" PRIu64,
	    minimum, maximum);
}

void
config_boolean_describe(struct buffer *to)
{
	size_t i;

	for (i = 0; true_words[i] != NULL; i++)
		buffer_format(to, "%s%s or %s", i == 0 ? "" : ", ",
		    true_words[i], false_words[i]);
}

void
config_mode_describe(struct buffer *to)
{
	buffer_format(to, "octal permissions from 0 to %04o", MODE_MAX);
}

void
config_words_describe(
    const char *const *words, const char *last, struct buffer *to)
{
	const char *word, *separator;

	while ((word = *words) != NULL) {
		words++;
		if (*words != NULL && (words[1] != NULL || last != NULL))
			separator = ", ";
		else if (*words != NULL || last != NULL)
			separator = " or ";
		else
			separator = "";
		buffer_format(to, "%s%s", word, separator);
	}
	if (last != NULL)
		buffer_append_text(to, last);
}
