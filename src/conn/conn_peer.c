/* SPDX-License-Identifier: ISC */
/*
 * Who the client of a connection is: the kernel says it, a PROXY header, or
 * the worker that handed the connection over.  Whether it is a trusted proxy
 * is asked in each exchange, so that is found out once, here.
 */
#include <string.h>

#include "conn/conn_private.h"

struct network_address
conn_peer_read(
    const struct sockaddr_storage *address, socklen_t size, uint16_t *port_r)
{
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;

	if (size >= sizeof(ipv4) && address->ss_family == AF_INET) {
		memcpy(&ipv4, address, sizeof(ipv4));
		*port_r = ntohs(ipv4.sin_port);
		return network_address_of_ipv4(&ipv4.sin_addr);
	}
	if (size >= sizeof(ipv6) && address->ss_family == AF_INET6) {
		memcpy(&ipv6, address, sizeof(ipv6));
		*port_r = ntohs(ipv6.sin6_port);
		return network_address_of_ipv6(&ipv6.sin6_addr);
	}
	*port_r = 0;
	return (struct network_address) { .family = NETWORK_UNIX };
}

void
conn_peer_set(
    struct conn *conn, const struct network_address *client, uint16_t port)
{
	conn->peer = (struct http_peer) { *client, port };
	conn->is_trusted = network_list_has(
	    &conn->set->settings.trusted_proxies, &conn->peer.address);
}

bool
conn_is_trusted(const struct conn *conn)
{
	return conn->is_trusted;
}
