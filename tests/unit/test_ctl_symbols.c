/* SPDX-License-Identifier: ISC */
/*
 * This test's own file plays the module; the core's image has its build id,
 * and whatever name a module may have had.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "ctl/ctl_symbols.h"
#include "test_ctl_core.h"
#include "test_unit.h"

#define BEGIN UINT64_C(0x7f0000400000)

static char directory[64], copy[256];
static struct ctl_core core; /* of this program */
static struct ctl_core_image images[3];
static struct ctl_symbols symbols;

static void
set_up(void)
{
	struct test_core_program program;
	struct error error;
	char path[128];

	strcpy(directory, "/tmp/cohort \"test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/core", directory);
	test_core_write(path, &program);
	ck_assert_int_eq(ctl_core_read(path, &core, &error), 0);
	unlink(path);
	snprintf(
	    copy, sizeof(copy), "%s/%s", directory, core.images[0].build_id);
	memset(images, 0, sizeof(images));
	images[0].begin = BEGIN;
	strcpy(images[0].build_id, core.images[0].build_id);
}

static void
tear_down(void)
{
	ctl_symbols_fini(&symbols);
	ctl_core_fini(&core);
	unlink(copy);
	rmdir(directory);
}

static void
make_copy(void)
{
	ck_assert_int_eq(symlink(core.program, copy), 0);
}

/* A core of a program of its own, with the first count of images. */
static void
find(size_t count, const char *record_text)
{
	struct ctl_core other = { .images = images, .image_count = count };
	json_t *record = json_loads(record_text, 0, NULL);

	if (images[0].path == NULL)
		images[0].path = core.program;
	ctl_symbols_find(&other, record, directory, &symbols);
	json_decref(record);
}

static char gone[] = "/nowhere/a.so", nameless[] = "/memfd:a (deleted)";

START_TEST(what_is_as_it_was_gdb_finds)
{
	make_copy();
	find(2, "{}");
	ck_assert(!symbols.is_selective);
	ck_assert_uint_eq(symbols.count, 0);
}
END_TEST

/* And all the others, as gdb may look for none itself. */
START_TEST(what_is_gone_is_taken_from_its_copy)
{
	char *paths[] = { gone, nameless };
	char wanted[512];

	make_copy();
	images[0].path = paths[_i];
	images[1].path = core.program;
	images[1].begin = 2 * BEGIN;
	strcpy(images[1].build_id, core.images[0].build_id);
	find(3, "{}");
	ck_assert(symbols.is_selective);
	ck_assert_uint_eq(symbols.count, 2);
	snprintf(wanted, sizeof(wanted),
	    "add-symbol-file \"/tmp/cohort \\\"%s\" -o 0x%llx",
	    strchr(copy, '"') + 1, (unsigned long long)BEGIN);
	ck_assert_str_eq(symbols.commands[0], wanted);
	snprintf(wanted, sizeof(wanted), "add-symbol-file \"%s\" -o 0x%llx",
	    core.program, (unsigned long long)(2 * BEGIN));
	ck_assert_str_eq(symbols.commands[1], wanted);
}
END_TEST

START_TEST(what_is_gone_without_a_copy_is_not_loaded)
{
	images[0].path = gone;
	find(1, "{}");
	ck_assert(symbols.is_selective);
	ck_assert_uint_eq(symbols.count, 0);
}
END_TEST

/* Whoever put another file there is not believed. */
START_TEST(a_wrong_copy_is_none)
{
	FILE *file = fopen(copy, "w");

	ck_assert_ptr_nonnull(file);
	fclose(file);
	images[0].path = gone;
	find(1, "{}");
	ck_assert_uint_eq(symbols.count, 0);
}
END_TEST

static void
find_by_record(size_t count, const char *path)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "{\"modules\": [{\"path\": \"%s\", \"build_id\": \"%s\", "
	    "\"load\": \"0x7f0000800000\"}]}",
	    path, core.images[0].build_id);
	find(count, text);
}

START_TEST(the_record_knows_what_the_core_does_not)
{
	make_copy();
	find_by_record(0, gone);
	ck_assert(symbols.is_selective);
	ck_assert_uint_eq(symbols.count, 1);
	ck_assert_ptr_nonnull(
	    strstr(symbols.commands[0], "\" -o 0x7f0000800000"));
}
END_TEST

START_TEST(the_core_knows_better_than_the_record)
{
	make_copy();
	images[0].path = gone;
	find_by_record(1, gone);
	ck_assert_uint_eq(symbols.count, 1);
	ck_assert_ptr_nonnull(
	    strstr(symbols.commands[0], "\" -o 0x7f0000400000"));
}
END_TEST

/* Loaded from memory, and no copy was kept. */
START_TEST(the_record_knows_the_path)
{
	char wanted[512];

	images[0].path = nameless;
	find_by_record(1, core.program);
	ck_assert(symbols.is_selective);
	ck_assert_uint_eq(symbols.count, 1);
	snprintf(wanted, sizeof(wanted), "add-symbol-file \"%s\" -o 0x%llx",
	    core.program, (unsigned long long)BEGIN);
	ck_assert_str_eq(symbols.commands[0], wanted);
}
END_TEST

START_TEST(a_record_of_nonsense)
{
	make_copy();
	find(0,
	    "{\"modules\": [{}, {\"path\": 3, \"build_id\": \"../x\", "
	    "\"load\": null}, 7]}");
	ck_assert_uint_eq(symbols.count, 0);
}
END_TEST

/* Its name leads to another file, which the core cannot know. */
START_TEST(a_name_that_leads_elsewhere)
{
	find_by_record(1, "/bin/sh");
	ck_assert(symbols.is_selective);
	ck_assert_uint_eq(symbols.count, 1);
	ck_assert_ptr_nonnull(
	    strstr(symbols.commands[0], "\" -o 0x7f0000400000"));
}
END_TEST

START_TEST(what_the_record_names_may_still_be_there)
{
	make_copy();
	find_by_record(0, core.program);
	ck_assert(!symbols.is_selective);
	ck_assert_uint_eq(symbols.count, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_symbols");
	TCase *tcase = tcase_create("ctl_symbols");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_is_as_it_was_gdb_finds);
	tcase_add_loop_test(tcase, what_is_gone_is_taken_from_its_copy, 0, 2);
	tcase_add_test(tcase, what_is_gone_without_a_copy_is_not_loaded);
	tcase_add_test(tcase, a_wrong_copy_is_none);
	tcase_add_test(tcase, the_record_knows_what_the_core_does_not);
	tcase_add_test(tcase, the_core_knows_better_than_the_record);
	tcase_add_test(tcase, the_record_knows_the_path);
	tcase_add_test(tcase, a_record_of_nonsense);
	tcase_add_test(tcase, a_name_that_leads_elsewhere);
	tcase_add_test(tcase, what_the_record_names_may_still_be_there);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
