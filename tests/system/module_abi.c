/* SPDX-License-Identifier: ISC */
/*
 * A module built for another libcohort.
 */
#include <cohort/cohort.h>

static int
setup(struct cohort_app *app)
{
	return 0;
}

extern COHORT_EXPORT const struct cohort_module cohort_module;
const struct cohort_module cohort_module = { COHORT_MODULE_MAGIC,
	COHORT_ABI + 1, sizeof(struct cohort_module), COHORT_API, "abi",
	COHORT_VERSION, setup };
