/* SPDX-License-Identifier: ISC */
/*
 * Settings as JSON, from one program image to the next one (master_state.h):
 * unlike the text of config_print it also holds where each thing stood, and
 * a reader passes over options that it does not know; those it does not find
 * have their defaults.
 */
#ifndef CONFIG_JSON_H
#define CONFIG_JSON_H

#include <jansson.h>

#include "base/base_error.h"
#include "config/config_settings.h"

/* A new reference. */
json_t *config_to_json(const struct settings *settings);

/* 0 and settings the caller frees, or -1. */
int config_from_json(
    const json_t *json, struct settings **settings_r, struct error *error);

/*
 * Bytes and texts of any kind: those beyond ASCII stand as the code points of
 * the same numbers, as JSON has to be UTF-8, and a path need not be.  New
 * references; a text of NULL is null.
 */
json_t *config_json_put_bytes(const void *data, size_t size);
json_t *config_json_put_text(const char *text);

/* What these made, NUL-terminated, the caller's to free; NULL: it is none. */
char *config_json_take_bytes(const json_t *json, size_t *size_r);
char *config_json_take_text(const json_t *json);

#endif
