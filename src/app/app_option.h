/* SPDX-License-Identifier: ISC */
/*
 * Options of scopes and routes, from app_option.tbl: parsed once, when they
 * are declared; what a scope or route was not given comes from around it,
 * once, when all setups ran, so that the order of declarations is free.
 * Private to app/, phase setup.
 */
#ifndef APP_OPTION_H
#define APP_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base_error.h"
#include "config/config_settings.h"

struct app_options {
	uint64_t body_limit; /* bytes */
	uint64_t timeout_ms; /* handler_timeout */
	bool keep_half_closed;
	bool is_blocking; /* handlers run in the pool */
	const char *name; /* of a route; NULL */
	unsigned given;   /* bit for each row of the table */
};

/* What holds where nothing was declared in the mount. */
void app_options_init(struct app_options *options,
    const struct settings_http *http, const struct settings_mount *mount);

/*
 * Parses one option of a scope, or of a route.  value must outlive options.
 * 0, or -1 with what is allowed.
 */
int app_options_set(struct app_options *options, bool of_route, const char *key,
    const char *value, struct error *error);

/* Takes from outer what options was not given itself. */
void app_options_inherit(
    struct app_options *options, const struct app_options *outer);

#endif
