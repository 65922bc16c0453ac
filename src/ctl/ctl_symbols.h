/* SPDX-License-Identifier: ISC */
/*
 * Where gdb finds the symbols of what a core had loaded.  What still is the
 * same file gdb finds by itself.  Of a module that was replaced, removed, or
 * never had a name (a memfd), the master kept a copy if it crashed:
 * MODULES/BUILD-ID (master_modules.h).
 */
#ifndef CTL_SYMBOLS_H
#define CTL_SYMBOLS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctl/ctl_core.h"

struct ctl_symbols {
	/* Where gdb would look, a file is not what it was: it must look
	 * nowhere, and take the files that the commands name. */
	bool is_selective;
	char **commands;
	size_t count;
};

/*
 * record: of the crash that left the core, or NULL; what it says of modules
 * counts where the core says nothing.  modules: the directory of copies, or
 * NULL.
 */
void ctl_symbols_find(const struct ctl_core *core, const json_t *record,
    const char *modules, struct ctl_symbols *symbols_r);
void ctl_symbols_fini(struct ctl_symbols *symbols);

#endif
