/* SPDX-License-Identifier: ISC */
/*
 * Why a request is refused.  A front proxy that reads a request in another
 * way than we do is a hole; therefore what is doubtful is refused, and the
 * connection closed.
 */
#ifndef H1_FAULT_H
#define H1_FAULT_H

enum h1_fault {
	H1_FAULT_NONE,
#define H1_FAULT(name, status, section, text) H1_FAULT_##name,
#include "http1/h1_fault.tbl"
#undef H1_FAULT
	H1_FAULT_COUNT
};

/* What is answered to it; its section; words. */
int h1_fault_status(enum h1_fault fault);
const char *h1_fault_section(enum h1_fault fault);
const char *h1_fault_text(enum h1_fault fault);

#endif
