/* SPDX-License-Identifier: ISC */
/*
 * Tells the address sanitizer that memory of ours is not to be touched,
 * although malloc(3) thinks it is in use.  Nothing without the sanitizer.
 */
#ifndef BASE_POISON_H
#define BASE_POISON_H

#include <stddef.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define POISON_IS_ON
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define POISON_IS_ON
#endif

#ifdef POISON_IS_ON
#include <sanitizer/asan_interface.h>
#define POISON(data, size)   ASAN_POISON_MEMORY_REGION(data, size)
#define UNPOISON(data, size) ASAN_UNPOISON_MEMORY_REGION(data, size)
#else
#define POISON(data, size)   ((void)(data), (void)(size))
#define UNPOISON(data, size) ((void)(data), (void)(size))
#endif

#endif
