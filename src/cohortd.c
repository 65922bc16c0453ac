/* SPDX-License-Identifier: ISC */
/*
 * The daemon without a module of its own.  Everything is in libcohort, so
 * that modules find the same functions whoever loads them.
 */
#include <cohort/cohort.h>

int
main(int argc, char **argv)
{
	return cohort_main(argc, argv, NULL);
}
