/* SPDX-License-Identifier: ISC */
/*
 * Whether a crash leaves a core.  A change of credentials makes a process
 * undumpable, so this comes behind it.  Without cores nobody else of the same
 * user can look into the worker either (ptrace(2)).
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <unistd.h>

#include "base/base_log.h"
#include "worker/worker_sandbox.h"

static int
raise_limit(struct error *error)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == -1)
		return error_set_errno(error, "getrlimit of core files");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_CORE, &limit) == -1)
		return error_set_errno(error, "setrlimit of core files");
	if (limit.rlim_max == 0)
		log_warn("core_dumps: the hard limit of core files is 0");
	return 0;
}

int
worker_core_apply(const struct settings *settings, struct error *error)
{
	if (prctl(PR_SET_DUMPABLE, settings->core_dumps ? 1 : 0) == -1)
		return error_set_errno(error, "prctl of dumpable");
	if (!settings->core_dumps)
		return 0;
	if (chdir(settings->core_directory) == -1)
		return error_set_errno(
		    error, "core_directory %s", settings->core_directory);
	return raise_limit(error);
}
