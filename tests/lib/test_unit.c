/* SPDX-License-Identifier: ISC */
#include <poll.h>
#include <stdlib.h>

#include "test_unit.h"

void
test_pause(void)
{
	poll(NULL, 0, 1);
}

int
test_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
