/* SPDX-License-Identifier: ISC */
/*
 * Listening sockets: one at a time, made from an address and a listener's
 * settings.  Master only; which sockets there are is master_listen.c's.
 */
#ifndef MASTER_SOCKET_H
#define MASTER_SOCKET_H

#include <sys/socket.h>

#include "base/base_error.h"
#include "config/config_settings.h"

/* "127.0.0.1:8080", "[::1]:8080", "unix:/path"; the caller's to free. */
char *master_socket_name(const struct sockaddr *address, socklen_t size);

/* The name of a bound socket; NULL when it is none of ours. */
char *master_socket_name_of(int fd);

/* Makes, binds and listens. */
int master_socket_open(const struct sockaddr *address, socklen_t size,
    const struct settings_listener *settings, int *fd_r, struct error *error);

/* May a bound socket get these settings?  Else an error says why not. */
int master_socket_check(
    int fd, const struct settings_listener *settings, struct error *error);

/* Nobody connects to it any more; who has is still accepted. */
int master_socket_leave(int fd, struct error *error);

/* Sets what may change while it is bound: backlog, mode, defer_accept,
 * tcp_keepalive, tcp_user_timeout, tcp_unsent. */
int master_socket_adjust(
    int fd, const struct settings_listener *settings, struct error *error);

#endif
