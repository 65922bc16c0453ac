/* SPDX-License-Identifier: ISC */
/*
 * Datagrams to the service manager, as sd_notify(3) has them: NAME=VALUE
 * lines to the socket that NOTIFY_SOCKET names, and WATCHDOG=1 as often as
 * WATCHDOG_USEC wants.  The master only; a pointer of NULL is fine
 * everywhere and means that nobody listens.
 *
 * Sending never waits.  What a slow reader has no room for is kept, in
 * order, up to MASTER_NOTIFY_WAITING messages, beyond which the oldest is
 * dropped; once there is no reader any more nothing is sent.
 */
#ifndef MASTER_NOTIFY_H
#define MASTER_NOTIFY_H

#include <event2/event.h>

#define MASTER_NOTIFY_WAITING 16

struct master_notify;

/*
 * Reads the variables and unsets them, so that neither workers nor what they
 * run take themselves for the service.  Before the daemon forks: the watchdog
 * may be meant for the process that was started.  NULL: no NOTIFY_SOCKET.
 */
struct master_notify *master_notify_new(void);
void master_notify_free(struct master_notify **notify);

/* Connects, and starts the watchdog.  A manager that cannot be reached is no
 * reason not to serve: that is logged. */
void master_notify_start(struct master_notify *notify, struct event_base *base);

/* Sends these lines. */
void master_notify_send(struct master_notify *notify, const char *lines);

/* Sets the variables again, for a program that takes over this process. */
void master_notify_export(const struct master_notify *notify);
/* And unsets them: that program could not. */
void master_notify_hide(void);

#endif
