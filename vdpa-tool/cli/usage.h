/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The help that the rows give, as text or with -j as JSON. */
#ifndef VDPA_TOOL_USAGE_H
#define VDPA_TOOL_USAGE_H

#include "command/command.h"

/* Of all commands in @table, which is the one below vdpa->path: their synopses. */
void usage_table(struct vdpa *vdpa, const struct command *table);

/* Of one command, whose words are vdpa->path: its synopsis, what it does, and each argument. */
void usage_command(struct vdpa *vdpa, const struct command *command);

/*
 * Prints what may come behind the words that are given, one a line: words, or DEV, MGMTDEV, FILE … for a value. This is
 * what the shells' completion asks.
 */
void usage_complete(int argc, char **argv);

#endif
