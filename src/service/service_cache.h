/* SPDX-License-Identifier: ISC */
/*
 * Open files of one mount by path: when another one is opened, the least
 * recently used goes if there are too many, or if nobody wanted it for a
 * minute.  A file is believed unchanged for a while; then one fstatat(2)
 * tells, or, for one that had just been changed when it was opened, opening
 * it anew.  What is not there is not remembered.  Workers, loop thread.
 */
#ifndef SERVICE_CACHE_H
#define SERVICE_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "service/service_file.h"

struct service_cache;

/*
 * At most capacity files, 0: none is kept; each is looked at again after
 * valid_ms.  root and types outlive the cache.
 */
struct service_cache *service_cache_new(const struct service_root *root,
    const struct service_types *types, size_t capacity, uint64_t valid_ms);

/* Replies may still hold files. */
void service_cache_free(struct service_cache **cache);

/*
 * The file of that path, with a reference for the caller; NULL with errno
 * as service_file_open.  Neither malloc nor a system call for a file that is
 * still valid.
 */
struct service_file *service_cache_get(
    struct service_cache *cache, const char *path, uint64_t now_ms);

/*
 * The same, having looked at the file whether it is valid or not: at least
 * once in that turn (app_service.h), or, for 0, now.
 */
struct service_file *service_cache_get_current(struct service_cache *cache,
    const char *path, uint64_t now_ms, uint64_t turn);

/* How many it holds. */
size_t service_cache_count(const struct service_cache *cache);

#endif
