/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_VERSION_H
#define VDPA_TOOL_VERSION_H

#include "output/output.h"

/* Prints the version of the command, and which core is loaded. */
void version_print(struct output *out);

#endif
