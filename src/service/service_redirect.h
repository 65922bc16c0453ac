/* SPDX-License-Identifier: ISC */
/*
 * mount "/old" { redirect = "/new" }: any method, any path below, 308 by
 * default.  Workers.
 */
#ifndef SERVICE_REDIRECT_H
#define SERVICE_REDIRECT_H

#include "app/app.h"

/* A setup of struct app_service. */
int service_redirect_setup(struct cohort_app *app,
    const struct settings *settings, const struct settings_mount *mount);

#endif
