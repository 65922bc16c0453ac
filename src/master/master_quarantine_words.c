/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <string.h>

#include "base/base_buffer.h"
#include "master/master_quarantine_private.h"

const struct master_mount *
master_quarantine_mount(const struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *entry)
{
	const struct master_mounts *mounts = quarantine->mounts;

	if (mounts == NULL || entry->mount == 0 ||
	    entry->mount >= mounts->count)
		return NULL;
	return &mounts->mounts[entry->mount];
}

static void
append_word(struct buffer *words, const char *what, const char *text)
{
	buffer_append_text(words, what);
	buffer_append_escaped(words, text, strlen(text));
}

static void
append_place(struct buffer *words, const struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *entry)
{
	const struct master_mount *mount =
	    master_quarantine_mount(quarantine, entry);

	append_word(
	    words, "route ", entry->route[0] == '\0' ? "none" : entry->route);
	if (mount == NULL)
		return;
	append_word(words, ", mount ", mount->prefix);
	if (mount->pin != NULL)
		append_word(words, ", module ", mount->pin->path);
}

static void
append_request(struct buffer *words, const struct ipc_quarantine_entry *entry)
{
	buffer_append_byte(words, '"');
	buffer_append_escaped(words, entry->method, entry->method_size);
	buffer_append_byte(words, ' ');
	buffer_append_escaped(words, entry->target, entry->target_size);
	if (entry->target_length > entry->target_size)
		buffer_append_text(words, "...");
	buffer_append_byte(words, '"');
}

void
master_quarantine_say(enum log_level level,
    const struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *entry, const char *format, ...)
{
	char storage[LOG_LINE_MAX];
	struct buffer words;
	va_list arguments;

	buffer_init_fixed(&words, storage, sizeof(storage));
	if (entry->is_route != 0) {
		append_place(&words, quarantine, entry);
	} else {
		append_request(&words, entry);
		buffer_append_text(&words, " (");
		append_place(&words, quarantine, entry);
		buffer_append_byte(&words, ')');
	}
	buffer_append_byte(&words, ' ');
	va_start(arguments, format);
	buffer_format_v(&words, format, arguments);
	va_end(arguments);
	log_write(level, "quarantine: %s", words.data);
}

void
master_quarantine_let_go(struct master_quarantine *quarantine,
    struct master_record *record, enum log_level level, const char *words)
{
	const struct ipc_quarantine_entry entry = record->entry;

	master_record_drop(quarantine, record);
	master_quarantine_say(level, quarantine, &entry, "%s", words);
}

unsigned long long
master_quarantine_seconds(uint64_t ms)
{
	return (ms + 999) / 1000;
}
