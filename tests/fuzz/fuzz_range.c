/* SPDX-License-Identifier: ISC */
/*
 * Range values against a size, which the first eight bytes of the input are:
 * no range that is served lies outside, and no byte is served twice.
 */
#include "fuzz.h"

#include "http/http_range.h"

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-range", NULL };

static void
check_ranges(const struct http_range *ranges, size_t count, uint64_t size)
{
	size_t i, j;

	FUZZ_CHECK(count > 0 && count <= HTTP_RANGES_MAX);
	for (i = 0; i < count; i++) {
		FUZZ_CHECK(ranges[i].first <= ranges[i].last);
		FUZZ_CHECK(ranges[i].last < size);
		for (j = 0; j < i; j++)
			FUZZ_CHECK(ranges[i].last < ranges[j].first ||
			    ranges[j].last < ranges[i].first);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_range ranges[HTTP_RANGES_MAX];
	uint64_t whole;
	size_t count;
	char *text;

	if (size < sizeof(whole))
		return 0;
	memcpy(&whole, data, sizeof(whole));
	size -= sizeof(whole);
	text = fuzz_copy_text(data + sizeof(whole), size);
	if (http_range_parse((struct cohort_str) { text, size }, whole, ranges,
		&count) == HTTP_RANGE_SATISFIABLE)
		check_ranges(ranges, count, whole);
	free(text);
	return 0;
}
