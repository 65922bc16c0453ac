/* SPDX-License-Identifier: ISC */
/*
 * PROXY headers: the same outcome however the bytes came, no header beyond
 * its bytes or its bounds, and no fault that more bytes could mend.
 */
#include "fuzz.h"

#include "conn/conn_proxy.h"

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-proxy", NULL };

static enum conn_proxy_result
parse(const uint8_t *data, size_t size, struct conn_proxy_header *header_r)
{
	char *input = fuzz_copy(data, size);
	const char *fault = NULL;
	enum conn_proxy_result result;

	result = conn_proxy_parse(input, size, header_r, &fault);
	FUZZ_CHECK((fault != NULL) == (result == CONN_PROXY_FAULT));
	free(input);
	return result;
}

static void
check_header(const struct conn_proxy_header *header, const uint8_t *data)
{
	char text[NETWORK_TEXT_SIZE];

	FUZZ_CHECK(header->size <= CONN_PROXY_SIZE_MAX);
	FUZZ_CHECK(data[0] == 'P' ? header->size <= 107 : header->size >= 16);
	FUZZ_CHECK(data[0] != 'P' || data[header->size - 1] == '\n');
	network_address_format(&header->client, text);
	FUZZ_CHECK(
	    (text[0] == '\0') == (header->client.family == NETWORK_NONE));
	FUZZ_CHECK(header->port == 0 || header->client.family >= NETWORK_IPV4);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_random random = fuzz_random_of(data, size);
	struct conn_proxy_header whole, header;
	enum conn_proxy_result result = CONN_PROXY_MORE, expected;
	size_t fed = 0;

	expected = parse(data, size, &whole);
	while (fed < size && result == CONN_PROXY_MORE) {
		fed += fuzz_random_part(&random, size - fed);
		result = parse(data, fed, &header);
	}
	FUZZ_CHECK(result == expected);
	FUZZ_CHECK(size < CONN_PROXY_SIZE_MAX || result != CONN_PROXY_MORE);
	if (result != CONN_PROXY_HEADER)
		return 0;
	FUZZ_CHECK(header.size <= fed && header.size == whole.size);
	FUZZ_CHECK(network_address_is_equal(&header.client, &whole.client));
	FUZZ_CHECK(header.port == whole.port);
	check_header(&whole, data);
	FUZZ_CHECK(parse(data, whole.size - 1, &header) == CONN_PROXY_MORE);
	return 0;
}
