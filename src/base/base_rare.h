/* SPDX-License-Identifier: ISC */
/*
 * Where a function stands that the common request does not call.  Written
 * at the definition: static RARE void.
 */
#ifndef BASE_RARE_H
#define BASE_RARE_H

/* For functions that few requests need: inlined, they would make all others
 * save registers and skip code for them. */
#define RARE __attribute__((noinline))

/* For those that nearly never run: every branch that leads there counts as
 * unlikely, too, and their code stands apart from the rest. */
#define COLD __attribute__((cold, noinline))

#endif
