/* SPDX-License-Identifier: ISC */
/*
 * cohort.conf(5) and etc/cohort.conf, made from the option table and a
 * template each (etc/).  Used at build time by src/document.c, and by tests;
 * no part of the daemon.
 *
 * A template is copied line by line, but for lines of the form
 *
 *	@options SECTION@
 *	@options SECTION NAME VALUE@
 *
 * which become all options of that section (ROOT, HTTP, ...); with NAME,
 * that option is shown with VALUE instead of its default.  @config_file@
 * within a line becomes the configuration file's default path.
 */
#ifndef CONFIG_DOCUMENT_H
#define CONFIG_DOCUMENT_H

#include <stdio.h>

#include "base/base_error.h"

enum config_document {
	/* mdoc(7): list items */
	CONFIG_DOCUMENT_MANUAL,
	/*
	 * Comments: prose begins with "# ", everything else that begins with
	 * # is configuration once the # is removed.  What stood before the @
	 * of the template stands before each option.
	 */
	CONFIG_DOCUMENT_SAMPLE
};

int config_document_write(
    enum config_document kind, FILE *template, FILE *to, struct error *error);

#endif
