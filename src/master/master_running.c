/* SPDX-License-Identifier: ISC */
/*
 * cohortd -s: the master that runs is asked, and this process is nobody but
 * its client.  A signal is the last resort, since it says nothing of what
 * comes of it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ipc/ipc_control.h"
#include "master/master_private.h"

/* A word is a command of the control socket, too. */
static const struct word {
	const char *text;
	int number;
	const char *name;
} words[] = {
#define MASTER_SIGNAL(name, word, action, terminal, text) \
	{ word, SIG##name, "SIG" #name },
#include "master/master_signal.tbl"
#undef MASTER_SIGNAL
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

static const struct word *
find_word(const char *text)
{
	size_t i;

	for (i = 0; i < WORD_COUNT; i++)
		if (words[i].text[0] != '\0' &&
		    strcmp(words[i].text, text) == 0)
			return &words[i];
	return NULL;
}

static void
refuse_word(const char *text)
{
	const char *separator = "one of ";
	size_t i;

	fprintf(stderr, "cohortd: -s %s: ", text);
	for (i = 0; i < WORD_COUNT; i++) {
		if (words[i].text[0] == '\0')
			continue;
		fprintf(stderr, "%s%s", separator, words[i].text);
		separator = ", ";
	}
	fputc('\n', stderr);
}

static enum ipc_exit
complain(const struct word *word, const char *why, enum ipc_exit code)
{
	fprintf(stderr, "cohortd: -s %s: %s\n", word->text, why);
	return code;
}

/* ---- by signal ---- */

static enum ipc_exit
send_signal(const struct word *word, const char *pid_file)
{
	struct error error;
	pid_t pid;

	if (master_pid_file_find(pid_file, &pid, &error) == -1)
		return complain(word, error.text, IPC_EXIT_FAILURE);
	if (kill(pid, word->number) == -1) {
		error_set_errno(&error, "kill %d", (int)pid);
		return complain(word, error.text, IPC_EXIT_SYSTEM);
	}
	printf("%s sent to cohortd (pid %d); what comes of it is not known "
	       "here: its log says\n",
	    word->name, (int)pid);
	return IPC_EXIT_OK;
}

/* ---- by the control socket ---- */

static enum ipc_exit
print_reply(const struct word *word, const json_t *reply)
{
	const char *refusal = ipc_control_refusal(reply);
	const char *summary =
	    json_string_value(json_object_get(reply, "summary"));

	if (refusal != NULL)
		return complain(word, refusal, IPC_EXIT_FAILURE);
	printf("%s\n", summary == NULL ? "done" : summary);
	return IPC_EXIT_OK;
}

static enum ipc_exit
ask(const struct word *word, struct ipc_control *control)
{
	json_t *request = json_pack("{s:s}", "command", word->text);
	enum ipc_exit code;
	struct error error;
	json_t *reply;

	if (ipc_control_ask(control, request, 0, &reply, &error) == -1) {
		code = complain(word, error.text, ipc_exit_for(&error));
	} else {
		code = print_reply(word, reply);
		json_decref(reply);
	}
	json_decref(request);
	return code;
}

enum ipc_exit
master_running_order(const char *text, const struct settings *settings)
{
	const struct word *word = find_word(text);
	struct ipc_control *control;
	bool has_socket = settings->control_socket[0] != '\0';
	enum ipc_exit code;
	struct error error;

	if (word == NULL) {
		refuse_word(text);
		return IPC_EXIT_USAGE;
	}
	if (has_socket &&
	    ipc_control_open(settings->control_socket, &control, &error) == 0) {
		code = ask(word, control);
		ipc_control_close(&control);
		return code;
	}
	if (settings->pid_file[0] != '\0')
		return send_signal(word, settings->pid_file);
	if (has_socket)
		return complain(word, error.text, ipc_exit_for(&error));
	return complain(word,
	    "neither control_socket nor pid_file is configured",
	    IPC_EXIT_CONFIG);
}
