/* SPDX-License-Identifier: ISC */
/*
 * Two steps instead of one table of all numbers: 500 bytes of positions and
 * the few dozen listed statuses stay in the cache together.
 */
#include "http/http_status.h"

#include <stddef.h>
#include <stdint.h>

#define LEAST 100
#define COUNT 500

/* UNLISTED is 0, what the positions not named below are. */
enum position {
	UNLISTED,
#define HTTP_STATUS(number, reason) POSITION_##number,
#include "http/http_status.tbl"
#undef HTTP_STATUS
	POSITION_COUNT
};

_Static_assert(POSITION_COUNT <= UINT8_MAX, "positions are bytes");

/* clang-format off */
static const uint8_t positions[COUNT] = {
#define HTTP_STATUS(number, reason) [(number) - LEAST] = POSITION_##number,
#include "http/http_status.tbl"
#undef HTTP_STATUS
};

#define LINE(number, reason) "HTTP/1.1 " #number " " reason "\r\n"

static const struct {
	const char *reason;
	struct cohort_str line;
} statuses[POSITION_COUNT] = {
	[UNLISTED] = { NULL, { "", 0 } },
#define HTTP_STATUS(number, reason)                       \
	[POSITION_##number] = { reason,                   \
		{ LINE(number, reason), sizeof(LINE(number, reason)) - 1 } },
#include "http/http_status.tbl"
#undef HTTP_STATUS
};

static const char *const classes[] = {
	[1] = "Informational",
	[2] = "Successful",
	[3] = "Redirection",
	[4] = "Client Error",
	[5] = "Server Error",
};
/* clang-format on */

static bool
is_in_range(int status)
{
	return status >= LEAST && status < LEAST + COUNT;
}

static enum position
position_of(int status)
{
	return is_in_range(status) ? positions[status - LEAST] : UNLISTED;
}

const char *
http_status_reason(int status)
{
	enum position position = position_of(status);

	if (position != UNLISTED)
		return statuses[position].reason;
	return is_in_range(status) ? classes[status / 100] : "Unknown";
}

struct cohort_str
http_status_line(int status)
{
	return statuses[position_of(status)].line;
}

bool
http_status_is_final(int status)
{
	return status >= 200 && status < LEAST + COUNT;
}

bool
http_status_has_no_body(int status)
{
	return (status >= 100 && status < 200) || status == 204;
}
