/* SPDX-License-Identifier: ISC */
/*
 * Whole connections, over the fake connection of the unit tests.  An input
 * is what a client sends.  First it comes at once, then in pieces while the
 * client takes the responses slowly: both must be answered alike.  Then it
 * comes in pieces while whatever can happen to a connection does: deadlines,
 * retirement, late answers, the client's end; nothing must break.
 */
#include "fuzz.h"

#include <check.h>

/* The fake's own checks have no test runner here to tell. */
#define _mark_point(file, line)            ((void)0)
#define _ck_assert_failed(file, line, ...) fuzz_fail(file, line, #__VA_ARGS__)

#include "../unit/test_h1_fake.h"

#define UNLIMITED (SIZE_MAX / 2)
#define REFUSED   "refused\n" /* the record of what is */

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-connection",
	"tests/wire/valid", "tests/wire/invalid", NULL };

/* ---- the same answers, however the bytes came ---- */

/*
 * A head that breaks two rules may be refused for the one or for the other,
 * as that depends on what has come; these are the application's.
 */
static bool
is_refusal(int status)
{
	return status >= 400 && status != 403 && status != 413;
}

static void
record(struct http_recorder *recorder, const struct http_exchange *exchange,
    enum cohort_end end)
{
	struct fake *fake = LIST_OBJECT(recorder, struct fake, recorder);

	if (is_refusal(exchange->status))
		buffer_append_text(&fake->records, REFUSED);
	else
		fake_record(recorder, exchange, end);
}

/* Two requests may be answered in different seconds. */
static void
remove_dates(char *text)
{
	static const char begin[] = "\r\nDate: ", end[] = "GMT\r\n";
	const size_t size = HTTP_DATE_LINE_SIZE, end_size = strlen(end);

	while ((text = strstr(text, begin)) != NULL) {
		if (strlen(text) >= size + 2 &&
		    memcmp(text + size + 2 - end_size, end, end_size) == 0)
			memmove(text, text + size, strlen(text + size) + 1);
		else
			text++;
	}
}

/* Whether it is sent depends on what has come with the head. */
static void
remove_interim(char *text)
{
	static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const size_t size = strlen(interim);

	while ((text = strstr(text, interim)) != NULL)
		memmove(text, text + size, strlen(text + size) + 1);
}

static void
cut_refusal(char *text)
{
	static const char begin[] = "HTTP/1.1 ";

	while ((text = strstr(text, begin)) != NULL) {
		if (is_refusal(atoi(text + strlen(begin)))) {
			*text = '\0';
			return;
		}
		text += strlen(begin);
	}
}

/*
 * A body that turns out to be malformed behind an early answer is refused
 * instead of that if enough of it has come at once.  A head that is refused
 * has a record of its own.
 */
static void
forget_early_answer(struct fake *fake, char *output)
{
	char *record = fake->records.data, *end, *at;

	if (!fake->conn->is_closed ||
	    fake->conn->reason != CONN_CLOSE_REFUSED || fake->records.size == 0)
		return;
	while ((end = strchr(record, '\n')) != NULL && end[1] != '\0')
		record = end + 1;
	if (strcmp(record, REFUSED) == 0)
		return;
	strcpy(record, REFUSED);
	for (at = output; (at = strstr(at, "HTTP/1.1 ")) != NULL; at++)
		output = at;
	*output = '\0';
}

/* What the client got and what was recorded, as far as it must not differ. */
static void
describe(struct fake *fake, struct buffer *outcome_r)
{
	struct buffer *output = &fake->conn->output;

	buffer_init(outcome_r, 0);
	if (output->size > 0) {
		remove_dates(output->data);
		remove_interim(output->data);
		forget_early_answer(fake, output->data);
		cut_refusal(output->data);
		buffer_append_text(outcome_r, output->data);
	}
	buffer_format(outcome_r, "\n%s%s\n", fake_text(&fake->records),
	    fake->conn->is_closed ? conn_close_word(fake->conn->reason) :
				    "open");
}

static void
feed_whole(struct fake *fake, const uint8_t *data, size_t size)
{
	fake_feed_all(fake->conn, data, size);
}

static void
feed_pieces(struct fake *fake, const uint8_t *data, size_t size,
    struct fuzz_random *random)
{
	struct conn *conn = fake->conn;
	size_t at = 0, part;

	while (at < size) {
		part = fake_feed(
		    conn, data + at, fuzz_random_part(random, size - at));
		at += part;
		if (part == 0 && conn->room == UNLIMITED)
			break;
		if (part == 0 || fuzz_random_below(random, 3) == 0) {
			conn->room = UNLIMITED;
			fake_settle(conn);
		} else if (fuzz_random_below(random, 4) == 0) {
			conn->room = fuzz_random_below(random, 64);
		}
	}
}

static void
check_splits(struct fake *fake, const uint8_t *data, size_t size,
    struct fuzz_random *random)
{
	struct buffer whole, split;

	feed_whole(fake, data, size);
	fake_end_input(fake->conn);
	describe(fake, &whole);
	fake_restart(fake);
	feed_pieces(fake, data, size, random);
	fake->conn->room = UNLIMITED;
	fake_settle(fake->conn);
	fake_end_input(fake->conn);
	describe(fake, &split);
	if (strcmp(whole.data, split.data) != 0)
		fprintf(stderr, "at once:\n%s\nin pieces:\n%s\n", whole.data,
		    split.data);
	FUZZ_CHECK(strcmp(whole.data, split.data) == 0);
	buffer_fini(&whole);
	buffer_fini(&split);
}

/* ---- whatever can happen ---- */

/* The last exchange, if it waits for its answer: its state tells. */
static struct http_exchange *
waiting(struct fake *fake)
{
	struct http_exchange *exchange = fake->exchange;

	if (exchange == NULL || !fake_target_begins(exchange, "/later") ||
	    exchange->state != NULL)
		return NULL;
	return exchange;
}

static void
answer_in_parts(struct http_exchange *exchange, struct fuzz_random *random)
{
	static const char text[] = "0123456789";
	const struct http_response response = {
		.status = 200,
		.size = fuzz_random_below(random, 2) == 0 ?
		    HTTP_SIZE_UNKNOWN :
		    (int64_t)fuzz_random_below(random, 40),
	};
	size_t i, count = fuzz_random_below(random, 5);

	exchange->functions->send_head(exchange, &response);
	for (i = 0; i < count; i++)
		exchange->functions->send_bytes(
		    exchange, text, fuzz_random_below(random, sizeof(text)));
	if (fuzz_random_below(random, 2) == 0)
		exchange->functions->want_room(exchange, 5);
	if (fuzz_random_below(random, 3) == 0)
		exchange->functions->cut(exchange);
	else
		exchange->functions->send_end(exchange);
}

static void
act(struct fake *fake, struct fuzz_random *random)
{
	struct http_exchange *exchange = waiting(fake);

	if (exchange == NULL)
		return;
	switch (fuzz_random_below(random, 6)) {
	case 0:
		exchange->state = fake;
		fake_answer(exchange, 200, "later");
		break;
	case 1:
		exchange->state = fake;
		answer_in_parts(exchange, random);
		break;
	case 2:
		exchange->functions->want_body(
		    exchange, fuzz_random_below(random, 64));
		break;
	case 3:
		exchange->functions->keep_half_closed(
		    exchange, fuzz_random_below(random, 2) == 0);
		break;
	case 4:
		exchange->state = fake;
		exchange->functions->cut(exchange);
		break;
	default:
		/* What is not the application's is a refusal. */
		FUZZ_CHECK(exchange->status != 0 ||
		    exchange->functions->unsent(exchange) == 0);
		break;
	}
}

static void
retire(struct conn *conn, bool at_once)
{
	conn->is_retiring = true;
	if (!conn_is_ending(conn))
		h1_protocol.retire(conn, at_once);
	fake_settle(conn);
}

static void
happen(struct fake *fake, struct fuzz_random *random)
{
	struct conn *conn = fake->conn;

	switch (fuzz_random_below(random, 32)) {
	case 0:
		retire(conn, false);
		break;
	case 1:
		retire(conn, true);
		break;
	case 2:
		if (conn->wait != CONN_DEADLINE_NONE && !conn_is_ending(conn))
			fake_pass_deadline(conn);
		break;
	case 3:
		fake_end_input(conn);
		break;
	case 4:
		fake_close(conn, CONN_CLOSE_CLIENT);
		break;
	case 5:
	case 6:
	case 7:
		conn->room = fuzz_random_below(random, 200);
		break;
	case 8:
	case 9:
	case 10:
		conn->room = UNLIMITED;
		break;
	default:
		act(fake, random);
		break;
	}
	fake_settle(conn);
}

static void
check_events(struct fake *fake, const uint8_t *data, size_t size,
    struct fuzz_random *random)
{
	struct conn *conn = fake->conn;
	size_t at = 0, part;
	unsigned idle = 0;

	while (!conn->is_closed && idle < 32) {
		part = at < size ? fuzz_random_part(random, size - at) : 0;
		if (part > 0 && !conn->input_ended)
			part = fake_feed(conn, data + at, part);
		at += part;
		idle = part > 0 ? 0 : idle + 1;
		happen(fake, random);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_random random = fuzz_random_of(data, size);
	struct fake fake;

	fuzz_skip_notes(&data, &size);
	fake_init(&fake);
	fake.recorder.record = record;
	fake.settings.limits.max_head = 1024;
	fake.settings.limits.max_request_line = 256;
	fake_start(&fake);
	if (size > 0)
		check_splits(&fake, data, size, &random);
	fake_restart(&fake);
	check_events(&fake, data, size, &random);
	fake_fini(&fake);
	return 0;
}
