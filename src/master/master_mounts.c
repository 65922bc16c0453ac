/* SPDX-License-Identifier: ISC */
#include "master/master_mounts.h"

#include <string.h>

#include "base/base_memory.h"
#include "base/base_object.h"
#include "master/master_private.h"

/* ---- the modules' bytes ---- */

struct master_pin *
master_mounts_pin(const struct master_mounts *mounts, const char *path)
{
	size_t i;

	for (i = 0; i < mounts->pin_count; i++)
		if (strcmp(mounts->pins[i]->path, path) == 0)
			return mounts->pins[i];
	return NULL;
}

/* The other cohort's, if that has the same bytes. */
static void
share(struct master_pin **pin, const struct list *cohorts)
{
	const struct master_cohort *cohort;
	struct master_pin *other;
	struct list_link *link;

	LIST_FOREACH (link, cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		other = master_mounts_pin(cohort->mounts, (*pin)->path);
		if (other == NULL || !master_pin_is_same(*pin, other))
			continue;
		master_pin_release(pin);
		*pin = master_pin_hold(other);
		return;
	}
}

static int
take_pin(struct master_mounts *mounts, const char *path,
    const struct list *cohorts, const struct master_pin **pin_r,
    struct error *error)
{
	struct master_pin *pin = master_mounts_pin(mounts, path);

	if (pin == NULL) {
		if (master_pin_open(path, &pin, error) == -1)
			return -1;
		share(&pin, cohorts);
		mounts->pins = memory_resize(mounts->pins,
		    mounts->pin_count + 1, sizeof(struct master_pin *));
		mounts->pins[mounts->pin_count++] = pin;
	}
	*pin_r = pin;
	return 0;
}

/* ---- life ---- */

static int
add_mount(struct master_mounts *mounts, const char *host,
    const struct settings_mount *settings, const struct list *cohorts,
    struct error *error)
{
	struct master_mount *mount = &mounts->mounts[mounts->count++];

	mount->host = memory_copy_text(host);
	mount->prefix = memory_copy_text(settings->prefix);
	if (settings->module != NULL &&
	    take_pin(mounts, settings->module, cohorts, &mount->pin, error) ==
		-1)
		return error_wrap(error, "%s: mount \"%s\"", settings->place,
		    settings->prefix);
	return 0;
}

static int
add_host(struct master_mounts *mounts, const struct settings_host *host,
    const struct list *cohorts, struct error *error)
{
	size_t i;

	for (i = 0; i < host->mount_count; i++)
		if (add_mount(mounts, host->name, &host->mounts[i], cohorts,
			error) == -1)
			return -1;
	return 0;
}

int
master_mounts_new(const struct settings *settings, const struct list *cohorts,
    struct master_mounts **mounts_r, struct error *error)
{
	struct master_mounts *mounts;
	size_t i, count = 1;

	OBJECT_NEW(mounts, MASTER_MOUNTS_MAGIC);
	for (i = 0; i < settings->host_count; i++)
		count += settings->hosts[i].mount_count;
	mounts->users = 1;
	mounts->mounts = memory_alloc_array(count, sizeof(*mounts->mounts));
	mounts->count = 1;
	for (i = 0; i < settings->host_count; i++) {
		if (add_host(mounts, &settings->hosts[i], cohorts, error) ==
		    -1) {
			master_mounts_release(&mounts);
			return -1;
		}
	}
	*mounts_r = mounts;
	return 0;
}

struct master_mounts *
master_mounts_hold(struct master_mounts *mounts)
{
	OBJECT_CHECK(mounts, MASTER_MOUNTS_MAGIC);
	mounts->users++;
	return mounts;
}

static void
free_all(struct master_mounts *mounts)
{
	struct master_mount *mount;
	size_t i;

	for (i = 0; i < mounts->count; i++) {
		mount = &mounts->mounts[i];
		memory_free(mount->host);
		memory_free(mount->prefix);
	}
	for (i = 0; i < mounts->pin_count; i++)
		master_pin_release(&mounts->pins[i]);
	memory_free(mounts->pins);
	memory_free(mounts->mounts);
	OBJECT_FREE(mounts);
}

void
master_mounts_release(struct master_mounts **source)
{
	struct master_mounts *mounts;

	if (*source == NULL)
		return;
	OBJECT_TAKE(mounts, source, MASTER_MOUNTS_MAGIC);
	if (--mounts->users == 0)
		free_all(mounts);
}

/* ---- what is the same ---- */

static bool
is_same(const struct master_mount *one, const struct master_mount *other)
{
	if (strcmp(one->host, other->host) != 0 ||
	    strcmp(one->prefix, other->prefix) != 0)
		return false;
	if (one->pin == NULL || other->pin == NULL)
		return one->pin == other->pin;
	return master_pin_is_same(one->pin, other->pin);
}

uint16_t
master_mounts_find(const struct master_mounts *mounts,
    const struct master_mounts *others, uint16_t number)
{
	size_t i;

	OBJECT_CHECK(mounts, MASTER_MOUNTS_MAGIC);
	OBJECT_CHECK(others, MASTER_MOUNTS_MAGIC);
	if (number == 0 || number >= others->count)
		return 0;
	for (i = 1; i < mounts->count; i++)
		if (is_same(&mounts->mounts[i], &others->mounts[number]))
			return (uint16_t)i;
	return 0;
}
