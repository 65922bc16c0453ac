/* SPDX-License-Identifier: ISC */
/*
 * The configuration file as libconfuse's tree of sections: what stands
 * where, values still text.  All that is peculiar about libconfuse is
 * config_tree.c's; readers use cfg_size and cfg_getnsec for the sections
 * named below, and what is declared here for the rest.
 *
 *	root: options, listen TITLE, http, host TITLE
 *	host: mount TITLE
 *	mount: options, set
 *
 * Any process, one thread: libconfuse keeps state of its own.
 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <confuse.h>

#include "base/base_error.h"

/*
 * Parses text, whose comments are blanked (config_source.h); name is what
 * errors and the tree call the file.  Unknown options, and an option that
 * stands twice in one section, are errors.  0 and a tree the caller frees.
 */
int config_tree_parse(
    const char *name, const char *text, cfg_t **tree_r, struct error *error);

/* Nulls the pointer. */
void config_tree_free(cfg_t **tree);

/* The option's text and its line, or NULL when it does not stand there. */
const char *config_tree_value(cfg_t *section, const char *name, int *line_r);

/* Of a listen, host or mount. */
const char *config_tree_title(const cfg_t *section);

/* Where the section begins; not for the root. */
int config_tree_line(cfg_t *section);

/*
 * Name number index among those that stand in any set section of the file,
 * or NULL beyond the last; config_tree_value tells whether this one has it.
 */
const char *config_tree_name(cfg_t *set, unsigned index);

#endif
