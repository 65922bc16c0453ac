/* SPDX-License-Identifier: ISC */
/*
 * Request heads: the same head, or the same fault, however the bytes were
 * split, with every span inside of it, and a request made of it.
 * Limits are low, so that they are met, and the line's may be the head's.
 */
#include "fuzz.h"

#include "http1/h1_head.h"
#include "http1/h1_parse.h"

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-head",
	"tests/wire/valid", "tests/wire/invalid", NULL };

static struct h1_limits limits = {
	.max_fields = 16,
	.max_segments = 8,
};

static void
choose_limits(struct fuzz_random *random)
{
	limits.max_request_line = 256;
	limits.max_head = 1024;
	if (fuzz_random_below(random, 4) == 0)
		limits.max_request_line = limits.max_head =
		    16 + fuzz_random_below(random, 64);
}

struct outcome {
	enum h1_parse_result result;
	struct h1_parse *parse;
};

static void
parse(const uint8_t *data, size_t size, struct fuzz_random *random,
    struct outcome *outcome_r)
{
	size_t fed = 0;
	char *input;

	outcome_r->parse = h1_parse_new(&limits);
	outcome_r->result = H1_PARSE_MORE;
	while (fed < size && outcome_r->result == H1_PARSE_MORE) {
		fed = random == NULL ?
		    size :
		    fed + fuzz_random_part(random, size - fed);
		input = fuzz_copy(data, fed);
		outcome_r->result = h1_parse_feed(outcome_r->parse, input, fed);
		free(input);
	}
	if (outcome_r->result == H1_PARSE_HEAD)
		FUZZ_CHECK(h1_parse_head(outcome_r->parse)->size <= fed);
}

static void
check_span(struct h1_span span, size_t begin, size_t end)
{
	FUZZ_CHECK(span.size == 0 || span.offset >= begin);
	FUZZ_CHECK(span.size == 0 || span.offset + span.size <= end);
}

static bool
same_span(struct h1_span a, struct h1_span b)
{
	return a.size == b.size && (a.size == 0 || a.offset == b.offset);
}

static void
check_head(const struct h1_head *head, const uint8_t *data)
{
	size_t i;

	FUZZ_CHECK(head->size <= limits.max_head);
	FUZZ_CHECK(head->size >= 4 && data[head->size - 1] == '\n');
	FUZZ_CHECK(head->field_count <= limits.max_fields);
	FUZZ_CHECK(head->line.method.size > 0 && head->line.target.size > 0);
	check_span(head->line.method, 0, head->size);
	check_span(head->line.target, 0, head->size);
	for (i = 0; i < head->field_count; i++) {
		FUZZ_CHECK(head->fields[i].name.size > 0);
		check_span(head->fields[i].name, 0, head->size);
		check_span(head->fields[i].value, 0, head->size);
	}
	FUZZ_CHECK(head->framing.host < (int)head->field_count);
}

static void
compare_heads(const struct h1_head *a, const struct h1_head *b)
{
	size_t i;

	FUZZ_CHECK(a->size == b->size);
	FUZZ_CHECK(same_span(a->line.method, b->line.method));
	FUZZ_CHECK(same_span(a->line.target, b->line.target));
	FUZZ_CHECK(a->line.version == b->line.version);
	FUZZ_CHECK(a->framing.body_size == b->framing.body_size);
	FUZZ_CHECK(a->framing.host == b->framing.host);
	FUZZ_CHECK(a->framing.is_persistent == b->framing.is_persistent);
	FUZZ_CHECK(a->framing.expects_continue == b->framing.expects_continue);
	FUZZ_CHECK(a->field_count == b->field_count);
	for (i = 0; i < a->field_count; i++) {
		FUZZ_CHECK(same_span(a->fields[i].name, b->fields[i].name));
		FUZZ_CHECK(same_span(a->fields[i].value, b->fields[i].value));
	}
}

/* Every string of the request ends in a NUL, and has none within. */
static void
check_request(const struct http_request *request)
{
	size_t i;

	FUZZ_CHECK(request->method_name[0] != '\0');
	FUZZ_CHECK(strlen(request->target.data) == request->target.size);
	for (i = 0; i < request->field_count; i++) {
		const struct cohort_pair *field = &request->fields[i];

		FUZZ_CHECK(strlen(field->name.data) == field->name.size);
		FUZZ_CHECK(strlen(field->value.data) == field->value.size);
	}
}

static void
read_request(const struct h1_parse *parse, const uint8_t *data, bool refused)
{
	struct arena_pool *pool = arena_pool_new(4096, 4);
	struct http_request request;
	struct arena arena;
	char *copy;

	memset(&request, 0, sizeof(request));
	arena_init(&arena, pool, 65536);
	if (refused) {
		h1_head_read_refused(
		    h1_parse_line(parse), (const char *)data, &arena, &request);
	} else {
		copy = fuzz_copy(data, h1_parse_head(parse)->size);
		if (h1_head_read(h1_parse_head(parse), copy, &limits, &arena,
			&request) == H1_FAULT_NONE) {
			FUZZ_CHECK(
			    request.uri.segment_count <= limits.max_segments);
			free(copy);
			copy = NULL;
			check_request(&request);
		}
		free(copy);
	}
	arena_reset(&arena);
	arena_pool_free(&pool);
}

static void
compare(const struct outcome *whole, const struct outcome *split,
    const uint8_t *data)
{
	FUZZ_CHECK(whole->result == split->result);
	switch (whole->result) {
	case H1_PARSE_MORE:
		break;
	case H1_PARSE_HEAD:
		check_head(h1_parse_head(whole->parse), data);
		compare_heads(
		    h1_parse_head(whole->parse), h1_parse_head(split->parse));
		read_request(whole->parse, data, false);
		break;
	case H1_PARSE_FAULT:
		FUZZ_CHECK(
		    h1_fault_status(h1_parse_fault(whole->parse)) >= 400);
		FUZZ_CHECK(h1_parse_fault(whole->parse) ==
		    h1_parse_fault(split->parse));
		read_request(whole->parse, data, true);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_random random = fuzz_random_of(data, size);
	struct outcome whole, split;

	fuzz_skip_notes(&data, &size);
	choose_limits(&random);
	parse(data, size, NULL, &whole);
	parse(data, size, &random, &split);
	compare(&whole, &split, data);
	h1_parse_free(&whole.parse);
	h1_parse_free(&split.parse);
	return 0;
}
