/* SPDX-License-Identifier: ISC */
/*
 * Runs cohort-symbolize for the stack of a worker.  What it reads are files
 * that a process named which had crashed, so it has the rights of the workers
 * and nothing of the master's but the pipe for its answer; that is the word
 * of a stranger too.  Its question lies in memory that it inherits: nobody
 * has to write it; and so do the bytes of the cohort's modules.
 *
 * A few run at a time, the others wait: workers can crash faster than their
 * stacks can be read.
 */
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_child.h"
#include "master/master_frames.h"
#include "master/master_mounts.h"

#define PROGRAM     "cohort-symbolize"
#define RUNNING_MAX 4
#define TIME_MAX_S  10u
#define ANSWER_MAX  131072
#define READ_SIZE   4096

#define MASTER_SYMBOLIZER_MAGIC 0xe0635c1fu
struct master_symbolizer {
	unsigned magic;
	struct list waiting;
	unsigned running;
	bool is_missing; /* it was said */
};

#define MASTER_SYMBOLIZE_MAGIC 0x49b7f2d3u
struct master_symbolize {
	unsigned magic;
	struct master *master;
	struct list_link link; /* in waiting, until it runs */
	struct worker_credentials credentials;
	struct master_mounts *mounts;
	char *program;
	struct buffer question, answer;
	struct event readable, timer;
	int fd;      /* where the answer comes; -1: does not run */
	int process; /* pidfd, or -1 */
	bool is_done;
	struct master_frames frames;
	void (*on_done)(
	    void *context, const struct master_frame *frames, size_t count);
	void *context;
};

/* ---- the child ---- */

/* It is to have them under the numbers that its question has. */
static int
keep_modules(const struct master_mounts *mounts, struct error *error)
{
	size_t i;

	for (i = 0; mounts != NULL && i < mounts->pin_count; i++)
		if (fd_set_cloexec(mounts->pins[i]->fd, false, error) == -1)
			return -1;
	return 0;
}

/* Returns only when it cannot be done. */
static void
run_program(struct master_symbolize *symbolize)
{
	const struct buffer *question = &symbolize->question;
	char *const arguments[] = { symbolize->program, NULL };
	char *const environment[] = { NULL };
	struct error error;
	int fd;

	fd = memfd_create("cohort-question", MFD_CLOEXEC);
	if (fd == -1 ||
	    write(fd, question->data, question->size) !=
		(ssize_t)question->size ||
	    lseek(fd, 0, SEEK_SET) == -1 || dup2(fd, STDIN_FILENO) == -1)
		return;
	if (keep_modules(symbolize->mounts, &error) == -1 ||
	    worker_credentials_drop(&symbolize->credentials, &error) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return;
	execve(symbolize->program, arguments, environment);
}

static void
be_child(struct master_symbolize *symbolize, int answer)
{
	if (dup2(answer, STDOUT_FILENO) != -1)
		run_program(symbolize);
	_exit(127);
}

/* ---- running ---- */

static void run_next(struct master_symbolizer *symbolizer);

static void
end_run(struct master_symbolize *symbolize)
{
	struct master_symbolizer *symbolizer = symbolize->master->symbolizer;

	event_del(&symbolize->timer);
	list_remove(&symbolize->link);
	if (symbolize->fd == -1)
		return;
	event_del(&symbolize->readable);
	fd_close(&symbolize->fd);
	if (symbolize->process != -1)
		pidfd_send_signal(symbolize->process, SIGKILL, NULL, 0);
	fd_close(&symbolize->process);
	symbolizer->running--;
	run_next(symbolizer);
}

void
master_symbolize_finish(struct master_symbolize *symbolize)
{
	OBJECT_CHECK(symbolize, MASTER_SYMBOLIZE_MAGIC);
	if (symbolize->is_done)
		return;
	symbolize->is_done = true;
	end_run(symbolize);
	master_frames_name(&symbolize->frames, symbolize->answer.data);
	symbolize->on_done(
	    symbolize->context, symbolize->frames.all, symbolize->frames.count);
}

static void
on_timer(evutil_socket_t fd, short events, void *context)
{
	master_symbolize_finish(context);
}

static void
finish_after(struct master_symbolize *symbolize, unsigned seconds)
{
	const struct timeval wait = { .tv_sec = seconds };

	event_add(&symbolize->timer, &wait);
}

static void
on_readable(evutil_socket_t fd, short events, void *context)
{
	struct master_symbolize *symbolize;
	char piece[READ_SIZE];
	ssize_t size;

	OBJECT_CAST(symbolize, context, MASTER_SYMBOLIZE_MAGIC);
	size = read(symbolize->fd, piece, sizeof(piece));
	if (size == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0)
		buffer_append(&symbolize->answer, piece, (size_t)size);
	if (size <= 0 || symbolize->answer.truncated)
		master_symbolize_finish(symbolize);
}

static void
watch(struct master_symbolize *symbolize, int fd, pid_t pid)
{
	symbolize->fd = fd;
	symbolize->process = pidfd_open(pid, 0);
	symbolize->master->symbolizer->running++;
	event_assign(&symbolize->readable, symbolize->master->base, fd,
	    EV_READ | EV_PERSIST, on_readable, symbolize);
	event_add(&symbolize->readable, NULL);
	finish_after(symbolize, TIME_MAX_S);
}

static pid_t
fork_child(const struct master_symbolize *symbolize, int answer)
{
	const struct master_mounts *mounts = symbolize->mounts;
	size_t i, count = mounts != NULL ? mounts->pin_count : 0;
	int *keep = memory_alloc_array(count + 1, sizeof(*keep));
	pid_t pid;

	for (i = 0; i < count; i++)
		keep[i] = mounts->pins[i]->fd;
	keep[count] = answer;
	pid = master_child_fork(keep, count + 1, TIME_MAX_S);
	memory_free(keep);
	return pid;
}

static void
run(struct master_symbolize *symbolize)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1) {
		finish_after(symbolize, 0);
		return;
	}
	pid = fork_child(symbolize, ends[1]);
	if (pid == 0)
		be_child(symbolize, ends[1]);
	fd_close(&ends[1]);
	if (pid == -1 || fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1) {
		fd_close(&ends[0]);
		finish_after(symbolize, 0);
		return;
	}
	watch(symbolize, ends[0], pid);
}

static void
run_next(struct master_symbolizer *symbolizer)
{
	struct list_link *link;

	while (symbolizer->running < RUNNING_MAX) {
		link = list_take_first(&symbolizer->waiting);
		if (link == NULL)
			return;
		run(LIST_OBJECT(link, struct master_symbolize, link));
	}
}

/* ---- life ---- */

static struct master_symbolizer *
get_symbolizer(struct master *master)
{
	struct master_symbolizer *symbolizer = master->symbolizer;

	if (symbolizer == NULL) {
		OBJECT_NEW(symbolizer, MASTER_SYMBOLIZER_MAGIC);
		list_init(&symbolizer->waiting);
		master->symbolizer = symbolizer;
	}
	return symbolizer;
}

/*
 * Tests run what was built rather than what is installed.  The environment
 * is that of whoever started the master, with at least its rights, so it is
 * no way to gain any; and what it names runs without them.
 */
static bool
find_program(struct master_symbolize *symbolize)
{
	struct master_symbolizer *symbolizer = symbolize->master->symbolizer;
	const char *directory = getenv("COHORT_LIBEXECDIR");

	symbolize->program = memory_format(
	    "%s/" PROGRAM, directory != NULL ? directory : COHORT_LIBEXECDIR);
	if (access(symbolize->program, X_OK) == 0)
		return true;
	if (!symbolizer->is_missing)
		log_warn("%s: %s: stacks will have no names",
		    symbolize->program, strerror(errno));
	symbolizer->is_missing = true;
	return false;
}

static bool
can_run(struct master_symbolize *symbolize)
{
	return symbolize->frames.count > 0 && find_program(symbolize);
}

struct master_symbolize *
master_symbolize_start(const struct master_cohort *cohort,
    const struct ipc_process *process, const struct ipc_report *report,
    void (*on_done)(
	void *context, const struct master_frame *frames, size_t count),
    void *context)
{
	struct master_symbolizer *symbolizer = get_symbolizer(cohort->master);
	struct master_symbolize *symbolize;

	OBJECT_NEW(symbolize, MASTER_SYMBOLIZE_MAGIC);
	symbolize->master = cohort->master;
	symbolize->fd = symbolize->process = -1;
	symbolize->credentials = cohort->credentials;
	if (cohort->mounts != NULL)
		symbolize->mounts = master_mounts_hold(cohort->mounts);
	symbolize->on_done = on_done;
	symbolize->context = context;
	buffer_init(&symbolize->question, 0);
	buffer_init(&symbolize->answer, ANSWER_MAX);
	event_assign(&symbolize->timer, cohort->master->base, -1, 0, on_timer,
	    symbolize);
	master_frames_init(&symbolize->frames, process, report,
	    symbolize->mounts, &symbolize->question);
	if (can_run(symbolize)) {
		list_append(&symbolizer->waiting, &symbolize->link);
		run_next(symbolizer);
	} else {
		finish_after(symbolize, 0);
	}
	return symbolize;
}

void
master_symbolize_stop(struct master_symbolize **symbolize_pointer)
{
	struct master_symbolize *symbolize;

	OBJECT_TAKE(symbolize, symbolize_pointer, MASTER_SYMBOLIZE_MAGIC);
	end_run(symbolize);
	master_frames_fini(&symbolize->frames);
	buffer_fini(&symbolize->question);
	buffer_fini(&symbolize->answer);
	memory_free(symbolize->program);
	master_mounts_release(&symbolize->mounts);
	OBJECT_FREE(symbolize);
}

void
master_symbolize_close(struct master *master)
{
	struct master_symbolizer *symbolizer;

	if (master->symbolizer == NULL)
		return;
	OBJECT_TAKE(symbolizer, &master->symbolizer, MASTER_SYMBOLIZER_MAGIC);
	OBJECT_FREE(symbolizer);
}
