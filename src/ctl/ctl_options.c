/* SPDX-License-Identifier: ISC */
/*
 * What stands behind "--" is not ours to read: it is cut off before options
 * are looked for, which may stand anywhere.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

static const char usage_text[] =
    "usage: cohortctl [-c FILE | -S SOCKET] [--json] VERB\n"
    "  -c  configuration file that names the control socket\n"
    "  -S  control socket\n"
    "  -V  version; -h  this\n"
    "  --json  what the daemon says, as it says it\n"
    "Verbs:\n"
    "  status                     cohorts and workers\n"
    "  crashes                    what crashed, newest first\n"
    "  crashes [show] ID          one of these\n"
    "  crashes clear              forget them\n"
    "  quarantine [list]          requests that are refused\n"
    "  quarantine clear           refuse none of them any more\n"
    "  gdb CORE [-- ARGUMENT...]  the debugger, with the modules of CORE\n"
    "See cohortctl(8).\n";

static const struct verb {
	const char *name;
	const char *action; /* second word, or NULL */
	bool has_operand;
	bool has_json, has_rest;
	enum ipc_exit (*run)(const struct ctl_options *options);
} verbs[] = {
	{ "status", NULL, false, true, false, ctl_status },
	{ "crashes", "show", true, true, false, ctl_crashes_show },
	{ "crashes", "clear", false, true, false, ctl_crashes_clear },
	{ "crashes", NULL, false, true, false, ctl_crashes_list },
	{ "crashes", NULL, true, true, false, ctl_crashes_show },
	{ "quarantine", "list", false, true, false, ctl_quarantine_list },
	{ "quarantine", "clear", false, true, false, ctl_quarantine_clear },
	{ "quarantine", NULL, false, true, false, ctl_quarantine_list },
	{ "gdb", NULL, true, false, true, ctl_gdb },
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

enum {
	OPTION_JSON = 256
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static bool
stop(enum ipc_exit *code_r, enum ipc_exit code)
{
	if (code == IPC_EXIT_USAGE)
		fputs(usage_text, stderr);
	*code_r = code;
	return false;
}

static bool
take_option(struct ctl_options *options, int option, const char *value,
    enum ipc_exit *code_r)
{
	switch (option) {
	case 'c':
		options->file = value;
		return true;
	case 'S':
		options->socket = value;
		return true;
	case OPTION_JSON:
		options->json = true;
		return true;
	case 'h':
		fputs(usage_text, stdout);
		return stop(code_r, IPC_EXIT_OK);
	case 'V':
		printf("cohortctl %s\n", PACKAGE_VERSION);
		return stop(code_r, IPC_EXIT_OK);
	default:
		return stop(code_r, IPC_EXIT_USAGE);
	}
}

/* Then it is no operand. */
static bool
is_action(const char *name, const char *word)
{
	size_t i;

	for (i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0 &&
		    verbs[i].action != NULL &&
		    strcmp(verbs[i].action, word) == 0)
			return true;
	return false;
}

static bool
matches(const struct verb *verb, char *const *words, size_t count)
{
	size_t own = verb->action == NULL ? 1 : 2;

	if (count != own + verb->has_operand ||
	    strcmp(words[0], verb->name) != 0)
		return false;
	if (verb->action != NULL)
		return strcmp(words[1], verb->action) == 0;
	return !verb->has_operand || !is_action(words[0], words[1]);
}

static const struct verb *
find_verb(char *const *words, size_t count)
{
	size_t i;

	for (i = 0; i < VERB_COUNT; i++)
		if (matches(&verbs[i], words, count))
			return &verbs[i];
	return NULL;
}

static bool
is_known(const char *name)
{
	size_t i;

	for (i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return true;
	return false;
}

static bool
take_verb(struct ctl_options *options, char *const *words, size_t count,
    enum ipc_exit *code_r)
{
	const struct verb *verb = count == 0 ? NULL : find_verb(words, count);

	if (verb == NULL) {
		if (count == 0)
			fprintf(stderr, "cohortctl: a verb is missing\n");
		else if (is_known(words[0]))
			fprintf(stderr, "cohortctl: %s: not with these words\n",
			    words[0]);
		else
			fprintf(stderr, "cohortctl: unknown verb \"%s\"\n",
			    words[0]);
		return stop(code_r, IPC_EXIT_USAGE);
	}
	if ((options->json && !verb->has_json) ||
	    (options->rest_count > 0 && !verb->has_rest)) {
		fprintf(stderr, "cohortctl: %s takes no %s\n", verb->name,
		    options->json ? "--json" : "arguments behind --");
		return stop(code_r, IPC_EXIT_USAGE);
	}
	options->run = verb->run;
	options->operand = verb->has_operand ? words[count - 1] : NULL;
	return true;
}

/* Returns how many arguments stand before "--". */
static int
cut_rest(struct ctl_options *options, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		options->rest = argv + i + 1;
		options->rest_count = (size_t)(argc - i - 1);
		argv[i] = NULL;
		return i;
	}
	return argc;
}

bool
ctl_options_read(
    int argc, char **argv, struct ctl_options *options_r, enum ipc_exit *code_r)
{
	int option;

	memset(options_r, 0, sizeof(*options_r));
	argc = cut_rest(options_r, argc, argv);
	/* 0, not 1: begins anew, for tests that read several. */
	optind = 0;
	while ((option = getopt_long(
		    argc, argv, "c:S:hV", long_options, NULL)) != -1)
		if (!take_option(options_r, option, optarg, code_r))
			return false;
	if (options_r->file != NULL && options_r->socket != NULL) {
		fprintf(stderr, "cohortctl: -c and -S exclude each other\n");
		return stop(code_r, IPC_EXIT_USAGE);
	}
	return take_verb(
	    options_r, argv + optind, (size_t)(argc - optind), code_r);
}
