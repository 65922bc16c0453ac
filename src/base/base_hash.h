/* SPDX-License-Identifier: ISC */
/*
 * A keyed hash for tables whose keys strangers choose: without the key nobody
 * can tell which of them meet in one bucket.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

struct hash_key {
	uint64_t words[2];
};

/* A random one; panics when the kernel has none. */
void hash_key_make(struct hash_key *key_r);

/* SipHash-2-4 of the eight bytes of word, the lowest first. */
uint64_t hash_word(const struct hash_key *key, uint64_t word);

#endif
