/* SPDX-License-Identifier: ISC */
/*
 * The bits of each version, of all there are so far, and rules in a child.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "test_unit.h"
#include "worker/worker_landlock.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

#define EXECUTE  LANDLOCK_ACCESS_FS_EXECUTE
#define REFER    LANDLOCK_ACCESS_FS_REFER
#define TRUNCATE (1ull << 14)
#define IOCTL    (1ull << 15)

#define READ       WORKER_LANDLOCK_READ
#define WRITE_FILE WORKER_LANDLOCK_WRITE_FILE
#define WRITE      WORKER_LANDLOCK_WRITE
#define KEEP       WORKER_LANDLOCK_KEEP

static const struct {
	int version;
	enum worker_landlock_access access;
	bool is_directory;
	unsigned long long with, without;
} rights[] = {
	{ 1, READ, true, LANDLOCK_ACCESS_FS_READ_DIR,
	    EXECUTE | REFER | TRUNCATE | LANDLOCK_ACCESS_FS_WRITE_FILE },
	{ 7, READ, false, LANDLOCK_ACCESS_FS_READ_FILE,
	    LANDLOCK_ACCESS_FS_READ_DIR | TRUNCATE | IOCTL },
	{ 1, WRITE, true, LANDLOCK_ACCESS_FS_MAKE_REG,
	    EXECUTE | REFER | TRUNCATE | IOCTL },
	{ 2, WRITE, true, REFER, TRUNCATE | IOCTL },
	{ 3, WRITE, true, REFER | TRUNCATE, IOCTL },
	{ 5, WRITE, true, REFER | TRUNCATE | IOCTL,
	    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK },
	{ 7, WRITE, false, TRUNCATE | IOCTL,
	    REFER | LANDLOCK_ACCESS_FS_MAKE_REG },
	{ 7, WRITE_FILE, false, LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE,
	    IOCTL },
	{ 2, KEEP, true, LANDLOCK_ACCESS_FS_MAKE_REG,
	    LANDLOCK_ACCESS_FS_READ_DIR | TRUNCATE | REFER },
	{ 3, KEEP, true, TRUNCATE, LANDLOCK_ACCESS_FS_MAKE_DIR },
};

START_TEST(a_version_has_its_rights)
{
	unsigned long long bits = worker_landlock_bits(
	    rights[_i].version, rights[_i].access, rights[_i].is_directory);

	ck_assert_uint_eq(bits & rights[_i].with, rights[_i].with);
	ck_assert_uint_eq(bits & rights[_i].without, 0);
}
END_TEST

START_TEST(scopes_come_with_a_version)
{
	ck_assert(!worker_landlock_has_scopes(0));
	ck_assert(!worker_landlock_has_scopes(5));
	ck_assert(worker_landlock_has_scopes(6));
	ck_assert(worker_landlock_has_scopes(70));
}
END_TEST

/* ---- by the kernel ---- */

static char directory[] = "/tmp/cohort-test-XXXXXX";

static bool
may_open(const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd != -1)
		close(fd);
	return fd != -1;
}

/* The exit code says what is not as it should be. */
static int
try_rules(int version)
{
	char kept[64], spare[64];
	struct error error;
	int rules;

	snprintf(kept, sizeof(kept), "%s/kept", directory);
	snprintf(spare, sizeof(spare), "%s/file", directory);
	mkdir(kept, 0700);
	if (!may_open("file", O_RDWR | O_CREAT) ||
	    !may_open("other", O_RDWR | O_CREAT))
		return 1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    worker_landlock_open(version, false, &rules, &error) == -1 ||
	    worker_landlock_allow(rules, version, kept, KEEP, &error) == -1 ||
	    worker_landlock_allow(rules, version, spare, READ, &error) == -1 ||
	    worker_landlock_allow(rules, version, "/nowhere", READ, &error) ==
		-1 ||
	    worker_landlock_enforce(rules, &error) == -1)
		return 2;
	if (!may_open("file", O_RDONLY) || may_open("file", O_WRONLY))
		return 3;
	if (may_open("other", O_RDONLY) || may_open("new", O_RDWR | O_CREAT))
		return 4;
	return may_open("kept/new", O_RDWR | O_CREAT) &&
		may_open("kept", O_RDWR | O_TMPFILE) ?
	    0 :
	    5;
}

/* As older kernels would have it, too: a newer one knows their words. */
START_TEST(rules_hold)
{
	int status, version = worker_landlock_version();
	char command[128];
	pid_t pid;

	if (version < _i)
		return;
	ck_assert_ptr_nonnull(mkdtemp(directory));
	pid = fork();
	if (pid == 0)
		_exit(try_rules(_i));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	snprintf(command, sizeof(command), "rm -r '%s'", directory);
	ck_assert_int_eq(system(command), 0);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_landlock_kernel");
	TCase *tests = tcase_create("landlock");

	tcase_add_loop_test(tests, a_version_has_its_rights, 0, ROWS(rights));
	tcase_add_test(tests, scopes_come_with_a_version);
	tcase_add_loop_test(tests, rules_hold, 1, 8);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
