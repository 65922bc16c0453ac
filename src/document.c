/* SPDX-License-Identifier: ISC */
/*
 * Build time only, not installed: makes cohort.conf(5) and the sample
 * etc/cohort.conf from the option table and the templates in etc/, so that
 * no document says what the parser does not do.
 *
 *	document manual < etc/cohort.conf.5.in > cohort.conf.5
 *	document sample < etc/cohort.conf.in > cohort.conf
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_document.h"

int
main(int argc, char **argv)
{
	enum config_document kind;
	struct error error;

	if (argc == 2 && strcmp(argv[1], "manual") == 0)
		kind = CONFIG_DOCUMENT_MANUAL;
	else if (argc == 2 && strcmp(argv[1], "sample") == 0)
		kind = CONFIG_DOCUMENT_SAMPLE;
	else {
		fprintf(stderr,
		    "usage: document manual|sample < TEMPLATE > DOCUMENT\n");
		return 2;
	}
	if (config_document_write(kind, stdin, stdout, &error) == -1) {
		fprintf(stderr, "document: %s\n", error.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
