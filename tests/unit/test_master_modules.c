/* SPDX-License-Identifier: ISC */
/*
 * Copies of this program, which has a build id, or of what is none.
 */
#include "master/master_modules.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_unit.h"

static char directory[] = "/tmp/cohort-test-XXXXXX";
static char build_id[65];
static struct master_pin *program;

static void
find_in(const unsigned char *notes, size_t size)
{
	ElfW(Nhdr) note;
	size_t i, at;

	while (size >= sizeof(note)) {
		memcpy(&note, notes, sizeof(note));
		at = sizeof(note) + ((note.n_namesz + 3) & ~3u);
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4)
			for (i = 0; i < note.n_descsz && i < 32; i++)
				snprintf(
				    build_id + 2 * i, 3, "%02x", notes[at + i]);
		at += (note.n_descsz + 3) & ~3u;
		notes += at;
		size -= at;
	}
}

/* Of the program, which comes first. */
static int
find_build_id(struct dl_phdr_info *info, size_t size, void *context)
{
	int i;

	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_NOTE)
			find_in((const void *)(info->dlpi_addr +
				    info->dlpi_phdr[i].p_vaddr),
			    info->dlpi_phdr[i].p_filesz);
	return 1;
}

static void
set_up(void)
{
	struct error error;

	ck_assert_int_eq(
	    master_pin_open("/proc/self/exe", &program, &error), 0);
	dl_iterate_phdr(find_build_id, NULL);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
}

static void
tear_down(void)
{
	char command[64];

	master_pin_release(&program);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(command), 0);
}

static bool
is_kept(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "kept/%s", name);
	return access(path, F_OK) == 0;
}

START_TEST(a_copy_is_named_by_its_build)
{
	struct stat one;
	char path[128];

	if (build_id[0] == '\0')
		return; /* a linker without --build-id */
	ck_assert_int_eq(master_modules_copy("kept", program, build_id), 0);
	snprintf(path, sizeof(path), "kept/%s", build_id);
	ck_assert_int_eq(stat(path, &one), 0);
	ck_assert_int_eq(one.st_size, (off_t)program->size);
	ck_assert_uint_eq(one.st_mode & 07777, 0600);
	master_modules_drop("kept", build_id);
	ck_assert(!is_kept(build_id));
}
END_TEST

START_TEST(a_child_makes_it)
{
	int status;

	if (build_id[0] == '\0')
		return;
	master_modules_keep("kept", program, build_id);
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert(is_kept(build_id));
	/* Once is enough. */
	master_modules_keep("kept", program, build_id);
	ck_assert_int_eq(wait(&status), -1);
}
END_TEST

START_TEST(another_build_is_left_alone)
{
	ck_assert_int_eq(master_modules_copy("kept", program, "00ff"), -1);
	ck_assert(!is_kept("00ff"));
}
END_TEST

static const char *const no_builds[] = {
	"",
	"a",
	"../../etc/passwd",
	"..",
	"AB",
	"00ff/x",
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00",
};

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

START_TEST(it_becomes_no_name_that_it_must_not)
{
	int status;

	ck_assert_int_eq(
	    master_modules_copy("kept", program, no_builds[_i]), -1);
	master_modules_keep("kept", program, no_builds[_i]);
	ck_assert_int_eq(wait(&status), -1);
	master_modules_drop("kept", no_builds[_i]);
	ck_assert_int_eq(access("kept", F_OK), -1);
}
END_TEST

static void
write_bytes(const char *name, const void *bytes, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

/* A head, a segment of notes, and one note whose sizes are those. */
static void
write_module(uint32_t name_size, uint32_t size, uint64_t file_size)
{
	struct {
		ElfW(Ehdr) head;
		ElfW(Phdr) segment;
		ElfW(Nhdr) note;
		char name[4];
		unsigned char id[4];
	} module;

	memset(&module, 0, sizeof(module));
	memcpy(module.head.e_ident, ELFMAG, SELFMAG);
	module.head.e_phoff = sizeof(module.head);
	module.head.e_phentsize = sizeof(module.segment);
	module.head.e_phnum = 1;
	module.segment.p_type = PT_NOTE;
	module.segment.p_offset = sizeof(module.head) + sizeof(module.segment);
	module.segment.p_filesz = file_size;
	module.note.n_type = NT_GNU_BUILD_ID;
	module.note.n_namesz = name_size;
	module.note.n_descsz = size;
	memcpy(module.name, "GNU", 4);
	memcpy(module.id, "\x01\x02\x03\x04", 4);
	write_bytes("module", &module, sizeof(module));
}

static const struct {
	uint32_t name_size, size;
	uint64_t file_size;
	int result;
} notes[] = {
	{ 4, 4, 20, 0 },
	{ 4, 3, 20, -1 },
	{ 4, 4, 19, -1 },
	{ 4, 5, 20, -1 },
	{ 3, 4, 20, -1 },
	{ 4, UINT32_MAX, 20, -1 },
	{ UINT32_MAX, 4, 20, -1 },
	{ UINT32_MAX - 2, UINT32_MAX - 2, 20, -1 },
	{ 4, 4, 0, -1 },
	{ 4, 4, 1000, -1 },
	{ 4, 4, UINT64_MAX, -1 },
};

static int
copy_of(const char *path, const char *id)
{
	struct master_pin *pin;
	struct error error;
	int result;

	ck_assert_msg(
	    master_pin_open(path, &pin, &error) == 0, "%s", error.text);
	result = master_modules_copy("kept", pin, id);
	master_pin_release(&pin);
	return result;
}

START_TEST(files_that_lie_are_none)
{
	write_module(notes[_i].name_size, notes[_i].size, notes[_i].file_size);
	ck_assert_int_eq(copy_of("module", "01020304"), notes[_i].result);
}
END_TEST

START_TEST(what_is_no_module_is_left_alone)
{
	write_bytes("short", ELFMAG, SELFMAG);
	write_bytes("empty", "", 0);
	ck_assert_int_eq(copy_of("short", "00ff"), -1);
	ck_assert_int_eq(copy_of("empty", "00ff"), -1);
}
END_TEST

static bool
is_wanted(const void *context, const char *name)
{
	return strcmp(name, context) == 0;
}

START_TEST(what_nobody_wants_is_swept_away)
{
	ck_assert_int_eq(mkdir("kept", 0700), 0);
	write_bytes("kept/00aa", "", 0);
	write_bytes("kept/00bb", "", 0);
	write_bytes("kept/00bb.new", "", 0);
	master_modules_sweep("kept", is_wanted, "00aa");
	ck_assert(is_kept("00aa"));
	ck_assert(!is_kept("00bb"));
	ck_assert(!is_kept("00bb.new"));
	master_modules_sweep("none", is_wanted, "00aa");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_modules");
	TCase *tests = tcase_create("modules");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_copy_is_named_by_its_build);
	tcase_add_test(tests, a_child_makes_it);
	tcase_add_test(tests, another_build_is_left_alone);
	tcase_add_loop_test(
	    tests, it_becomes_no_name_that_it_must_not, 0, ROWS(no_builds));
	tcase_add_loop_test(tests, files_that_lie_are_none, 0, ROWS(notes));
	tcase_add_test(tests, what_is_no_module_is_left_alone);
	tcase_add_test(tests, what_nobody_wants_is_swept_away);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
