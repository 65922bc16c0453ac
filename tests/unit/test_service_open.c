/* SPDX-License-Identifier: ISC */
/*
 * All of it by openat2 and by the walk that stands in for it: _i % 2.
 */
#include "service/service_open.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "test_service_tree.h"
#include "test_unit.h"

static struct service_root root;

static void
make_links(void)
{
	static char inside[PATH_MAX], outside[PATH_MAX];

	snprintf(inside, sizeof(inside), "%s/file", test_root);
	snprintf(outside, sizeof(outside), "%s/outside/secret", test_tree);
	test_link("file", "root/to-file");
	test_link("dir", "root/to-dir");
	test_link("dir/", "root/to-dir-slash");
	test_link("../file", "root/dir/up");
	test_link("deep/../../to-file", "root/dir/around");
	test_link("../root/file", "root/out-and-in");
	test_link("../outside/secret", "root/out");
	test_link("../../outside/secret", "root/dir/out");
	test_link("../outside", "root/out-dir");
	test_link("..", "root/parent");
	test_link(inside, "root/absolute-inside");
	test_link(outside, "root/absolute");
	test_link("/", "root/top");
	test_link("to-nowhere", "root/dangling");
	test_link("loop-b", "root/loop-a");
	test_link("loop-a", "root/loop-b");
	test_link("out-dir", "root/to-out-dir");
	test_link("/proc/self/root", "root/magic");
	test_link(".", "root/here");
}

static void
make_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(
	    address.sun_path, sizeof(address.sun_path), "%s/socket", test_root);
	ck_assert_int_eq(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void
make_tree(void)
{
	struct error error;

	test_make_tree();
	test_mkdir("root/dir");
	test_mkdir("root/dir/deep");
	test_write("root/file", "file");
	test_write("root/dir/inner", "inner");
	test_write("root/dir/deep/er", "deeper");
	test_write("root/private", "private");
	chmod(test_path("root/private"), 0);
	test_mkdir("root/closed");
	test_write("root/closed/file", "closed");
	chmod(test_path("root/closed"), 0);
	ck_assert_int_eq(mkfifo(test_path("root/fifo"), 0644), 0);
	make_links();
	make_socket();
	ck_assert_int_eq(service_root_open(test_root, &root, &error), 0);
}

static void
remove_tree(void)
{
	service_root_close(&root);
	ck_assert_int_eq(root.fd, -1);
	test_remove_tree();
}

#define NAME_255                                                             \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *path;
	int number;          /* errno; 0: it opens */
	const char *content; /* NULL: a directory */
} paths[] = {
	{ "", 0, NULL },
	{ ".", 0, NULL },
	{ "dir", 0, NULL },
	{ "dir/", 0, NULL },
	{ "dir/deep/", 0, NULL },
	{ "file", 0, "file" },
	{ "dir/inner", 0, "inner" },
	{ "dir//deep/./er", 0, "deeper" },
	{ "dir/deep/../inner", 0, "inner" },
	{ "to-file", 0, "file" },
	{ "to-dir", 0, NULL },
	{ "to-dir/", 0, NULL },
	{ "to-dir/inner", 0, "inner" },
	{ "to-dir-slash/deep/er", 0, "deeper" },
	{ "dir/up", 0, "file" },
	{ "to-dir/up", 0, "file" },
	{ "dir/around", 0, "file" },
	{ "here/here/file", 0, "file" },
	{ "none", ENOENT, NULL },
	{ "none/none", ENOENT, NULL },
	{ "dangling", ENOENT, NULL },
	{ "file/", ENOTDIR, NULL },
	{ "to-file/", ENOTDIR, NULL },
	{ "file/x", ENOTDIR, NULL },
	{ "to-file/x", ENOTDIR, NULL },
	{ "loop-a", ELOOP, NULL },
	{ "loop-a/x", ELOOP, NULL },
	{ NAME_255 "a", ENAMETOOLONG, NULL },
	{ NAME_255, ENOENT, NULL },
	{ "..", EXDEV, NULL },
	{ "../outside/secret", EXDEV, NULL },
	{ "dir/../../outside/secret", EXDEV, NULL },
	{ "/etc/passwd", EXDEV, NULL },
	{ "out", EXDEV, NULL },
	{ "dir/out", EXDEV, NULL },
	{ "to-dir/out", EXDEV, NULL },
	{ "out-dir", EXDEV, NULL },
	{ "out-dir/secret", EXDEV, NULL },
	{ "to-out-dir/secret", EXDEV, NULL },
	{ "out-and-in", EXDEV, NULL },
	{ "parent/outside/secret", EXDEV, NULL },
	{ "absolute", EXDEV, NULL },
	{ "absolute-inside", EXDEV, NULL },
	{ "top/etc/passwd", EXDEV, NULL },
	{ "magic/etc/passwd", EXDEV, NULL },
	{ "fifo", EACCES, NULL },
	{ "socket", EACCES, NULL },
	{ "private", EACCES, NULL },
	{ "closed", EACCES, NULL },
	{ "closed/file", EACCES, NULL },
};

static int
count_descriptors(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

START_TEST(only_what_is_below_the_root_opens)
{
	int row = _i / 2, before = count_descriptors(), fd;
	const char *content = paths[row].content;
	struct stat status;
	char bytes[16] = "";

	if (_i % 2 == 1)
		root.has_openat2 = false;
	test_drop_root();
	fd = service_open(&root, paths[row].path, &status);
	ck_assert_int_eq(fd == -1 ? errno : 0, paths[row].number);
	test_regain_root();
	if (fd != -1) {
		ck_assert_int_eq(S_ISDIR(status.st_mode), content == NULL);
		ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		if (content != NULL) {
			ck_assert_int_gt(read(fd, bytes, 15), 0);
			ck_assert_str_eq(bytes, content);
		}
		close(fd);
	}
	ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

START_TEST(a_device_is_not_served)
{
	struct stat status;

	if (mknod(test_path("root/null"), S_IFCHR | 0666, makedev(1, 3)) == -1)
		return;
	root.has_openat2 &= _i % 2 == 0;
	ck_assert_int_eq(service_open(&root, "null", &status), -1);
	ck_assert_int_eq(errno, EACCES);
}
END_TEST

/* A writer that waits for a reader is left waiting. */
START_TEST(a_fifo_is_not_even_opened)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char event[4096];
	struct stat status;

	root.has_openat2 = _i % 2;
	ck_assert_int_ne(
	    inotify_add_watch(watch, test_path("root/fifo"), IN_OPEN), -1);
	ck_assert_int_eq(service_open(&root, "fifo", &status), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(read(watch, event, sizeof(event)), -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(open(test_path("root/fifo"), O_RDONLY | O_NONBLOCK));
	ck_assert_int_gt(read(watch, event, sizeof(event)), 0);
	close(watch);
}
END_TEST

START_TEST(a_path_may_be_too_long)
{
	char path[PATH_MAX + 100];
	struct stat status;
	size_t i;

	for (i = 0; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "./", 2);
	path[i] = '\0';
	root.has_openat2 &= _i % 2 == 0;
	ck_assert_int_eq(service_open(&root, path, &status), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(the_root_may_be_renamed)
{
	struct stat status;

	root.has_openat2 &= _i % 2 == 0;
	ck_assert_int_eq(rename(test_root, test_path("moved")), 0);
	ck_assert_int_eq(service_stat(&root, "dir/up", &status), 0);
	ck_assert_int_eq(status.st_size, 4);
	ck_assert_int_eq(service_stat(&root, "out", &status), -1);
	ck_assert_int_eq(rename(test_path("moved"), test_root), 0);
}
END_TEST

static const struct {
	const char *path, *words;
} bad_roots[] = {
	{ "none", "No such file or directory" },
	{ "outside/secret", "Not a directory" },
	{ "root/closed", "Permission denied" },
};

START_TEST(a_bad_root_is_an_error)
{
	struct service_root other = { .fd = -1 };
	struct error error;
	char expected[PATH_MAX];

	snprintf(expected, sizeof(expected), "%s: %s",
	    test_path(bad_roots[_i].path), bad_roots[_i].words);
	test_drop_root();
	ck_assert_int_eq(
	    service_root_open(test_path(bad_roots[_i].path), &other, &error),
	    -1);
	test_regain_root();
	ck_assert_str_eq(error.text, expected);
	ck_assert_int_eq(other.fd, -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_open");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, make_tree, remove_tree);
	tcase_add_loop_test(tcase, only_what_is_below_the_root_opens, 0,
	    2 * sizeof(paths) / sizeof(paths[0]));
	tcase_add_loop_test(tcase, a_device_is_not_served, 0, 2);
	tcase_add_loop_test(tcase, a_fifo_is_not_even_opened, 0, 2);
	tcase_add_loop_test(tcase, a_path_may_be_too_long, 0, 2);
	tcase_add_loop_test(tcase, the_root_may_be_renamed, 0, 2);
	tcase_add_loop_test(tcase, a_bad_root_is_an_error, 0,
	    sizeof(bad_roots) / sizeof(bad_roots[0]));
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
