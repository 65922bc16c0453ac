/* SPDX-License-Identifier: ISC */
#include "http1/h1_fault.h"

static const struct {
	int status;
	const char *section;
	const char *text;
} faults[H1_FAULT_COUNT] = {
#define H1_FAULT(name, status, section, text) \
	[H1_FAULT_##name] = { status, section, text },
#include "http1/h1_fault.tbl"
#undef H1_FAULT
};

int
h1_fault_status(enum h1_fault fault)
{
	return faults[fault].status;
}

const char *
h1_fault_section(enum h1_fault fault)
{
	return faults[fault].section;
}

const char *
h1_fault_text(enum h1_fault fault)
{
	return faults[fault].text;
}
