/* SPDX-License-Identifier: ISC */
/*
 * Every exchange carries its peer as text, so it is made at the accept;
 * inet_ntop(3) goes through printf, which is dear where each request has a
 * connection of its own, hence IPv4 is written by hand.
 */
#include <arpa/inet.h>
#include <string.h>

#include "conn/conn_private.h"

static char *
append_octet(char *next, unsigned octet)
{
	if (octet >= 100)
		*next++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*next++ = (char)('0' + octet / 10 % 10);
	*next++ = (char)('0' + octet % 10);
	return next;
}

static void
format_ipv4(char *text, const uint8_t octets[4])
{
	int i;

	for (i = 0; i < 4; i++) {
		text = append_octet(text, octets[i]);
		*text++ = i < 3 ? '.' : '\0';
	}
}

static void
format_ipv6(struct http_peer *peer, const struct in6_addr *address)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		format_ipv4(peer->address, address->s6_addr + 12);
	else
		inet_ntop(
		    AF_INET6, address, peer->address, sizeof(peer->address));
}

struct network_address
conn_peer_address(const struct sockaddr_storage *address, socklen_t size)
{
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;

	if (size >= sizeof(ipv4) && address->ss_family == AF_INET) {
		memcpy(&ipv4, address, sizeof(ipv4));
		return network_address_of_ipv4(&ipv4.sin_addr);
	}
	if (size >= sizeof(ipv6) && address->ss_family == AF_INET6) {
		memcpy(&ipv6, address, sizeof(ipv6));
		return network_address_of_ipv6(&ipv6.sin6_addr);
	}
	return (struct network_address) { .family = NETWORK_UNIX };
}

void
conn_peer_format(struct http_peer *peer, const struct sockaddr_storage *address,
    socklen_t size)
{
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;

	peer->port = 0;
	if (size >= sizeof(ipv4) && address->ss_family == AF_INET) {
		memcpy(&ipv4, address, sizeof(ipv4));
		format_ipv4(
		    peer->address, (const uint8_t *)&ipv4.sin_addr.s_addr);
		peer->port = ntohs(ipv4.sin_port);
	} else if (size >= sizeof(ipv6) && address->ss_family == AF_INET6) {
		memcpy(&ipv6, address, sizeof(ipv6));
		format_ipv6(peer, &ipv6.sin6_addr);
		peer->port = ntohs(ipv6.sin6_port);
	} else {
		strcpy(peer->address, "unix");
	}
}
