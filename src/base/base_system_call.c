/* SPDX-License-Identifier: ISC */
/*
 * libseccomp has the names, of every architecture; so nobody else has to
 * include it for them.
 */
#include "base/base_system_call.h"

#include <seccomp.h>

#include <stdlib.h>

bool
system_call_is_known(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

/* libseccomp has tokens of its own, which are the kernel's values. */
void
system_call_name(uint32_t architecture, uint32_t number, struct buffer *to)
{
	char *name =
	    seccomp_syscall_resolve_num_arch(architecture, (int)number);

	if (name != NULL)
		buffer_append_text(to, name);
	else
		buffer_format(to, "system call %u", number);
	if (architecture != seccomp_arch_native())
		buffer_format(to, " of architecture 0x%x", architecture);
	free(name);
}
