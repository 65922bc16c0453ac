/* SPDX-License-Identifier: ISC */
/*
 * The table of what may be asked for over the control socket: a request is
 * {"command": NAME}, a reply has what the row's function puts into it; that
 * of an order, a line for a person: "summary".
 */
#include <string.h>

#include "base/base_buffer.h"
#include "base/base_log.h"
#include "base/base_memory.h"
#include "config/config_value.h"
#include "master/master_private.h"

#define NAME_SHOWN 64

static json_t *
run_status(
    struct master *master, const json_t *request, struct master_order *order)
{
	return master_status(master);
}

/* With where the bytes of modules are: STATE_DIRECTORY/modules. */
static json_t *
run_crashes(
    struct master *master, const json_t *request, struct master_order *order)
{
	const char *directory = master->state_directory;
	bool has_directory = directory != NULL && directory[0] != '\0';

	json_t *place = has_directory ? json_string(directory) : NULL;

	return json_pack("{s:o, s:o}", "crashes", master_crashes_list(master),
	    "state_directory", place == NULL ? json_null() : place);
}

static json_t *
run_crashes_clear(
    struct master *master, const json_t *request, struct master_order *order)
{
	size_t count = master_crashes_clear(master);

	log_info("crashes: %zu records dropped", count);
	return json_pack("{s:I}", "cleared", (json_int_t)count);
}

static json_t *
run_quarantine(
    struct master *master, const json_t *request, struct master_order *order)
{
	return json_pack("{s:o, s:o}", "quarantine",
	    master_quarantine_list(master), "counters",
	    master_quarantine_counters(master));
}

static json_t *
run_quarantine_clear(
    struct master *master, const json_t *request, struct master_order *order)
{
	return json_pack(
	    "{s:I}", "cleared", (json_int_t)master_quarantine_clear(master));
}

/* ---- orders: answered when they have been carried out ---- */

static json_t *
run_reload(
    struct master *master, const json_t *request, struct master_order *order)
{
	master_reload_start(master, order);
	return NULL;
}

static json_t *
run_stop(
    struct master *master, const json_t *request, struct master_order *order)
{
	master_stop(master, true, order);
	return NULL;
}

static json_t *
run_quit(
    struct master *master, const json_t *request, struct master_order *order)
{
	master_stop(master, false, order);
	return NULL;
}

static json_t *
run_reopen(
    struct master *master, const json_t *request, struct master_order *order)
{
	master_reopen(master, order);
	return NULL;
}

static json_t *
run_workers(
    struct master *master, const json_t *request, struct master_order *order)
{
	const json_t *count = json_object_get(request, "count");
	json_int_t wanted = json_integer_value(count);

	if (!json_is_integer(count) || wanted < 1 ||
	    wanted > SETTINGS_WORKERS_MAX)
		return master_command_error(
		    "workers: count has to be 1 to %d", SETTINGS_WORKERS_MAX);
	master_workers_set(master, (unsigned)wanted, order);
	return NULL;
}

static json_t *
run_pause(
    struct master *master, const json_t *request, struct master_order *order)
{
	master_pause(master, true, order);
	return NULL;
}

static json_t *
run_resume(
    struct master *master, const json_t *request, struct master_order *order)
{
	master_pause(master, false, order);
	return NULL;
}

static json_t *
run_upgrade(
    struct master *master, const json_t *request, struct master_order *order)
{
	const json_t *binary = json_object_get(request, "binary");

	if (binary != NULL && !json_is_string(binary))
		return master_command_error("binary is no text");
	master_upgrade_start(master, json_string_value(binary), order);
	return NULL;
}

static const struct {
	const char *name;
	json_t *(*run)(struct master *master, const json_t *request,
	    struct master_order *order);
} commands[] = {
	{ "status", run_status },
	{ "crashes", run_crashes },
	{ "crashes-clear", run_crashes_clear },
	{ "quarantine", run_quarantine },
	{ "quarantine-clear", run_quarantine_clear },
	{ "reload", run_reload },
	{ "stop", run_stop },
	{ "quit", run_quit },
	{ "reopen", run_reopen },
	{ "workers", run_workers },
	{ "pause", run_pause },
	{ "resume", run_resume },
	{ "upgrade", run_upgrade },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static json_t *
escape(const char *text)
{
	struct buffer escaped;
	json_t *words;

	buffer_init(&escaped, 0);
	buffer_append_escaped(&escaped, text, strlen(text));
	words = json_string(escaped.data == NULL ? "" : escaped.data);
	buffer_fini(&escaped);
	return words;
}

/* Escaped only where it must be: the words have quotes of their own. */
json_t *
master_command_error(const char *format, ...)
{
	json_t *words = NULL;
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = memory_format_v(format, arguments);
	va_end(arguments);
	if (!config_text_has_controls(text))
		words = json_string(text);
	if (words == NULL)
		words = escape(text);
	memory_free(text);
	return json_pack("{s:o}", "error", words);
}

json_t *
master_command_summary(json_t *members, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = memory_format_v(format, arguments);
	va_end(arguments);
	json_object_set_new(members, "summary", json_string(text));
	memory_free(text);
	return members;
}

static json_t *
refuse(const char *name)
{
	struct buffer known;
	json_t *reply;
	size_t i;

	buffer_init(&known, 0);
	for (i = 0; i < COMMAND_COUNT; i++)
		buffer_format(
		    &known, "%s%s", i == 0 ? "" : ", ", commands[i].name);
	reply = master_command_error(
	    "unknown command %.*s: there are %s", NAME_SHOWN, name, known.data);
	buffer_fini(&known);
	return reply;
}

json_t *
master_command_run(
    struct master *master, const json_t *request, struct master_order *order)
{
	const char *name =
	    json_string_value(json_object_get(request, "command"));
	size_t i;

	if (name == NULL)
		return master_command_error(
		    "no request: its member command is no text");
	for (i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		return commands[i].run(master, request, order);
	}
	return refuse(name);
}
