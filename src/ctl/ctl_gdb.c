/* SPDX-License-Identifier: ISC */
/*
 * cohortctl gdb: the debugger on a core, with the modules that crashed as
 * they were then.  It becomes gdb, without a shell between.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_memory.h"
#include "ctl/ctl.h"
#include "ctl/ctl_core.h"
#include "ctl/ctl_record.h"
#include "ctl/ctl_state.h"
#include "ctl/ctl_symbols.h"

struct arguments {
	char **list; /* ends in NULL; owns each */
	size_t count;
};

static void
add(struct arguments *arguments, const char *text)
{
	arguments->list = memory_resize(
	    arguments->list, arguments->count + 2, sizeof(*arguments->list));
	arguments->list[arguments->count++] = memory_copy_text(text);
	arguments->list[arguments->count] = NULL;
}

static void
add_pair(struct arguments *arguments, const char *option, const char *value)
{
	add(arguments, option);
	add(arguments, value);
}

static void
arguments_fini(struct arguments *arguments)
{
	size_t i;

	for (i = 0; i < arguments->count; i++)
		memory_free(arguments->list[i]);
	memory_free(arguments->list);
}

/* Nor for a library of its own that goes with those of the core. */
static void
look_nowhere(struct arguments *arguments)
{
	add_pair(arguments, "-iex", "set auto-solib-add off");
	add_pair(arguments, "-iex", "set sysroot /nonexistent");
	add_pair(arguments, "-iex", "set auto-load libthread-db off");
}

/* Our commands run when program and core are there, before the user's. */
static void
make_arguments(struct arguments *arguments, const struct ctl_options *options,
    const struct ctl_core *core, const struct ctl_symbols *symbols)
{
	size_t i;

	add(arguments, "gdb");
	if (symbols->is_selective)
		look_nowhere(arguments);
	if (core->program != NULL)
		add_pair(arguments, "-se", core->program);
	add_pair(arguments, "-c", options->operand);
	if (symbols->count > 0)
		add_pair(arguments, "-ex", "set confirm off");
	for (i = 0; i < symbols->count; i++)
		add_pair(arguments, "-ex", symbols->commands[i]);
	if (symbols->count > 0)
		add_pair(arguments, "-ex", "set confirm on");
	for (i = 0; i < options->rest_count; i++)
		add(arguments, options->rest[i]);
}

/* To standard error, as gdb's own output may be read by a program. */
static void
introduce(const struct ctl_core *core, const json_t *record)
{
	struct buffer words;

	if (record == NULL) {
		fprintf(stderr, "cohortctl: no record of a crash of pid %d\n",
		    (int)core->pid);
		return;
	}
	buffer_init(&words, 0);
	ctl_record_end(&words, record);
	buffer_append_text(&words, ", ");
	ctl_record_request(&words, record);
	fprintf(stderr, "cohortctl: pid %d: crash %lld, %s\n", (int)core->pid,
	    (long long)json_integer_value(json_object_get(record, "id")),
	    words.data);
	buffer_fini(&words);
}

static enum ipc_exit
become_gdb(char **arguments)
{
	int number;

	execvp(arguments[0], arguments);
	number = errno;
	fprintf(stderr, "cohortctl: gdb: %s%s\n", strerror(number),
	    number == ENOENT ? ": is it installed?" : "");
	return number == ENOENT ? IPC_EXIT_FAILURE : IPC_EXIT_SYSTEM;
}

static enum ipc_exit
run(const struct ctl_options *options, const struct ctl_core *core,
    const struct ctl_state *state)
{
	const json_t *record = ctl_state_find(state, core->pid);
	struct arguments arguments = { .count = 0 };
	struct ctl_symbols symbols;
	char *modules = NULL;
	enum ipc_exit code;

	if (state->directory[0] != '\0')
		modules = memory_format("%s/modules", state->directory);
	introduce(core, record);
	ctl_symbols_find(core, record, modules, &symbols);
	make_arguments(&arguments, options, core, &symbols);
	code = become_gdb(arguments.list);
	arguments_fini(&arguments);
	ctl_symbols_fini(&symbols);
	memory_free(modules);
	return code;
}

enum ipc_exit
ctl_gdb(const struct ctl_options *options)
{
	struct ctl_state state;
	struct ctl_core core;
	struct error error;
	enum ipc_exit code;

	if (ctl_core_read(options->operand, &core, &error) == -1) {
		fprintf(stderr, "cohortctl: %s\n", error.text);
		return ipc_exit_for(&error);
	}
	ctl_state_read(options, &state);
	code = run(options, &core, &state);
	ctl_state_fini(&state);
	ctl_core_fini(&core);
	return code;
}
