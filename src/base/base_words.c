/* SPDX-License-Identifier: ISC */
/*
 * The words are copies: what asks for them mostly needs them NUL-terminated.
 */
#include "base/base_words.h"

#include <string.h>

#include "base/base_memory.h"

bool
words_next(const char **rest, char separator, char **word_r)
{
	const char separators[] = { separator, '\0' };
	size_t size;

	*rest += strspn(*rest, separators);
	size = strcspn(*rest, separators);
	if (size == 0)
		return false;
	*word_r = memory_copy_bytes(*rest, size);
	*rest += size;
	return true;
}
