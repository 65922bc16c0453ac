/* SPDX-License-Identifier: ISC */
/*
 * The time of a file's last change of any kind is used, since that of its
 * contents can be set back (cp -p, tar, rsync) and this one cannot.
 *
 * Contents are told apart by 64 bits that need not withstand an attacker:
 * whoever may write the file gains nothing from a second one with its tag.
 */
#include "service/service_tag.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FACTOR 0x9e3779b97f4a7c15u /* odd, with bits all over */

/* One to one, in either argument. */
static uint64_t
mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * FACTOR;
	return hash ^ hash >> 32;
}

static uint64_t
hash(const char *data, size_t size)
{
	uint64_t value = size, word;

	for (; size >= sizeof(word); data += sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		value = mix(value, word);
		size -= sizeof(word);
	}
	word = 0;
	memcpy(&word, data, size);
	return mix(mix(value, word), 0);
}

void
service_tag_of_content(
    char tag_r[SERVICE_TAG_SIZE], const void *data, size_t size)
{
	snprintf(tag_r, SERVICE_TAG_SIZE, "\"%zx-%016" PRIx64 "\"", size,
	    hash(data, size));
}

static uint64_t
nanoseconds_of(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

static uint64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return nanoseconds_of(&time);
}

void
service_tag_of_status(
    char tag_r[SERVICE_TAG_SIZE], const struct stat *status, bool is_young)
{
	int size = snprintf(tag_r, SERVICE_TAG_SIZE,
	    "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64, (uint64_t)status->st_ino,
	    (uint64_t)status->st_size, nanoseconds_of(&status->st_ctim));

	if (is_young)
		size += snprintf(tag_r + size, SERVICE_TAG_SIZE - (size_t)size,
		    "-%" PRIx64, now());
	snprintf(tag_r + size, SERVICE_TAG_SIZE - (size_t)size, "\"");
}
