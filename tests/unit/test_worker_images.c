/* SPDX-License-Identifier: ISC */
#include <sys/mman.h>

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app_module.h"
#include "base/base_fd.h"
#include "base/base_memory.h"
#include "test_unit.h"
#include "worker/worker_crash.h"
#include "worker/worker_private.h"

static struct ipc_heritage heritage;
static struct worker worker = { .heritage = &heritage };
static int fd;

static void
set_up(void)
{
	struct error error;

	ck_assert_int_eq(
	    ipc_process_open(1, 0, &worker.process, &fd, &error), 0);
	worker_images_note(&worker);
}

static void
tear_down(void)
{
	ipc_process_close(&worker.process, &fd);
}

static uint64_t
address_of(const void *object)
{
	return (uint64_t)(uintptr_t)object;
}

START_TEST(the_program_has_no_path)
{
	struct ipc_image image;

	ck_assert(ipc_image_find(worker.process, address_of(&fd), &image));
	ck_assert_str_eq(image.path, "");
	ck_assert_uint_le(image.bias, image.begin);
}
END_TEST

START_TEST(a_library_is_found_by_an_address_of_its_code)
{
	struct ipc_image image;
	int (*volatile function)(const char *, ...) = printf;
	char *(*volatile other)(const char *) = getenv;

	(void)function;
	ck_assert(
	    ipc_image_find(worker.process, (uint64_t)(uintptr_t)other, &image));
	ck_assert_msg(strstr(image.path, "libc") != NULL ||
		strstr(image.path, "libasan") != NULL || image.path[0] == '\0',
	    "%s", image.path);
}
END_TEST

/* Debian's libc has one; it stands in the image of that name. */
START_TEST(images_have_their_build_ids)
{
	struct ipc_image image;
	bool found = false;
	uint32_t i;

	for (i = 0; ipc_image_read(worker.process, i, &image); i++)
		if (strstr(image.path, "/libc.so") != NULL) {
			found = true;
			ck_assert_uint_eq(image.build_id_size, 20);
		}
	ck_assert(found);
}
END_TEST

START_TEST(a_module_is_called_by_its_path)
{
	static struct ipc_module module = { .path = "/srv/module.so" };
	char name[APP_MODULE_NAME_SIZE], command[128];
	struct ipc_image image;
	bool found = false;
	uint32_t i;

	module.fd = memfd_create("module", MFD_CLOEXEC);
	snprintf(command, sizeof(command),
	    "echo 'int x;' | ${CC:-cc} -shared -fPIC -x c - -o /proc/%d/fd/%d",
	    (int)getpid(), module.fd);
	ck_assert_int_eq(system(command), 0);
	app_module_name(module.fd, name);
	ck_assert_ptr_nonnull(dlopen(name, RTLD_NOW));
	heritage.modules = &module;
	heritage.module_count = 1;
	worker_images_note(&worker);
	for (i = 0; ipc_image_read(worker.process, i, &image); i++)
		found = found || strcmp(image.path, "/srv/module.so") == 0;
	ck_assert(found);
}
END_TEST

START_TEST(noting_again_changes_nothing_of_what_was_there)
{
	uint32_t count = worker.process->image_count;
	struct ipc_image before, after;

	ck_assert(ipc_image_read(worker.process, 0, &before));
	worker_images_note(&worker);
	ck_assert_uint_eq(worker.process->image_count, count);
	ck_assert(ipc_image_read(worker.process, 0, &after));
	ck_assert_mem_eq(&before, &after, sizeof(before));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_images");
	TCase *tcase = tcase_create("worker_images");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, the_program_has_no_path);
	tcase_add_test(tcase, a_library_is_found_by_an_address_of_its_code);
	tcase_add_test(tcase, images_have_their_build_ids);
	tcase_add_test(tcase, a_module_is_called_by_its_path);
	tcase_add_test(tcase, noting_again_changes_nothing_of_what_was_there);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
