/* SPDX-License-Identifier: ISC */
/*
 * The headers of Debian 12 know what its kernel knows (version 2); newer
 * kernels are asked by numbers that stand here.  A bit that a kernel does not
 * know makes it refuse the whole, so each is used from its version on.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "worker/worker_landlock.h"

/* What linux/landlock.h lacks, with the version that brought it. */
#define FILE_TRUNCATE  (1ull << 14) /* 3 */
#define FILE_IOCTL     (1ull << 15) /* 5 */
#define SCOPE_ABSTRACT (1ull << 0)  /* 6 */
#define SCOPE_SIGNAL   (1ull << 1)  /* 6 */

#define VERSION_REFER    2
#define VERSION_TRUNCATE 3
#define VERSION_IOCTL    5
#define VERSION_SCOPE    6

/* struct landlock_ruleset_attr, as of version 6; an older kernel takes it as
 * long as the rest is zero. */
struct rule_set {
	uint64_t files;
	uint64_t network;
	uint64_t scope;
};

#define FILES_READ LANDLOCK_ACCESS_FS_READ_FILE
#define FILES_LIST (FILES_READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILES_KEEP                                                      \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define FILES_WRITE                                                      \
	(FILES_LIST | FILES_KEEP | LANDLOCK_ACCESS_FS_REMOVE_DIR |       \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
	    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define FILES_NEVER                                                  \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
	    LANDLOCK_ACCESS_FS_MAKE_BLOCK)

/* What makes sense of a file that is no directory. */
#define FILES_OF_ONE                                                    \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	    FILE_TRUNCATE | FILE_IOCTL)

static uint64_t
known(int version)
{
	uint64_t bits = FILES_WRITE | FILES_NEVER;

	if (version >= VERSION_REFER)
		bits |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= VERSION_TRUNCATE)
		bits |= FILE_TRUNCATE;
	if (version >= VERSION_IOCTL)
		bits |= FILE_IOCTL;
	return bits;
}

unsigned long long
worker_landlock_bits(
    int version, enum worker_landlock_access access, bool is_directory)
{
	static const uint64_t bits[] = {
		[WORKER_LANDLOCK_READ] = FILES_LIST,
		[WORKER_LANDLOCK_WRITE_FILE] =
		    FILES_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | FILE_TRUNCATE,
		[WORKER_LANDLOCK_WRITE] = FILES_WRITE |
		    LANDLOCK_ACCESS_FS_REFER | FILE_TRUNCATE | FILE_IOCTL,
		[WORKER_LANDLOCK_KEEP] = FILES_KEEP | FILE_TRUNCATE,
	};

	return bits[access] & known(version) &
	    (is_directory ? UINT64_MAX : FILES_OF_ONE);
}

int
worker_landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

bool
worker_landlock_has_scopes(int version)
{
	return version >= VERSION_SCOPE;
}

int
worker_landlock_open(
    int version, bool may_execute, int *rules_r, struct error *error)
{
	const uint64_t free = may_execute ? LANDLOCK_ACCESS_FS_EXECUTE : 0;
	const struct rule_set set = {
		.files = known(version) & ~free,
		.scope = version >= VERSION_SCOPE ?
		    SCOPE_ABSTRACT | SCOPE_SIGNAL :
		    0,
	};

	*rules_r =
	    (int)syscall(SYS_landlock_create_ruleset, &set, sizeof(set), 0);
	if (*rules_r == -1)
		return error_set_errno(error, "landlock_create_ruleset");
	return 0;
}

static int
add_rule(int rules, int fd, uint64_t bits)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = bits,
		.parent_fd = fd,
	};

	return (int)syscall(
	    SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int
worker_landlock_allow(int rules, int version, const char *path,
    enum worker_landlock_access access, struct error *error)
{
	int fd = open(path, O_PATH | O_CLOEXEC), result = 0;
	struct stat status;

	if (fd == -1)
		return 0;
	if (fstat(fd, &status) == -1 ||
	    add_rule(rules, fd,
		worker_landlock_bits(
		    version, access, S_ISDIR(status.st_mode))) == -1)
		result = error_set_errno(error, "landlock: %s", path);
	fd_close(&fd);
	return result;
}

int
worker_landlock_enforce(int rules, struct error *error)
{
	if (syscall(SYS_landlock_restrict_self, rules, 0) == -1)
		return error_set_errno(error, "landlock_restrict_self");
	return 0;
}
