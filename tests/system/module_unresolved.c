/* SPDX-License-Identifier: ISC */
/*
 * A module that wants a function which is nowhere.
 */
#include <cohort/cohort.h>

int test_function_that_is_nowhere(struct cohort_app *app);

static int
setup(struct cohort_app *app)
{
	return test_function_that_is_nowhere(app);
}

COHORT_MODULE("unresolved", setup);
