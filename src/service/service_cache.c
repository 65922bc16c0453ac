/* SPDX-License-Identifier: ISC */
/*
 * Keys are client's texts, but only those of files that exist get in, so
 * the hash needs no secret.  The file's path is looked up by fstatat without
 * RESOLVE_BENEATH: a look outside finds another file at most, and that is
 * then opened properly or not at all.
 */
#include "service/service_cache.h"

#include <errno.h>
#include <string.h>

#include "base/base_object.h"

#define IDLE_MS     60000
#define BUCKETS_MIN 16

#define SERVICE_CACHE_MAGIC 0xa47187d9u

struct service_cache {
	unsigned magic;
	const struct service_root *root;
	const struct service_types *types;
	size_t capacity, count;
	uint64_t valid_ms;
	struct list files; /* the least recently used first */
	struct service_file **buckets;
	uint32_t mask;
};

struct service_cache *
service_cache_new(const struct service_root *root,
    const struct service_types *types, size_t capacity, uint64_t valid_ms)
{
	struct service_cache *cache;
	size_t buckets = BUCKETS_MIN;

	while (buckets < capacity)
		buckets *= 2;
	OBJECT_NEW(cache, SERVICE_CACHE_MAGIC);
	cache->root = root;
	cache->types = types;
	cache->capacity = capacity;
	cache->valid_ms = valid_ms;
	list_init(&cache->files);
	cache->buckets = memory_alloc_array(buckets, sizeof(*cache->buckets));
	cache->mask = (uint32_t)(buckets - 1);
	return cache;
}

/* FNV-1a. */
static uint32_t
hash(const char *path)
{
	uint32_t value = 2166136261u;

	for (; *path != '\0'; path++)
		value = (value ^ (unsigned char)*path) * 16777619u;
	return value;
}

/* Where the file, or the end of its chain, stands. */
static struct service_file **
find(struct service_cache *cache, const char *path, uint32_t path_hash)
{
	struct service_file **place = &cache->buckets[path_hash & cache->mask];

	while (*place != NULL &&
	    ((*place)->hash != path_hash || strcmp((*place)->path, path) != 0))
		place = &(*place)->next;
	return place;
}

static void
drop(struct service_cache *cache, struct service_file *file)
{
	*find(cache, file->path, file->hash) = file->next;
	list_remove(&file->link);
	cache->count--;
	service_file_release(file);
}

/* Drops from the least recently used on: too many, and idle ones. */
static void
shrink(struct service_cache *cache, size_t most, uint64_t now_ms)
{
	struct service_file *file;
	struct list_link *link;

	while ((link = list_first(&cache->files)) != NULL) {
		file = LIST_OBJECT(link, struct service_file, link);
		if (cache->count <= most && now_ms - file->used_ms < IDLE_MS)
			return;
		drop(cache, file);
	}
}

void
service_cache_free(struct service_cache **source)
{
	struct service_cache *cache;

	OBJECT_TAKE(cache, source, SERVICE_CACHE_MAGIC);
	shrink(cache, 0, 0);
	memory_free(cache->buckets);
	OBJECT_FREE(cache);
}

static bool
is_valid(const struct service_cache *cache, const struct service_file *file,
    uint64_t now_ms)
{
	return now_ms - file->checked_ms < cache->valid_ms;
}

static bool
is_current(
    struct service_cache *cache, struct service_file *file, uint64_t now_ms)
{
	struct stat status;

	if (file->is_young ||
	    fstatat(cache->root->fd, file->path, &status, 0) == -1 ||
	    !service_file_is_current(file, &status))
		return false;
	file->checked_ms = now_ms;
	return true;
}

/* Our own files are the first descriptors to give up. */
static struct service_file *
open_file(struct service_cache *cache, const char *path, uint64_t now_ms)
{
	struct service_file *file =
	    service_file_open(cache->root, cache->types, path);

	if (file != NULL || (errno != EMFILE && errno != ENFILE) ||
	    cache->count == 0)
		return file;
	shrink(cache, 0, now_ms);
	return service_file_open(cache->root, cache->types, path);
}

static void
keep(struct service_cache *cache, struct service_file *file, uint32_t path_hash,
    uint64_t now_ms)
{
	struct service_file **place;

	if (cache->capacity == 0)
		return;
	shrink(cache, cache->capacity - 1, now_ms);
	file->hash = path_hash;
	file->checked_ms = file->used_ms = now_ms;
	place = &cache->buckets[path_hash & cache->mask];
	file->next = *place;
	*place = service_file_hold(file);
	list_append(&cache->files, &file->link);
	cache->count++;
}

static struct service_file *
use(struct service_cache *cache, struct service_file *file, uint64_t now_ms)
{
	file->used_ms = now_ms;
	list_remove(&file->link);
	list_append(&cache->files, &file->link);
	return service_file_hold(file);
}

/* Looks at the file, where it stands in the cache or not. */
static struct service_file *
look(struct service_cache *cache, struct service_file *file, const char *path,
    uint32_t path_hash, uint64_t now_ms)
{
	if (file != NULL && is_current(cache, file, now_ms))
		return use(cache, file, now_ms);
	if (file != NULL)
		drop(cache, file);
	file = open_file(cache, path, now_ms);
	if (file != NULL)
		keep(cache, file, path_hash, now_ms);
	return file;
}

struct service_file *
service_cache_get(
    struct service_cache *cache, const char *path, uint64_t now_ms)
{
	uint32_t path_hash = hash(path);
	struct service_file *file;

	OBJECT_CHECK(cache, SERVICE_CACHE_MAGIC);
	file = *find(cache, path, path_hash);
	if (file != NULL && is_valid(cache, file, now_ms))
		return use(cache, file, now_ms);
	return look(cache, file, path, path_hash, now_ms);
}

struct service_file *
service_cache_get_current(struct service_cache *cache, const char *path,
    uint64_t now_ms, uint64_t turn)
{
	uint32_t path_hash = hash(path);
	struct service_file *file;

	OBJECT_CHECK(cache, SERVICE_CACHE_MAGIC);
	file = *find(cache, path, path_hash);
	if (file != NULL && turn != 0 && file->turn == turn)
		return use(cache, file, now_ms);
	file = look(cache, file, path, path_hash, now_ms);
	if (file != NULL)
		file->turn = turn;
	return file;
}

size_t
service_cache_count(const struct service_cache *cache)
{
	OBJECT_CHECK(cache, SERVICE_CACHE_MAGIC);
	return cache->count;
}
