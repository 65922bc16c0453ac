/* SPDX-License-Identifier: ISC */
/*
 * Option values that are lists, and paths: they stay text in the settings,
 * so they are judged here once, and whoever reads them need not.  Any
 * process, any time.
 */
#ifndef CONFIG_LIST_H
#define CONFIG_LIST_H

#include "base/base_error.h"

/* Each of them, with spaces between; the error names the first that is none. */
int config_networks_check(const char *text, struct error *error);
int config_calls_check(const char *text, struct error *error);

/* What is relative stands on directory; NULL: stays.  The caller frees it. */
char *config_path_absolute(const char *text, const char *directory);

/* The same for each, with colons between. */
char *config_paths_absolute(const char *text, const char *directory);

#endif
