/* SPDX-License-Identifier: ISC */
#include <sys/wait.h>

#include <signal.h>
#include <string.h>

#include "ipc/ipc_exit.h"
#include "master/master_death.h"
#include "master/master_words.h"

/* ---- signals ---- */

static const struct {
	int signal, code; /* signal 0: of any */
	const char *name;
} codes[] = {
#define CODE(signal, name)          \
	{                           \
		signal, name, #name \
	}
	CODE(SIGSEGV, SEGV_MAPERR),
	CODE(SIGSEGV, SEGV_ACCERR),
	CODE(SIGSEGV, SEGV_BNDERR),
	CODE(SIGSEGV, SEGV_PKUERR),
	CODE(SIGBUS, BUS_ADRALN),
	CODE(SIGBUS, BUS_ADRERR),
	CODE(SIGBUS, BUS_OBJERR),
	CODE(SIGBUS, BUS_MCEERR_AR),
	CODE(SIGBUS, BUS_MCEERR_AO),
	CODE(SIGFPE, FPE_INTDIV),
	CODE(SIGFPE, FPE_INTOVF),
	CODE(SIGFPE, FPE_FLTDIV),
	CODE(SIGFPE, FPE_FLTOVF),
	CODE(SIGFPE, FPE_FLTUND),
	CODE(SIGFPE, FPE_FLTRES),
	CODE(SIGFPE, FPE_FLTINV),
	CODE(SIGFPE, FPE_FLTSUB),
	CODE(SIGILL, ILL_ILLOPC),
	CODE(SIGILL, ILL_ILLOPN),
	CODE(SIGILL, ILL_ILLADR),
	CODE(SIGILL, ILL_ILLTRP),
	CODE(SIGILL, ILL_PRVOPC),
	CODE(SIGILL, ILL_PRVREG),
	CODE(SIGILL, ILL_COPROC),
	CODE(SIGILL, ILL_BADSTK),
	CODE(SIGTRAP, TRAP_BRKPT),
	CODE(SIGTRAP, TRAP_TRACE),
	CODE(0, SI_USER),
	CODE(0, SI_QUEUE),
	CODE(0, SI_TKILL),
	CODE(0, SI_KERNEL),
#undef CODE
};

const char *
master_death_code(int signal, int code)
{
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if ((codes[i].signal == signal || codes[i].signal == 0) &&
		    codes[i].code == code)
			return codes[i].name;
	return NULL;
}

int
master_death_signal(const struct master_death *death)
{
	if (death->has_report)
		return death->report.signal;
	return death->has_ended && WIFSIGNALED(death->status) ?
	    WTERMSIG(death->status) :
	    0;
}

unsigned
master_death_lost(const struct master_death *death)
{
	return death->lost + (death->has_report ? death->report.closed : 0);
}

bool
master_death_has_address(const struct master_death *death)
{
	if (!death->has_report || death->report.code <= 0 ||
	    death->report.code == SI_KERNEL)
		return false;
	switch (death->report.signal) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
		return true;
	default:
		return false;
	}
}

/* ---- how it ended ---- */

static void
append_signal(struct buffer *words, int number)
{
	const char *name = sigabbrev_np(number);

	if (name != NULL)
		buffer_format(words, "SIG%s", name);
	else
		buffer_format(words, "signal %d", number);
}

/* In brackets: where, from whom, or what that is. */
static void
append_cause(struct buffer *words, const struct master_death *death)
{
	const struct ipc_report *report = &death->report;

	if (master_death_has_address(death))
		buffer_format(words, " (address 0x%llx)",
		    (unsigned long long)report->address);
	else if (death->has_report && report->sender > 0 &&
	    report->sender != death->pid && death->hung_ms == 0)
		buffer_format(words, " (sent by process %d)", report->sender);
	else
		buffer_format(
		    words, " (%s)", strsignal(master_death_signal(death)));
}

static void
append_exit(struct buffer *words, int status)
{
	buffer_format(words, "exited with %d (%s)", WEXITSTATUS(status),
	    ipc_exit_text(WEXITSTATUS(status)));
}

/* A report, and yet something else ended it. */
static void
append_late_end(struct buffer *words, const struct master_death *death)
{
	buffer_append_text(words, "crashed with ");
	append_signal(words, death->report.signal);
	append_cause(words, death);
	buffer_append_text(words, " and ");
	if (!death->has_ended) {
		buffer_append_text(words, "has not ended");
	} else if (WIFEXITED(death->status)) {
		append_exit(words, death->status);
	} else {
		buffer_append_text(words, "was killed by ");
		append_signal(words, WTERMSIG(death->status));
	}
}

static bool
died_as_reported(const struct master_death *death)
{
	return death->has_ended && WIFSIGNALED(death->status) &&
	    WTERMSIG(death->status) == death->report.signal;
}

static void
append_end(struct buffer *words, const struct master_death *death)
{
	if (death->hung_ms > 0)
		buffer_format(words, "was ended after hanging for %llu ms: ",
		    (unsigned long long)death->hung_ms);
	if (death->has_report && !died_as_reported(death)) {
		append_late_end(words, death);
	} else if (!death->has_ended) {
		buffer_append_text(words, "said that it crashed");
	} else if (WIFEXITED(death->status)) {
		append_exit(words, death->status);
	} else {
		buffer_append_text(words, "was killed by ");
		append_signal(words, WTERMSIG(death->status));
		append_cause(words, death);
	}
}

/* ---- the line ---- */

static void
append_run(struct buffer *words, const struct master_death *death)
{
	if (!death->has_current) {
		if (death->has_report &&
		    death->report.thread == IPC_THREAD_NONE)
			buffer_append_text(
			    words, ", in a thread that is a module's own");
		return;
	}
	buffer_append_text(words, ", while running ");
	master_words_current(words, &death->current);
	if (death->module != NULL) {
		buffer_append_text(words, ", module ");
		buffer_append_escaped(
		    words, death->module, strlen(death->module));
	}
	buffer_format(
	    words, ", for %llu ms", (unsigned long long)death->ran_ms);
}

static void
append_count(struct buffer *words, unsigned count, const char *what)
{
	if (count > 0)
		buffer_format(words, ", %u connection%s %s", count,
		    count == 1 ? "" : "s", what);
}

void
master_death_words(struct buffer *words, const struct master_death *death)
{
	buffer_format(words, "worker %u (pid %d, cohort %u, %s) ", death->slot,
	    (int)death->pid, death->cohort,
	    master_worker_state_name(death->state));
	append_end(words, death);
	append_run(words, death);
	master_words_stack(words, death->frames, death->frame_count);
	append_count(words, death->adopted, "handed over");
	append_count(words, master_death_lost(death), "lost");
	if (death->has_ended && WIFSIGNALED(death->status) &&
	    WCOREDUMP(death->status))
		buffer_append_text(words, ", core dumped");
	if (death->failure[0] == '\0')
		return;
	buffer_append_text(words, ": ");
	buffer_append_text(words, death->failure);
}
