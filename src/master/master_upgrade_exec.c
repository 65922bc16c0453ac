/* SPDX-License-Identifier: ISC */
/*
 * The last step.  Signals are blocked: one that comes while nobody handles it
 * waits for the new image, and does not end the process, as what was blocked
 * stays so, and pending, behind execve(2).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "master/master_state.h"
#include "master/master_upgrade.h"

int
master_upgrade_set_environment(int state, bool is_trial)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", state);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (setenv(MASTER_STATE_VARIABLE, text, 1) == -1)
		return -1;
	return is_trial ? setenv(MASTER_PROBE_VARIABLE, "1", 1) :
			  unsetenv(MASTER_PROBE_VARIABLE);
}

/* Keep: they stay open in the next image. */
static int
keep_descriptors(const json_t *list, bool keep, struct error *error)
{
	size_t i;
	int fd;

	for (i = 0; i < json_array_size(list); i++) {
		fd = (int)json_integer_value(json_array_get(list, i));
		if (fd_set_cloexec(fd, !keep, error) == -1)
			return -1;
	}
	return 0;
}

/* Deaths that are written, but wait for their worker's end. */
static void
mark_recorded(struct master *master, bool is_recorded)
{
	struct master_worker *worker = NULL;

	while ((worker = master_worker_next(master, worker)) != NULL)
		if (worker->death != NULL)
			worker->is_recorded = is_recorded;
}

static void
become(struct master *master, const char *binary, int state,
    const json_t *descriptors, struct error *error)
{
	if (keep_descriptors(descriptors, true, error) == 0 &&
	    fd_set_cloexec(state, false, error) == 0 &&
	    master_upgrade_set_environment(state, false) == 0) {
		master_notify_export(master->notify);
		execv(binary, (char *const *)master->options->arguments);
		error_set_errno(error, "%s", binary);
		master_notify_hide();
	}
	unsetenv(MASTER_STATE_VARIABLE);
}

int
master_upgrade_exec(
    struct master *master, const char *binary, struct error *error)
{
	struct error ignored;
	json_t *root, *descriptors;
	int state;

	master_crashes_flush(master);
	mark_recorded(master, true);
	root = master_state_put(master);
	descriptors = json_object_get(root, "descriptors");
	error_set(error, ERROR_SYSTEM, "the environment cannot be set");
	if (master_state_seal(root, &state, error) == 0) {
		become(master, binary, state, descriptors, error);
		keep_descriptors(descriptors, false, &ignored);
		fd_close(&state);
	}
	json_decref(root);
	mark_recorded(master, false);
	return -1;
}
