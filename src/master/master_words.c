/* SPDX-License-Identifier: ISC */
#include "master/master_words.h"

#include <string.h>

/* Of a stack, so many calls are told, and then no more than so many bytes:
 * what stands behind them is to be in the line too. */
#define FRAMES_TOLD 16u
#define STACK_SIZE  1800u

static void
append_escaped(struct buffer *words, const char *what, const char *text)
{
	if (text[0] == '\0')
		return;
	buffer_append_text(words, what);
	buffer_append_escaped(words, text, strlen(text));
}

void
master_words_current(struct buffer *words, const struct ipc_current *current)
{
	char peer[NETWORK_TEXT_SIZE];

	if (current->exchange_id == 0) {
		append_escaped(words, "", current->doing);
		return;
	}
	buffer_format(words, "request %016llx \"",
	    (unsigned long long)current->exchange_id);
	buffer_append_escaped(words, current->method, current->method_size);
	buffer_append_byte(words, ' ');
	buffer_append_escaped(words, current->target, current->target_size);
	buffer_append_text(words, "\" from ");
	network_address_format(&current->peer, peer);
	buffer_append_text(words, peer);
	append_escaped(words, ", route ", current->route);
	append_escaped(words, ", while ", current->doing);
}

void
master_words_busy(struct buffer *words, uint32_t slot, pid_t pid,
    uint64_t seen_ms, const struct ipc_current *current)
{
	buffer_format(words,
	    "worker %u (pid %d) has been busy for %llu ms with ", slot,
	    (int)pid, (unsigned long long)seen_ms);
	master_words_current(words, current);
}

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static void
append_frame(struct buffer *words, const struct master_frame *frame)
{
	if (frame->function != NULL) {
		append_escaped(words, "", frame->function);
	} else if (frame->image != NULL) {
		append_escaped(words, "", name_of(frame->image));
		buffer_format(
		    words, "+0x%llx", (unsigned long long)frame->offset);
	} else {
		buffer_format(
		    words, "0x%llx", (unsigned long long)frame->address);
	}
	if (frame->file == NULL)
		return;
	append_escaped(words, " (", name_of(frame->file));
	buffer_format(words, ":%u)", frame->line);
}

/* What called the application is the same for every request, and stands in
 * the record. */
static size_t
count_told(const struct master_frame *frames, size_t count)
{
	size_t told = count;

	while (told > 0 && !frames[told - 1].is_application)
		told--;
	if (told == 0)
		told = count;
	return told < FRAMES_TOLD ? told : FRAMES_TOLD;
}

void
master_words_stack(
    struct buffer *words, const struct master_frame *frames, size_t count)
{
	char storage[STACK_SIZE];
	struct buffer stack;
	size_t i, told = count_told(frames, count);

	buffer_init_fixed(&stack, storage, sizeof(storage));
	for (i = 0; i < told && !stack.truncated; i++) {
		buffer_append_text(&stack, i == 0 ? ", at " : " < ");
		append_frame(&stack, &frames[i]);
	}
	buffer_append(words, stack.data, stack.size);
	if (stack.truncated || i < count)
		buffer_append_text(words, " ...");
}
