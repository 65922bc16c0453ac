/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_record.h"

#include <string.h>

#include "ctl/ctl_text.h"

#define LABEL_WIDTH 12

/* ---- parts ---- */

static const char *
string_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool
has(const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);

	return member != NULL && !json_is_null(member);
}

void
ctl_record_end(struct buffer *words, const json_t *record)
{
	const char *signal = string_of(record, "signal");

	if (signal != NULL) {
		buffer_append_text(words, "SIG");
		ctl_text_append(words, signal, CTL_TEXT_MAX);
	} else if (has(record, "exit")) {
		buffer_append_text(words, "exit ");
		ctl_text_member(words, record, "exit");
	} else {
		buffer_append_byte(words, '-');
	}
	if (has(record, "hung_ms"))
		buffer_append_text(words, " (hung)");
}

void
ctl_record_request(struct buffer *words, const json_t *record)
{
	const json_t *request = json_object_get(record, "request");

	if (!json_is_object(request)) {
		ctl_text_member(words, record, "doing");
		return;
	}
	ctl_text_member(words, request, "method");
	buffer_append_byte(words, ' ');
	ctl_text_member(words, request, "target");
}

static void
append_place(struct buffer *words, const json_t *frame)
{
	if (!has(frame, "file"))
		return;
	buffer_append_text(words, " (");
	ctl_text_member(words, frame, "file");
	if (has(frame, "line")) {
		buffer_append_byte(words, ':');
		ctl_text_member(words, frame, "line");
	}
	buffer_append_byte(words, ')');
}

void
ctl_record_frame(struct buffer *words, const json_t *frame)
{
	if (has(frame, "function")) {
		ctl_text_member(words, frame, "function");
		append_place(words, frame);
	} else if (has(frame, "image")) {
		ctl_text_member(words, frame, "image");
		buffer_append_byte(words, '+');
		ctl_text_member(words, frame, "offset");
	} else {
		ctl_text_member(words, frame, "address");
	}
}

/* ---- the whole ---- */

static void
begin_line(struct buffer *words, const char *label)
{
	buffer_format(words, "%-*s", LABEL_WIDTH, label);
}

/* A line, if there is something to say. */
static void
put_member(struct buffer *words, const char *label, const json_t *object,
    const char *name)
{
	if (!has(object, name))
		return;
	begin_line(words, label);
	ctl_text_member(words, object, name);
	buffer_append_byte(words, '\n');
}

static void
put_time(struct buffer *words, const char *label, const json_t *object,
    const char *name)
{
	begin_line(words, label);
	ctl_text_time(words, object, name);
	buffer_append_byte(words, '\n');
}

static void
put_duration(struct buffer *words, const char *label, const json_t *object,
    const char *name)
{
	if (!has(object, name))
		return;
	begin_line(words, label);
	ctl_text_duration(words, ctl_text_integer(object, name));
	buffer_append_byte(words, '\n');
}

/* A line of members, each with its word before it. */
static void
put_members(struct buffer *words, const char *label, const json_t *object,
    const char *const *names)
{
	size_t i;

	begin_line(words, label);
	for (i = 0; names[i] != NULL; i++) {
		buffer_format(words, "%s%s ", i == 0 ? "" : ", ", names[i]);
		ctl_text_member(words, object, names[i]);
	}
	buffer_append_byte(words, '\n');
}

static void
put_end(struct buffer *words, const json_t *record)
{
	begin_line(words, "end");
	ctl_record_end(words, record);
	if (has(record, "code")) {
		buffer_append_text(words, ", ");
		ctl_text_member(words, record, "code");
	}
	if (has(record, "address")) {
		buffer_append_text(words, " at ");
		ctl_text_member(words, record, "address");
	}
	if (json_is_true(json_object_get(record, "core")))
		buffer_append_text(words, ", core dumped");
	buffer_append_byte(words, '\n');
}

static void
put_request(struct buffer *words, const json_t *record)
{
	const json_t *request = json_object_get(record, "request");

	if (!json_is_object(request)) {
		put_member(words, "doing", record, "doing");
		return;
	}
	begin_line(words, "request");
	ctl_record_request(words, record);
	buffer_append_byte(words, '\n');
	put_member(words, "id", request, "id");
	put_member(words, "peer", request, "peer");
	put_member(words, "route", request, "route");
	put_member(words, "doing", request, "doing");
	put_member(words, "module", request, "module");
	put_member(words, "mount", request, "mount");
	put_duration(words, "running", request, "running_ms");
}

static void
put_stack(struct buffer *words, const json_t *stack)
{
	size_t i;

	for (i = 0; i < json_array_size(stack); i++) {
		buffer_format(words, "#%-*zu", LABEL_WIDTH - 1, i);
		ctl_record_frame(words, json_array_get(stack, i));
		buffer_append_byte(words, '\n');
	}
}

static void
put_modules(struct buffer *words, const json_t *modules)
{
	const json_t *module;
	size_t i;

	for (i = 0; i < json_array_size(modules); i++) {
		module = json_array_get(modules, i);
		begin_line(words, "loaded");
		ctl_text_member(words, module, "path");
		buffer_append_text(words, " at ");
		ctl_text_member(words, module, "load");
		buffer_append_text(words, ", build ");
		ctl_text_member(words, module, "build_id");
		buffer_append_byte(words, '\n');
	}
}

void
ctl_record_print(const json_t *record, FILE *to)
{
	static const char *const worker[] = { "slot", "pid", "cohort", "state",
		NULL };
	static const char *const connections[] = { "adopted", "lost",
		"answered", NULL };
	struct buffer words;

	buffer_init(&words, 0);
	put_member(&words, "crash", record, "id");
	put_member(&words, "count", record, "count");
	put_time(&words, "first", record, "first");
	put_time(&words, "last", record, "last");
	put_members(&words, "worker", record, worker);
	put_end(&words, record);
	put_duration(&words, "hung", record, "hung_ms");
	put_member(&words, "failure", record, "failure");
	put_request(&words, record);
	put_members(&words, "connections", record, connections);
	put_stack(&words, json_object_get(record, "stack"));
	put_modules(&words, json_object_get(record, "modules"));
	fputs(words.data, to);
	buffer_fini(&words);
}
