/* SPDX-License-Identifier: ISC */
/*
 * The envelope: who reads it wants to know that it is whole, that nobody can
 * change it any more, and that it was meant for this process.
 */
#include "master/master_state.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_number.h"
#include "base/base_object.h"
#include "config/config_json.h"

#define NAME "cohort-state"
#define HEAD NAME " "

/* More than any state; what is larger is none. */
#define SIZE_MAX_READ ((off_t)256 << 20)

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* ---- writing ---- */

static int
write_state(int fd, const char *text, struct error *error)
{
	size_t size = strlen(text);
	char *head = memory_format(HEAD "%d %zu\n", MASTER_STATE_MAJOR, size);
	int result = 0;

	if (fd_write_all(fd, head, strlen(head)) == -1 ||
	    fd_write_all(fd, text, size) == -1)
		result = error_set_errno(error, "state: write");
	else if (fcntl(fd, F_ADD_SEALS, SEALS) == -1)
		result = error_set_errno(error, "state: seal");
	memory_free(head);
	return result;
}

int
master_state_seal(const json_t *root, int *fd_r, struct error *error)
{
	char *text = json_dumps(root, JSON_COMPACT);
	int fd, result;

	if (text == NULL)
		return error_set(
		    error, ERROR_SYSTEM, "state: it cannot be written");
	fd = memfd_create(NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	result = fd == -1 ? error_set_errno(error, "state: memfd_create") :
			    write_state(fd, text, error);
	free(text);
	if (result == -1) {
		fd_close(&fd);
		return -1;
	}
	*fd_r = fd;
	return 0;
}

/* ---- reading ---- */

static int
check_seals(int fd, size_t *size_r, struct error *error)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat status;

	if (seals == -1 || (seals & SEALS) != SEALS)
		return error_set(error, ERROR_RUNTIME,
		    "state: descriptor %d is no sealed memory", fd);
	if (fstat(fd, &status) == -1)
		return error_set_errno(error, "state: fstat");
	if (status.st_size < 1 || status.st_size > SIZE_MAX_READ)
		return error_set(error, ERROR_RUNTIME,
		    "state: of a size of %lld", (long long)status.st_size);
	*size_r = (size_t)status.st_size;
	return 0;
}

static int
read_all(int fd, char *data, size_t size, struct error *error)
{
	size_t done = 0;
	ssize_t count;

	while (done < size) {
		count = pread(fd, data + done, size - done, (off_t)done);
		if (count == -1 && errno == EINTR)
			continue;
		if (count == -1)
			return error_set_errno(error, "state: read");
		if (count == 0)
			return error_set(error, ERROR_RUNTIME, "state: cut");
		done += (size_t)count;
	}
	return 0;
}

/* "MAJOR SIZE" between HEAD and the end of the line; nulls what it ends. */
static int
check_head(char *text, size_t size, char **body_r, struct error *error)
{
	char *end = memchr(text, '\n', size), *space;
	int64_t major, length;

	if (end == NULL || strncmp(text, HEAD, strlen(HEAD)) != 0)
		return error_set(error, ERROR_RUNTIME, "state: it is none");
	*end = '\0';
	space = strchr(text + strlen(HEAD), ' ');
	if (space == NULL)
		return error_set(error, ERROR_RUNTIME, "state: it is none");
	*space = '\0';
	if (number_parse(text + strlen(HEAD), 0, INT32_MAX, &major) == -1 ||
	    major != MASTER_STATE_MAJOR)
		return error_set(error, ERROR_RUNTIME,
		    "state: of version %.32s; this program reads version %d",
		    text + strlen(HEAD), MASTER_STATE_MAJOR);
	*body_r = end + 1;
	if (number_parse(space + 1, 0, INT64_MAX, &length) == -1 ||
	    (uint64_t)length != size - (size_t)(*body_r - text))
		return error_set(
		    error, ERROR_RUNTIME, "state: it is not whole");
	return 0;
}

static json_t *
parse(char *text, size_t size, struct error *error)
{
	const size_t flags = JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES;
	json_error_t problem;
	json_t *root;
	char *body = NULL;

	if (check_head(text, size, &body, error) == -1)
		return NULL;
	root = json_loadb(body, size - (size_t)(body - text), flags, &problem);
	if (root == NULL)
		error_set(error, ERROR_RUNTIME, "state: %s", problem.text);
	return root;
}

static json_t *
read_root(int fd, struct error *error)
{
	json_t *root = NULL;
	size_t size = 0;
	char *text;

	if (check_seals(fd, &size, error) == -1)
		return NULL;
	text = memory_alloc(size + 1);
	if (read_all(fd, text, size, error) == 0)
		root = parse(text, size, error);
	memory_free(text);
	return root;
}

static int
take_descriptor(
    struct master_document *state, const json_t *json, struct error *error)
{
	json_int_t number = json_integer_value(json);
	int fd = (int)number;

	if (!json_is_integer(json) || number <= STDERR_FILENO ||
	    number > INT32_MAX)
		return error_set(
		    error, ERROR_RUNTIME, "state: descriptors make no sense");
	if (!state->is_trial && fd_set_cloexec(fd, true, error) == -1)
		return error_wrap(error, "state");
	state->descriptors[state->count++] = fd;
	return 0;
}

static int
take_descriptors(struct master_document *state, struct error *error)
{
	const json_t *list = json_object_get(state->root, "descriptors");
	size_t i, count = json_array_size(list);

	state->descriptors =
	    memory_alloc_array(count + 1, sizeof(*state->descriptors));
	state->claimed = memory_alloc_array(count + 1, sizeof(bool));
	for (i = 0; i < count; i++)
		if (take_descriptor(state, json_array_get(list, i), error) ==
		    -1)
			return -1;
	return 0;
}

int
master_state_open(int fd, pid_t pid, bool is_trial,
    struct master_document **state_r, struct error *error)
{
	json_t *root = read_root(fd, error);
	struct master_document *state;

	if (root == NULL)
		return -1;
	OBJECT_NEW(state, MASTER_DOCUMENT_MAGIC);
	state->root = root;
	state->is_trial = is_trial;
	if (json_integer_value(json_object_get(root, "pid")) != pid) {
		error_set(error, ERROR_RUNTIME, "state: of another process");
	} else if (take_descriptors(state, error) == 0) {
		*state_r = state;
		return 0;
	}
	state->count = 0;
	master_state_close(&state);
	return -1;
}

void
master_state_close(struct master_document **state_pointer)
{
	struct master_document *state;
	size_t i;

	OBJECT_TAKE(state, state_pointer, MASTER_DOCUMENT_MAGIC);
	for (i = 0; i < state->count && !state->is_trial; i++)
		if (!state->claimed[i])
			fd_close(&state->descriptors[i]);
	memory_free(state->descriptors);
	memory_free(state->claimed);
	json_decref(state->root);
	OBJECT_FREE(state);
}

int
master_state_claim(struct master_document *state, int fd, struct error *error)
{
	size_t i;

	OBJECT_CHECK(state, MASTER_DOCUMENT_MAGIC);
	if (fd == -1)
		return 0;
	for (i = 0; i < state->count; i++) {
		if (state->descriptors[i] != fd || state->claimed[i])
			continue;
		state->claimed[i] = true;
		return 0;
	}
	return error_set(
	    error, ERROR_RUNTIME, "descriptor %d is not listed, or twice", fd);
}

char *
master_state_text(const struct master_document *state, const char *name)
{
	return config_json_take_text(json_object_get(state->root, name));
}
