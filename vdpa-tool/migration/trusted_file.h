/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that decide what becomes of guests: nobody but their owner, who is root or the user, can write to them. */
#ifndef VDPA_TOOL_TRUSTED_FILE_H
#define VDPA_TOOL_TRUSTED_FILE_H

#include <sys/stat.h>

#include "netlink/nl.h"

/*
 * Opens a regular file, or a directory, to read it: @st says which. A pipe is refused, and not waited for. Returns its
 * descriptor, or -1 with @err.
 */
int trusted_file_open(const char *path, struct stat *st, struct nl_error *err);

#endif
