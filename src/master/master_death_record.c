/* SPDX-License-Identifier: ISC */
#include <sys/wait.h>

#include <signal.h>
#include <string.h>

#include "master/master_death.h"
#include "master/master_json.h"

/* Nothing is the same as none. */
static json_t *
text_or_null(const char *text)
{
	return master_json_text_or_null(
	    text == NULL || text[0] == '\0' ? NULL : text);
}

static json_t *
address_of(uint64_t address)
{
	return json_sprintf("0x%llx", (unsigned long long)address);
}

static json_t *
number_or_null(uint64_t number)
{
	return number == 0 ? json_null() : json_integer((json_int_t)number);
}

static void
put_signal(json_t *record, const struct master_death *death)
{
	int number = master_death_signal(death);
	const char *name = sigabbrev_np(number), *code = NULL;

	if (number == 0)
		json_object_set_new(record, "signal", json_null());
	else if (name != NULL)
		json_object_set_new(record, "signal", json_string(name));
	else
		json_object_set_new(
		    record, "signal", json_sprintf("%d", number));
	if (death->has_report)
		code =
		    master_death_code(death->report.signal, death->report.code);
	json_object_set_new(
	    record, "code", code == NULL ? json_null() : json_string(code));
	json_object_set_new(record, "address",
	    master_death_has_address(death) ?
		address_of(death->report.address) :
		json_null());
}

static void
put_end(json_t *record, const struct master_death *death)
{
	bool exited = death->has_ended && WIFEXITED(death->status);
	bool dumped = death->has_ended && WIFSIGNALED(death->status) &&
	    WCOREDUMP(death->status);

	put_signal(record, death);
	json_object_set_new(record, "exit",
	    exited ? json_integer(WEXITSTATUS(death->status)) : json_null());
	json_object_set_new(record, "core", json_boolean(dumped));
	json_object_set_new(
	    record, "reported", json_boolean(death->has_report));
	json_object_set_new(record, "hung_ms", number_or_null(death->hung_ms));
	json_object_set_new(record, "failure", text_or_null(death->failure));
}

static json_t *
request_of(const struct master_death *death)
{
	const struct ipc_current *current = &death->current;
	char peer[NETWORK_TEXT_SIZE];
	json_t *request;

	if (!death->has_current || current->exchange_id == 0)
		return json_null();
	request = json_object();
	json_object_set_new(request, "id",
	    json_sprintf("%016llx", (unsigned long long)current->exchange_id));
	json_object_set_new(request, "method",
	    master_json_text(current->method, current->method_size));
	json_object_set_new(request, "target",
	    master_json_text(current->target, current->target_size));
	network_address_format(&current->peer, peer);
	json_object_set_new(request, "peer", json_string(peer));
	json_object_set_new(request, "route", text_or_null(current->route));
	json_object_set_new(request, "doing", text_or_null(current->doing));
	json_object_set_new(request, "module", text_or_null(death->module));
	json_object_set_new(request, "mount", text_or_null(death->mount));
	json_object_set_new(
	    request, "running_ms", json_integer((json_int_t)death->ran_ms));
	return request;
}

static json_t *
doing_of(const struct master_death *death)
{
	if (!death->has_current || death->current.exchange_id != 0)
		return json_null();
	return text_or_null(death->current.doing);
}

static json_t *
frame_of(const struct master_frame *frame)
{
	json_t *object = json_object();

	json_object_set_new(object, "address", address_of(frame->address));
	json_object_set_new(object, "image", text_or_null(frame->image));
	json_object_set_new(object, "offset",
	    frame->image == NULL ? json_null() : address_of(frame->offset));
	json_object_set_new(object, "build_id", text_or_null(frame->build_id));
	json_object_set_new(object, "function", text_or_null(frame->function));
	json_object_set_new(object, "file", text_or_null(frame->file));
	json_object_set_new(object, "line", number_or_null(frame->line));
	return object;
}

static json_t *
stack_of(const struct master_death *death)
{
	json_t *stack = json_array();
	size_t i;

	for (i = 0; i < death->frame_count; i++)
		json_array_append_new(stack, frame_of(&death->frames[i]));
	return stack;
}

/* As configured, so that it can be opened; what is no UTF-8 cannot. */
static json_t *
path_of(const char *path)
{
	json_t *text = json_string(path);

	return text == NULL ? master_json_text(path, strlen(path)) : text;
}

static json_t *
modules_of(const struct master_death *death)
{
	const struct master_death_module *module;
	json_t *modules = json_array(), *object;
	size_t i;

	for (i = 0; i < death->module_count; i++) {
		module = &death->modules[i];
		object = json_object();
		json_object_set_new(object, "path", path_of(module->path));
		json_object_set_new(
		    object, "build_id", text_or_null(module->build_id));
		json_object_set_new(object, "load", address_of(module->load));
		json_array_append_new(modules, object);
	}
	return modules;
}

static void
put_worker(json_t *record, const struct master_death *death)
{
	json_object_set_new(record, "time", master_json_time(death->time));
	json_object_set_new(record, "slot", json_integer(death->slot));
	json_object_set_new(record, "pid", json_integer(death->pid));
	json_object_set_new(record, "cohort", json_integer(death->cohort));
	json_object_set_new(record, "state",
	    json_string(master_worker_state_name(death->state)));
}

static void
put_connections(json_t *record, const struct master_death *death)
{
	uint32_t answered = death->has_report ? death->report.answered : 0;

	json_object_set_new(record, "adopted", json_integer(death->adopted));
	json_object_set_new(
	    record, "lost", json_integer(master_death_lost(death)));
	json_object_set_new(record, "answered", json_integer(answered));
}

json_t *
master_death_record(const struct master_death *death)
{
	json_t *record = json_object();

	put_worker(record, death);
	put_end(record, death);
	json_object_set_new(record, "request", request_of(death));
	json_object_set_new(record, "doing", doing_of(death));
	json_object_set_new(record, "stack", stack_of(death));
	json_object_set_new(record, "modules", modules_of(death));
	put_connections(record, death);
	return record;
}
