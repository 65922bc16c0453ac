/* SPDX-License-Identifier: ISC */
/*
 * panic: our own bug.  Logs one line and calls abort(3), so that the crash
 * path, or the debugger, sees the stack.  Never for what a client, an
 * operator or the kernel did.  Any process, any thread.
 */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

void panic(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn, cold));

#endif
