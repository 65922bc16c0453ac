/* SPDX-License-Identifier: ISC */
/*
 * From libconfuse's tree to settings: every value parsed and checked, every
 * error with its line.
 */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include <confuse.h>

#include "base/base_error.h"
#include "config/config_settings.h"

/*
 * Puts what stands in tree into settings, which have the defaults.  name is
 * what errors and places call the file; relative paths stand on directory.
 * After an error settings are good for freeing only.
 */
int config_build(cfg_t *tree, const char *name, const char *directory,
    struct settings *settings, struct error *error);

#endif
