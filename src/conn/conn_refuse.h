/* SPDX-License-Identifier: ISC */
/*
 * An answer to a client that is not served at all.  Worker, loop thread.
 */
#ifndef CONN_REFUSE_H
#define CONN_REFUSE_H

#include <stddef.h>

/* Sends answer on a socket that nobody reads, as far as it takes it now, and
 * shuts it down; it stays the caller's to close. */
void conn_refuse(int fd, const char *answer, size_t size);

#endif
