/* SPDX-License-Identifier: ISC */
/*
 * Owns how many descriptors there may be.  Workers inherit the limit; they
 * cannot raise the hard one any more.
 */
#include <sys/resource.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "master/master_private.h"

/* Beyond connections: logs, channels, modules' own files. */
#define SPARE_DESCRIPTORS 256u

/* The master's own: logs, sockets, who is connected to it. */
#define MASTER_DESCRIPTORS 64u

/* Of each worker here: its channel and its process area. */
#define WORKER_DESCRIPTORS 2u

/* Cohorts that may be there at a time. */
#define COHORTS_MOST 5u

/* Somebody may look at each that there could be. */
#define DESCRIPTORS_MOST 1048576u

/*
 * What may be on the way in sockets counts for all processes of a user, and
 * against the limit of the one that sends: when all workers crash at once,
 * each must be allowed what they hold together.  Settings may grow by a
 * reload, too.
 */
static size_t
wanted_descriptors(const struct settings *settings)
{
	size_t wanted =
	    settings->workers * settings->max_connections + SPARE_DESCRIPTORS;
	size_t most = DESCRIPTORS_MOST;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < most)
		most = limit.rlim_max;
	return wanted > most ? wanted : most;
}

static size_t
count_mounts(const struct settings *settings)
{
	size_t i, count = 0;

	for (i = 0; i < settings->host_count; i++)
		count += settings->hosts[i].mount_count;
	return count;
}

/* Of the limit, at least half is for connections.  Each mount may have a
 * module of its own. */
static size_t
room_for_orphans(const struct settings *settings, size_t limit)
{
	size_t others = MASTER_DESCRIPTORS +
	    COHORTS_MOST *
		(settings->workers * WORKER_DESCRIPTORS +
		    count_mounts(settings));

	return limit - (others < limit / 2 ? others : limit / 2);
}

void
master_limits_raise(struct master *master, const struct settings *settings)
{
	size_t needed = settings->max_connections + SPARE_DESCRIPTORS;
	struct error error;
	size_t limit = 0;

	if (fd_raise_limit(wanted_descriptors(settings), &limit, &error) == -1)
		log_warn("%s", error.text);
	else if (limit < needed)
		log_warn("max_connections %llu needs %zu descriptors, the "
			 "limit is %zu: workers will hold fewer",
		    (unsigned long long)settings->max_connections, needed,
		    limit);
	master->orphans_max = room_for_orphans(settings, limit);
}
