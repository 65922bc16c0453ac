/* SPDX-License-Identifier: ISC */
/*
 * What the fuzz targets share.  A target is one file with
 * LLVMFuzzerTestOneInput and fuzz_corpora: with --enable-fuzzers libFuzzer is
 * its main(), otherwise fuzz_replay.c, so that make check tries what is
 * known already with any compiler.  A target keeps nothing from one input to
 * the next, and whatever it does at random follows from the input.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Folders below the top of the source tree, up to a NULL. */
extern const char *const fuzz_corpora[];

/* What must hold for every input. */
#define FUZZ_CHECK(condition) \
	((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

static inline _Noreturn void
fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* A copy that ends where its memory does, and that the caller frees. */
static inline char *
fuzz_copy(const void *data, size_t size)
{
	char *copy = malloc(size);

	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

/* The same with a NUL behind, as a struct cohort_str has it. */
static inline char *
fuzz_copy_text(const void *data, size_t size)
{
	char *copy = malloc(size + 1);

	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

/* Skips the lines with which files of tests/wire begin (its README). */
static inline void
fuzz_skip_notes(const uint8_t **data, size_t *size)
{
	const uint8_t *end;

	while (*size > 2 && (*data)[0] == '#' && (*data)[1] == ' ' &&
	    (end = memchr(*data, '\n', *size)) != NULL) {
		*size -= (size_t)(end + 1 - *data);
		*data = end + 1;
	}
}

/* Numbers that follow from the input: FNV-1a, then xorshift. */
struct fuzz_random {
	uint64_t state;
};

static inline struct fuzz_random
fuzz_random_of(const uint8_t *data, size_t size)
{
	struct fuzz_random random = { 0xcbf29ce484222325u };
	size_t i;

	for (i = 0; i < size; i++)
		random.state = (random.state ^ data[i]) * 0x100000001b3u;
	if (random.state == 0)
		random.state = 1;
	return random;
}

/* Below bound, which is not 0. */
static inline size_t
fuzz_random_below(struct fuzz_random *random, size_t bound)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return (size_t)((random->state >> 11) % bound);
}

/*
 * How many of the bytes that are left, at least one, come next: one in most
 * cases, as that is where boundaries are.
 */
static inline size_t
fuzz_random_part(struct fuzz_random *random, size_t left)
{
	size_t most = fuzz_random_below(random, 3) == 0 ? left : 16;

	return 1 + fuzz_random_below(random, most < left ? most : left);
}

#endif
