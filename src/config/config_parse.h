/* SPDX-License-Identifier: ISC */
/*
 * From configuration file and command line to settings, through libconfuse.
 * The master calls it at start, with -t and -T, and at each reload.  Nothing
 * is opened or bound here but the file itself; it logs nothing.
 */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_error.h"
#include "config/config_settings.h"

/* What the command line adds; the strings stay the caller's. */
struct config_overrides {
	const char *directory; /* that relative paths stand on: the
					   working directory at start, as a
					   daemon leaves it; NULL: the
					   present one */
	const char *file;      /* -c; NULL: the default */
	const char **listen;   /* -l */
	size_t listen_count;
	const char **modules; /* -m, mounted at "/" in this order */
	size_t module_count;
	const char *root;     /* -r, files at "/" behind them */
	const char *workers;  /* -w */
	const char *user;     /* -u USER[:GROUP] */
	const char *pid_file; /* -p */
	bool foreground;      /* -f: error_log is stderr */
	bool has_builtin;     /* COHORT_MAIN: a module at "/", first */
	bool is_partial;      /* need not say where to listen, what to serve */
	bool is_root;         /* chooses the default directories */
};

/*
 * Reads and checks everything that can be checked without touching the
 * system.  With -l, -m or -r (or a builtin module) and no -c, no file is
 * read; -l replaces the file's listeners; what the command line mounts goes
 * to host "*", before what the file mounts there.  No listener at all, or no
 * mount, is an error.  Relative paths in the file stand on the file's
 * directory, others on the working directory.  0 and a settings the caller
 * frees, or -1 with
 * "cohort.conf:12: workers: \"many\": a whole number from 0 to 512".
 */
int config_parse(const struct config_overrides *overrides,
    struct settings **settings_r, struct error *error);

#endif
