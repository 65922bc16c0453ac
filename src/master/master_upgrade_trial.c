/* SPDX-License-Identifier: ISC */
/*
 * A program that may be anything is run as a child: it has the listeners, the
 * state and one pipe, and nothing else of the master's.  It leads a process
 * group, so that what it starts goes with it, and has so much time.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_child.h"
#include "master/master_state.h"
#include "master/master_upgrade.h"

/* What is read of it, and what of it is told. */
#define OUTPUT_MAX 65536u
#define SHOWN_MAX  300u

/* Behind its end, more than a pipe holds: who left its group writes on. */
#define READS_LEFT_MAX 64

#define MASTER_TRIAL_MAGIC 0x21e84bfdu
struct master_trial {
	unsigned magic;
	pid_t pid; /* 0: it has ended */
	int fd;    /* what it writes */
	int status;
	bool has_ended;
	bool is_late;
	struct buffer output;
	struct event input, deadline, end;
	uint64_t timeout_ms;
	void (*on_done)(void *context, const char *version, const char *why);
	void *context;
};

/* ---- the verdict ---- */

static int
judge_end(int status, const char *output, size_t size, struct error *error)
{
	size_t blank = strspn(output, "\r\n");
	size_t line = strcspn(output + blank, "\r\n");
	struct buffer shown;

	if (WIFSIGNALED(status))
		return error_set(error, ERROR_RUNTIME,
		    "its trial ended by SIG%s", sigabbrev_np(WTERMSIG(status)));
	if (size == 0)
		return error_set(error, ERROR_RUNTIME,
		    "its trial exited with %d without a word: is it cohortd?",
		    WEXITSTATUS(status));
	buffer_init(&shown, 0);
	buffer_append_escaped(
	    &shown, output + blank, line > SHOWN_MAX ? SHOWN_MAX : line);
	error_set(error, ERROR_RUNTIME, "its trial exited with %d: %s",
	    WEXITSTATUS(status), shown.data == NULL ? "" : shown.data);
	buffer_fini(&shown);
	return -1;
}

/* The object behind the last line's words, or NULL. */
static json_t *
find_verdict(const char *output)
{
	const char *next = output, *last = NULL;

	while ((next = strstr(next, MASTER_TRIAL_WORDS)) != NULL) {
		if (next == output || next[-1] == '\n')
			last = next + strlen(MASTER_TRIAL_WORDS);
		next++;
	}
	return last == NULL ? NULL :
			      json_loads(last, JSON_DISABLE_EOF_CHECK, NULL);
}

int
master_trial_judge(const char *output, size_t size, int status,
    char **version_r, struct error *error)
{
	json_t *verdict = find_verdict(output);
	const char *why = json_string_value(json_object_get(verdict, "error"));
	const char *version =
	    json_string_value(json_object_get(verdict, "version"));
	int result = -1;

	if (why != NULL) {
		error_set(error, ERROR_RUNTIME, "%s", why);
	} else if (version == NULL || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0) {
		judge_end(status, output, size, error);
	} else {
		*version_r = memory_copy_text(version);
		result = 0;
	}
	json_decref(verdict);
	return result;
}

/* ---- its end ---- */

static void
on_end(evutil_socket_t fd, short events, void *context)
{
	struct master_trial *trial;
	char *version = NULL;
	struct error error;

	OBJECT_CAST(trial, context, MASTER_TRIAL_MAGIC);
	if (trial->is_late)
		error_set(&error, ERROR_RUNTIME,
		    "its trial took more than %llu ms: killed",
		    (unsigned long long)trial->timeout_ms);
	else
		master_trial_judge(
		    trial->output.data == NULL ? "" : trial->output.data,
		    trial->output.size, trial->status, &version, &error);
	trial->on_done(trial->context, version, error.text);
	memory_free(version);
}

/* All that it wrote, once nobody of its group can write any more. */
static void
end_group(struct master_trial *trial)
{
	kill(-trial->pid, SIGKILL);
	event_del(&trial->deadline);
}

/* It may have gone to another group than it was put into. */
static void
kill_all(const struct master_trial *trial)
{
	kill(-trial->pid, SIGKILL);
	kill(trial->pid, SIGKILL);
}

static bool
read_some(struct master_trial *trial)
{
	char bytes[4096];
	ssize_t count = read(trial->fd, bytes, sizeof(bytes));

	if (count <= 0)
		return count == -1 && errno == EINTR;
	if (trial->output.size + (size_t)count > OUTPUT_MAX)
		buffer_clear(&trial->output);
	buffer_append(&trial->output, bytes, (size_t)count);
	return true;
}

bool
master_trial_on_exit(struct master_trial *trial, pid_t pid, int status)
{
	unsigned reads = 0;

	OBJECT_CHECK(trial, MASTER_TRIAL_MAGIC);
	if (trial->has_ended || pid != trial->pid)
		return false;
	trial->has_ended = true;
	trial->status = status;
	end_group(trial);
	while (reads++ < READS_LEFT_MAX && read_some(trial))
		;
	event_del(&trial->input);
	event_active(&trial->end, EV_TIMEOUT, 1);
	return true;
}

static void
on_input(evutil_socket_t fd, short events, void *context)
{
	struct master_trial *trial;

	OBJECT_CAST(trial, context, MASTER_TRIAL_MAGIC);
	/* The end of what it writes is not its own. */
	if (!read_some(trial) && errno != EAGAIN)
		event_del(&trial->input);
}

static void
on_deadline(evutil_socket_t fd, short events, void *context)
{
	struct master_trial *trial;

	OBJECT_CAST(trial, context, MASTER_TRIAL_MAGIC);
	trial->is_late = true;
	kill_all(trial);
}

/* ---- its beginning ---- */

/* In the child. */
static void
run(const char *binary, char *const *arguments, int state, int output,
    const int *kept, size_t count)
{
	struct error error;
	size_t i;

	setpgid(0, 0);
	dup2(output, STDERR_FILENO);
	for (i = 0; i < count; i++)
		if (kept[i] != output &&
		    fd_set_cloexec(kept[i], false, &error) == -1)
			_exit(127);
	if (master_upgrade_set_environment(state, true) == 0)
		execv(binary, arguments);
	dprintf(STDERR_FILENO, "%s: %s\n", binary, strerror(errno));
	_exit(127);
}

static size_t
list_kept(const struct master *master, int state, int output, int **kept_r)
{
	struct list_link *link;
	size_t count = 2;

	LIST_FOREACH (link, &master->listeners)
		count++;
	*kept_r = memory_alloc_array(count, sizeof(**kept_r));
	(*kept_r)[0] = state;
	(*kept_r)[1] = output;
	count = 2;
	LIST_FOREACH (link, &master->listeners)
		(*kept_r)[count++] =
		    LIST_OBJECT(link, struct master_listener, link)->fd;
	return count;
}

/* The kernel ends it, too, if this process cannot any more. */
static int
fork_trial(struct master_trial *trial, const struct master *master,
    const char *binary, int state, int output, struct error *error)
{
	unsigned seconds = (unsigned)(trial->timeout_ms / 1000) + 2;
	size_t count;
	int *kept;

	count = list_kept(master, state, output, &kept);
	trial->pid = master_child_fork(kept, count, seconds);
	if (trial->pid == 0)
		run(binary, master->options->arguments, state, output, kept,
		    count);
	memory_free(kept);
	if (trial->pid == -1)
		return error_set_errno(error, "trial: fork");
	setpgid(trial->pid, trial->pid);
	return 0;
}

static int
seal_state(const struct master *master, int *fd_r, struct error *error)
{
	json_t *root = master_state_put(master);
	int result = master_state_seal(root, fd_r, error);

	json_decref(root);
	return result;
}

static int
start(struct master_trial *trial, struct master *master, const char *binary,
    struct error *error)
{
	const struct timeval wait = clock_timeval(trial->timeout_ms);
	int ends[2], state, result;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_set_errno(error, "trial: pipe");
	trial->fd = ends[0];
	result = fd_set_nonblocking(trial->fd, error);
	if (result == 0)
		result = seal_state(master, &state, error);
	if (result == 0) {
		result =
		    fork_trial(trial, master, binary, state, ends[1], error);
		fd_close(&state);
	}
	fd_close(&ends[1]);
	if (result == -1)
		return -1;
	event_assign(&trial->input, master->base, trial->fd,
	    EV_READ | EV_PERSIST, on_input, trial);
	event_assign(&trial->deadline, master->base, -1, 0, on_deadline, trial);
	event_assign(&trial->end, master->base, -1, 0, on_end, trial);
	event_add(&trial->input, NULL);
	event_add(&trial->deadline, &wait);
	return 0;
}

int
master_trial_start(struct master *master, const char *binary,
    uint64_t timeout_ms,
    void (*on_done)(void *context, const char *version, const char *why),
    void *context, struct master_trial **trial_r, struct error *error)
{
	struct master_trial *trial;

	OBJECT_NEW(trial, MASTER_TRIAL_MAGIC);
	trial->fd = -1;
	trial->timeout_ms = timeout_ms;
	trial->on_done = on_done;
	trial->context = context;
	buffer_init(&trial->output, 0);
	if (start(trial, master, binary, error) == -1) {
		fd_close(&trial->fd);
		OBJECT_FREE(trial);
		return -1;
	}
	*trial_r = trial;
	return 0;
}

void
master_trial_stop(struct master_trial **trial_pointer)
{
	struct master_trial *trial;

	OBJECT_TAKE(trial, trial_pointer, MASTER_TRIAL_MAGIC);
	if (!trial->has_ended)
		kill_all(trial);
	event_del(&trial->input);
	event_del(&trial->deadline);
	event_del(&trial->end);
	buffer_fini(&trial->output);
	fd_close(&trial->fd);
	OBJECT_FREE(trial);
}
