/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one place where faults are printed. */
#ifndef VDPA_TOOL_REPORT_H
#define VDPA_TOOL_REPORT_H

#include "command/fault.h"
#include "output/output.h"

/*
 * Prints @faults on standard error, behind all that was printed on standard output, and frees them. @line: of the batch, 0:
 * none. @help: the words of the object to which the hint at help points.
 */
void report(struct faults *faults, unsigned long line, const char *help);

/*
 * Writes the keys that tell of @faults within a document: "error", the first one; "errors", where there are several, all;
 * "warnings".
 */
void report_keys(struct output *out, const struct faults *faults, unsigned long line);

#endif
