/* SPDX-License-Identifier: ISC */
/*
 * What is left of the input is moved to the buffer's front only when its
 * end has been reached, and the buffer is given back only after the step,
 * so that what conn_input returned stays where it is.
 */
#include <errno.h>
#include <string.h>

#include "base/base_memory.h"
#include "base/base_panic.h"
#include "conn/conn_private.h"

char *
conn_input(struct conn *conn, size_t *size_r)
{
	struct conn_input *input = &conn->input;

	*size_r = conn_input_size(conn);
	return *size_r == 0 ? NULL : input->data + input->start;
}

void
conn_consume(struct conn *conn, size_t size)
{
	if (size > conn_input_size(conn))
		panic("%zu of %zu bytes of input consumed", size,
		    conn_input_size(conn));
	conn->input.start += (uint32_t)size;
	/* What stands behind may have come while this turn ran. */
	conn->input_is_early = false;
	conn_row_set_input(conn);
}

bool
conn_input_is_early(const struct conn *conn)
{
	return conn->input_is_early;
}

bool
conn_input_ended(const struct conn *conn)
{
	return conn->input_ended;
}

static void
free_data(struct conn *conn, char *data, size_t capacity)
{
	if (capacity == CONN_INPUT_SIZE)
		conn_pool_give(&conn->set->input_pool, data);
	else
		memory_free(data);
}

void
conn_input_grow(struct conn *conn, size_t capacity)
{
	struct conn_input *input = &conn->input;
	size_t size = conn_input_size(conn);
	char *data;

	if (capacity > UINT32_MAX)
		panic("input buffer of %zu bytes wanted", capacity);
	if (input->data == NULL || capacity <= input->capacity)
		return;
	data = memory_resize(NULL, 1, capacity);
	memcpy(data, input->data + input->start, size);
	free_data(conn, input->data, input->capacity);
	*input = (struct conn_input) {
		.data = data,
		.end = (uint32_t)size,
		.capacity = (uint32_t)capacity,
	};
	conn_row_set_input(conn);
}

static void
make_room(struct conn *conn)
{
	struct conn_input *input = &conn->input;
	size_t size = conn_input_size(conn);

	if (input->data == NULL) {
		input->data = conn_pool_take(&conn->set->input_pool);
		input->capacity = CONN_INPUT_SIZE;
	} else if (size == 0) {
		input->start = input->end = 0;
	} else if (input->end == input->capacity) {
		memmove(input->data, input->data + input->start, size);
		input->start = 0;
		input->end = (uint32_t)size;
		conn_row_set_input(conn);
	}
}

static void
end_input(struct conn *conn)
{
	conn->input_ended = true;
	conn_mark(conn, CONN_MARK_WAKE);
}

static bool
is_temporary(int number)
{
	return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

void
conn_input_receive(struct conn *conn)
{
	struct conn_input *input = &conn->input;
	ssize_t size;

	make_room(conn);
	CONN_ANNOUNCE(conn->row->is_reading, 1);
	size = recv(conn->fd, input->data + input->end,
	    input->capacity - input->end, 0);
	if (size > 0) {
		input->end += (uint32_t)size;
		conn_row_set_input(conn);
		conn_mark(conn, CONN_MARK_WAKE);
	} else if (size == 0) {
		end_input(conn);
	} else if (!is_temporary(errno)) {
		conn_io_fail(conn, "recv");
	}
	CONN_ANNOUNCE(conn->row->is_reading, 0);
	conn_input_settle(conn);
}

void
conn_input_put(struct conn *conn, const void *data, size_t size)
{
	struct conn_input *input = &conn->input;

	if (size == 0)
		return;
	make_room(conn);
	memcpy(input->data, data, size);
	input->end = (uint32_t)size;
	conn_mark(conn, CONN_MARK_WAKE);
}

void
conn_input_discard(struct conn *conn)
{
	char *data = conn_pool_take(&conn->set->input_pool);
	ssize_t size = recv(conn->fd, data, CONN_INPUT_SIZE, 0);

	conn_pool_give(&conn->set->input_pool, data);
	if (size == 0)
		end_input(conn);
	else if (size == -1 && !is_temporary(errno))
		conn_io_fail(conn, "recv");
}

void
conn_input_settle(struct conn *conn)
{
	if (conn->input.data != NULL && conn_input_size(conn) == 0)
		conn_input_fini(conn);
}

void
conn_input_fini(struct conn *conn)
{
	struct conn_input *input = &conn->input;

	if (input->data == NULL)
		return;
	CONN_STORE(conn->row->input_size, 0);
	free_data(conn, input->data, input->capacity);
	*input = (struct conn_input) { .data = NULL };
}
