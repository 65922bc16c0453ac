/* SPDX-License-Identifier: ISC */
/*
 * Facts of an ELF file: is it that build, and where does it begin.
 */
#ifndef CTL_IMAGE_H
#define CTL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the text of a build id, in hexadecimal, with its NUL. */
#define CTL_IMAGE_ID_SIZE 129

/* Is a regular file of that build there? */
bool ctl_image_is_build(const char *path, const char *build_id);

/* The address, within the file's own view, of its first loaded page. */
int ctl_image_first_address(const char *path, uint64_t *address_r);

#endif
