/* SPDX-License-Identifier: ISC */
/*
 * The one list of services: app/ finds them here and knows none by name.
 */
#include "service/service.h"

#include "service/service_files.h"
#include "service/service_redirect.h"

const struct app_service service_table[] = {
	{ SETTINGS_SERVICE_FILES, service_files_setup },
	{ SETTINGS_SERVICE_REDIRECT, service_redirect_setup },
};

const size_t service_count = sizeof(service_table) / sizeof(service_table[0]);
