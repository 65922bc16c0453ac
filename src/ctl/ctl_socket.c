/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_socket.h"

#include <stdio.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "config/config_parse.h"

/* For a report, which the daemon has at hand. */
#define REPORT_WAIT_MS 60000u

/* ---- where ---- */

static int
read_settings(const struct ctl_options *options, char **path_r,
    char **state_directory_r, struct error *error)
{
	const struct config_overrides overrides = {
		.file = options->file,
		.is_root = geteuid() == 0,
	};
	struct settings *settings;

	if (config_parse(&overrides, &settings, error) == -1)
		return -1;
	*path_r = memory_copy_text(settings->control_socket);
	if (state_directory_r != NULL)
		*state_directory_r =
		    memory_copy_text(settings->state_directory);
	settings_free(&settings);
	return 0;
}

static int
find_named(
    const struct ctl_options *options, char **path_r, char **state_directory_r)
{
	struct error ignored;
	char *other = NULL;

	*path_r = memory_copy_text(options->socket);
	if (state_directory_r == NULL)
		return 0;
	if (read_settings(options, &other, state_directory_r, &ignored) == -1)
		*state_directory_r = memory_copy_text("");
	memory_free(other);
	return 0;
}

int
ctl_socket_find(const struct ctl_options *options, char **path_r,
    char **state_directory_r, struct error *error)
{
	if (options->socket != NULL)
		return find_named(options, path_r, state_directory_r);
	if (read_settings(options, path_r, state_directory_r, error) == -1)
		return -1;
	return 0;
}

/* ---- asking ---- */

static int
open_path(const char *path, struct ipc_control **control_r, struct error *error)
{
	if (path[0] == '\0')
		return error_set(error, ERROR_CONFIG,
		    "no control_socket is configured (-S names one)");
	return ipc_control_open(path, control_r, error);
}

int
ctl_socket_open(const struct ctl_options *options,
    struct ipc_control **control_r, struct error *error)
{
	char *path;
	int result;

	if (ctl_socket_find(options, &path, NULL, error) == -1)
		return -1;
	result = open_path(path, control_r, error);
	memory_free(path);
	return result;
}

int
ctl_socket_report(struct ipc_control *control, const char *command,
    json_t **reply_r, struct error *error)
{
	json_t *request = json_pack("{s:s}", "command", command);
	const char *refusal;
	int result =
	    ipc_control_ask(control, request, REPORT_WAIT_MS, reply_r, error);

	json_decref(request);
	if (result == -1)
		return -1;
	refusal = ipc_control_refusal(*reply_r);
	if (refusal == NULL)
		return 0;
	error_set(error, ERROR_RUNTIME, "%s", refusal);
	json_decref(*reply_r);
	*reply_r = NULL;
	return -1;
}

int
ctl_socket_ask(const char *path, const char *command, json_t **reply_r,
    struct error *error)
{
	struct ipc_control *control;
	int result;

	if (open_path(path, &control, error) == -1)
		return -1;
	result = ctl_socket_report(control, command, reply_r, error);
	ipc_control_close(&control);
	return result;
}

enum ipc_exit
ctl_socket_complain(const struct error *error)
{
	fprintf(stderr, "cohortctl: %s\n", error->text);
	return ipc_exit_for(error);
}

json_t *
ctl_socket_reply(const struct ctl_options *options, const char *command,
    enum ipc_exit *code_r)
{
	struct ipc_control *control;
	json_t *reply = NULL;
	struct error error;
	int result = ctl_socket_open(options, &control, &error);

	if (result == 0) {
		result = ctl_socket_report(control, command, &reply, &error);
		ipc_control_close(&control);
	}
	if (result == -1)
		*code_r = ctl_socket_complain(&error);
	return reply;
}
