/* SPDX-License-Identifier: ISC */
/*
 * Feeds tests/wire to the protocol: at every split position, and byte by
 * byte.  See tests/wire/README for what the files say.
 */
#include "test_unit.h"

#include "test_h1_fake.h"
#include "test_wire_case.h"

#define CASES_LEAST 13000
#define BATCH       1024 /* in a process of its own */
#define DENSE       600
#define STRIDE      61

static const struct test_wire_case *cases;
static size_t case_count;
static struct fake fake;

/* ---- responses ---- */

static size_t
content_length(const char *head, const char *end)
{
	const char *field = strstr(head, "\r\nContent-Length: ");

	if (field == NULL || field > end)
		return 0;
	return strtoul(field + strlen("\r\nContent-Length: "), NULL, 10);
}

/* The responses in the words of expect lines. */
static void
describe_output(const char *output, bool is_head, struct buffer *text)
{
	while (*output != '\0') {
		const char *end = strstr(output, "\r\n\r\n");
		size_t size;
		char *words;

		fake_assert(end != NULL);
		fake_assert(strncmp(output, "HTTP/1.1 ", 9) == 0);
		size = is_head ? 0 : content_length(output, end);
		words =
		    test_wire_words(atoi(output + 9), is_head, end + 4, size);
		buffer_append_text(text, words);
		free(words);
		output = end + 4;
		is_head = false;
		fake_assert(size <= strlen(output));
		output += size;
	}
}

static bool
ends_with(const struct buffer *text, const char *end)
{
	size_t size = strlen(end);

	return text->size >= size &&
	    memcmp(text->data + text->size - size, end, size) == 0;
}

static void
check_outcome(const struct test_wire_case *wire, const char *how, size_t where)
{
	struct buffer text;
	struct buffer expected;

	buffer_init(&text, 0);
	buffer_init(&expected, 0);
	buffer_append_text(&expected, wire->expected);
	if (wire->stays_open)
		buffer_append_text(&expected, TEST_WIRE_SECOND_ANSWER);
	describe_output(fake_take_output(fake.conn),
	    strncmp(wire->data, "HEAD ", 5) == 0, &text);
	if (strcmp(fake_text(&text), expected.data) != 0)
		ck_abort_msg("%s, %s %zu:\n%snot:\n%s", wire->name, how, where,
		    fake_text(&text), expected.data);
	if (!wire->stays_open &&
	    (!fake.conn->is_closed ||
		ends_with(&text, TEST_WIRE_SECOND_ANSWER) ||
		strstr(fake_text(&fake.notes), "/second") != NULL))
		ck_abort_msg("%s, %s %zu: not closed", wire->name, how, where);
	if (!wire->is_valid &&
	    (fake.conn->reason != CONN_CLOSE_REFUSED || !fake.conn->lingers))
		ck_abort_msg("%s, %s %zu: wrong end", wire->name, how, where);
	buffer_fini(&text);
	buffer_fini(&expected);
}

static void
feed_split(const struct test_wire_case *wire, size_t split)
{
	char *rest = malloc(wire->size - split + strlen(TEST_WIRE_SECOND));

	memcpy(rest, wire->data + split, wire->size - split);
	memcpy(rest + wire->size - split, TEST_WIRE_SECOND,
	    strlen(TEST_WIRE_SECOND));
	fake_feed_all(fake.conn, wire->data, split);
	fake_feed_all(
	    fake.conn, rest, wire->size - split + strlen(TEST_WIRE_SECOND));
	free(rest);
	check_outcome(wire, "split at", split);
	fake_restart(&fake);
}

static void
feed_bytes(const struct test_wire_case *wire)
{
	static const char second[] = TEST_WIRE_SECOND;
	size_t i;

	for (i = 0; i < wire->size; i++)
		fake_feed(fake.conn, wire->data + i, 1);
	for (i = 0; i + 1 < sizeof(second); i++)
		fake_feed(fake.conn, second + i, 1);
	check_outcome(wire, "by bytes of", wire->size);
	fake_restart(&fake);
}

/* ---- tests ---- */

static void
setup(void)
{
	fake_init(&fake);
	fake.settings.limits.max_request_line = TEST_WIRE_MAX_REQUEST_LINE;
	fake.settings.limits.max_head = TEST_WIRE_MAX_HEAD;
	fake_start(&fake);
}

static void
teardown(void)
{
	fake_fini(&fake);
}

/* Every one, but for the middle of what is only long. */
static size_t
next_split(const struct test_wire_case *wire, size_t split)
{
	bool is_inside = split > DENSE && split + DENSE < wire->size;

	return split + (is_inside ? STRIDE : 1);
}

static void
run_case(const struct test_wire_case *wire)
{
	size_t split;

	for (split = 0; split <= wire->size; split = next_split(wire, split))
		feed_split(wire, split);
	feed_bytes(wire);
}

START_TEST(test_wire)
{
	size_t i, end = ((size_t)_i + 1) * BATCH;

	for (i = (size_t)_i * BATCH; i < end && i < case_count; i++)
		run_case(&cases[i]);
}
END_TEST

static bool
is_same(const struct test_wire_case *one, const struct test_wire_case *other)
{
	return one->size == other->size &&
	    memcmp(one->data, other->data, one->size) == 0;
}

/* But for octets: a family of them may have one that a file is about. */
START_TEST(no_case_stands_twice)
{
	size_t i, k;

	for (i = 0; i < case_count; i++)
		for (k = i + 1; k < case_count; k++)
			if (cases[i].octet_at == SIZE_MAX &&
			    cases[k].octet_at == SIZE_MAX &&
			    is_same(&cases[i], &cases[k]))
				ck_abort_msg("%s is %s, too", cases[i].name,
				    cases[k].name);
}
END_TEST

START_TEST(test_count)
{
	ck_assert_uint_ge(case_count, CASES_LEAST);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_wire");
	TCase *tcase = tcase_create("all");

	cases = test_wire_cases(&case_count);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_count);
	tcase_add_test(tcase, no_case_stands_twice);
	tcase_add_loop_test(
	    tcase, test_wire, 0, (int)((case_count + BATCH - 1) / BATCH));
	return test_run(suite);
}
