/* SPDX-License-Identifier: ISC */
#include "symbolize/symbolize_input.h"

#include <inttypes.h>
#include <string.h>

/* More than all lines that are taken can be. */
#define INPUT_MAX 1048576

/* Literal in formats: scanf(3) takes no other. */
#define TEXT_OF(number)  #number
#define WIDTH_OF(number) TEXT_OF(number)

static void
take_image(struct symbolize_input *input, const char *line)
{
	struct symbolize_image *image;
	int path = 0;

	if (input->image_count == SYMBOLIZE_IMAGES_MAX)
		return;
	image = &input->images[input->image_count];
	if (sscanf(line,
		"image %" SCNx64 " %" SCNx64 " %" SCNx64
		" %" WIDTH_OF(SYMBOLIZE_BUILD_ID_MAX) "s %d %n",
		&image->bias, &image->begin, &image->end, image->build_id,
		&image->descriptor, &path) != 5 ||
	    line[path] != '/' || image->begin >= image->end)
		return;
	if (strcmp(image->build_id, "-") == 0)
		image->build_id[0] = '\0';
	strcpy(image->path, line + path);
	input->image_count++;
}

static void
take_frame(struct symbolize_input *input, const char *line)
{
	struct symbolize_frame *frame;
	char kind[8];

	if (input->frame_count == SYMBOLIZE_FRAMES_MAX)
		return;
	frame = &input->frames[input->frame_count];
	if (sscanf(line, "frame %" SCNx64 " %7s", &frame->address, kind) != 2)
		return;
	frame->is_return = strcmp(kind, "return") == 0;
	if (frame->is_return || strcmp(kind, "exact") == 0)
		input->frame_count++;
}

/* False: it is longer than any line that is taken. */
static bool
cut_line(char *line)
{
	char *end = strchr(line, '\n');

	if (end == NULL)
		return false;
	*end = '\0';
	return true;
}

static void
skip_line(FILE *from, size_t *left)
{
	int byte;

	while (*left > 0 && (byte = getc(from)) != EOF && byte != '\n')
		(*left)--;
}

void
symbolize_input_read(struct symbolize_input *input, FILE *from)
{
	char line[SYMBOLIZE_LINE_MAX];
	size_t left = INPUT_MAX;

	while (left > sizeof(line) && fgets(line, sizeof(line), from) != NULL) {
		/* At least one, as a NUL may hide all the rest. */
		left -= strlen(line) + 1;
		if (!cut_line(line)) {
			skip_line(from, &left);
			continue;
		}
		if (strncmp(line, "image ", 6) == 0)
			take_image(input, line);
		else
			take_frame(input, line);
	}
}

struct symbolize_image *
symbolize_input_find(struct symbolize_input *input, uint64_t pc)
{
	size_t i;

	for (i = 0; i < input->image_count; i++)
		if (pc >= input->images[i].begin && pc < input->images[i].end)
			return &input->images[i];
	return NULL;
}
