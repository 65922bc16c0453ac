/* SPDX-License-Identifier: ISC */
/*
 * The order of the first step; the second is struct app_settings.seal.
 */
#include "worker/worker_sandbox.h"

#include "worker/worker_credentials.h"

static int
drop_privileges(const struct settings *settings, struct error *error)
{
	struct worker_credentials credentials;

	if (worker_credentials_find(settings, &credentials, error) == -1)
		return -1;
	worker_capabilities_limit();
	if (worker_credentials_drop(&credentials, error) == -1)
		return -1;
	return worker_capabilities_drop(error);
}

int
worker_sandbox_enter(const struct settings *settings,
    const struct app_bytes *modules, size_t module_count, bool has_cores,
    struct error *error)
{
	if (drop_privileges(settings, error) == -1)
		return -1;
	if (has_cores && worker_core_apply(settings, error) == -1)
		return -1;
	return worker_landlock_apply(settings, modules, module_count, error);
}
