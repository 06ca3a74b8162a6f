/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands from a file, a line each, over one socket. */
#ifndef VDPA_TOOL_BATCH_H
#define VDPA_TOOL_BATCH_H

#include "cli/vdpa.h"

/*
 * Runs the commands of the file options.batch ("-": standard input), found in @table, until one fails,
 * or all with options.force. Returns the status of the first that failed.
 */
enum status batch_run(const struct command *table);

#endif
