/* SPDX-License-Identifier: ISC */
/*
 * The whole of cohort-symbolize, run as the master runs it, for addresses of
 * this program.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>

#include "master/master_mounts.h"
#include "test_master_setup.h"
#include "test_unit.h"

static struct ipc_process *process;
static int process_fd;
static struct ipc_report report;
static struct master_cohort cohort;
static struct master_symbolize *symbolize;
static const struct master_frame *frames;
static size_t frame_count;
static unsigned done;
static char directory[] = "/tmp/cohort-test-XXXXXX";

static void
set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	test_master_open();
	cohort = (struct master_cohort) {
		.master = &master,
		.credentials.keep = true,
	};
	ck_assert_int_eq(
	    ipc_process_open(1, 0, &process, &process_fd, &error), 0);
	memset(&report, 0, sizeof(report));
}

static void
tear_down(void)
{
	if (symbolize != NULL)
		master_symbolize_stop(&symbolize);
	master_mounts_release(&cohort.mounts);
	ipc_process_close(&process, &process_fd);
	test_master_close();
	rmdir(directory);
}

static void
on_done(void *context, const struct master_frame *all, size_t count)
{
	ck_assert_ptr_eq(context, &report);
	frames = all;
	frame_count = count;
	done++;
}

static void
start(void)
{
	symbolize =
	    master_symbolize_start(&cohort, process, &report, on_done, &report);
	ck_assert_uint_eq(done, 0);
}

static void
wait_for_names(void)
{
	while (done == 0)
		event_base_loop(master.base, EVLOOP_ONCE);
}

static struct ipc_image *
add_image(uint64_t bias, uint64_t begin, uint64_t end, const char *path)
{
	struct ipc_image *image = &process->images[process->image_count++];

	image->bias = bias;
	image->begin = begin;
	image->end = end;
	snprintf(image->path, sizeof(image->path), "%s", path);
	return image;
}

static int
add_loaded(struct dl_phdr_info *info, size_t size, void *context)
{
	uint64_t end = 0;
	int i;

	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD &&
		    info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz >
			end)
			end = info->dlpi_phdr[i].p_vaddr +
			    info->dlpi_phdr[i].p_memsz;
	/* The one without a name is the program. */
	if (process->image_count < IPC_IMAGES_MAX)
		add_image(info->dlpi_addr, info->dlpi_addr,
		    info->dlpi_addr + end, info->dlpi_name);
	return 0;
}

static void
add_frame(uint64_t address)
{
	report.frames[report.frame_count++] = address;
}

START_TEST(names_files_and_lines_are_found)
{
	dl_iterate_phdr(add_loaded, NULL);
	add_frame((uint64_t)(uintptr_t)wait_for_names);
	add_frame((uint64_t)(uintptr_t)wait_for_names + 1);
	/* The call before is the last of what stands before. */
	add_frame((uint64_t)(uintptr_t)wait_for_names);
	/* Not one that a sanitizer has in its place. */
	add_frame((uint64_t)(uintptr_t)gnu_get_libc_version + 1);
	add_frame(0x10);
	start();
	wait_for_names();
	ck_assert_uint_eq(done, 1);
	ck_assert_uint_eq(frame_count, 5);
	ck_assert_str_eq(frames[0].function, "wait_for_names");
	ck_assert_str_eq(
	    strrchr(frames[0].file, '/'), "/test_master_symbolize.c");
	ck_assert_uint_gt(frames[0].line, 30);
	ck_assert_str_eq(frames[1].function, "wait_for_names");
	ck_assert(frames[2].function == NULL ||
	    strcmp(frames[2].function, "wait_for_names") != 0);
	ck_assert_ptr_nonnull(strstr(frames[3].image, "libc"));
	ck_assert_ptr_nonnull(
	    strstr(frames[3].function, "gnu_get_libc_version"));
	ck_assert_ptr_null(frames[4].image);
	ck_assert_ptr_null(frames[4].function);
}
END_TEST

/* Its bytes are known, whatever is at its path. */
START_TEST(a_module_that_was_removed_has_names)
{
	struct settings *settings = test_settings();
	struct settings_mount *mount;
	char path[64];

	snprintf(path, sizeof(path), "%s/module", directory);
	ck_assert_int_eq(symlink("/proc/self/exe", path), 0);
	mount = settings_add_mount(
	    settings, settings_add_host(settings, "*"), 0, "/", "test");
	mount->module = memory_copy_text(path);
	ck_assert_int_eq(master_mounts_new(
			     settings, &master.cohorts, &cohort.mounts, &error),
	    0);
	settings_free(&settings);
	ck_assert_int_eq(unlink(path), 0);
	dl_iterate_phdr(add_loaded, NULL);
	snprintf(process->images[0].path, sizeof(process->images[0].path), "%s",
	    path);
	add_frame((uint64_t)(uintptr_t)wait_for_names);
	start();
	/* The cohort may be gone by now. */
	master_mounts_release(&cohort.mounts);
	wait_for_names();
	ck_assert_str_eq(frames[0].function, "wait_for_names");
	ck_assert_str_eq(frames[0].image, path);
}
END_TEST

START_TEST(what_was_replaced_has_no_names)
{
	struct ipc_image *image;

	dl_iterate_phdr(add_loaded, NULL);
	image = &process->images[0];
	image->build_id_size = 20;
	memset(image->build_id, 0xab, 20);
	add_frame((uint64_t)(uintptr_t)wait_for_names);
	start();
	wait_for_names();
	ck_assert_ptr_null(frames[0].function);
	ck_assert_str_eq(
	    frames[0].build_id, "abababababababababababababababababababab");
	ck_assert_uint_eq(frames[0].offset,
	    (uint64_t)(uintptr_t)wait_for_names - image->bias);
}
END_TEST

/* Nothing of it is opened, and nobody waits. */
START_TEST(paths_that_are_no_files_have_no_names)
{
	char fifo[64];

	snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	add_image(0, 0x1000, 0x2000, fifo);
	add_image(0, 0x2000, 0x3000, "/dev/zero");
	add_image(0, 0x3000, 0x4000, "/no/such/file (deleted)");
	add_image(0, 0x4000, 0x5000, "/etc/passwd");
	add_image(0, 0x5000, 0x6000, "/a\nframe 1 exact");
	add_image(0, 0x6000, 0x7000, directory);
	add_frame(0x1800);
	add_frame(0x2800);
	add_frame(0x3800);
	add_frame(0x4800);
	add_frame(0x5800);
	add_frame(0x6800);
	start();
	wait_for_names();
	unlink(fifo);
	ck_assert_uint_eq(frame_count, 6);
	while (frame_count-- > 0)
		ck_assert_ptr_null(frames[frame_count].function);
	ck_assert_uint_eq(frames[0].offset, 0x1800);
}
END_TEST

START_TEST(without_the_program_there_are_addresses)
{
	setenv("COHORT_LIBEXECDIR", directory, 1);
	add_image(0x1000, 0x1000, 0x2000, "/a");
	add_frame(0x1800);
	start();
	wait_for_names();
	ck_assert_uint_eq(frame_count, 1);
	ck_assert_uint_eq(frames[0].offset, 0x800);
	ck_assert_str_eq(frames[0].image, "/a");
}
END_TEST

/* A program in its place. */
static void
start_script(const char *text)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/cohort-symbolize", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	setenv("COHORT_LIBEXECDIR", directory, 1);
	setenv("SECRET", "value", 1);
	add_frame(1);
	add_frame(2);
	start();
	wait_for_names();
	unlink(path);
}

/* 10 is the shell's, for the script itself. */
START_TEST(it_inherits_nothing)
{
	start_script("#!/bin/sh\n"
		     "for fd in /proc/$$/fd/*; do\n"
		     "case ${fd##*/} in 0|1|2|10) continue;; esac\n"
		     "test -e $fd && bad=${fd##*/}\n"
		     "done\n"
		     "printf '%s\\t%s\\t1\\n' \"$SECRET.\" \"fd$bad\"\n"
		     "read word rest; printf '%s\\t\\t\\n' \"$word $rest\"\n");
	ck_assert_str_eq(frames[0].function, ".");
	ck_assert_str_eq(frames[0].file, "fd");
	ck_assert_str_eq(frames[1].function, "frame 1 exact");
}
END_TEST

START_TEST(its_answer_is_a_strangers_word)
{
	start_script(
	    "#!/bin/sh\nprintf 'no tab\\n\\t\\t-5\\nmore\\tthan\\t1\\n'\n");
	ck_assert_ptr_null(frames[0].function);
	ck_assert_ptr_null(frames[1].file);
	ck_assert_uint_eq(frames[1].line, 0);
}
END_TEST

START_TEST(an_answer_without_end_ends)
{
	start_script("#!/bin/sh\nexec cat /dev/zero\n");
	ck_assert_uint_eq(frame_count, 2);
	ck_assert_ptr_null(frames[0].function);
}
END_TEST

START_TEST(who_finishes_it_waits_no_longer)
{
	int status;

	dl_iterate_phdr(add_loaded, NULL);
	add_frame((uint64_t)(uintptr_t)wait_for_names);
	start();
	master_symbolize_finish(symbolize);
	ck_assert_uint_eq(done, 1);
	ck_assert_uint_eq(frame_count, 1);
	master_symbolize_finish(symbolize);
	ck_assert_uint_eq(done, 1);
	ck_assert_int_gt(waitpid(-1, &status, 0), 0);
}
END_TEST

START_TEST(many_wait_for_each_other)
{
	struct master_symbolize *all[12];
	size_t i;

	dl_iterate_phdr(add_loaded, NULL);
	add_frame((uint64_t)(uintptr_t)wait_for_names);
	for (i = 0; i < 12; i++) {
		start();
		all[i] = symbolize;
	}
	symbolize = NULL;
	/* One that waits, and one that runs. */
	master_symbolize_stop(&all[11]);
	master_symbolize_stop(&all[0]);
	while (done < 10)
		event_base_loop(master.base, EVLOOP_ONCE);
	for (i = 1; i < 11; i++)
		master_symbolize_stop(&all[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_symbolize");
	TCase *tests = tcase_create("symbolize");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, names_files_and_lines_are_found);
	tcase_add_test(tests, a_module_that_was_removed_has_names);
	tcase_add_test(tests, what_was_replaced_has_no_names);
	tcase_add_test(tests, paths_that_are_no_files_have_no_names);
	tcase_add_test(tests, without_the_program_there_are_addresses);
	tcase_add_test(tests, it_inherits_nothing);
	tcase_add_test(tests, its_answer_is_a_strangers_word);
	tcase_add_test(tests, an_answer_without_end_ends);
	tcase_add_test(tests, who_finishes_it_waits_no_longer);
	tcase_add_test(tests, many_wait_for_each_other);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
