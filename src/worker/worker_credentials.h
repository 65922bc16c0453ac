/* SPDX-License-Identifier: ISC */
/*
 * Dropping privileges: user, group, supplementary groups; all or nothing.
 */
#ifndef WORKER_CREDENTIALS_H
#define WORKER_CREDENTIALS_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/base_error.h"
#include "config/config_settings.h"

struct worker_credentials {
	bool keep; /* not root: stay who we are */
	uid_t user;
	gid_t group;
	char name[64]; /* for initgroups(3) */
};

/* Looks user and group up.  The master calls it before it forks, so that
 * an unusable user is found at start: ERROR_CONFIG. */
int worker_credentials_find(const struct settings *settings,
    struct worker_credentials *credentials_r, struct error *error);

/* Sets groups, group and user for good and proves that there is no way
 * back; -1 leaves a process that must exit. */
int worker_credentials_drop(
    const struct worker_credentials *credentials, struct error *error);

#endif
