/* SPDX-License-Identifier: ISC */
/*
 * A page of text that is shown again and again.  On a terminal it takes the
 * place of the one before, cut to what fits; elsewhere one follows the other
 * with an empty line between.  Open: signals that would end the program are
 * its, so that the terminal is left as it was found.
 */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_buffer.h"

struct ctl_screen;

struct ctl_screen *ctl_screen_open(void);
void ctl_screen_close(struct ctl_screen **screen);

/* Lines, each with its end. */
void ctl_screen_show(struct ctl_screen *screen, const char *page);

/* False: q, Ctrl-C or a signal came within that time. */
bool ctl_screen_wait(struct ctl_screen *screen, uint64_t ms);

/* The page as a terminal of that size is to get it. */
void ctl_screen_fit(
    struct buffer *words, const char *page, size_t rows, size_t columns);

#endif
