/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_PARSE_H
#define VDPA_TOOL_PARSE_H

#include "command/command.h"

/*
 * Takes the arguments of vdpa->command into @values, which is as large as the row says and has its defaults. Names in it
 * are those of @argv. Notes in @vdpa which device and management device they name. Returns STATUS_DONE, or has said
 * what is wrong.
 */
enum status parse_arguments(struct vdpa *vdpa, int argc, char **argv, void *values);

#endif
