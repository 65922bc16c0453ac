/* SPDX-License-Identifier: ISC */
/*
 * A type is looked for by its address, and compared, as a buffer may hold
 * another one by now.  A place is never given to another address: replies
 * may point to what it holds.
 */
#include "app/app_type.h"

#include <stdint.h>
#include <string.h>

#include "base/base_memory.h"
#include "base/base_rare.h"
#include "http/http_field.h"

#define SIZE_MOST 127

void
app_types_free(struct app_type types[APP_TYPES])
{
	size_t i;

	for (i = 0; i < APP_TYPES; i++) {
		memory_free((char *)(uintptr_t)types[i].text.data);
		types[i] = (struct app_type) { .given = NULL };
	}
}

static struct app_type *
place_of(struct app_type *types, const char *given)
{
	uintptr_t address = (uintptr_t)given;

	return &types[(address ^ address / APP_TYPES) % APP_TYPES];
}

static RARE void
keep(struct app_type *type, const char *given)
{
	size_t size = strnlen(given, SIZE_MOST + 1);

	if (size > SIZE_MOST || !http_value_is_valid(given, size))
		return;
	type->given = given;
	type->text.data = memory_copy_bytes(given, size);
	type->text.size = size;
}

struct cohort_str
app_type_find(struct app_type types[APP_TYPES], const char *given)
{
	struct app_type *type = place_of(types, given);

	if (type->given == NULL)
		keep(type, given);
	if (type->given == given && strcmp(type->text.data, given) == 0)
		return type->text;
	return (struct cohort_str) { NULL, 0 };
}
