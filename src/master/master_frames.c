/* SPDX-License-Identifier: ISC */
#include "master/master_frames.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "base/base_number.h"
#include "master/master_mounts.h"

#define FIELD_MAX    255
#define BUILD_ID_MAX (sizeof(((struct ipc_image *)0)->build_id))

/* ---- the question ---- */

/* The program of a worker is the master's. */
static char *
path_of(const struct ipc_image *image)
{
	char path[sizeof(image->path) * 4];
	ssize_t size;

	if (image->path[0] != '\0')
		return memory_copy_text(image->path);
	size = readlink("/proc/self/exe", path, sizeof(path) - 1);
	path[size > 0 ? size : 0] = '\0';
	return memory_copy_text(path);
}

static void
write_build_id(char *to, const struct ipc_image *image)
{
	size_t i;

	for (i = 0; i < image->build_id_size && i < BUILD_ID_MAX; i++)
		snprintf(to + i * 2, 3, "%02x", image->build_id[i]);
}

/* It would be the end of the line that it stands in. */
static bool
can_be_asked(const char *path)
{
	for (; *path != '\0'; path++)
		if ((unsigned char)*path < 0x20)
			return false;
	return true;
}

/* The bytes of a module are those that its cohort has. */
static void
ask_image(struct buffer *question, const struct ipc_image *image,
    const struct master_frame *frame, const struct master_mounts *mounts)
{
	const struct master_pin *pin = NULL;

	if (!can_be_asked(frame->image))
		return;
	if (mounts != NULL)
		pin = master_mounts_pin(mounts, frame->image);
	buffer_format(question, "image %llx %llx %llx %s %d %s\n",
	    (unsigned long long)image->bias, (unsigned long long)image->begin,
	    (unsigned long long)image->end,
	    frame->build_id[0] != '\0' ? frame->build_id : "-",
	    pin != NULL ? pin->fd : -1, frame->image);
}

/* An address that is returned to may be the first byte behind its image. */
static bool
find_image(const struct ipc_process *process, uint64_t address, bool is_return,
    struct ipc_image *image_r)
{
	return ipc_image_find(process, address - is_return, image_r);
}

/* Of an image that is asked with several frames the first counts. */
static void
add_frame(struct master_frame *frame, const struct ipc_process *process,
    uint64_t address, bool is_return, const struct master_mounts *mounts,
    struct buffer *question)
{
	struct ipc_image image;

	frame->address = address;
	if (find_image(process, address, is_return, &image)) {
		frame->image = path_of(&image);
		frame->offset = address - image.bias;
		write_build_id(frame->build_id, &image);
		ask_image(question, &image, frame, mounts);
	}
	buffer_format(question, "frame %llx %s\n", (unsigned long long)address,
	    is_return ? "return" : "exact");
}

void
master_frames_init(struct master_frames *frames,
    const struct ipc_process *process, const struct ipc_report *report,
    const struct master_mounts *mounts, struct buffer *question)
{
	uint32_t i;

	frames->count = report->frame_count;
	frames->all =
	    memory_alloc_array(frames->count + 1, sizeof(*frames->all));
	for (i = 0; i < frames->count; i++)
		add_frame(&frames->all[i], process, report->frames[i], i > 0,
		    mounts, question);
}

void
master_frames_fini(struct master_frames *frames)
{
	size_t i;

	for (i = 0; i < frames->count; i++) {
		memory_free(frames->all[i].image);
		memory_free(frames->all[i].function);
		memory_free(frames->all[i].file);
	}
	memory_free(frames->all);
}

/* ---- the answer ---- */

/* Takes the field that ends at the byte; what is empty is NULL. */
static char *
take_field(char **at, int end)
{
	char *field = *at, *stop = strchr(field, end);

	if (stop == NULL)
		return NULL;
	*stop = '\0';
	*at = stop + 1;
	return *field == '\0' ? NULL : memory_format("%.*s", FIELD_MAX, field);
}

static void
take_line(struct master_frame *frame, char *line)
{
	int64_t number;

	frame->function = take_field(&line, '\t');
	frame->file = take_field(&line, '\t');
	if (number_parse(line, 1, INT32_MAX, &number) == 0)
		frame->line = (unsigned)number;
}

/* The last line may be a part of one. */
void
master_frames_name(struct master_frames *frames, char *answer)
{
	char *line = answer, *end;
	size_t i;

	for (i = 0; i < frames->count && line != NULL; i++) {
		end = strchr(line, '\n');
		if (end == NULL)
			return;
		*end = '\0';
		take_line(&frames->all[i], line);
		line = end + 1;
	}
}
