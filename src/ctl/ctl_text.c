/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t
ctl_text_integer(const json_t *object, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(object, name));

	return number < 0 ? 0 : (uint64_t)number;
}

void
ctl_text_append(struct buffer *words, const char *text, size_t limit)
{
	size_t i, size = strnlen(text, limit + 1);

	for (i = 0; i < size && i < limit; i++)
		buffer_append_byte(
		    words, text[i] < 0x20 || text[i] > 0x7e ? '?' : text[i]);
	if (size > limit)
		buffer_append_text(words, "...");
}

void
ctl_text_member(struct buffer *words, const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);

	if (json_is_string(member))
		ctl_text_append(words, json_string_value(member), CTL_TEXT_MAX);
	else if (json_is_integer(member))
		buffer_format(
		    words, "%" JSON_INTEGER_FORMAT, json_integer_value(member));
	else
		buffer_append_byte(words, '-');
}

void
ctl_text_duration(struct buffer *words, uint64_t ms)
{
	static const struct {
		uint64_t ms;
		char unit;
	} units[] = { { 86400000, 'd' }, { 3600000, 'h' }, { 60000, 'm' },
		{ 1000, 's' } };
	const size_t count = sizeof(units) / sizeof(units[0]);
	size_t i = 0;

	while (i < count && ms < units[i].ms)
		i++;
	if (i == count) {
		buffer_format(words, "%llums", (unsigned long long)ms);
		return;
	}
	buffer_format(words, "%llu%c", (unsigned long long)(ms / units[i].ms),
	    units[i].unit);
	ms %= units[i].ms;
	if (i + 1 < count && ms >= units[i + 1].ms)
		buffer_format(words, " %llu%c",
		    (unsigned long long)(ms / units[i + 1].ms),
		    units[i + 1].unit);
}

void
ctl_text_bytes(struct buffer *words, uint64_t bytes)
{
	static const char units[] = "kmgt";
	double number = (double)bytes;
	size_t i = 0;

	if (bytes < 1024) {
		buffer_format(words, "%llu", (unsigned long long)bytes);
		return;
	}
	for (number /= 1024; number >= 1023.95 && units[i + 1] != '\0'; i++)
		number /= 1024;
	buffer_format(words, "%.1f%c", number, units[i]);
}

void
ctl_text_time(struct buffer *words, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	struct tm parts = { .tm_isdst = 0 };
	const char *end = NULL;
	char local[64];
	time_t seconds;

	if (text != NULL)
		end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	if (end == NULL || *end != '\0') {
		ctl_text_member(words, object, name);
		return;
	}
	seconds = timegm(&parts);
	localtime_r(&seconds, &parts);
	strftime(local, sizeof(local), "%Y-%m-%d %H:%M:%S", &parts);
	buffer_append_text(words, local);
}

void
ctl_text_daemon(struct buffer *words, const json_t *status)
{
	const char *state = json_string_value(json_object_get(status, "state"));

	buffer_append_text(words, "cohortd ");
	ctl_text_member(words, status, "version");
	buffer_append_text(words, ", pid ");
	ctl_text_member(words, status, "pid");
	buffer_append_text(words, ", running for ");
	ctl_text_duration(words, ctl_text_integer(status, "uptime_ms"));
	if (state != NULL && strcmp(state, "running") != 0) {
		buffer_append_text(words, ", ");
		ctl_text_append(words, state, CTL_TEXT_MAX);
	}
}

void
ctl_text_print_json(const json_t *object)
{
	json_dumpf(object, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
}
