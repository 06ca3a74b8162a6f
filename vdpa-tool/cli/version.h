/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which versions there are: this command's, and that of the core that runs. */
#ifndef VDPA_TOOL_VERSION_H
#define VDPA_TOOL_VERSION_H

/* Prints both on a line. */
void version_print(void);

#endif
