/* SPDX-License-Identifier: ISC */
/*
 * The sets of capabilities that a process has: whoever stays root keeps its
 * files and loses its powers.  A program that it starts gets none back, as
 * the bounding set is empty, and no_new_privs holds for the others.
 */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "worker/worker_sandbox.h"

/* Refused to whoever has no right to it: there is none to be taken. */
void
worker_capabilities_limit(void)
{
	int number;

	for (number = 0; prctl(PR_CAPBSET_READ, number) >= 0; number++)
		prctl(PR_CAPBSET_DROP, number);
}

int
worker_capabilities_drop(struct error *error)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	/* Kernels without ambient ones have none to be cleared. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, none) == -1)
		return error_set_errno(error, "capset");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return error_set_errno(error, "prctl of no_new_privs");
	return 0;
}
