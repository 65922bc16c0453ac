/* SPDX-License-Identifier: ISC */
/*
 * An IPv4 address that is mapped into IPv6 (RFC 4291, 2.5.5.2) is an IPv4
 * address here: a socket for both families says it in that way.
 *
 * Each connection's address becomes text; inet_ntop(3) goes through printf,
 * which is dear where each request has a connection of its own, hence IPv4
 * is written by hand.
 */
#include "base/base_network.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/base_memory.h"
#include "base/base_number.h"

#define SPACE " \t"

static unsigned
family_bits(enum network_family family)
{
	switch (family) {
	case NETWORK_IPV4:
		return 32;
	case NETWORK_IPV6:
		return 128;
	default:
		return 0;
	}
}

/* ---- addresses ---- */

struct network_address
network_address_of_ipv4(const void *bytes)
{
	struct network_address address = { .family = NETWORK_IPV4 };

	memcpy(address.bytes, bytes, 4);
	return address;
}

struct network_address
network_address_of_ipv6(const void *bytes)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct network_address address = { .family = NETWORK_IPV6 };

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return network_address_of_ipv4((const uint8_t *)bytes + 12);
	memcpy(address.bytes, bytes, 16);
	return address;
}

int
network_address_parse(
    const char *text, size_t size, struct network_address *address_r)
{
	char copy[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	memset(address_r, 0, sizeof(*address_r));
	if (size >= sizeof(copy) || memchr(text, '\0', size) != NULL)
		return -1;
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (inet_pton(AF_INET, copy, bytes) == 1)
		*address_r = network_address_of_ipv4(bytes);
	else if (inet_pton(AF_INET6, copy, bytes) == 1)
		*address_r = network_address_of_ipv6(bytes);
	else
		return -1;
	return 0;
}

bool
network_address_is_client(const struct network_address *address)
{
	static const size_t sizes[] = {
		[NETWORK_UNIX] = 0,
		[NETWORK_IPV4] = 4,
		[NETWORK_IPV6] = 16,
	};
	size_t i;

	if (address->family < NETWORK_UNIX || address->family > NETWORK_IPV6)
		return false;
	for (i = sizes[address->family]; i < sizeof(address->bytes); i++)
		if (address->bytes[i] != 0)
			return false;
	return true;
}

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

_Static_assert(NETWORK_TEXT_SIZE == INET6_ADDRSTRLEN, "any address fits");

void
network_address_format(
    const struct network_address *address, char text_r[NETWORK_TEXT_SIZE])
{
	switch (address->family) {
	case NETWORK_IPV4:
		format_ipv4(text_r, address->bytes);
		break;
	case NETWORK_IPV6:
		inet_ntop(AF_INET6, address->bytes, text_r, NETWORK_TEXT_SIZE);
		break;
	case NETWORK_UNIX:
		strcpy(text_r, "unix");
		break;
	case NETWORK_SELF:
		strcpy(text_r, "self-check");
		break;
	default:
		text_r[0] = '\0';
	}
}

bool
network_address_is_equal(
    const struct network_address *one, const struct network_address *other)
{
	return one->family == other->family &&
	    memcmp(one->bytes, other->bytes, sizeof(one->bytes)) == 0;
}

void
network_address_mask(struct network_address *address, unsigned bits)
{
	unsigned i;

	for (i = 0; i < sizeof(address->bytes); i++, bits -= 8) {
		if (bits < 8) {
			address->bytes[i] &= (uint8_t)(0xff00u >> bits);
			bits = 8;
		}
	}
}

/* ---- networks ---- */

static int
refuse(const char *text, size_t size, const char *why, struct error *error)
{
	return error_set(
	    error, ERROR_CONFIG, "\"%.*s\" %s", (int)size, text, why);
}

static int
parse_bits(
    const char *text, size_t size, enum network_family family, unsigned *bits_r)
{
	uint64_t bits;

	if (number_parse_bytes(text, size, family_bits(family), &bits) == -1)
		return -1;
	*bits_r = (unsigned)bits;
	return 0;
}

static int
parse_network(const char *text, size_t size, struct network *network_r,
    struct error *error)
{
	const char *slash = memchr(text, '/', size);
	size_t address_size = slash == NULL ? size : (size_t)(slash - text);
	struct network_address masked;

	if (size == 4 && memcmp(text, "unix", 4) == 0) {
		memset(network_r, 0, sizeof(*network_r));
		network_r->address.family = NETWORK_UNIX;
		return 0;
	}
	if (network_address_parse(text, address_size, &network_r->address) ==
	    -1)
		return refuse(text, size, "is no network", error);
	network_r->bits = family_bits(network_r->address.family);
	if (slash != NULL &&
	    parse_bits(slash + 1, size - address_size - 1,
		network_r->address.family, &network_r->bits) == -1)
		return refuse(text, size, "has a wrong number of bits", error);
	masked = network_r->address;
	network_address_mask(&masked, network_r->bits);
	if (!network_address_is_equal(&masked, &network_r->address))
		return refuse(
		    text, size, "has bits behind those of its network", error);
	return 0;
}

int
network_list_parse(
    struct network_list *list_r, const char *text, struct error *error)
{
	struct network network;
	size_t size;

	memset(list_r, 0, sizeof(*list_r));
	while (*(text += strspn(text, SPACE)) != '\0') {
		size = strcspn(text, SPACE);
		if (parse_network(text, size, &network, error) == -1) {
			network_list_fini(list_r);
			return -1;
		}
		list_r->networks = memory_resize(list_r->networks,
		    list_r->count + 1, sizeof(*list_r->networks));
		list_r->networks[list_r->count++] = network;
		text += size;
	}
	return 0;
}

void
network_list_fini(struct network_list *list)
{
	memory_free(list->networks);
	memset(list, 0, sizeof(*list));
}

static bool
network_has(
    const struct network *network, const struct network_address *address)
{
	struct network_address masked = *address;

	if (network->address.family != address->family)
		return false;
	network_address_mask(&masked, network->bits);
	return network_address_is_equal(&masked, &network->address);
}

bool
network_list_has(
    const struct network_list *list, const struct network_address *address)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (network_has(&list->networks[i], address))
			return true;
	return false;
}
