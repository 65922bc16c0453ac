/* SPDX-License-Identifier: ISC */
/*
 * Network addresses and lists of networks, as the configuration names them.
 * Any process; values without memory of their own, but for the list.
 */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"

enum network_family {
	NETWORK_NONE, /* nobody: in no list */
	NETWORK_UNIX, /* whoever came over a unix socket */
	NETWORK_IPV4, /* 4 bytes; also what is mapped into IPv6 */
	NETWORK_IPV6, /* 16 bytes */
	NETWORK_SELF  /* our own self-check: in no list */
};

/* Small, as each connection has one, and its row another. */
struct network_address {
	uint8_t family;    /* enum network_family */
	uint8_t bytes[16]; /* in network order, 0 behind the family's */
};

/* From the 4 bytes of an IPv4 address, the 16 of an IPv6 address, in network
 * order. */
struct network_address network_address_of_ipv4(const void *bytes);
struct network_address network_address_of_ipv6(const void *bytes);

/* A numeric address of either family, without port, brackets or scope; -1 if
 * it is none: *address_r is NONE then. */
int network_address_parse(
    const char *text, size_t size, struct network_address *address_r);

/* Of an address that others sent: is it a client, and as said above? */
bool network_address_is_client(const struct network_address *address);

/* As text: "192.0.2.1", "2001:db8::1", "unix", "self-check", "" for nobody or
 * a family that there is not. */
#define NETWORK_TEXT_SIZE 46
void network_address_format(
    const struct network_address *address, char text_r[NETWORK_TEXT_SIZE]);

bool network_address_is_equal(
    const struct network_address *one, const struct network_address *other);

/* Zeroes what is behind the first so many bits. */
void network_address_mask(struct network_address *address, unsigned bits);

struct network {
	struct network_address address;
	unsigned bits;
};

struct network_list {
	struct network *networks;
	size_t count;
};

/*
 * "10.0.0.0/8 ::1 unix": ADDRESS, ADDRESS/BITS and the word unix, with white
 * space between them.  Bits set behind BITS are an error, as somebody meant
 * something else.  On failure the list is empty.
 */
int network_list_parse(
    struct network_list *list_r, const char *text, struct error *error);
void network_list_fini(struct network_list *list);

bool network_list_has(
    const struct network_list *list, const struct network_address *address);

#endif
