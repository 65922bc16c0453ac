/* SPDX-License-Identifier: ISC */
/*
 * What proxies say, as "Name: value" lines, behind a byte that says which
 * field is believed.  Whatever a client sent, a proxy that appends an
 * element of its own is understood.
 */
#include "fuzz.h"

#include "http/http_forwarded.h"
#include "http/http_uri.h"

#define FIELDS_MAX 32

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-forwarded", NULL };

struct input {
	struct cohort_pair fields[FIELDS_MAX + 1];
	size_t count;
};

/* Each text ends where its memory does. */
static void
add(struct input *input, const char *line, size_t size)
{
	const char *colon = memchr(line, ':', size);
	struct cohort_pair *field = &input->fields[input->count];
	size_t name;

	if (colon == NULL || input->count == FIELDS_MAX)
		return;
	name = (size_t)(colon - line);
	field->name.size = name;
	field->name.data = fuzz_copy(line, name);
	field->value.size = size - name - 1;
	field->value.data = fuzz_copy(colon + 1, field->value.size);
	input->count++;
}

static void
read_input(struct input *input, const char *data, size_t size)
{
	const char *end;

	input->count = 0;
	while (size > 0) {
		end = memchr(data, '\n', size);
		if (end == NULL)
			end = data + size;
		add(input, data, (size_t)(end - data));
		size -= (size_t)(end - data);
		data = end;
		if (size > 0) {
			data++;
			size--;
		}
	}
}

static void
free_input(struct input *input)
{
	size_t i;

	for (i = 0; i < input->count; i++) {
		free((char *)(uintptr_t)input->fields[i].name.data);
		free((char *)(uintptr_t)input->fields[i].value.data);
	}
}

static void
check_result(const struct http_forwarded *forwarded)
{
	FUZZ_CHECK(
	    memchr(forwarded->host, '\0', sizeof(forwarded->host)) != NULL);
	FUZZ_CHECK(forwarded->host[0] == '\0' ||
	    http_uri_is_authority(forwarded->host, strlen(forwarded->host)));
	FUZZ_CHECK(forwarded->scheme == NULL ||
	    strcmp(forwarded->scheme, "http") == 0 ||
	    strcmp(forwarded->scheme, "https") == 0);
	FUZZ_CHECK(forwarded->client.family != NETWORK_UNIX);
	FUZZ_CHECK(
	    forwarded->port == 0 || forwarded->client.family != NETWORK_NONE);
}

/* By a line of its own, or to the last one. */
static void
check_appended(
    const struct http_forwarding *forwarding, struct input *input, bool to_line)
{
	const char *own =
	    forwarding->is_forwarded ? "for=192.0.2.77" : "192.0.2.77";
	struct cohort_pair *field = &input->fields[input->count];
	const struct network_address *client;
	struct http_forwarded forwarded;
	size_t size = 0, own_size = strlen(own);
	char *value;

	if (to_line && input->count > 0)
		size = field[-1].value.size;
	value = malloc(size + 2 + own_size);
	if (size > 0)
		memcpy(value, field[-1].value.data, size);
	memcpy(value + size, ", ", 2);
	memcpy(value + size + 2, own, own_size);
	field->name.data =
	    forwarding->is_forwarded ? "Forwarded" : "X-Forwarded-For";
	field->name.size = strlen(field->name.data);
	field->value = (struct cohort_str) { value, size + 2 + own_size };
	http_forwarded_read(
	    forwarding, input->fields, input->count + 1, &forwarded);
	client = &forwarded.client;
	FUZZ_CHECK(client->family == NETWORK_IPV4);
	FUZZ_CHECK(memcmp(client->bytes, "\xc0\x00\x02\x4d", 4) == 0);
	free(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_forwarding forwarding;
	struct http_forwarded forwarded;
	struct error error;
	struct input input;

	if (size == 0)
		return 0;
	forwarding.is_forwarded = (data[0] & 1) != 0;
	FUZZ_CHECK(network_list_parse(&forwarding.trusted,
		       "10.0.0.0/8 fd00::/8", &error) == 0);
	read_input(&input, (const char *)data + 1, size - 1);
	http_forwarded_read(&forwarding, input.fields, input.count, &forwarded);
	check_result(&forwarded);
	check_appended(&forwarding, &input, false);
	check_appended(&forwarding, &input, true);
	free_input(&input);
	network_list_fini(&forwarding.trusted);
	return 0;
}
