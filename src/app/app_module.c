/* SPDX-License-Identifier: ISC */
/*
 * dlopen(3) knows what it has loaded by its path, so a module is opened once
 * per process without a list of ours, and its handle is kept by being
 * forgotten: modules are never closed.  Nor are their descriptors, or what is
 * opened next by the same number would be taken for the first.  The words of
 * dlerror(3) are looked through for the two mistakes that have a cure.
 */
#include "app/app_module.h"

#include <sys/stat.h>

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/app_needed.h"
#include "base/base_buffer.h"
#include "base/base_memory.h"

/* Larger is no struct of any libcohort but damage. */
#define MODULE_SIZE_MAX 4096

/* Up to here every version of the struct reaches. */
#define MODULE_SIZE_MIN \
	(offsetof(struct cohort_module, setup) + sizeof(int (*)(void)))

static int
fail_foreign(const char *name, const struct cohort_module *module,
    const char *what, unsigned number, unsigned ours, struct error *error)
{
	const char *built = module->built;

	if (module->size < MODULE_SIZE_MIN || built == NULL)
		built = "?";
	return error_set(error, ERROR_CONFIG,
	    "%s: built for %s %u (libcohort %s), this is libcohort %s, %s %u: "
	    "rebuild it here",
	    name, what, number, built, COHORT_VERSION, what, ours);
}

static bool
has_unknown_members(const struct cohort_module *module)
{
	const char *bytes = (const char *)module;
	size_t i;

	for (i = sizeof(*module); i < module->size; i++)
		if (bytes[i] != 0)
			return true;
	return false;
}

static int
check_interface(
    const char *name, const struct cohort_module *module, struct error *error)
{
	if (module->magic != COHORT_MODULE_MAGIC)
		return error_set(error, ERROR_CONFIG,
		    "%s: its cohort_module is damaged: does it end in "
		    "COHORT_MODULE?",
		    name);
	if (module->abi != COHORT_ABI)
		return fail_foreign(
		    name, module, "ABI", module->abi, COHORT_ABI, error);
	if (module->size < MODULE_SIZE_MIN || module->size > MODULE_SIZE_MAX)
		return error_set(error, ERROR_CONFIG,
		    "%s: its cohort_module is damaged: size %u", name,
		    (unsigned)module->size);
	if (COHORT_ABI == 0 && module->api != COHORT_API)
		return fail_foreign(
		    name, module, "API", module->api, COHORT_API, error);
	if (has_unknown_members(module))
		return error_set(error, ERROR_CONFIG,
		    "%s: built for libcohort %s, uses what this one (%s) does "
		    "not know: upgrade libcohort",
		    name, module->built != NULL ? module->built : "?",
		    COHORT_VERSION);
	return 0;
}

int
app_module_check(const char *name, const struct cohort_module *module,
    struct cohort_module *module_r, struct error *error)
{
	size_t size;

	if (check_interface(name, module, error) != 0)
		return -1;
	size =
	    module->size < sizeof(*module_r) ? module->size : sizeof(*module_r);
	memset(module_r, 0, sizeof(*module_r));
	memcpy(module_r, module, size);
	if (module_r->setup == NULL)
		return error_set(error, ERROR_CONFIG,
		    "%s: its COHORT_MODULE names no setup function", name);
	if (module_r->name == NULL || *module_r->name == '\0')
		return error_set(error, ERROR_CONFIG,
		    "%s: its COHORT_MODULE gives it no name", name);
	return 0;
}

/* Does text hold a word that begins so, behind before?  Its size, or 0. */
static size_t
find_word(const char *text, const char *before, const char *begin,
    const char **word_r)
{
	const char *word = strstr(text, before);

	if (word == NULL)
		return 0;
	word += strlen(before);
	if (strncmp(word, begin, strlen(begin)) != 0)
		return 0;
	*word_r = word;
	return strcspn(word, "', ");
}

/* As dlerror says it, but for the name that it was opened by. */
static char *
reason_of(const char *reason, const char *path, const char *name)
{
	size_t size = strlen(name);
	struct buffer words;
	const char *place;
	char *result;

	if (strncmp(reason, name, size) == 0 &&
	    strncmp(reason + size, ": ", 2) == 0)
		reason += size + 2;
	buffer_init(&words, 0);
	while ((place = strstr(reason, name)) != NULL) {
		buffer_append(&words, reason, (size_t)(place - reason));
		buffer_append_text(&words, path);
		reason = place + size;
	}
	buffer_append_text(&words, reason);
	result = memory_copy_text(words.data);
	buffer_fini(&words);
	return result;
}

/* As dlerror says "libcohort.so.1: version `COHORT_1.3' not found (required
 * by ./x.so)" or "./x.so: undefined symbol: cohort_new". */
static int
fail_open(const char *path, const char *name, struct error *error)
{
	char *reason = reason_of(dlerror(), path, name);
	const char *word;
	size_t size;

	size = find_word(reason, "version `", "COHORT_", &word);
	if (size == 0)
		size =
		    find_word(reason, "undefined symbol: ", "cohort_", &word);
	if (size > 0)
		error_set(error, ERROR_CONFIG,
		    "%s: needs %.*s: upgrade libcohort, this is %s", path,
		    (int)size, word, COHORT_VERSION);
	else
		error_set(error, ERROR_CONFIG, "%s: %s", path, reason);
	memory_free(reason);
	return -1;
}

/* Without a slash dlopen would search the system's directories. */
static void *
open_file(const char *path, struct error *error)
{
	char *name =
	    memory_format("%s%s", strchr(path, '/') != NULL ? "" : "./", path);
	void *object = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	if (object == NULL)
		fail_open(path, name, error);
	memory_free(name);
	return object;
}

void
app_module_name(int fd, char name_r[APP_MODULE_NAME_SIZE])
{
	snprintf(
	    name_r, APP_MODULE_NAME_SIZE, "/proc/%d/fd/%d", (int)getpid(), fd);
}

/* It may not be there, or be that of other processes. */
static bool
is_named(int fd, const char *name)
{
	struct stat one, other;

	return fstat(fd, &one) == 0 && stat(name, &other) == 0 &&
	    one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void *
open_bytes(const char *path, int fd, struct error *error)
{
	char name[APP_MODULE_NAME_SIZE];
	void *object;

	app_module_name(fd, name);
	if (!is_named(fd, name)) {
		error_set(error, ERROR_SYSTEM,
		    "%s: modules are loaded by /proc, which is not mounted, "
		    "or shows other processes",
		    path);
		return NULL;
	}
	if (app_needed_open(path, fd, error) == -1) {
		error_wrap(error, "%s", path);
		return NULL;
	}
	object = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (object == NULL)
		fail_open(path, name, error);
	return object;
}

int
app_module_load(const char *path, int fd, struct cohort_module *module_r,
    struct error *error)
{
	const struct cohort_module *module;
	void *object;

	object =
	    fd != -1 ? open_bytes(path, fd, error) : open_file(path, error);
	if (object == NULL)
		return -1;
	module = dlsym(object, "cohort_module");
	if (module == NULL)
		return error_set(error, ERROR_CONFIG,
		    "%s: no cohort_module: does it end in COHORT_MODULE?",
		    path);
	return app_module_check(path, module, module_r, error);
}
