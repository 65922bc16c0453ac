/* SPDX-License-Identifier: ISC */
/*
 * Settings as text that config_parse would read back the same: cohortd -T.
 */
#ifndef CONFIG_PRINT_H
#define CONFIG_PRINT_H

#include <stdio.h>

#include "config/config_settings.h"

void config_print(const struct settings *settings, FILE *to);

#endif
