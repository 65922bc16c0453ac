/* SPDX-License-Identifier: ISC */
/*
 * The libraries that a module needs and looks for beside its own file.  The
 * dynamic linker would look beside the descriptor that the module is opened
 * by.  Worker, before it opens a module.
 */
#ifndef APP_NEEDED_H
#define APP_NEEDED_H

#include "base/base_error.h"

/*
 * Opens what the module with those bytes needs and has to find by $ORIGIN,
 * which stands for the folder of path: then the linker has it when it opens
 * the module.  Bytes that are no module need nothing.  0, or -1 with what
 * to do, without path.
 */
int app_needed_open(const char *path, int fd, struct error *error);

/*
 * Calls on_folder for each folder in which the linker looks for what that
 * module needs, as the module itself and the environment have it.
 */
void app_needed_folders(const char *path, int fd,
    void (*on_folder)(void *context, const char *folder), void *context);

#endif
