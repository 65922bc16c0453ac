/* SPDX-License-Identifier: ISC */
/*
 * Real shared objects, made by $CC (cc) in a temporary directory.  They spell
 * struct cohort_module out, so that they can be what no header of ours makes.
 */
#include <sys/mman.h>
#include <sys/mount.h>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app_module.h"
#include "base/base_memory.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

#define STRUCT                                                          \
	"struct m { unsigned magic, abi, size, api; const char *name, " \
	"*built; int (*setup)(void *); long more[2]; };\n"              \
	"static int setup(void *app) { return 7; }\n"
#define MODULE STRUCT "const struct m cohort_module = "

static char directory[] = "/tmp/test_app_module.XXXXXX";

static void
enter_directory(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
}

static void
remove_directory(void)
{
	ck_assert_int_eq(system("rm -rf \"$PWD\""), 0);
}

/* Compiles source to name, with further arguments. */
static void
compile(const char *name, const char *source, const char *arguments)
{
	const char *compiler = getenv("CC");
	FILE *file = fopen("source.c", "w");
	char command[1000];

	fputs(source, file);
	fclose(file);
	snprintf(command, sizeof(command), "%s -shared -fPIC -o %s source.c %s",
	    compiler != NULL ? compiler : "cc", name, arguments);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static void
compile_with_header(const char *name, const char *values)
{
	char source[2000];

	snprintf(source, sizeof(source), MODULE "{ %s };\n", values);
	compile(name, source, "");
}

static struct cohort_module
load(const char *path)
{
	struct cohort_module module;
	struct error error;

	ck_assert_msg(
	    app_module_load(path, -1, &module, &error) == 0, "%s", error.text);
	return module;
}

START_TEST(loads_a_module)
{
	struct cohort_module module;
	char values[200], *path;

	snprintf(values, sizeof(values),
	    "0x%xu, %u, %zu, %u, \"hello\", \"0.1\", setup",
	    COHORT_MODULE_MAGIC, COHORT_ABI, sizeof(struct cohort_module),
	    COHORT_API);
	compile_with_header("hello.so", values);
	path = memory_format("%s/hello.so", directory);
	module = load(path);
	ck_assert_str_eq(module.name, "hello");
	ck_assert_str_eq(module.built, "0.1");
	ck_assert_int_eq(module.setup(NULL), 7);
	memory_free(path);
}
END_TEST

START_TEST(the_same_path_is_the_same_module)
{
	struct cohort_module first, second;
	char values[200];

	snprintf(values, sizeof(values),
	    "0x%xu, %u, %zu, %u, \"hello\", \"0.1\", setup",
	    COHORT_MODULE_MAGIC, COHORT_ABI, sizeof(struct cohort_module),
	    COHORT_API);
	compile_with_header("hello.so", values);
	first = load("./hello.so");
	ck_assert_int_eq(unlink("hello.so"), 0);
	/* Known by now, so nothing is looked up in the file system. */
	second = load("hello.so");
	ck_assert(first.setup == second.setup);
}
END_TEST

/* What is in no shared object, or is not one. */

static const struct {
	const char *source, *words; /* behind the path */
} objects[] = {
	{ NULL, "cannot open shared object file: No such file or directory" },
	{ "int x;\n", "no cohort_module: does it end in COHORT_MODULE?" },
	{ "int cohort_absent(void); int x(void) { return cohort_absent(); }\n"
	  "void *y = cohort_absent;\n",
	    "needs cohort_absent: upgrade libcohort, this is " COHORT_VERSION },
	{ "int absent(void); void *y = absent;\n", "undefined symbol: absent" },
	{ "const int cohort_module[20] = { 1, 2, 3 };\n",
	    "its cohort_module is damaged: does it end in COHORT_MODULE?" },
};

START_TEST(says_what_to_do_with_a_bad_object)
{
	struct cohort_module module;
	struct error error;
	char expected[200];

	if (objects[_i].source != NULL)
		compile("x.so", objects[_i].source, "");
	ck_assert_int_eq(app_module_load("./x.so", -1, &module, &error), -1);
	snprintf(expected, sizeof(expected), "./x.so: %s", objects[_i].words);
	ck_assert_str_eq(error.text, expected);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
}
END_TEST

/* As a worker has it: a descriptor, and a file that is something else. */
static int
load_bytes(
    const char *path, struct cohort_module *module_r, struct error *error)
{
	char data[65536];
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("module", MFD_CLOEXEC);
	ssize_t size;

	while ((size = read(from, data, sizeof(data))) > 0)
		ck_assert_int_eq(write(fd, data, (size_t)size), size);
	close(from);
	ck_assert_int_eq(truncate(path, 0), 0);
	return app_module_load(path, fd, module_r, error);
}

START_TEST(says_the_same_of_bytes_in_memory)
{
	struct cohort_module module;
	struct error error;
	char expected[200];

	if (objects[_i].source == NULL)
		return;
	compile("x.so", objects[_i].source, "");
	ck_assert_int_eq(load_bytes("./x.so", &module, &error), -1);
	snprintf(expected, sizeof(expected), "./x.so: %s", objects[_i].words);
	ck_assert_str_eq(error.text, expected);
}
END_TEST

START_TEST(loads_bytes_in_memory)
{
	struct cohort_module first, second;
	struct error error;
	char values[200];

	snprintf(values, sizeof(values),
	    "0x%xu, %u, %zu, %u, \"hello\", \"0.1\", setup",
	    COHORT_MODULE_MAGIC, COHORT_ABI, sizeof(struct cohort_module),
	    COHORT_API);
	compile_with_header("x.so", values);
	ck_assert_msg(
	    load_bytes("x.so", &first, &error) == 0, "%s", error.text);
	/* Of the same file another one. */
	compile_with_header("x.so", values);
	ck_assert_msg(
	    load_bytes("x.so", &second, &error) == 0, "%s", error.text);
	ck_assert_ptr_ne(first.name, second.name);
	ck_assert_int_eq(second.setup(NULL), 7);
}
END_TEST

/* In a world of its own, which only root can make. */
START_TEST(says_what_is_wrong_without_proc)
{
	struct cohort_module module;
	struct error error;

	compile("x.so", "int x;\n", "");
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "/proc", "tmpfs", 0, NULL) == -1)
		return;
	ck_assert_int_eq(load_bytes("./x.so", &module, &error), -1);
	ck_assert_int_eq(umount("/proc"), 0); /* sanitizers look there */
	ck_assert_str_eq(error.text,
	    "./x.so: modules are loaded by /proc, which is not mounted, or "
	    "shows other processes");
}
END_TEST

START_TEST(names_the_path_that_was_given)
{
	struct cohort_module module;
	struct error error;

	compile("x.so", "int x;\n", "");
	ck_assert_int_eq(app_module_load("x.so", -1, &module, &error), -1);
	ck_assert_str_eq(error.text,
	    "x.so: no cohort_module: does it end in COHORT_MODULE?");
}
END_TEST

START_TEST(a_text_file_is_no_module)
{
	struct cohort_module module;
	struct error error;
	FILE *file = fopen("x.so", "w");

	fputs("hello\n", file);
	fclose(file);
	ck_assert_int_eq(app_module_load("x.so", -1, &module, &error), -1);
	ck_assert_msg(strncmp(error.text, "x.so: ", 6) == 0, "%s", error.text);
}
END_TEST

static void
write_versions(const char *version)
{
	FILE *file = fopen("versions", "w");

	fprintf(file, "%s { global: cohort_new; new; local: *; };\n", version);
	fclose(file);
}

START_TEST(names_the_symbol_version_that_is_missing)
{
	static const char library[] = "int cohort_new(void) { return 1; }\n";
	struct cohort_module module;
	struct error error;

	write_versions("COHORT_1.3");
	compile("libnew.so", library, "-Wl,--version-script=versions");
	compile("x.so", "int cohort_new(void); void *x = cohort_new;\n",
	    "-L. -lnew '-Wl,-rpath,$ORIGIN'");
	write_versions("COHORT_1.2");
	compile("libnew.so", library, "-Wl,--version-script=versions");
	ck_assert_int_eq(app_module_load("./x.so", -1, &module, &error), -1);
	ck_assert_str_eq(error.text,
	    "./x.so: needs COHORT_1.3: upgrade libcohort, this "
	    "is " COHORT_VERSION);
}
END_TEST

/* Who requires it is called by its path. */
START_TEST(names_the_path_inside_of_a_reason)
{
	static const char library[] = "int new(void) { return 1; }\n";
	struct cohort_module module;
	struct error error;

	write_versions("NEW_2");
	compile("libnew.so", library,
	    "-Wl,--version-script=versions -Wl,-soname,libnew.so");
	compile("x.so", "int new(void); void *x = new;\n",
	    "-L. -lnew '-Wl,-rpath,$ORIGIN'");
	write_versions("NEW_1");
	compile("libnew.so", library,
	    "-Wl,--version-script=versions -Wl,-soname,libnew.so");
	ck_assert_int_eq(load_bytes("./x.so", &module, &error), -1);
	ck_assert_msg(strncmp(error.text, "./x.so: ", 8) == 0 &&
		strstr(error.text,
		    "version `NEW_2' not found (required by "
		    "./x.so)") != NULL,
	    "%s", error.text);
}
END_TEST

/* The struct itself. */

struct larger_module {
	struct cohort_module module;
	long more;
};

static int
setup(struct cohort_app *app)
{
	return 0;
}

static const struct larger_module fine = { {
					       .magic = COHORT_MODULE_MAGIC,
					       .abi = COHORT_ABI,
					       .size =
						   sizeof(struct cohort_module),
					       .api = COHORT_API,
					       .name = "fine",
					       .built = "9.8",
					       .setup = setup,
					   },
	0 };

#define TEXT_OF(number) #number
#define TEXT(macro)     TEXT_OF(macro)

#define BAD(member, value) offsetof(struct larger_module, member), value

static const struct {
	size_t offset; /* of the 32 bits that are changed */
	uint32_t value;
	const char *words; /* NULL: accepted */
} changes[] = {
	{ BAD(module.magic, COHORT_MODULE_MAGIC), NULL },
	{ BAD(module.magic, 0),
	    "x: its cohort_module is damaged: does it end in COHORT_MODULE?" },
	{ BAD(module.abi, 99),
	    "x: built for ABI 99 (libcohort 9.8), this is "
	    "libcohort " COHORT_VERSION
	    ", ABI " TEXT(COHORT_ABI) ": rebuild it here" },
	{ BAD(module.api, 99),
	    "x: built for API 99 (libcohort 9.8), this is "
	    "libcohort " COHORT_VERSION
	    ", API " TEXT(COHORT_API) ": rebuild it here" },
	{ BAD(module.api, 0),
	    "x: built for API 0 (libcohort 9.8), this is "
	    "libcohort " COHORT_VERSION
	    ", API " TEXT(COHORT_API) ": rebuild it here" },
	{ BAD(module.size, 8), "x: its cohort_module is damaged: size 8" },
	{ BAD(module.size, 100000),
	    "x: its cohort_module is damaged: size 100000" },
	{ BAD(module.size, sizeof(struct larger_module)), NULL },
};

START_TEST(checks_each_member)
{
	struct larger_module changed = fine;
	struct cohort_module module;
	struct error error;
	int result;

	memcpy((char *)&changed + changes[_i].offset, &changes[_i].value,
	    sizeof(changes[_i].value));
	result = app_module_check("x", &changed.module, &module, &error);
	ck_assert_int_eq(result, changes[_i].words == NULL ? 0 : -1);
	if (changes[_i].words != NULL)
		ck_assert_str_eq(error.text, changes[_i].words);
	else
		ck_assert_str_eq(module.name, "fine");
}
END_TEST

START_TEST(refuses_what_it_does_not_know)
{
	struct larger_module changed = fine;
	struct cohort_module module;
	struct error error;

	changed.more = 1;
	ck_assert_int_eq(
	    app_module_check("x", &changed.module, &module, &error), 0);
	changed.module.size = sizeof(changed);
	ck_assert_int_eq(
	    app_module_check("x", &changed.module, &module, &error), -1);
	ck_assert_str_eq(error.text,
	    "x: built for libcohort 9.8, uses what this one (" COHORT_VERSION
	    ") does not know: upgrade libcohort");
}
END_TEST

START_TEST(needs_setup_and_name)
{
	struct cohort_module changed = fine.module, module;
	struct error error;

	changed.setup = NULL;
	ck_assert_int_eq(app_module_check("x", &changed, &module, &error), -1);
	ck_assert_str_eq(
	    error.text, "x: its COHORT_MODULE names no setup function");
	changed = fine.module;
	changed.name = NULL;
	ck_assert_int_eq(app_module_check("x", &changed, &module, &error), -1);
	ck_assert_str_eq(error.text, "x: its COHORT_MODULE gives it no name");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_module");
	TCase *objects_case = tcase_create("objects");
	TCase *check_case = tcase_create("check");

	tcase_add_checked_fixture(
	    objects_case, enter_directory, remove_directory);
	tcase_set_timeout(objects_case, 60);
	tcase_add_test(objects_case, loads_a_module);
	tcase_add_test(objects_case, the_same_path_is_the_same_module);
	tcase_add_loop_test(
	    objects_case, says_what_to_do_with_a_bad_object, 0, ROWS(objects));
	tcase_add_loop_test(
	    objects_case, says_the_same_of_bytes_in_memory, 0, ROWS(objects));
	tcase_add_test(objects_case, loads_bytes_in_memory);
	tcase_add_test(objects_case, says_what_is_wrong_without_proc);
	tcase_add_test(objects_case, names_the_path_that_was_given);
	tcase_add_test(objects_case, names_the_path_inside_of_a_reason);
	tcase_add_test(objects_case, a_text_file_is_no_module);
	tcase_add_test(objects_case, names_the_symbol_version_that_is_missing);
	suite_add_tcase(suite, objects_case);
	tcase_add_loop_test(check_case, checks_each_member, 0, ROWS(changes));
	tcase_add_test(check_case, refuses_what_it_does_not_know);
	tcase_add_test(check_case, needs_setup_and_name);
	suite_add_tcase(suite, check_case);
	return test_run(suite);
}
