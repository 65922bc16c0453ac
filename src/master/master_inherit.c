/* SPDX-License-Identifier: ISC */
/*
 * Owns what an image finds of the one before.  The variables are unset at
 * once: no child is to take them for its own.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "base/base_number.h"
#include "base/base_program.h"
#include "master/master.h"
#include "master/master_state.h"

/* -1: there is none. */
static int
find_state(bool *is_trial_r)
{
	const char *text = getenv(MASTER_STATE_VARIABLE);
	int64_t number = -1;

	if (text != NULL &&
	    number_parse(text, STDERR_FILENO + 1, INT32_MAX, &number) == -1)
		number = -1;
	*is_trial_r = getenv(MASTER_PROBE_VARIABLE) != NULL;
	unsetenv(MASTER_STATE_VARIABLE);
	unsetenv(MASTER_PROBE_VARIABLE);
	return (int)number;
}

static int
take_state(struct master_options *options, int fd, struct error *error)
{
	pid_t writer = options->is_trial ? getppid() : getpid();
	int result = master_state_open(
	    fd, writer, options->is_trial, &options->state, error);

	fd_close(&fd);
	if (result == -1)
		return -1;
	options->directory = master_state_text(options->state, "directory");
	return 0;
}

int
master_inherit(
    struct master_options *options, const char *word, struct error *error)
{
	int fd = find_state(&options->is_trial);

	if (fd != -1 && take_state(options, fd, error) == -1)
		return -1;
	/* A daemon leaves it; a reload must still find the files. */
	if (options->directory == NULL)
		options->directory = getcwd(NULL, 0);
	options->program = program_find(word, options->directory);
	return 0;
}

void
master_disinherit(struct master_options *options)
{
	if (options->state != NULL)
		master_state_close(&options->state);
	memory_free(options->directory);
	memory_free(options->program);
}
