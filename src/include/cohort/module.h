/* SPDX-License-Identifier: ISC */
/*
 * What makes a source file a module, or a program of its own.
 *
 *	COHORT_MODULE("hello", setup);	a module for cohortd, hello.so
 *	COHORT_MAIN("hello", setup);	as well a program with every option
 *					and signal of cohortd
 *
 * once, in one file, at its end.  -DCOHORT_NO_MAIN leaves main() out: for a
 * test program that links the module in (test.h).
 */
#ifndef COHORT_MODULE_H
#define COHORT_MODULE_H

#include <cohort/types.h>

#define COHORT_MODULE_MAGIC 0xa2cb4805u

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What the loader reads.  magic, abi and size never move; the rest only
 * grows at the end, and the loader refuses unknown bytes that are not 0.
 */
struct cohort_module {
	uint32_t magic;    /* COHORT_MODULE_MAGIC */
	uint32_t abi;      /* COHORT_ABI of the headers it was built with */
	uint32_t size;     /* of this struct there */
	uint32_t api;      /* COHORT_API there */
	const char *name;  /* for the log */
	const char *built; /* COHORT_VERSION there */
	/* Declares the application (app.h).  0, or -1 if it cannot be. */
	int (*setup)(struct cohort_app *app);
};

/*
 * The daemon with module as its application: main() of a program made by
 * COHORT_MAIN.  Returns the exit status.  module must stay for good.
 */
COHORT_EXPORT int cohort_main(
    int argc, char **argv, const struct cohort_module *module);

#ifdef __cplusplus
}
#define COHORT_MODULE_EXTERN extern "C"
#else
#define COHORT_MODULE_EXTERN extern
#endif

/* The two halves of the macros below; not for modules. */
#define COHORT_MODULE_DECLARE                                         \
	COHORT_MODULE_EXTERN COHORT_EXPORT const struct cohort_module \
	    cohort_module;
#define COHORT_MODULE_DEFINE(name, setup)                                   \
	const struct cohort_module cohort_module = { COHORT_MODULE_MAGIC,   \
		COHORT_ABI, sizeof(struct cohort_module), COHORT_API, name, \
		COHORT_VERSION, setup }

/* Defines the one symbol that a module exports, cohort_module. */
#define COHORT_MODULE(name, setup) \
	COHORT_MODULE_DECLARE      \
	COHORT_MODULE_DEFINE(name, setup)

/* The same, and main(), unless COHORT_NO_MAIN is defined. */
#ifdef COHORT_NO_MAIN
#define COHORT_MAIN(name, setup) COHORT_MODULE(name, setup)
#else
#define COHORT_MAIN(name, setup)                                \
	COHORT_MODULE_DECLARE                                   \
	int main(int argc, char **argv)                         \
	{                                                       \
		return cohort_main(argc, argv, &cohort_module); \
	}                                                       \
	COHORT_MODULE_DEFINE(name, setup)
#endif

#endif
