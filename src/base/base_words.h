/* SPDX-License-Identifier: ISC */
/*
 * Lists in one text, as options have them: paths with colons between them,
 * names with spaces.  Any process, any time.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>

/*
 * The caller's copy of the next word of *rest, which moves behind it; false
 * when there is none.  Nothing between two separators is no word.
 */
bool words_next(const char **rest, char separator, char **word_r);

#endif
