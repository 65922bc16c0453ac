/* SPDX-License-Identifier: ISC */
/*
 * What stands behind "--" is not ours to read: it is cut off before options
 * are looked for, which may stand anywhere.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_number.h"
#include "ctl/ctl.h"

static const char usage_text[] =
    "usage: cohortctl [-c FILE | -S SOCKET] [OPTION]... VERB\n"
    "  -c  configuration file that names the control socket\n"
    "  -S  control socket\n"
    "  -V  version; -h  this\n"
    "  --json              what the daemon says, as it says it\n"
    "  --timeout SECONDS   of orders: wait no longer for the result\n"
    "  --interval SECONDS  of top: between two looks (default 1)\n"
    "  -n COUNT            of top: so many looks, and then end\n"
    "Verbs:\n"
    "  status                     cohorts and workers\n"
    "  top                        workers, live; q ends it\n"
    "  reload                     new settings, new workers\n"
    "  stop                       end at once\n"
    "  quit                       end when requests have finished\n"
    "  reopen                     the logs, under their names\n"
    "  upgrade [PROGRAM]          go on with the new program\n"
    "  workers N                  so many, until the next reload\n"
    "  pause                      accept no more connections\n"
    "  resume                     accept them again\n"
    "  crashes                    what crashed, newest first\n"
    "  crashes [show] ID          one of these\n"
    "  crashes clear              forget them\n"
    "  quarantine [list]          requests that are refused\n"
    "  quarantine clear           refuse none of them any more\n"
    "  gdb CORE [-- ARGUMENT...]  the debugger, with the modules of CORE\n"
    "See cohortctl(8).\n";

/* What a verb takes besides its words. */
enum {
	TAKES_JSON = 1,
	TAKES_REST = 2,
	TAKES_TIMEOUT = 4,
	TAKES_FRAMES = 8,
	ORDER = TAKES_JSON | TAKES_TIMEOUT
};

static const struct verb {
	const char *name;
	const char *action; /* second word, or NULL */
	bool has_operand;
	unsigned takes;
	enum ipc_exit (*run)(const struct ctl_options *options);
} verbs[] = {
	{ "status", NULL, false, TAKES_JSON, ctl_status },
	{ "top", NULL, false, TAKES_FRAMES, ctl_top },
	{ "reload", NULL, false, ORDER, ctl_order },
	{ "stop", NULL, false, ORDER, ctl_order },
	{ "quit", NULL, false, ORDER, ctl_order },
	{ "reopen", NULL, false, ORDER, ctl_order },
	{ "upgrade", NULL, false, ORDER, ctl_order },
	{ "upgrade", NULL, true, ORDER, ctl_order },
	{ "workers", NULL, true, ORDER, ctl_order },
	{ "pause", NULL, false, ORDER, ctl_order },
	{ "resume", NULL, false, ORDER, ctl_order },
	{ "crashes", "show", true, TAKES_JSON, ctl_crashes_show },
	{ "crashes", "clear", false, TAKES_JSON, ctl_crashes_clear },
	{ "crashes", NULL, false, TAKES_JSON, ctl_crashes_list },
	{ "crashes", NULL, true, TAKES_JSON, ctl_crashes_show },
	{ "quarantine", "list", false, TAKES_JSON, ctl_quarantine_list },
	{ "quarantine", "clear", false, TAKES_JSON, ctl_quarantine_clear },
	{ "quarantine", NULL, false, TAKES_JSON, ctl_quarantine_list },
	{ "gdb", NULL, true, TAKES_REST, ctl_gdb },
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

#define INTERVAL_DEFAULT_MS 1000u
#define INTERVAL_LEAST_MS   100
#define SECONDS_MOST        86400
#define FRAMES_MOST         1000000000

enum {
	OPTION_JSON = 256,
	OPTION_TIMEOUT,
	OPTION_INTERVAL
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "interval", required_argument, NULL, OPTION_INTERVAL },
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

/* The lines of the usage that are about one verb. */
static void
print_verb(const char *name)
{
	size_t size = strlen(name);
	const char *line, *end;

	for (line = usage_text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		if (strncmp(line, "  ", 2) == 0 &&
		    strncmp(line + 2, name, size) == 0 && line[2 + size] == ' ')
			fprintf(stderr, "%.*s\n", (int)(end - line), line);
	}
}

/* Of a number that is out of bounds, or none. */
static bool
refuse_value(const char *option, const char *value, const char *allowed,
    enum ipc_exit *code_r)
{
	fprintf(
	    stderr, "cohortctl: %s %s: has to be %s\n", option, value, allowed);
	*code_r = IPC_EXIT_USAGE;
	return false;
}

/* "2", "0.5": to the millisecond. */
static int
parse_seconds(const char *text, int64_t least_ms, uint64_t *ms_r)
{
	size_t whole = strspn(text, "0123456789");
	size_t part =
	    text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	double seconds;

	if (whole == 0 || whole + part + (text[whole] == '.') != strlen(text))
		return -1;
	seconds = strtod(text, NULL);
	if (seconds > SECONDS_MOST || seconds * 1000 < (double)least_ms)
		return -1;
	*ms_r = (uint64_t)(seconds * 1000 + 0.5);
	return 0;
}

static int
parse_frames(const char *text, uint64_t *frames_r)
{
	int64_t number;

	if (number_parse(text, 1, FRAMES_MOST, &number) == -1)
		return -1;
	*frames_r = (uint64_t)number;
	return 0;
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
	case OPTION_TIMEOUT:
		return parse_seconds(value, 1, &options->timeout_ms) == 0 ||
		    refuse_value("--timeout", value, "0.001 to 86400", code_r);
	case OPTION_INTERVAL:
		return parse_seconds(value, INTERVAL_LEAST_MS,
			   &options->interval_ms) == 0 ||
		    refuse_value("--interval", value, "0.1 to 86400", code_r);
	case 'n':
		return parse_frames(value, &options->frames) == 0 ||
		    refuse_value("-n", value, "at least 1", code_r);
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

/* What was given and is not taken, or NULL. */
static const char *
find_unwanted(const struct ctl_options *options, unsigned takes)
{
	const struct {
		bool is_given;
		unsigned flag;
		const char *words;
	} rows[] = {
		{ options->json, TAKES_JSON, "--json" },
		{ options->rest_count > 0, TAKES_REST, "arguments behind --" },
		{ options->timeout_ms > 0, TAKES_TIMEOUT, "--timeout" },
		{ options->interval_ms > 0, TAKES_FRAMES, "--interval" },
		{ options->frames > 0, TAKES_FRAMES, "-n" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].is_given && (takes & rows[i].flag) == 0)
			return rows[i].words;
	return NULL;
}

static bool
refuse_verb(const char *name, enum ipc_exit *code_r)
{
	*code_r = IPC_EXIT_USAGE;
	if (is_known(name)) {
		fprintf(
		    stderr, "cohortctl: %s: not with these words, but\n", name);
		print_verb(name);
	} else {
		fprintf(stderr,
		    "cohortctl: unknown verb \"%s\": cohortctl -h has the "
		    "list\n",
		    name);
	}
	return false;
}

static bool
take_verb(struct ctl_options *options, char *const *words, size_t count,
    enum ipc_exit *code_r)
{
	const struct verb *verb;
	const char *unwanted;

	if (count == 0) {
		fprintf(stderr, "cohortctl: a verb is missing\n");
		return stop(code_r, IPC_EXIT_USAGE);
	}
	verb = find_verb(words, count);
	if (verb == NULL)
		return refuse_verb(words[0], code_r);
	unwanted = find_unwanted(options, verb->takes);
	if (unwanted != NULL) {
		fprintf(stderr, "cohortctl: %s takes no %s\n", verb->name,
		    unwanted);
		*code_r = IPC_EXIT_USAGE;
		return false;
	}
	if (options->interval_ms == 0)
		options->interval_ms = INTERVAL_DEFAULT_MS;
	options->verb = verb->name;
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
		    argc, argv, "c:S:n:hV", long_options, NULL)) != -1)
		if (!take_option(options_r, option, optarg, code_r))
			return false;
	if (options_r->file != NULL && options_r->socket != NULL) {
		fprintf(stderr, "cohortctl: -c and -S exclude each other\n");
		return stop(code_r, IPC_EXIT_USAGE);
	}
	return take_verb(
	    options_r, argv + optind, (size_t)(argc - optind), code_r);
}
