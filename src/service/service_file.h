/* SPDX-License-Identifier: ISC */
/*
 * An open file as it is served: what one look at it told, with its contents
 * if it is small, else its descriptor.  Counted references: the cache has
 * one and every reply in flight another, so a file that is replaced stays
 * for those who still send it.  Workers, loop thread.
 */
#ifndef SERVICE_FILE_H
#define SERVICE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "app/app_reply.h"
#include "base/base_list.h"
#include "http/http_date.h"
#include "service/service_open.h"
#include "service/service_tag.h"
#include "service/service_types.h"

#define SERVICE_FILE_MAGIC       0x94edbe2fu
#define SERVICE_FILE_CONTENT_MAX 16384

/* What is said of every file, the validators side by side. */
enum service_file_field {
	SERVICE_FILE_RANGES, /* Accept-Ranges */
	SERVICE_FILE_ETAG,
	SERVICE_FILE_MODIFIED,
	SERVICE_FILE_TYPE,
	SERVICE_FILE_FIELDS
};

struct service_file {
	unsigned magic;
	unsigned references;
	int fd;        /* -1 where content is there */
	char *content; /* or NULL */
	int64_t size;
	struct stat status; /* when it was opened */
	/* Changed so shortly before that a change of right now would have the
	 * same times: status cannot tell whether it is current. */
	bool is_young;
	const char *type;
	char etag[SERVICE_TAG_SIZE];
	char modified[HTTP_DATE_SIZE + 1];
	struct cohort_pair fields[SERVICE_FILE_FIELDS]; /* of the above */

	/* service_cache.c's. */
	struct list_link link;
	struct service_file *next; /* in its bucket */
	uint64_t checked_ms, used_ms;
	uint64_t turn; /* in which it was looked at; 0: none */
	uint32_t hash;
	char path[];
};

/*
 * Opens path, relative to root.  With one reference; or NULL with errno as
 * of service_open, and EISDIR for a directory.  types outlives the file.
 */
struct service_file *service_file_open(const struct service_root *root,
    const struct service_types *types, const char *path);

struct service_file *service_file_hold(struct service_file *file);

/* A cohort_free: gives one reference back; the last one closes. */
void service_file_release(void *file);

/* Is it what status tells of, unchanged? */
bool service_file_is_current(
    const struct service_file *file, const struct stat *status);

/*
 * Its Last-Modified as of now: never in the future, and a second early as
 * long as a change of right now would have the same (RFC 9110, 8.8.2).
 * Lives as long as both file and room.
 */
const char *service_file_modified(
    const struct service_file *file, time_t now, char room[HTTP_DATE_SIZE + 1]);

/* A part of the file, valid as long as a reference is held. */
struct app_piece service_file_piece(
    const struct service_file *file, int64_t first, int64_t size);

#endif
