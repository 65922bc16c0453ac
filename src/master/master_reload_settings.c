/* SPDX-License-Identifier: ISC */
/*
 * Which settings a reload gets: those of the file, as it is now, unless they
 * change what only a start can.
 */
#include <string.h>

#include "master/master_reload.h"

static int
check_start_only(const char *option, const char *before, const char *after,
    struct error *error)
{
	if (strcmp(before, after) == 0)
		return 0;
	return error_set(error, ERROR_CONFIG,
	    "%s changed from \"%s\" to \"%s\", which needs a restart", option,
	    before, after);
}

/* What was "" may stand as NULL. */
static const char *
text_of(const char *text)
{
	return text == NULL ? "" : text;
}

static int
check_all_start_only(const struct master *master,
    const struct settings *settings, struct error *error)
{
	const struct {
		const char *option, *before, *after;
	} options[] = {
		{ "pid_file", master->pid_file, settings->pid_file },
		{ "user", master->user, settings->user },
		{ "group", master->group, settings->group },
		{ "state_directory", master->state_directory,
		    settings->state_directory },
		{ "control_socket", master->control_socket,
		    settings->control_socket },
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (check_start_only(options[i].option,
			text_of(options[i].before), text_of(options[i].after),
			error) == -1)
			return -1;
	return 0;
}

int
master_reload_read(const struct master *master, struct settings **settings_r,
    struct error *error)
{
	struct settings *settings;

	if (config_parse(&master->options->overrides, &settings, error) == -1)
		return -1;
	if (check_all_start_only(master, settings, error) == -1) {
		settings_free(&settings);
		return -1;
	}
	*settings_r = settings;
	return 0;
}
