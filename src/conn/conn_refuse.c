/* SPDX-License-Identifier: ISC */
/*
 * What has come is read before the close, so that it does not become a reset
 * which takes the answer from the client.
 */
#include "conn/conn_refuse.h"

#include <sys/socket.h>

#define DISCARD_MOST 65536

static void
discard_input(int fd)
{
	size_t total = 0;
	char bytes[4096];
	ssize_t size;

	while (total < DISCARD_MOST &&
	    (size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		total += (size_t)size;
}

void
conn_refuse(int fd, const char *answer, size_t size)
{
	discard_input(fd);
	send(fd, answer, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_WR);
	discard_input(fd);
}
