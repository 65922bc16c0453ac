/* SPDX-License-Identifier: ISC */
/*
 * SipHash as J.-P. Aumasson and D. J. Bernstein published it ("SipHash: a
 * fast short-input PRF", 2012), for messages of one word.
 */
#include "base/base_hash.h"

#include <sys/random.h>

#include "base/base_panic.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

void
hash_key_make(struct hash_key *key_r)
{
	if (getrandom(key_r, sizeof(*key_r), 0) != sizeof(*key_r))
		panic("getrandom failed");
}

static uint64_t
rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void
mix(struct state *state, unsigned rounds)
{
	while (rounds-- > 0) {
		state->v0 += state->v1;
		state->v2 += state->v3;
		state->v1 = rotate(state->v1, 13) ^ state->v0;
		state->v3 = rotate(state->v3, 16) ^ state->v2;
		state->v0 = rotate(state->v0, 32);
		state->v2 += state->v1;
		state->v0 += state->v3;
		state->v1 = rotate(state->v1, 17) ^ state->v2;
		state->v3 = rotate(state->v3, 21) ^ state->v0;
		state->v2 = rotate(state->v2, 32);
	}
}

static void
take(struct state *state, uint64_t word)
{
	state->v3 ^= word;
	mix(state, 2);
	state->v0 ^= word;
}

uint64_t
hash_word(const struct hash_key *key, uint64_t word)
{
	struct state state = {
		.v0 = key->words[0] ^ 0x736f6d6570736575u,
		.v1 = key->words[1] ^ 0x646f72616e646f6du,
		.v2 = key->words[0] ^ 0x6c7967656e657261u,
		.v3 = key->words[1] ^ 0x7465646279746573u,
	};

	take(&state, word);
	take(&state, (uint64_t)8 << 56); /* the message's size */
	state.v2 ^= 0xff;
	mix(&state, 4);
	return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}
