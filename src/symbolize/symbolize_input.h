/* SPDX-License-Identifier: ISC */
/*
 * What cohort-symbolize is asked, a line each, numbers in hexadecimal:
 *
 *	image BIAS BEGIN END BUILD-ID DESCRIPTOR PATH
 *	frame ADDRESS exact
 *	frame ADDRESS return
 *
 * DESCRIPTOR, in decimal, has the bytes, whatever is at PATH; -1: none.
 * BUILD-ID is "-" when there is none.  "return" is an address that a call
 * returns to.  Images come before the frames that lie in them.  A line that
 * is neither is ignored, as is what exceeds the limits: whoever wrote it had
 * it from a process that crashed.
 */
#ifndef SYMBOLIZE_INPUT_H
#define SYMBOLIZE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SYMBOLIZE_IMAGES_MAX   128
#define SYMBOLIZE_FRAMES_MAX   256
#define SYMBOLIZE_LINE_MAX     1024
#define SYMBOLIZE_BUILD_ID_MAX 64

struct symbolize_image {
	uint64_t bias, begin, end;
	char build_id[SYMBOLIZE_BUILD_ID_MAX + 1]; /* hex; "" for none */
	int descriptor;                            /* or -1 */
	char path[SYMBOLIZE_LINE_MAX];
};

struct symbolize_frame {
	uint64_t address;
	bool is_return;
};

struct symbolize_input {
	struct symbolize_image images[SYMBOLIZE_IMAGES_MAX];
	size_t image_count;
	struct symbolize_frame frames[SYMBOLIZE_FRAMES_MAX];
	size_t frame_count;
};

/* Reads to the end, or to a limit of the whole. */
void symbolize_input_read(struct symbolize_input *input, FILE *from);

/* The image that holds pc, or NULL. */
struct symbolize_image *symbolize_input_find(
    struct symbolize_input *input, uint64_t pc);

#endif
