/* SPDX-License-Identifier: ISC */
/*
 * The file that keeps the records of crashes: an object with "last_id", the
 * highest number that was given, and "crashes", an array, newest first.
 */
#ifndef MASTER_CRASHES_FILE_H
#define MASTER_CRASHES_FILE_H

#include <jansson.h>

#include "base/base_error.h"

/* How many records there are at most. */
#define MASTER_CRASHES_MAX 100

/* A new reference to what it holds; *records_r is NULL when there is no
 * file.  -1: it cannot be read, or is not what it should be. */
int master_crashes_file_read(const char *path, json_t **records_r,
    json_int_t *last_id_r, struct error *error);

/* Replaces the file as a whole. */
int master_crashes_file_write(
    const char *path, json_t *records, json_int_t last_id, struct error *error);

/* Gives it another name, which becomes *name_r (the caller's). */
int master_crashes_file_set_aside(
    const char *path, char **name_r, struct error *error);

#endif
