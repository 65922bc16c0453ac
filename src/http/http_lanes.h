/* SPDX-License-Identifier: ISC */
/*
 * Sixteen bytes judged at a time.  A test of bytes gives lanes that are set
 * (all ones) or zero.  Nothing is read but the bytes given: what is shorter
 * than the lanes is filled up with zeros.
 */
#ifndef HTTP_LANES_H
#define HTTP_LANES_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HTTP_LANES 16

/* The compiler has instructions for these, or makes loops of them. */
typedef uint8_t http_lanes __attribute__((vector_size(HTTP_LANES)));
typedef int8_t http_signed_lanes __attribute__((vector_size(HTTP_LANES)));

static inline http_lanes
http_lanes_load(const char *data)
{
	http_lanes bytes;

	memcpy(&bytes, data, sizeof(bytes));
	return bytes;
}

/* size bytes as a number of which the first is the lowest; 8 at most. */
static inline uint64_t
http_lanes_load_word(const char *data, size_t size)
{
	const unsigned char *plain = (const unsigned char *)data;
	uint32_t low, high;
	uint64_t word;

	if (size == sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		return le64toh(word);
	}
	if (size >= sizeof(low)) {
		memcpy(&low, data, sizeof(low));
		memcpy(&high, data + size - sizeof(high), sizeof(high));
		return le32toh(low) |
		    (uint64_t)le32toh(high) << 8 * (size - sizeof(high));
	}
	if (size == 0)
		return 0;
	return plain[0] | (uint64_t)plain[size / 2] << 8 * (size / 2) |
	    (uint64_t)plain[size - 1] << 8 * (size - 1);
}

/* Less than HTTP_LANES bytes, and zeros behind them. */
static inline http_lanes
http_lanes_load_part(const char *data, size_t size)
{
	typedef uint64_t halves __attribute__((vector_size(HTTP_LANES)));
	uint64_t low, high;

	if (size < sizeof(low)) {
		low = http_lanes_load_word(data, size);
		high = 0;
	} else {
		/* The end overlaps the begin: in two shifts, as one cannot be
		 * by all bits. */
		low = http_lanes_load_word(data, 8);
		high = http_lanes_load_word(data + size - 8, 8) >>
		    8 * (HTTP_LANES - 1 - size) >> 8;
	}
	return (http_lanes)(halves) { htole64(low), htole64(high) };
}

/* The first bytes of size, likewise if those are less. */
static inline http_lanes
http_lanes_load_some(const char *data, size_t size)
{
	return size >= HTTP_LANES ? http_lanes_load(data) :
				    http_lanes_load_part(data, size);
}

/* A bit for each lane that is set, the first the lowest. */
static inline unsigned
http_lanes_bits(http_lanes set)
{
#ifdef __SSE2__
	typedef char plain_lanes __attribute__((vector_size(HTTP_LANES)));

	return (unsigned)__builtin_ia32_pmovmskb128((plain_lanes)set);
#else
	unsigned bits = 0, i;

	for (i = 0; i < HTTP_LANES; i++)
		bits |= (set[i] & 1u) << i;
	return bits;
#endif
}

/* The lane of the first bit, of which there must be one. */
static inline size_t
http_lanes_first(unsigned bits)
{
	return (unsigned)__builtin_ctz(bits);
}

/* How many bytes stand before the first for which stops is set, which it must
 * be for 0. */
static inline __attribute__((always_inline)) size_t
http_lanes_span(
    const char *data, size_t size, http_lanes (*stops)(http_lanes bytes))
{
	size_t at;
	unsigned bits;

	for (at = 0; size - at >= HTTP_LANES; at += HTTP_LANES) {
		bits = http_lanes_bits(stops(http_lanes_load(data + at)));
		if (bits != 0)
			return at + http_lanes_first(bits);
	}
	bits =
	    http_lanes_bits(stops(http_lanes_load_part(data + at, size - at)));
	return at + http_lanes_first(bits);
}

/* ---- bytes of which nearly all texts consist ---- */

/* What is below a range wraps to above it. */
static inline http_lanes
http_lanes_letters(http_lanes bytes)
{
	return (http_lanes)((bytes | 0x20) - 'a' < 26);
}

static inline http_lanes
http_lanes_digits(http_lanes bytes)
{
	return (http_lanes)(bytes - '0' < 10);
}

#endif
