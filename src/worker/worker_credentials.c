/* SPDX-License-Identifier: ISC */
/*
 * Group before user, as the user alone has the right to change groups; all
 * three ids of each, as a saved one would be the way back.
 */
#include "worker/worker_credentials.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"

/* More than any entry of a sane database needs. */
#define ENTRY_ROOM 65536

static int
take_user(const struct passwd *entry, struct worker_credentials *credentials,
    struct error *error)
{
	if (strlen(entry->pw_name) >= sizeof(credentials->name))
		return error_set(error, ERROR_CONFIG,
		    "user \"%s\": name too long", entry->pw_name);
	strcpy(credentials->name, entry->pw_name);
	credentials->user = entry->pw_uid;
	credentials->group = entry->pw_gid;
	return 0;
}

/* An empty name is the user we are. */
static int
find_user(const char *name, struct worker_credentials *credentials,
    struct error *error)
{
	char *room = memory_alloc(ENTRY_ROOM);
	struct passwd entry, *found;
	int number, result = -1;

	number = name[0] != '\0' ?
	    getpwnam_r(name, &entry, room, ENTRY_ROOM, &found) :
	    getpwuid_r(geteuid(), &entry, room, ENTRY_ROOM, &found);
	if (found != NULL)
		result = take_user(found, credentials, error);
	else if (number != 0)
		error_set(error, ERROR_CONFIG, "user \"%s\": %s", name,
		    strerror(number));
	else
		error_set(
		    error, ERROR_CONFIG, "user \"%s\": no such user", name);
	memory_free(room);
	return result;
}

static int
find_group(const char *name, gid_t *group_r, struct error *error)
{
	char *room = memory_alloc(ENTRY_ROOM);
	struct group entry, *found;
	int number, result = -1;

	number = getgrnam_r(name, &entry, room, ENTRY_ROOM, &found);
	if (found != NULL) {
		*group_r = found->gr_gid;
		result = 0;
	} else if (number != 0) {
		error_set(error, ERROR_CONFIG, "group \"%s\": %s", name,
		    strerror(number));
	} else {
		error_set(
		    error, ERROR_CONFIG, "group \"%s\": no such group", name);
	}
	memory_free(room);
	return result;
}

int
worker_credentials_find(const struct settings *settings,
    struct worker_credentials *credentials_r, struct error *error)
{
	*credentials_r = (struct worker_credentials) { .keep = true };
	if (geteuid() != 0 ||
	    (settings->user[0] == '\0' && settings->group[0] == '\0'))
		return 0;
	credentials_r->keep = false;
	if (find_user(settings->user, credentials_r, error) == -1)
		return -1;
	if (settings->group[0] == '\0')
		return 0;
	return find_group(settings->group, &credentials_r->group, error);
}

static int
set_ids(const struct worker_credentials *credentials, struct error *error)
{
	uid_t user = credentials->user;
	gid_t group = credentials->group;

	if (initgroups(credentials->name, group) == -1)
		return error_set_errno(
		    error, "supplementary groups of \"%s\"", credentials->name);
	if (setresgid(group, group, group) == -1)
		return error_set_errno(error, "setresgid %u", group);
	if (setresuid(user, user, user) == -1)
		return error_set_errno(error, "setresuid %u", user);
	return 0;
}

/* All three ids are what they should be. */
static bool
are_set(const struct worker_credentials *credentials)
{
	uid_t users[3];
	gid_t groups[3];
	int i;

	if (getresuid(&users[0], &users[1], &users[2]) == -1 ||
	    getresgid(&groups[0], &groups[1], &groups[2]) == -1)
		return false;
	for (i = 0; i < 3; i++)
		if (users[i] != credentials->user ||
		    groups[i] != credentials->group)
			return false;
	return true;
}

/* Kept capabilities, say, could lead back; whoever stays root is asked
 * nothing. */
static bool
can_return(const struct worker_credentials *credentials)
{
	if (credentials->user == 0)
		return false;
	return setuid(0) == 0 || seteuid(0) == 0 ||
	    (credentials->group != 0 && setgid(0) == 0);
}

int
worker_credentials_drop(
    const struct worker_credentials *credentials, struct error *error)
{
	if (credentials->keep)
		return 0;
	if (set_ids(credentials, error) == -1)
		return -1;
	if (!are_set(credentials))
		return error_set(error, ERROR_SYSTEM,
		    "user \"%s\": ids are only half set", credentials->name);
	if (can_return(credentials))
		return error_set(error, ERROR_SYSTEM,
		    "user \"%s\": root can be regained", credentials->name);
	return 0;
}
