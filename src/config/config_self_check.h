/* SPDX-License-Identifier: ISC */
/*
 * The words of the option self_check: "[METHOD] target [host]".
 */
#ifndef CONFIG_SELF_CHECK_H
#define CONFIG_SELF_CHECK_H

#include <stddef.h>

#include "base/base_error.h"

/* Most bytes of the option: its request goes out in one write. */
#define CONFIG_SELF_CHECK_MAX 4096u

/* Parts of the text that was parsed, or static; none is NULL. */
struct config_self_check {
	const char *method, *target, *host; /* host_size 0: not given */
	size_t method_size, target_size, host_size;
};

/* An error names the form, not the option.  text is not empty. */
int config_self_check_parse(
    const char *text, struct config_self_check *check_r, struct error *error);

#endif
