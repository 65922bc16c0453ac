/* SPDX-License-Identifier: ISC */
/*
 * What needs root is tested where the tests run as root, each drop in a
 * child of its own; elsewhere those tests have nothing to do.
 */
#include <sys/wait.h>

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "test_unit.h"
#include "worker/worker_credentials.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define LONG_NAME                                                    \
	"a-name-that-is-longer-than-any-user-or-group-of-this-host-" \
	"could-sensibly-have"

static struct error error;
static struct worker_credentials credentials;

static int
find(const char *user, const char *group)
{
	char user_copy[128], group_copy[128];
	const struct settings settings = {
		.user = strcpy(user_copy, user),
		.group = strcpy(group_copy, group),
	};

	return worker_credentials_find(&settings, &credentials, &error);
}

static bool
is_root(void)
{
	return geteuid() == 0;
}

/* Runs the function in a child; its result is the exit code. */
static int
run(int (*function)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(function());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const struct {
	const char *user, *group, *words;
} unknown[] = {
	{ "no-such-user-here", "", "user \"no-such-user-here\": no such user" },
	{ "nobody", "no-such-group-here",
	    "group \"no-such-group-here\": no such group" },
	{ "", "no-such-group-here",
	    "group \"no-such-group-here\": no such group" },
	{ LONG_NAME, "", "user \"" LONG_NAME "\": no such user" },
	{ "no\nsuch", "", "user \"no\nsuch\": no such user" },
};

START_TEST(unknown_name_is_the_operators_mistake)
{
	if (!is_root())
		return;
	ck_assert_int_eq(find(unknown[_i].user, unknown[_i].group), -1);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_str_eq(error.text, unknown[_i].words);
}
END_TEST

START_TEST(names_are_looked_up)
{
	const struct passwd *nobody = getpwnam("nobody");
	const struct group *daemon_group = getgrnam("daemon");

	if (!is_root() || nobody == NULL || daemon_group == NULL)
		return;
	ck_assert_int_eq(find("nobody", ""), 0);
	ck_assert(!credentials.keep);
	ck_assert_str_eq(credentials.name, "nobody");
	ck_assert_uint_eq(credentials.user, nobody->pw_uid);
	ck_assert_uint_eq(credentials.group, nobody->pw_gid);
	ck_assert_int_eq(find("nobody", "daemon"), 0);
	ck_assert_uint_eq(credentials.user, nobody->pw_uid);
	ck_assert_uint_eq(credentials.group, daemon_group->gr_gid);
	ck_assert_int_eq(find("", "daemon"), 0);
	ck_assert(!credentials.keep);
	ck_assert_str_eq(credentials.name, "root");
	ck_assert_uint_eq(credentials.group, daemon_group->gr_gid);
}
END_TEST

START_TEST(nothing_asked_for_keeps_everything)
{
	ck_assert_int_eq(find("", ""), 0);
	ck_assert(credentials.keep);
	ck_assert_int_eq(worker_credentials_drop(&credentials, &error), 0);
}
END_TEST

static int
find_as_user(void)
{
	if (is_root() && setresuid(65534, 65534, 65534) == -1)
		return 1;
	/* Names are not even looked at. */
	if (find("no-such-user-here", "no-such-group-here") == -1)
		return 2;
	return credentials.keep &&
		worker_credentials_drop(&credentials, &error) == 0 ?
	    0 :
	    3;
}

START_TEST(ordinary_user_stays)
{
	ck_assert_int_eq(run(find_as_user), 0);
}
END_TEST

static int
drop_to_nobody(void)
{
	const gid_t many[] = { 0, 4, 27 };
	gid_t groups[64];
	uid_t ids[3];
	int count, i;

	if (setgroups(ROWS(many), many) == -1 || find("nobody", "") == -1)
		return 1;
	if (worker_credentials_drop(&credentials, &error) == -1)
		return 2;
	getresuid(&ids[0], &ids[1], &ids[2]);
	for (i = 0; i < 3; i++)
		if (ids[i] != credentials.user)
			return 3;
	getresgid(&ids[0], &ids[1], &ids[2]);
	for (i = 0; i < 3; i++)
		if (ids[i] != credentials.group)
			return 4;
	count = getgroups(ROWS(groups), groups);
	for (i = 0; i < count; i++)
		if (groups[i] != credentials.group)
			return 5;
	return setuid(0) == -1 && setgid(0) == -1 ? 0 : 6;
}

START_TEST(drop_is_complete)
{
	if (is_root())
		ck_assert_int_eq(run(drop_to_nobody), 0);
}
END_TEST

/* With capabilities kept across setuid(2) there would be a way back. */
static int
drop_with_way_back(void)
{
	if (find("nobody", "") == -1 ||
	    prctl(PR_SET_SECUREBITS, 1 << 2 /* no_setuid_fixup */, 0, 0, 0) ==
		-1)
		return 1;
	if (worker_credentials_drop(&credentials, &error) == 0)
		return 2;
	return strstr(error.text, "root can be regained") != NULL ? 0 : 3;
}

START_TEST(way_back_is_noticed)
{
	if (is_root())
		ck_assert_int_eq(run(drop_with_way_back), 0);
}
END_TEST

/* Root without the right to change groups: half a drop is refused. */
static int
drop_without_rights(void)
{
	if (find("nobody", "") == -1)
		return 1;
	if (setresuid(65534, 65534, 65534) == -1)
		return 2;
	if (worker_credentials_drop(&credentials, &error) == 0)
		return 3;
	return error.kind == ERROR_SYSTEM &&
		strstr(error.text, "supplementary groups") != NULL ?
	    0 :
	    4;
}

START_TEST(half_a_drop_is_refused)
{
	if (is_root())
		ck_assert_int_eq(run(drop_without_rights), 0);
}
END_TEST

static int
drop_to_root(void)
{
	return find("root", "") == 0 && !credentials.keep &&
		worker_credentials_drop(&credentials, &error) == 0 &&
		is_root() ?
	    0 :
	    1;
}

START_TEST(root_may_be_asked_for)
{
	if (is_root())
		ck_assert_int_eq(run(drop_to_root), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_credentials");
	TCase *tests = tcase_create("credentials");

	tcase_add_loop_test(
	    tests, unknown_name_is_the_operators_mistake, 0, ROWS(unknown));
	tcase_add_test(tests, names_are_looked_up);
	tcase_add_test(tests, nothing_asked_for_keeps_everything);
	tcase_add_test(tests, ordinary_user_stays);
	tcase_add_test(tests, drop_is_complete);
	tcase_add_test(tests, way_back_is_noticed);
	tcase_add_test(tests, half_a_drop_is_refused);
	tcase_add_test(tests, root_may_be_asked_for);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
