/* SPDX-License-Identifier: ISC */
/*
 * Asking the daemon: one request, its reply.
 */
#ifndef CTL_SOCKET_H
#define CTL_SOCKET_H

#include <jansson.h>

#include "base/base_error.h"
#include "ctl/ctl_options.h"
#include "ipc/ipc_control.h"
#include "ipc/ipc_exit.h"

/*
 * The path of the socket, and unless NULL the directory of the state, "" for
 * none: both the caller's.  With -S nothing is read for the path, and what
 * the configuration has to say of the state is all that it is read for:
 * without one there is none.
 */
int ctl_socket_find(const struct ctl_options *options, char **path_r,
    char **state_directory_r, struct error *error);

/* Connects to the daemon that the options name. */
int ctl_socket_open(const struct ctl_options *options,
    struct ipc_control **control_r, struct error *error);

/*
 * {"command": command}; a new reference to its reply, which is an object.
 * What the daemon refuses is an error that says so.
 */
int ctl_socket_report(struct ipc_control *control, const char *command,
    json_t **reply_r, struct error *error);

/* Connect to path and ask in one. */
int ctl_socket_ask(const char *path, const char *command, json_t **reply_r,
    struct error *error);

/* Says it on standard error; its exit code. */
enum ipc_exit ctl_socket_complain(const struct error *error);

/* Find and ask in one.  NULL: it was said why, and *code_r is its code. */
json_t *ctl_socket_reply(const struct ctl_options *options, const char *command,
    enum ipc_exit *code_r);

#endif
