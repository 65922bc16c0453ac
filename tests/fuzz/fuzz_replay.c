/* SPDX-License-Identifier: ISC */
/*
 * The main() of a fuzz target without libFuzzer: feeds it every file of the
 * folders, or the files, that stand on the command line, or else those of
 * fuzz_corpora.  Any failure ends the process; the last name printed is the
 * input that did it.
 */
#include <sys/stat.h>

#include <dirent.h>

#include "fuzz.h"

#define INPUT_MAX (1 << 20)

static _Noreturn void
fail(const char *path)
{
	perror(path);
	exit(EXIT_FAILURE);
}

static void
replay_file(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX);
	FILE *stream = fopen(path, "rb");
	char *input;
	size_t size;

	if (stream == NULL)
		fail(path);
	size = fread(data, 1, INPUT_MAX, stream);
	fclose(stream);
	input = fuzz_copy(data, size);
	free(data);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput((const uint8_t *)input, size);
	free(input);
}

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static unsigned
replay_folder(const char *folder)
{
	struct dirent **entries;
	char path[4096];
	int count, i;

	count = scandir(folder, &entries, is_input, alphasort);
	if (count == -1)
		fail(folder);
	for (i = 0; i < count; i++) {
		snprintf(
		    path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		replay_file(path);
		free(entries[i]);
	}
	free(entries);
	return (unsigned)count;
}

static unsigned
replay(const char *path)
{
	struct stat status;

	if (stat(path, &status) == -1)
		fail(path);
	if (S_ISDIR(status.st_mode))
		return replay_folder(path);
	replay_file(path);
	return 1;
}

static unsigned
replay_corpora(void)
{
	const char *top = getenv("srcdir");
	char path[4096];
	unsigned count, all = 0;
	size_t i;

	for (i = 0; fuzz_corpora[i] != NULL; i++) {
		snprintf(path, sizeof(path), "%s/%s", top != NULL ? top : ".",
		    fuzz_corpora[i]);
		count = replay(path);
		if (count == 0) {
			fprintf(stderr, "%s: is empty\n", path);
			exit(EXIT_FAILURE);
		}
		all += count;
	}
	return all;
}

int
main(int argc, char **argv)
{
	unsigned count = 0;
	int i;

	for (i = 1; i < argc; i++)
		count += replay(argv[i]);
	if (argc == 1)
		count = replay_corpora();
	printf("%u inputs\n", count);
	return EXIT_SUCCESS;
}
