/* SPDX-License-Identifier: ISC */
/*
 * mount "/" { files = "/srv/www" }: the files below a directory, by GET and
 * HEAD.  What is not there, or may not be seen, is left to the next mount.
 *
 * The directory is opened once, by the start hook: a mount over it, or a
 * link in its place, is seen after the next reload.  Workers.
 */
#ifndef SERVICE_FILES_H
#define SERVICE_FILES_H

#include "app/app.h"

/* A setup of struct app_service. */
int service_files_setup(struct cohort_app *app, const struct settings *settings,
    const struct settings_mount *mount);

#endif
