/* SPDX-License-Identifier: ISC */
/*
 * Modules, made by $CC (cc) in a temporary directory, that need a library
 * beside them, and are then loaded from memory.
 */
#include "app/app_needed.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app_module.h"
#include "base/base_memory.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static char directory[] = "/tmp/test_app_needed.XXXXXX";
static struct error error;

static void
enter_directory(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(mkdir("lib", 0700), 0);
	ck_assert_int_eq(mkdir("other", 0700), 0);
	ck_assert_int_eq(mkdir("modules", 0700), 0);
}

static void
remove_directory(void)
{
	ck_assert_int_eq(system("rm -rf \"$PWD\""), 0);
}

static void
compile(const char *name, const char *source, const char *arguments)
{
	char command[1000];

	snprintf(command, sizeof(command),
	    "echo '%s' | ${CC:-cc} -shared -fPIC -x c - -x none -o %s %s",
	    source, name, arguments);
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* Answers that. */
static void
compile_library(const char *name, int answer, const char *soname)
{
	char source[100], arguments[100] = "";

	snprintf(
	    source, sizeof(source), "int answer(void) { return %d; }", answer);
	if (soname != NULL)
		snprintf(
		    arguments, sizeof(arguments), "-Wl,-soname,%s", soname);
	compile(name, source, arguments);
}

/* Asks it; "@" is the directory. */
static void
compile_module(const char *library, const char *folders, const char *tags)
{
	char arguments[500], *at;

	snprintf(arguments, sizeof(arguments),
	    "%s -Wl,--no-as-needed %s -Wl,-rpath,'%s'", library, tags, folders);
	while ((at = strchr(arguments, '@')) != NULL) {
		memmove(at + strlen(directory), at + 1, strlen(at));
		memcpy(at, directory, strlen(directory));
	}
	compile("modules/x.so",
	    "int answer(void); int ask(void) { return answer(); }", arguments);
}

/* Nothing here asserts, as it also runs where no test does. */
static int
read_module(void)
{
	int from = open("modules/x.so", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("module", MFD_CLOEXEC);
	char data[65536];
	ssize_t size;

	while ((size = read(from, data, sizeof(data))) > 0)
		if (write(fd, data, (size_t)size) != size)
			break;
	close(from);
	return size == 0 ? fd : -1;
}

/* The module's, in this process, or -1: it cannot be loaded. */
static int
ask(const char *path)
{
	char name[APP_MODULE_NAME_SIZE];
	int (*function)(void), fd = read_module();
	void *object;

	if (app_needed_open(path, fd, &error) == -1)
		return -1;
	app_module_name(fd, name);
	object = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (object == NULL) {
		error_set(&error, ERROR_CONFIG, "%s", dlerror());
		return -1;
	}
	*(void **)&function = dlsym(object, "ask");
	return function();
}

/* ---- where it is ---- */

#define NEW "-Wl,--enable-new-dtags"
#define OLD "-Wl,--disable-new-dtags"

/* 1 is that of lib, 2 of other, 3 of the environment. */
static const struct {
	const char *folders, *tags, *environment;
	int answer;
} searches[] = {
	{ "$ORIGIN/../lib", NEW, NULL, 1 },
	{ "${ORIGIN}/../lib", NEW, NULL, 1 },
	{ "$ORIGIN/../lib", OLD, NULL, 1 },
	{ "@/lib", NEW, NULL, 1 },
	{ "/nowhere:$ORIGIN:$ORIGIN/../lib/:$ORIGIN/../other", NEW, NULL, 1 },
	{ "$ORIGIN/../other:$ORIGIN/../lib", NEW, NULL, 2 },
	{ "@/other:$ORIGIN/../lib", NEW, NULL, 2 },
	{ "$ORIGIN/../lib:@/other", NEW, NULL, 1 },
	{ "$ORIGIN/../lib", NEW, "environment", 3 },
	{ "$ORIGIN/../lib", NEW, "/nowhere", 1 },
	{ "$ORIGIN/../lib", OLD, "environment", 1 },
	{ "$ORIGIN", NEW, NULL, -1 },
};

static char *program;

/* The linker takes LD_LIBRARY_PATH as it is when a program begins. */
static int
ask_elsewhere(const char *environment)
{
	char command[300];
	int status;

	snprintf(command, sizeof(command),
	    "LD_LIBRARY_PATH=%s/%s${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "
	    "%s ask",
	    directory, environment, program);
	status = system(command);
	return WEXITSTATUS(status);
}

START_TEST(a_library_is_found_where_the_file_has_it)
{
	char path[128];

	ck_assert_int_eq(mkdir("environment", 0700), 0);
	compile_library("lib/libdep.so.1", 1, "libdep.so.1");
	compile_library("other/libdep.so.1", 2, "libdep.so.1");
	compile_library("environment/libdep.so.1", 3, "libdep.so.1");
	compile_module(
	    "lib/libdep.so.1", searches[_i].folders, searches[_i].tags);
	snprintf(path, sizeof(path), "%s/modules/x.so", directory);
	if (searches[_i].environment != NULL)
		ck_assert_int_eq(ask_elsewhere(searches[_i].environment),
		    searches[_i].answer);
	else
		ck_assert_int_eq(ask(path), searches[_i].answer);
}
END_TEST

/* As one that is no library at all. */
START_TEST(a_library_of_another_machine_is_passed_over)
{
	const Elf64_Half machine = EM_SPARCV9;
	int fd;

	compile_library("lib/libdep.so.1", 1, "libdep.so.1");
	compile_library("other/libdep.so.1", 2, "libdep.so.1");
	compile_module(
	    "lib/libdep.so.1", "$ORIGIN/../lib:$ORIGIN/../other", NEW);
	fd = open("lib/libdep.so.1", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, &machine, sizeof(machine),
			     offsetof(Elf64_Ehdr, e_machine)),
	    sizeof(machine));
	close(fd);
	ck_assert_int_eq(ask("modules/x.so"), 2);
	ck_assert_int_eq(truncate("lib/libdep.so.1", 5), 0);
	ck_assert_int_eq(ask("modules/x.so"), 2);
}
END_TEST

/* ---- what it is called ---- */

static const struct {
	const char *soname, *words;
} names[] = {
	{ NULL,
	    "needs libdep.so, found by $ORIGIN, whose soname is missing: link "
	    "./lib/../lib/libdep.so with -Wl,-soname,libdep.so" },
	{ "libdep.so.7",
	    "needs libdep.so, found by $ORIGIN, whose soname is libdep.so.7: "
	    "link ./lib/../lib/libdep.so with -Wl,-soname,libdep.so" },
};

START_TEST(a_library_of_another_soname_is_named)
{
	compile_library("lib/libdep.so", 1, NULL);
	compile_module("-Llib -ldep", "$ORIGIN/../lib", NEW);
	compile_library("lib/libdep.so", 1, names[_i].soname);
	ck_assert_int_eq(ask("./lib/x.so"), -1);
	ck_assert_str_eq(error.text, names[_i].words);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
}
END_TEST

START_TEST(a_library_that_cannot_be_loaded_is_named)
{
	compile_library("lib/libdep.so.1", 1, "libdep.so.1");
	compile_module("lib/libdep.so.1", "$ORIGIN/../lib", NEW);
	compile("lib/libdep.so.1", "int absent(void); void *x = absent;",
	    "-Wl,-soname,libdep.so.1");
	ck_assert_int_eq(ask("modules/x.so"), -1);
	ck_assert_str_eq(error.text,
	    "needs libdep.so.1: modules/../lib/libdep.so.1: undefined symbol: "
	    "absent");
}
END_TEST

START_TEST(what_is_no_object_needs_nothing)
{
	int fd = memfd_create("module", MFD_CLOEXEC);

	ck_assert_int_eq(app_needed_open("x.so", fd, &error), 0);
	ck_assert_int_eq(write(fd, ELFMAG, SELFMAG), SELFMAG);
	ck_assert_int_eq(app_needed_open("x.so", fd, &error), 0);
	close(fd);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *suite;
	TCase *tcase;

	if (argc > 1)
		return ask("modules/x.so");
	suite = suite_create("app_needed");
	tcase = tcase_create("needed");
	program = realpath("/proc/self/exe", NULL);
	tcase_add_checked_fixture(tcase, enter_directory, remove_directory);
	tcase_add_loop_test(
	    tcase, a_library_is_found_where_the_file_has_it, 0, ROWS(searches));
	tcase_add_test(tcase, a_library_of_another_machine_is_passed_over);
	tcase_add_loop_test(
	    tcase, a_library_of_another_soname_is_named, 0, ROWS(names));
	tcase_add_test(tcase, a_library_that_cannot_be_loaded_is_named);
	tcase_add_test(tcase, what_is_no_object_needs_nothing);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
