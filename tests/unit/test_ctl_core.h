/* SPDX-License-Identifier: ISC */
/*
 * A core of this very process as the kernel would write it, reduced: notes,
 * and the first pages of the program and of one more image.
 */
#ifndef TEST_CTL_CORE_H
#define TEST_CTL_CORE_H

#include <sys/procfs.h>

#include <check.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define TEST_CORE_PID   4711
#define TEST_CORE_PLACE 4096 /* of the first segment's bytes in the file */

/* The program's first loaded segment. */
struct test_core_program {
	uint64_t begin, size;
	char path[512];
};

static int
test_core_note(struct dl_phdr_info *info, size_t size, void *context)
{
	struct test_core_program *program = context;
	int i;

	for (i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		program->begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		program->size = info->dlpi_phdr[i].p_filesz;
		break;
	}
	return 1;
}

static inline void
test_core_program(struct test_core_program *program)
{
	ssize_t size = readlink(
	    "/proc/self/exe", program->path, sizeof(program->path) - 1);

	ck_assert_int_gt(size, 0);
	program->path[size] = '\0';
	dl_iterate_phdr(test_core_note, program);
}

static inline size_t
test_core_put(char *to, size_t at, unsigned type, const void *data, size_t size)
{
	const GElf_Nhdr note = {
		.n_namesz = 5, .n_descsz = (GElf_Word)size, .n_type = type
	};

	memcpy(to + at, &note, sizeof(note));
	memcpy(to + at + sizeof(note), "CORE\0\0\0", 8);
	memcpy(to + at + sizeof(note) + 8, data, size);
	return at + sizeof(note) + 8 + ((size + 3) & ~(size_t)3);
}

static inline size_t
test_core_notes(char *notes, const struct test_core_program *program)
{
	const struct elf_prpsinfo process = { .pr_pid = TEST_CORE_PID };
	const uint64_t vector[] = { AT_ENTRY, getauxval(AT_ENTRY), AT_NULL, 0 };
	const uint64_t head[] = { 1, 4096, program->begin,
		program->begin + (64 << 20), 0 };
	char files[sizeof(head) + sizeof(program->path)];
	size_t size;

	memcpy(files, head, sizeof(head));
	strcpy(files + sizeof(head), program->path);
	size = test_core_put(notes, 0, NT_PRPSINFO, &process, sizeof(process));
	size = test_core_put(notes, size, NT_AUXV, vector, sizeof(vector));
	return test_core_put(notes, size, NT_FILE, files,
	    sizeof(head) + strlen(program->path) + 1);
}

static inline void
test_core_head(int fd, const GElf_Phdr *segments, size_t count)
{
	GElf_Ehdr head;
	size_t i;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	ck_assert_ptr_nonnull(elf);
	elf_flagelf(elf, ELF_C_SET, ELF_F_LAYOUT);
	ck_assert_ptr_nonnull(gelf_newehdr(elf, ELFCLASS64));
	ck_assert_ptr_nonnull(gelf_newphdr(elf, count));
	ck_assert_ptr_nonnull(gelf_getehdr(elf, &head));
	head.e_ident[EI_DATA] = ELFDATA2LSB;
	head.e_type = ET_CORE;
	head.e_machine = EM_X86_64;
	head.e_version = EV_CURRENT;
	head.e_phoff = sizeof(Elf64_Ehdr);
	ck_assert_int_ne(gelf_update_ehdr(elf, &head), 0);
	for (i = 0; i < count; i++) {
		GElf_Phdr segment = segments[i];

		ck_assert_int_ne(gelf_update_phdr(elf, (int)i, &segment), 0);
	}
	ck_assert_int_gt(elf_update(elf, ELF_C_WRITE), 0);
	elf_end(elf);
}

/* Writes one to path. */
static inline void
test_core_write(const char *path, struct test_core_program *program)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	GElf_Phdr segments[2];
	char notes[4096];
	size_t size;

	ck_assert_int_ne(fd, -1);
	test_core_program(program);
	size = test_core_notes(notes, program);
	memset(segments, 0, sizeof(segments));
	segments[0].p_type = PT_NOTE;
	segments[0].p_offset = TEST_CORE_PLACE / 2;
	segments[0].p_filesz = size;
	segments[0].p_align = 4;
	segments[1].p_type = PT_LOAD;
	segments[1].p_flags = PF_R;
	segments[1].p_offset = TEST_CORE_PLACE;
	segments[1].p_vaddr = program->begin;
	segments[1].p_filesz = segments[1].p_memsz = program->size;
	segments[1].p_align = 4096;
	test_core_head(fd, segments, 2);
	ck_assert_int_eq(
	    pwrite(fd, notes, size, TEST_CORE_PLACE / 2), (ssize_t)size);
	ck_assert_int_eq(pwrite(fd, (const void *)(uintptr_t)program->begin,
			     program->size, TEST_CORE_PLACE),
	    (ssize_t)program->size);
	ck_assert_int_eq(close(fd), 0);
}

#endif
