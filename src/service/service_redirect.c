/* SPDX-License-Identifier: ISC */
/*
 * The answer is given before the handler, so that nobody uploads a body in
 * order to learn that it has to go elsewhere.
 */
#include "service/service_redirect.h"

#include <string.h>

#include "base/base_object.h"
#include "service/service_location.h"

#define SERVICE_REDIRECT_MAGIC 0x7008d59au

struct redirect {
	unsigned magic;
	int status;
	const char *target; /* the settings' */
	size_t skip;        /* segments of the mount's prefix */
};

static const char redirect_key;

static enum cohort_verdict
send_elsewhere(struct cohort_request *request, void *context)
{
	const struct redirect *redirect;

	OBJECT_CAST(redirect, context, SERVICE_REDIRECT_MAGIC);
	return service_location_send(
	    request, redirect->status, redirect->target, redirect->skip, false);
}

static void
free_redirect(void *pointer)
{
	struct redirect *redirect;

	OBJECT_CAST(redirect, pointer, SERVICE_REDIRECT_MAGIC);
	OBJECT_FREE(redirect);
}

static int
check_target(struct cohort_app *app, const char *target)
{
	if (!service_location_is_encoded(target))
		return cohort_setup_error(app,
		    "redirect \"%s\": has a byte that must be percent-encoded "
		    "in a URL",
		    target);
	if (target[strcspn(target, "?#")] != '\0')
		return cohort_setup_error(app,
		    "redirect \"%s\": the rest of the path goes to its end, so "
		    "it can have no query",
		    target);
	return 0;
}

int
service_redirect_setup(struct cohort_app *app, const struct settings *settings,
    const struct settings_mount *mount)
{
	struct redirect *redirect;

	if (check_target(app, mount->redirect) == -1)
		return -1;
	OBJECT_NEW(redirect, SERVICE_REDIRECT_MAGIC);
	redirect->status = (int)mount->redirect_status;
	redirect->target = mount->redirect;
	redirect->skip = service_location_count(mount->prefix);
	if (cohort_state_set(app, &redirect_key, redirect, free_redirect) == -1)
		return -1;
	cohort_before(app, send_elsewhere, redirect);
	cohort_route(app, "*", "/{rest}*", send_elsewhere, redirect);
	return 0;
}
