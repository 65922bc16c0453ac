/* SPDX-License-Identifier: ISC */
/*
 * What a new program does when it only tries (master_upgrade_trial.c), from
 * the configuration to a worker that would serve.
 */
#ifndef MASTER_PROBE_H
#define MASTER_PROBE_H

#include "master/master.h"

/* Says how it went on standard error. */
enum ipc_exit master_probe_run(struct master_options *options);

#endif
