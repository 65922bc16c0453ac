/* SPDX-License-Identifier: ISC */
/*
 * The process title, as ps(1) shows it.  argv and the environment behind it
 * are overwritten in place; both are copied away first, and argv, environ
 * and program_invocation_name point into the copy afterwards.
 */
#ifndef BASE_TITLE_H
#define BASE_TITLE_H

/* Once, in main, before anything keeps a pointer into argv or environ. */
void title_init(int argc, char **argv);

/* "cohortd: " and the words; cut to the room there is. */
void title_set(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
