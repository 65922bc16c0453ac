/* SPDX-License-Identifier: ISC */
/*
 * The chunked coding: the same body, and the same end of it, however the
 * bytes were split.
 */
#include "fuzz.h"

#include "base/base_buffer.h"
#include "http1/h1_chunked.h"

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-chunked", NULL };

/* Low, so that they are met. */
static const struct h1_limits limits = {
	.max_fields = 4,
	.max_chunk_extension = 64,
	.max_trailer = 128,
};

struct outcome {
	enum h1_chunked_result result;
	enum h1_fault fault;
	size_t used;
	bool is_within; /* the limits */
	struct buffer body;
};

/* One piece of input, up to what it comes to. */
static void
read_piece(struct h1_chunked *chunked, const uint8_t *data, size_t size,
    struct outcome *outcome)
{
	char *piece = fuzz_copy(data, size);
	struct cohort_str found;
	size_t at = 0, used;

	do {
		outcome->result = h1_chunked_read(chunked, piece + at,
		    size - at, &used, &found, &outcome->fault);
		FUZZ_CHECK(used <= size - at);
		if (outcome->result == H1_CHUNKED_DATA) {
			FUZZ_CHECK(found.size > 0);
			FUZZ_CHECK(found.data >= piece + at);
			FUZZ_CHECK(
			    found.data + found.size <= piece + at + used);
			buffer_append(&outcome->body, found.data, found.size);
		} else if (outcome->result == H1_CHUNKED_MORE) {
			FUZZ_CHECK(used == size - at);
		}
		at += used;
	} while (outcome->result == H1_CHUNKED_DATA);
	outcome->used += at;
	free(piece);
}

static void
decode(const uint8_t *data, size_t size, struct fuzz_random *random,
    struct outcome *outcome_r)
{
	struct h1_chunked chunked;
	size_t at = 0, part;

	*outcome_r = (struct outcome) { .result = H1_CHUNKED_MORE };
	buffer_init(&outcome_r->body, 0);
	h1_chunked_init(&chunked, &limits);
	while (at < size && outcome_r->result == H1_CHUNKED_MORE) {
		part =
		    random == NULL ? size : fuzz_random_part(random, size - at);
		read_piece(&chunked, data + at, part, outcome_r);
		at += part;
	}
	outcome_r->is_within = chunked.extension <= 64 &&
	    chunked.trailer <= 128 && chunked.trailer_fields <= 4;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_random random = fuzz_random_of(data, size);
	struct outcome whole, split;

	decode(data, size, NULL, &whole);
	decode(data, size, &random, &split);
	FUZZ_CHECK(whole.result == split.result);
	FUZZ_CHECK(whole.result == H1_CHUNKED_FAULT || whole.is_within);
	if (whole.result == H1_CHUNKED_FAULT)
		FUZZ_CHECK(whole.fault == split.fault);
	else
		FUZZ_CHECK(whole.used == split.used);
	FUZZ_CHECK(whole.body.size == split.body.size);
	FUZZ_CHECK(whole.body.size == 0 ||
	    memcmp(whole.body.data, split.body.data, whole.body.size) == 0);
	buffer_fini(&whole.body);
	buffer_fini(&split.body);
	return 0;
}
