/* SPDX-License-Identifier: ISC */
/*
 * All workers of a cohort run the same code, and those that replace them, so
 * what one was refused is logged for all of them.
 */
#include "master/master_denied.h"

#include <string.h>

#include "base/base_buffer.h"
#include "base/base_log.h"
#include "base/base_system_call.h"
#include "master/master_private.h"
#include "master/master_words.h"
#include "worker/worker_landlock.h"
#include "worker/worker_seccomp.h"

void
master_denied_describe(const struct master_cohort *cohort)
{
	struct buffer words;

	buffer_init(&words, LOG_LINE_MAX);
	worker_landlock_describe(cohort->settings, &words);
	log_info("cohort %u: %s", cohort->number, words.data);
	buffer_clear(&words);
	worker_seccomp_describe(cohort->settings, &words);
	log_info("cohort %u: %s", cohort->number, words.data);
	buffer_fini(&words);
}

static struct master_denied_kind
kind_of(const struct ipc_denial *denial)
{
	struct master_denied_kind kind;

	memset(&kind, 0, sizeof(kind));
	kind.architecture = denial->architecture;
	kind.number = denial->number;
	if (denial->current.running != 1)
		return kind;
	kind.mount = denial->current.mount;
	strncpy(kind.route, denial->current.route, sizeof(kind.route));
	strncpy(kind.doing, denial->current.doing, sizeof(kind.doing));
	return kind;
}

/* True: it is a new one, and there is room. */
static bool
take_note(struct master_denied *denied, const struct ipc_denial *denial)
{
	const struct master_denied_kind kind = kind_of(denial);
	size_t i;

	for (i = 0; i < denied->count; i++)
		if (memcmp(&denied->kinds[i], &kind, sizeof(kind)) == 0)
			return false;
	if (denied->count == MASTER_DENIED_MAX)
		return false;
	denied->kinds[denied->count++] = kind;
	return true;
}

static void
append_module(struct buffer *words, const struct master_worker *worker,
    const struct ipc_denial *denial)
{
	const struct settings_mount *mount = settings_find_mount(
	    worker->cohort->settings, denial->current.mount);

	if (mount != NULL && mount->module != NULL) {
		buffer_append_text(words, ", module ");
		buffer_append_escaped(
		    words, mount->module, strlen(mount->module));
	}
}

static void
log_denial(const struct master_worker *worker, const struct ipc_denial *denial)
{
	char storage[LOG_LINE_MAX];
	struct buffer words;

	buffer_init_fixed(&words, storage, sizeof(storage));
	buffer_format(&words, "worker %u (pid %d) was refused the system call ",
	    worker->slot, (int)worker->pid);
	system_call_name(denial->architecture, denial->number, &words);
	buffer_append_text(&words, ", by ");
	if (denial->current.running == 1)
		master_words_current(&words, &denial->current);
	else
		buffer_append_text(&words, "a thread of a module's own");
	append_module(&words, worker, denial);
	buffer_append_text(&words, " (seccomp; once for its like)");
	log_warn("%s", words.data);
}

static void
note_full(struct master_cohort *cohort)
{
	if (cohort->denied.count < MASTER_DENIED_MAX || cohort->denied.is_full)
		return;
	cohort->denied.is_full = true;
	log_warn("cohort %u: further system calls that are refused are only "
		 "counted",
	    cohort->number);
}

void
master_denied_on_denied(struct master_worker *worker, uint64_t index)
{
	struct ipc_denial denial;

	if (!ipc_denial_read(worker->process, index, &denial)) {
		master_channel_note_nonsense(
		    worker, "it was refused what there is not");
		return;
	}
	if (!take_note(&worker->cohort->denied, &denial))
		return;
	log_denial(worker, &denial);
	note_full(worker->cohort);
}
