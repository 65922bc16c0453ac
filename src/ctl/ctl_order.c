/* SPDX-License-Identifier: ISC */
/*
 * cohortctl reload, stop, quit, reopen, upgrade, workers, pause, resume: an
 * order, and what came of it.
 */
#include <stdio.h>
#include <string.h>

#include "base/base_number.h"
#include "ctl/ctl.h"
#include "ctl/ctl_socket.h"
#include "ctl/ctl_text.h"

/* What is too much the daemon knows. */
static json_t *
make_request(const struct ctl_options *options, struct error *error)
{
	int64_t count;

	if (options->operand == NULL)
		return json_pack("{s:s}", "command", options->verb);
	if (strcmp(options->verb, "upgrade") == 0)
		return json_pack("{s:s, s:o}", "command", options->verb,
		    "binary", json_string(options->operand));
	if (number_parse(options->operand, 0, INT32_MAX, &count) == 0)
		return json_pack("{s:s, s:I}", "command", options->verb,
		    "count", (json_int_t)count);
	error_set(error, ERROR_CONFIG, "%s: \"%s\" is no number", options->verb,
	    options->operand);
	return NULL;
}

static void
print_words(FILE *to, const char *before, const char *text)
{
	struct buffer words;

	buffer_init(&words, 0);
	ctl_text_append(&words, text, CTL_TEXT_LINE_MAX);
	fprintf(to, "%s%s\n", before, words.data == NULL ? "" : words.data);
	buffer_fini(&words);
}

static enum ipc_exit
print_reply(const struct ctl_options *options, const json_t *reply)
{
	const char *refusal = ipc_control_refusal(reply);
	const char *summary =
	    json_string_value(json_object_get(reply, "summary"));

	if (options->json)
		ctl_text_print_json(reply);
	else if (refusal == NULL)
		print_words(stdout, "", summary == NULL ? "done" : summary);
	else
		print_words(stderr, "cohortctl: ", refusal);
	return refusal == NULL ? IPC_EXIT_OK : IPC_EXIT_FAILURE;
}

enum ipc_exit
ctl_order(const struct ctl_options *options)
{
	struct ipc_control *control;
	json_t *request, *reply;
	enum ipc_exit code;
	struct error error;

	request = make_request(options, &error);
	if (request == NULL) {
		ctl_socket_complain(&error);
		return IPC_EXIT_USAGE;
	}
	if (ctl_socket_open(options, &control, &error) == -1) {
		json_decref(request);
		return ctl_socket_complain(&error);
	}
	if (ipc_control_ask(
		control, request, options->timeout_ms, &reply, &error) == -1) {
		code = ctl_socket_complain(&error);
	} else {
		code = print_reply(options, reply);
		json_decref(reply);
	}
	ipc_control_close(&control);
	json_decref(request);
	return code;
}
