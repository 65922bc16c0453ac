/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_state.h"

#include <stdio.h>
#include <string.h>

#include "base/base_error.h"
#include "base/base_memory.h"
#include "ctl/ctl_socket.h"

static void
complain(const struct error *error)
{
	fprintf(stderr, "cohortctl: %s\n", error->text);
}

/* Takes root. */
static void
take_records(struct ctl_state *state, json_t *root)
{
	json_t *records = json_object_get(root, "crashes");

	if (json_is_array(records)) {
		json_decref(state->records);
		state->records = json_incref(records);
	}
	json_decref(root);
}

/* The daemon knows where its state is, whatever a file says by now. */
static void
take_reply(struct ctl_state *state, json_t *reply)
{
	const char *directory =
	    json_string_value(json_object_get(reply, "state_directory"));

	memory_free(state->directory);
	state->directory = memory_copy_text(directory == NULL ? "" : directory);
	take_records(state, reply);
}

static void
read_file(struct ctl_state *state)
{
	json_error_t problem;
	json_t *root;
	char *path;

	if (state->directory[0] == '\0')
		return;
	path = memory_format("%s/crashes.json", state->directory);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
	if (root == NULL)
		fprintf(stderr, "cohortctl: %s: %s\n", path, problem.text);
	take_records(state, root);
	memory_free(path);
}

void
ctl_state_read(const struct ctl_options *options, struct ctl_state *state_r)
{
	struct error error;
	json_t *reply;
	char *socket;

	state_r->records = json_array();
	state_r->directory = NULL;
	if (ctl_socket_find(options, &socket, &state_r->directory, &error) ==
	    -1) {
		complain(&error);
		state_r->directory = memory_copy_text("");
		return;
	}
	if (socket[0] == '\0') {
		read_file(state_r);
	} else if (ctl_socket_ask(socket, "crashes", &reply, &error) == 0) {
		take_reply(state_r, reply);
	} else {
		complain(&error);
		read_file(state_r);
	}
	memory_free(socket);
}

void
ctl_state_fini(struct ctl_state *state)
{
	json_decref(state->records);
	memory_free(state->directory);
	memset(state, 0, sizeof(*state));
}

const json_t *
ctl_state_find(const struct ctl_state *state, pid_t pid)
{
	const json_t *record, *number;
	size_t i;

	for (i = 0; i < json_array_size(state->records); i++) {
		record = json_array_get(state->records, i);
		number = json_object_get(record, "pid");
		if (json_is_integer(number) &&
		    json_integer_value(number) == pid)
			return record;
	}
	return NULL;
}
