/* SPDX-License-Identifier: ISC */
/*
 * The configuration file as text for libconfuse: read whole, comments
 * blanked.  The master, at start and at each reload; opens nothing but the
 * file.
 */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include "base/base_buffer.h"
#include "base/base_error.h"

/*
 * Appends the file at path to text.  name is what errors call it.  A file
 * that cannot be read, is too large or holds a NUL byte is an error.
 */
int config_source_read(const char *path, const char *name, struct buffer *text,
    struct error *error);

/*
 * Writes spaces over every comment, from # to the end of the line, outside
 * of strings.  Comments of the other kinds that libconfuse knows, and a
 * string that does not end, are errors that say the line.
 */
int config_source_blank(char *text, const char *name, struct error *error);

#endif
