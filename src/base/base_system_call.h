/* SPDX-License-Identifier: ISC */
/*
 * Names and numbers of system calls, as libseccomp knows them.  Any process;
 * nothing here is async-signal-safe.
 */
#ifndef BASE_SYSTEM_CALL_H
#define BASE_SYSTEM_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base_buffer.h"

/* Is there a system call of that name, here or on another machine? */
bool system_call_is_known(const char *name);

/* Appends "execve", or "system call 999 of architecture 0x40000003": what
 * the kernel tells of one (AUDIT_ARCH_..., its number there). */
void system_call_name(
    uint32_t architecture, uint32_t number, struct buffer *to);

#endif
