/* SPDX-License-Identifier: ISC */
/*
 * Names for addresses in one file, by its symbols and its DWARF: its own,
 * or that of a separate file in /usr/lib/debug.  Nothing is fetched.
 */
#ifndef SYMBOLIZE_NAMES_H
#define SYMBOLIZE_NAMES_H

#include "symbolize/symbolize_input.h"

struct symbolize_names;

/* NULL: it is no regular file, no ELF file, or not that with the build id. */
struct symbolize_names *symbolize_names_open(
    const struct symbolize_image *image);
void symbolize_names_close(struct symbolize_names **names);

/* Each may be NULL, line 0; good until names is closed. */
struct symbolize_name {
	const char *function; /* of inlined ones the innermost, as the line */
	const char *directory, *file; /* directory if file is relative */
	int line;
};

void symbolize_names_find(
    struct symbolize_names *names, uint64_t pc, struct symbolize_name *name_r);

#endif
