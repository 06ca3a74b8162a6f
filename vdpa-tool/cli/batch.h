/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands from a file, a line each, over one socket. */
#ifndef VDPA_TOOL_BATCH_H
#define VDPA_TOOL_BATCH_H

#include "command/status.h"

/*
 * Runs the commands of the file options.batch ("-": standard input), until one fails, or all with options.force. Returns the
 * worst status of them.
 */
enum status batch_run(void);

#endif
