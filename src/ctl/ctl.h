/* SPDX-License-Identifier: ISC */
/*
 * The verbs of cohortctl, a file each.  All of them print what they have to
 * say, complaints on standard error, and return the exit code.
 */
#ifndef CTL_H
#define CTL_H

#include "ctl/ctl_options.h"
#include "ipc/ipc_exit.h"

enum ipc_exit ctl_status(const struct ctl_options *options);
enum ipc_exit ctl_top(const struct ctl_options *options);
/* All verbs that are a command of the same name, and change something. */
enum ipc_exit ctl_order(const struct ctl_options *options);
enum ipc_exit ctl_crashes_list(const struct ctl_options *options);
enum ipc_exit ctl_crashes_show(const struct ctl_options *options);
enum ipc_exit ctl_crashes_clear(const struct ctl_options *options);
enum ipc_exit ctl_quarantine_list(const struct ctl_options *options);
enum ipc_exit ctl_quarantine_clear(const struct ctl_options *options);
/* Returns only if gdb cannot be started. */
enum ipc_exit ctl_gdb(const struct ctl_options *options);

#endif
