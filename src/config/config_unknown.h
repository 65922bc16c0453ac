/* SPDX-License-Identifier: ISC */
/*
 * What to tell somebody who wrote a name that cannot stand where it stands.
 * Any process, any time.
 */
#ifndef CONFIG_UNKNOWN_H
#define CONFIG_UNKNOWN_H

#include "base/base_buffer.h"

/*
 * Appends ": it stands in http" if it may stand elsewhere, else ": did you
 * mean workers?", else ": here may stand " and all of the words, which are
 * what may stand there and end in NULL.
 */
void config_unknown_describe(
    const char *name, const char *const *words, struct buffer *to);

#endif
