/* SPDX-License-Identifier: ISC */
/*
 * cohort-symbolize: names for the addresses of a stack.  The master runs it
 * for a worker that crashed, since reading files that others wrote is
 * nothing for a process that must live.  Input: symbolize_input.h; output,
 * a line for each frame:
 *
 *	FUNCTION tab FILE tab LINE
 *
 * or an empty one.  A function is named as in the symbol table or the debug
 * information, not demangled; of inlined ones it is the innermost.  Whatever
 * the files hold, fields have no control characters, and the program ends by
 * itself in time.
 */
#include <sys/resource.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "symbolize/symbolize_names.h"

#define TIME_MAX_S 10
#define FIELD_MAX  1000

#ifndef __SANITIZE_ADDRESS__
#define DATA_MAX 0x80000000
#endif

/* What was opened stands beside its image, if it could be. */
struct work {
	struct symbolize_input input;
	struct symbolize_names *names[SYMBOLIZE_IMAGES_MAX];
	bool tried[SYMBOLIZE_IMAGES_MAX];
};

static void
limit(int resource, rlim_t most)
{
	const struct rlimit limit = { .rlim_cur = most, .rlim_max = most };

	setrlimit(resource, &limit);
}

static void
limit_all(void)
{
	signal(SIGALRM, SIG_DFL);
	alarm(TIME_MAX_S);
	/* What a file may make of us writes nothing and starts nothing. */
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_CPU, TIME_MAX_S);
#ifdef DATA_MAX
	limit(RLIMIT_DATA, DATA_MAX);
#endif
	/* It would fetch debug information from the network. */
	unsetenv("DEBUGINFOD_URLS");
}

static struct symbolize_names *
open_names(struct work *work, struct symbolize_image *image)
{
	size_t i = (size_t)(image - work->input.images);

	if (!work->tried[i])
		work->names[i] = symbolize_names_open(image);
	work->tried[i] = true;
	return work->names[i];
}

/* What stays of a field: bytes that no reader takes for something else. */
static void
put_text(const char *text)
{
	size_t i;

	for (i = 0; text != NULL && text[i] != '\0' && i < FIELD_MAX; i++)
		putchar((unsigned char)text[i] < 0x20 || text[i] == 0x7f ?
			'?' :
			text[i]);
}

static void
put_name(const struct symbolize_name *name)
{
	put_text(name->function);
	putchar('\t');
	put_text(name->directory);
	if (name->directory != NULL)
		putchar('/');
	put_text(name->file);
	printf("\t%d\n", name->line > 0 ? name->line : 0);
}

static void
answer(struct work *work, const struct symbolize_frame *frame)
{
	/* The call is before the place it returns to. */
	uint64_t pc = frame->is_return ? frame->address - 1 : frame->address;
	struct symbolize_image *image = symbolize_input_find(&work->input, pc);
	struct symbolize_names *names = NULL;
	struct symbolize_name name;

	if (image != NULL)
		names = open_names(work, image);
	if (names == NULL) {
		putchar('\n');
	} else {
		symbolize_names_find(names, pc, &name);
		put_name(&name);
	}
	/* The next one may end all this. */
	fflush(stdout);
}

int
main(void)
{
	struct work *work;
	size_t i;

	limit_all();
	work = memory_alloc(sizeof(*work));
	symbolize_input_read(&work->input, stdin);
	for (i = 0; i < work->input.frame_count; i++)
		answer(work, &work->input.frames[i]);
	for (i = 0; i < work->input.image_count; i++)
		if (work->names[i] != NULL)
			symbolize_names_close(&work->names[i]);
	memory_free(work);
	return EXIT_SUCCESS;
}
