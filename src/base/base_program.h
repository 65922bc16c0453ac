/* SPDX-License-Identifier: ISC */
/*
 * The file that this program was started from.  Any process.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

/*
 * An absolute path that leads to the running program, as it was called: by a
 * symbolic link that an installer will point elsewhere, rather than by what
 * that link leads to now.  word is argv[0], which must name the same file if
 * it is to count; directory is what relative ones stand on.  The caller
 * frees; NULL when there is no such path.
 */
char *program_find(const char *word, const char *directory);

#endif
