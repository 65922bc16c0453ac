/* SPDX-License-Identifier: ISC */
/*
 * The grammar as a table: a state, the class of the next byte, the next
 * state.  What the table does not have is a fault, and which one is the
 * state's.  Data is not read byte by byte.
 *
 *	chunk     = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
 *	chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted ) ] )
 */
#include "http1/h1_chunked.h"

#include <stdbool.h>

enum state {
	BAD,
	SIZE_BEGIN, /* a digit has to come */
	SIZE,
	SIZE_SPACE,      /* then only an extension may come */
	EXTENSION_BEGIN, /* behind the semicolon */
	NAME,
	NAME_SPACE,
	VALUE_BEGIN, /* behind the equals sign */
	VALUE,
	QUOTED,
	QUOTED_PAIR,
	QUOTED_END,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_BEGIN,
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	LAST_LF,
	END,
	STATE_COUNT
};

enum class {
	CONTROL,
	DIGIT, /* hexadecimal; also a token's */
	TOKEN,
	SPACE,
	SEMICOLON,
	EQUALS,
	QUOTE,
	BACKSLASH,
	COLON,
	TEXT, /* any other that is no control character */
	CR,
	LF,
	CLASS_COUNT
};

/* clang-format off */
static const uint8_t classes[256] = {
	['0' ... '9'] = DIGIT, ['A' ... 'F'] = DIGIT, ['a' ... 'f'] = DIGIT,
	['G' ... 'Z'] = TOKEN, ['g' ... 'z'] = TOKEN,
	['!'] = TOKEN, ['#'] = TOKEN, ['$'] = TOKEN, ['%'] = TOKEN,
	['&'] = TOKEN, ['\''] = TOKEN, ['*'] = TOKEN, ['+'] = TOKEN,
	['-'] = TOKEN, ['.'] = TOKEN, ['^'] = TOKEN, ['_'] = TOKEN,
	['`'] = TOKEN, ['|'] = TOKEN, ['~'] = TOKEN,
	[' '] = SPACE, ['\t'] = SPACE,
	[';'] = SEMICOLON, ['='] = EQUALS, ['"'] = QUOTE,
	['\\'] = BACKSLASH, [':'] = COLON, ['\r'] = CR, ['\n'] = LF,
	['('] = TEXT, [')'] = TEXT, [','] = TEXT, ['/'] = TEXT,
	['<'] = TEXT, ['>'] = TEXT, ['?'] = TEXT, ['@'] = TEXT,
	['['] = TEXT, [']'] = TEXT, ['{'] = TEXT, ['}'] = TEXT,
	[0x80 ... 0xff] = TEXT,
};

/* Everything of a line but its end and control characters. */
#define REST_TO(state)                                                  \
	[DIGIT] = (state), [TOKEN] = (state), [SPACE] = (state),        \
	[SEMICOLON] = (state), [EQUALS] = (state), [COLON] = (state),   \
	[TEXT] = (state)

static const uint8_t steps[STATE_COUNT][CLASS_COUNT] = {
	[SIZE_BEGIN] = { [DIGIT] = SIZE },
	[SIZE] = { [DIGIT] = SIZE, [SPACE] = SIZE_SPACE,
		[SEMICOLON] = EXTENSION_BEGIN, [CR] = SIZE_LF },
	[SIZE_SPACE] = { [SPACE] = SIZE_SPACE,
		[SEMICOLON] = EXTENSION_BEGIN },
	[EXTENSION_BEGIN] = { [SPACE] = EXTENSION_BEGIN, [DIGIT] = NAME,
		[TOKEN] = NAME },
	[NAME] = { [DIGIT] = NAME, [TOKEN] = NAME, [SPACE] = NAME_SPACE,
		[EQUALS] = VALUE_BEGIN, [SEMICOLON] = EXTENSION_BEGIN,
		[CR] = SIZE_LF },
	[NAME_SPACE] = { [SPACE] = NAME_SPACE, [EQUALS] = VALUE_BEGIN,
		[SEMICOLON] = EXTENSION_BEGIN },
	[VALUE_BEGIN] = { [SPACE] = VALUE_BEGIN, [DIGIT] = VALUE,
		[TOKEN] = VALUE, [QUOTE] = QUOTED },
	[VALUE] = { [DIGIT] = VALUE, [TOKEN] = VALUE, [SPACE] = SIZE_SPACE,
		[SEMICOLON] = EXTENSION_BEGIN, [CR] = SIZE_LF },
	[QUOTED] = { REST_TO(QUOTED), [BACKSLASH] = QUOTED_PAIR,
		[QUOTE] = QUOTED_END },
	[QUOTED_PAIR] = { REST_TO(QUOTED), [BACKSLASH] = QUOTED,
		[QUOTE] = QUOTED },
	[QUOTED_END] = { [SPACE] = SIZE_SPACE,
		[SEMICOLON] = EXTENSION_BEGIN, [CR] = SIZE_LF },
	[SIZE_LF] = { [LF] = DATA },
	[DATA_CR] = { [CR] = DATA_LF },
	[DATA_LF] = { [LF] = SIZE_BEGIN },
	[TRAILER_BEGIN] = { [DIGIT] = TRAILER_NAME, [TOKEN] = TRAILER_NAME,
		[CR] = LAST_LF },
	[TRAILER_NAME] = { [DIGIT] = TRAILER_NAME, [TOKEN] = TRAILER_NAME,
		[COLON] = TRAILER_VALUE },
	[TRAILER_VALUE] = { REST_TO(TRAILER_VALUE),
		[QUOTE] = TRAILER_VALUE, [BACKSLASH] = TRAILER_VALUE,
		[CR] = TRAILER_LF },
	[TRAILER_LF] = { [LF] = TRAILER_BEGIN },
	[LAST_LF] = { [LF] = END },
};

static const enum h1_fault faults[STATE_COUNT] = {
	[SIZE_BEGIN] = H1_FAULT_CHUNK_SIZE,
	[SIZE] = H1_FAULT_CHUNK_SIZE,
	[SIZE_SPACE] = H1_FAULT_CHUNK_SIZE,
	[EXTENSION_BEGIN] = H1_FAULT_CHUNK_EXTENSION,
	[NAME] = H1_FAULT_CHUNK_EXTENSION,
	[NAME_SPACE] = H1_FAULT_CHUNK_EXTENSION,
	[VALUE_BEGIN] = H1_FAULT_CHUNK_EXTENSION,
	[VALUE] = H1_FAULT_CHUNK_EXTENSION,
	[QUOTED] = H1_FAULT_CHUNK_EXTENSION,
	[QUOTED_PAIR] = H1_FAULT_CHUNK_EXTENSION,
	[QUOTED_END] = H1_FAULT_CHUNK_EXTENSION,
	[SIZE_LF] = H1_FAULT_CHUNK_SIZE,
	[DATA_CR] = H1_FAULT_CHUNK_END,
	[DATA_LF] = H1_FAULT_CHUNK_END,
	[TRAILER_BEGIN] = H1_FAULT_TRAILER,
	[TRAILER_NAME] = H1_FAULT_TRAILER,
	[TRAILER_VALUE] = H1_FAULT_TRAILER,
	[TRAILER_LF] = H1_FAULT_TRAILER,
	[LAST_LF] = H1_FAULT_TRAILER,
};
/* clang-format on */

/* 16 would do for 64 bits; more are zeros in front, which nobody needs. */
#define DIGITS_MAX 16

void
h1_chunked_init(struct h1_chunked *chunked, const struct h1_limits *limits)
{
	*chunked =
	    (struct h1_chunked) { .state = SIZE_BEGIN, .limits = limits };
}

static uint64_t
digit_value(char digit)
{
	if (digit <= '9')
		return (uint64_t)(digit - '0');
	return (uint64_t)((digit | 0x20) - 'a') + 10;
}

static enum h1_fault
add_digit(struct h1_chunked *chunked, char digit)
{
	if (++chunked->digits > DIGITS_MAX || chunked->left > INT64_MAX >> 4)
		return H1_FAULT_CHUNK_SIZE;
	chunked->left = chunked->left << 4 | digit_value(digit);
	return H1_FAULT_NONE;
}

/* The LF of a chunk's line. */
static void
end_line(struct h1_chunked *chunked)
{
	chunked->digits = 0;
	if (chunked->left == 0)
		chunked->state = TRAILER_BEGIN;
}

/* Summed up over the body: many short chunks with long extensions would make
 * us read much more than the body's limit allows. */
static enum h1_fault
add_extension(struct h1_chunked *chunked)
{
	return ++chunked->extension > chunked->limits->max_chunk_extension ?
	    H1_FAULT_EXTENSION_TOO_LONG :
	    H1_FAULT_NONE;
}

static enum h1_fault
add_trailer(struct h1_chunked *chunked, bool begins_field)
{
	if (begins_field &&
	    ++chunked->trailer_fields > chunked->limits->max_fields)
		return H1_FAULT_TRAILER_TOO_MANY;
	return ++chunked->trailer > chunked->limits->max_trailer ?
	    H1_FAULT_TRAILER_TOO_LARGE :
	    H1_FAULT_NONE;
}

static enum h1_fault
enter(struct h1_chunked *chunked, enum state state, char byte)
{
	enum state before = chunked->state;

	chunked->state = (uint8_t)state;
	switch (state) {
	case SIZE:
		return add_digit(chunked, byte);
	case SIZE_SPACE:
	case EXTENSION_BEGIN:
	case NAME:
	case NAME_SPACE:
	case VALUE_BEGIN:
	case VALUE:
	case QUOTED:
	case QUOTED_PAIR:
	case QUOTED_END:
		return add_extension(chunked);
	case DATA:
		end_line(chunked);
		return H1_FAULT_NONE;
	case TRAILER_BEGIN:
	case TRAILER_NAME:
	case TRAILER_VALUE:
	case TRAILER_LF:
		return add_trailer(chunked, before == TRAILER_BEGIN);
	default:
		return H1_FAULT_NONE;
	}
}

static enum h1_fault
step(struct h1_chunked *chunked, char byte)
{
	enum state state = chunked->state;
	enum state next = steps[state][classes[(unsigned char)byte]];

	return next == BAD ? faults[state] : enter(chunked, next, byte);
}

static struct cohort_str
take_data(struct h1_chunked *chunked, const char *data, size_t size)
{
	if (size > chunked->left)
		size = (size_t)chunked->left;
	chunked->left -= size;
	if (chunked->left == 0)
		chunked->state = DATA_CR;
	return (struct cohort_str) { data, size };
}

enum h1_chunked_result
h1_chunked_read(struct h1_chunked *chunked, const char *data, size_t size,
    size_t *used_r, struct cohort_str *piece_r, enum h1_fault *fault_r)
{
	size_t used = 0;

	*used_r = 0;
	while (chunked->state != END && used < size) {
		if (chunked->state == DATA) {
			*piece_r = take_data(chunked, data + used, size - used);
			*used_r = used + piece_r->size;
			return H1_CHUNKED_DATA;
		}
		*fault_r = step(chunked, data[used++]);
		if (*fault_r != H1_FAULT_NONE)
			return H1_CHUNKED_FAULT;
	}
	*used_r = used;
	return chunked->state == END ? H1_CHUNKED_END : H1_CHUNKED_MORE;
}
